use accord_learning::MISSING;
use proptest::prelude::*;

use super::*;
use crate::{
    Decision, EntityKey, FeatureSet, Features, Label, LabelSource, LabelledPurchase, Policy,
    Thresholds, Transaction, Values,
    events::{
        ContextAdopted, ModelPublished, PolicyActivated, TransactionAssessed, TransactionImported,
        TransactionLabelled,
    },
};

/// Every stored form that was ever written, which this binary must read for ever: type, version, entity, payload.
const GOLDEN: [(&str, u16, &str, &str); 45] = [
    (
        "TransactionAssessed",
        1,
        "0123456789abcdef",
        r#"{"transaction_id":"t-1","occurred_at":1522584000000000,"amount_minor":1250,"currency":"EUR","terminal_id":"terminal-1","features":[1250.0,1.0,0.0,1.0,1.0,1250.0,1.0,1250.0,1.0,1250.0,-1.7976931348623157e+308,0.30000000000000004,2.5],"score":0.012345,"decision":"challenge","reasons":[0,11],"policy":2,"personal":"c2VhbGVk"}"#,
    ),
    (
        "TransactionImported",
        1,
        "0123456789abcdef",
        r#"{"transaction_id":"t-0","occurred_at":1522584000000000,"amount_minor":0,"currency":"EUR","terminal_id":"terminal-1","features":[0.0,1.0,0.0,1.0,1.0,0.0,1.0,0.0,1.0,0.0,60.0,0.0,0.0],"decision":"approve","personal":"c2VhbGVk"}"#,
    ),
    (
        "TransactionLabelled",
        1,
        "0123456789abcdef",
        r#"{"transaction_id":"t-1","label":"fraud","source":"chargeback","known_at":1522984000000000}"#,
    ),
    (
        "TransactionAssessed",
        2,
        "0123456789abcdef",
        r#"{"transaction_id":"t-1","occurred_at":1522584000000000,"amount_minor":1250,"currency":"EUR","terminal_id":"terminal-1","card":"0000000000c1","device":"0000000000d1","features":{"risk-2":[1250,1,0,2,3,1417,5,1320,9,1288,3600,1.087,0.781,0.694,1,0,0,1,2500,86400,0,0,0,null,null,0,4,6,23,1,2,0.087,691200,1036800,2,1036800,15552000]},"score":0.012345,"decision":"challenge","reasons":[0,29],"policy":2,"personal":"c2VhbGVk"}"#,
    ),
    (
        "TransactionImported",
        2,
        "0123456789abcdef",
        r#"{"transaction_id":"t-0","occurred_at":1522584000000000,"amount_minor":0,"currency":"EUR","terminal_id":"terminal-1","address":"0000000000a1","features":{"risk-2":[0,1,0,1,1,0,1,0,1,0,null,null,null,null,0,0,0,null,null,null,null,null,null,0,0,1,1,0,0,0,0,0,null,null,0,null,null]},"decision":"approve","personal":"c2VhbGVk"}"#,
    ),
    (
        "TransactionLabelled",
        2,
        "0123456789abcdef",
        r#"{"transaction_id":"t-1","purchase":{"occurred_at":1522584000000000,"terminal_id":"terminal-1","card":"0000000000c1","device":"0000000000d1","address":"0000000000a1"},"label":"fraud","source":"chargeback","known_at":1522984000000000}"#,
    ),
    (
        "ContextAdopted",
        1,
        "context",
        r#"{"control_offset":2,"policy":{"version":1,"model":"ab","thresholds":{"challenge":0.02,"review":0.1,"decline":0.5}}}"#,
    ),
    (
        "ModelPublished",
        1,
        "ab",
        r#"{"model":"ab","training_rows":1000,"training_frauds":9,"trained_through":1009,"training_auc":0.87}"#,
    ),
    (
        "PolicyActivated",
        1,
        "1",
        r#"{"policy":{"version":1,"model":"ab","thresholds":{"challenge":0.02,"review":0.1,"decline":0.5}}}"#,
    ),
    (
        "LabelWithdrawn",
        1,
        "0123456789abcdef",
        r#"{"transaction_id":"t-1","purchase":{"occurred_at":1522584000000000,"terminal_id":"terminal-1","card":"0000000000c1","device":null,"address":null},"known_at":1522984000000000}"#,
    ),
    (
        "LabelParked",
        1,
        "waiting",
        r#"{"transaction_id":"t-9","label":"fraud","source":"chargeback","known_at":1522984000000000}"#,
    ),
    (
        "ParkedLabelSettled",
        1,
        "waiting",
        r#"{"transaction_id":"t-9","outcome":"applied"}"#,
    ),
    (
        "AlertRaised",
        1,
        "0123456789abcdef-17",
        r#"{"transaction_id":"t-1","purchase":{"occurred_at":1522584000000000,"terminal_id":"terminal-1","card":"0000000000c1","device":null,"address":null},"amount_minor":45000,"score":0.5,"decision":"review","expected_loss_minor":22500,"severity":"medium","raised_at":1522984000000000,"due_at":1523070400000000}"#,
    ),
    (
        "CaseAssigned",
        1,
        "0123456789abcdef-17",
        r#"{"assignee":"ana"}"#,
    ),
    ("CaseReleased", 1, "0123456789abcdef-17", "{}"),
    (
        "CaseNoted",
        1,
        "0123456789abcdef-17",
        r#"{"note":"c2VhbGVk"}"#,
    ),
    ("CaseEscalated", 1, "0123456789abcdef-17", "{}"),
    (
        "CaseResolved",
        1,
        "0123456789abcdef-17",
        r#"{"disposition":"confirmed_fraud","by":"ana","resolved_at":1522984000000000,"undo_until":1523070400000000,"labelled":["t-1"],"note":"c2VhbGVk"}"#,
    ),
    (
        "CaseReopened",
        1,
        "0123456789abcdef-17",
        r#"{"note":"c2VhbGVk"}"#,
    ),
    (
        "CaseExpired",
        1,
        "0123456789abcdef-17",
        r#"{"expired_at":1522984000000000}"#,
    ),
    (
        "CaseSettingsChanged",
        1,
        "1",
        r#"{"settings":{"version":1,"alert_from":"review","medium_loss_minor":5000,"high_loss_minor":25000,"low_due_minutes":4320,"medium_due_minutes":1440,"high_due_minutes":240,"undo_minutes":1440}}"#,
    ),
    (
        "CaseSettingsAdopted",
        1,
        "context",
        r#"{"control_offset":3,"settings":{"version":1,"alert_from":"review","medium_loss_minor":5000,"high_loss_minor":25000,"low_due_minutes":4320,"medium_due_minutes":1440,"high_due_minutes":240,"undo_minutes":1440}}"#,
    ),
    (
        "WebhookSubscribed",
        1,
        "subscriptions",
        r#"{"webhook_id":"w-1","event_types":["case.resolved","transaction.labelled"],"target":"c2VhbGVk"}"#,
    ),
    (
        "WebhookChanged",
        1,
        "subscriptions",
        r#"{"webhook_id":"w-1","change":{"secret_rotated":{"target":"c2VhbGVk"}}}"#,
    ),
    // Version 2: rules and lists.
    (
        "TransactionAssessed",
        2,
        "0123456789abcdef",
        r#"{"transaction_id":"t-1","occurred_at":1522584000000000,"amount_minor":1250,"currency":"EUR","terminal_id":"terminal-1","features":{"customer-1":[1250,1,0,1,1,1250,1,1250,1,1250,60,0.3,2.5]},"score":0.012345,"decision":"approve","reasons":[],"policy":2,"personal":"c2VhbGVk"}"#,
    ),
    (
        "TransactionAssessed",
        2,
        "0123456789abcdef",
        r#"{"transaction_id":"t-1","occurred_at":1522584000000000,"amount_minor":1250,"currency":"EUR","terminal_id":"terminal-1","features":{"customer-1":[1250,1,0,1,1,1250,1,1250,1,1250,60,0.3,2.5]},"score":0.012345,"decision":"decline","reasons":[0],"policy":2,"personal":"c2VhbGVk","lists":1088,"hits":[["card-testing",3]],"shadow_hits":[["night",1]]}"#,
    ),
    (
        "ContextAdopted",
        2,
        "context",
        r#"{"control_offset":2,"policy":{"version":1,"model":"ab","thresholds":{"challenge":0.02,"review":0.1,"decline":0.5},"rules":[{"id":"night","version":2,"condition":"is_night","outcome":"review","mode":"shadow","reason":"At night"}]},"list_changes":[{"add":{"list":"block","kind":"card","fingerprint":"00000000000000ff","hint":"…0042","expires_at":1522984000000000,"comment":"stolen"}},{"remove":{"list":"watch","kind":"terminal","fingerprint":"0000000000000001"}}]}"#,
    ),
    (
        "PolicyActivated",
        2,
        "1",
        r#"{"policy":{"version":1,"model":"ab","thresholds":{"challenge":0.02,"review":0.1,"decline":0.5},"rules":[]}}"#,
    ),
    (
        "PolicyDrafted",
        1,
        "7",
        r#"{"title":"Night","candidate":{"base_version":1,"model":"ab","thresholds":{"challenge":0.02,"review":0.1,"decline":0.5},"rules":[],"list_changes":[]},"by":"ravi"}"#,
    ),
    (
        "PolicyDraftSubmitted",
        1,
        "7",
        r#"{"candidate_hash":"cd","back_test":"ef","by":"ravi"}"#,
    ),
    (
        "PolicyDraftApproved",
        1,
        "7",
        r#"{"candidate_hash":"cd","by":"mira"}"#,
    ),
    (
        "PolicyDraftRejected",
        1,
        "7",
        r#"{"reason":"too strict","by":"mira"}"#,
    ),
    (
        "PolicyDraftClosed",
        1,
        "7",
        r#"{"activated":2,"by":"mira"}"#,
    ),
    (
        "RuleSwitchedOff",
        1,
        "night",
        r#"{"version":2,"was":"active","reason":"stops everybody","by":"ravi"}"#,
    ),
    (
        "SwitchOffReviewed",
        1,
        "night",
        r#"{"confirmed":true,"reason":"seen","by":"mira"}"#,
    ),
    // Version 2: model cards, and what a proposed model rests on.
    (
        "ModelPublished",
        2,
        "ab",
        r#"{"model":"ab","training_rows":1000,"training_frauds":9,"trained_through":1009,"training_auc":0.87,"card":{"purpose":"Fraud","origin":{"local":{"by":"ravi"}},"learner":{"trees":{"trees":200,"depth":4,"learning_rate":0.05,"row_share":0.8,"column_share":0.5,"bins":255,"seed":1}},"feature_set":"risk-2","training":{"through":1009,"first_us":1522584000000000,"last_us":1522984000000000,"rows":1000,"frauds":9,"label_delay_days":7},"held_out":{"first_us":1522884000000000,"last_us":1522984000000000,"model":{"rows":250,"frauds":3,"auc":0.9,"average_precision":0.5,"card_precision":0.03,"calibration_slope":1.01,"calibration_intercept":-0.02},"champion":{"model":"cd","measures":{"rows":250,"frauds":3,"auc":0.8,"average_precision":0.4,"card_precision":0.02,"calibration_slope":null,"calibration_intercept":null}}},"thresholds":{"challenge":0.02,"review":0.1,"decline":0.5},"profile":{"features":[{"edges":[1.5],"shares":[0.0,0.5,0.5]}],"scores":{"edges":[0.1],"shares":[0.0,0.9,0.1]}},"limits":["Few rows."]}}"#,
    ),
    (
        "PolicyDrafted",
        2,
        "7",
        r#"{"title":"New model","candidate":{"base_version":1,"model":"ab","thresholds":{"challenge":0.02,"review":0.1,"decline":0.5},"rules":[],"list_changes":[],"evidence":{"card":"c1","comparison":"c2"}},"by":"ravi"}"#,
    ),
    ("ShadowStarted", 1, "ab", r#"{"by":"ravi"}"#),
    ("ShadowEnded", 1, "ab", r#"{"by":"ravi"}"#),
    (
        "ModelRolledBack",
        1,
        "ab",
        r#"{"thresholds":{"challenge":0.02,"review":0.1,"decline":0.5},"restored":"cd","reason":"Too many declines","by":"ravi"}"#,
    ),
    (
        "RollBackReviewed",
        1,
        "ab",
        r#"{"confirmed":true,"reason":"Seen","by":"mira"}"#,
    ),
    (
        "TransactionAdvised",
        1,
        "0123456789abcdef",
        r#"{"transaction_id":"t-0","occurred_at":1522584000000000,"amount_minor":0,"currency":"EUR","terminal_id":"terminal-1","features":{"risk-2":[0,1,0,1,1,0,1,0,1,0,null,null,null,null,0,0,0,null,null,null,null,null,null,0,0,1,1,0,0,0,0,0,null,null,0,null,null]},"decision":"decline","decided_by":"scheme","personal":"c2VhbGVk"}"#,
    ),
    (
        "TransactionReversed",
        1,
        "0123456789abcdef",
        r#"{"transaction_id":"t-1","cause":"merchant","happened_at":1522584060000000}"#,
    ),
    (
        "TransactionRefunded",
        1,
        "0123456789abcdef",
        r#"{"transaction_id":"t-1","amount_minor":500,"happened_at":1522584060000000}"#,
    ),
    (
        "ChallengeAnswered",
        1,
        "0123456789abcdef",
        r#"{"transaction_id":"t-1","outcome":"failed","happened_at":1522584060000000}"#,
    ),
];

#[test]
fn every_version_that_was_ever_written_is_read_and_is_written_in_the_current_one() {
    for (event_type, version, entity, payload) in GOLDEN {
        let event = Event::decode(event_type, version, entity, payload).unwrap();
        assert_eq!(event.describe().event_type, event_type);
        assert_eq!(event.describe().entity_id, entity);
        let mut written = Vec::new();
        event.encode(&mut written);
        let written = String::from_utf8(written).unwrap();
        if version == event.describe().schema_version {
            assert_eq!(written, payload, "the current version, to the byte");
        } else {
            let current = event.describe().schema_version;
            let again = Event::decode(event_type, current, entity, &written).unwrap();
            assert_eq!(again, event, "{event_type} of version {version}");
        }
    }
}

#[test]
fn version_1_holds_the_features_of_customer_1_in_their_order() {
    let (event_type, version, entity, payload) = GOLDEN[0];
    let Event::TransactionAssessed(event) =
        Event::decode(event_type, version, entity, payload).unwrap()
    else {
        panic!("an assessment was stored");
    };
    assert_eq!(event.features.set(), FeatureSet::Customer1);
    assert_eq!(event.features.get("amount"), Some(1_250.0));
    assert_eq!(event.features.get("seconds_since_previous"), Some(MISSING));
    let ratio = event.features.get("amount_to_mean_30_days");
    assert_eq!(ratio, Some(0.300_000_000_000_000_04), "to the bit");
    let words: Vec<String> = event
        .reasons
        .iter()
        .filter_map(|index| crate::Reason::new(*index, &event.features, "EUR"))
        .map(|reason| reason.text)
        .collect();
    assert_eq!(
        words,
        [
            "Amount: 12.50 EUR",
            "Amount against the customer's earlier 30-day mean: 0.3 times"
        ]
    );
}

#[test]
fn version_1_of_a_label_names_no_purchase() {
    let (event_type, version, entity, payload) = GOLDEN[2];
    let event = Event::decode(event_type, version, entity, payload).unwrap();
    assert!(matches!(event, Event::TransactionLabelled(label) if label.purchase.is_none()));
}

#[test]
fn an_unknown_type_or_version_stops_instead_of_being_skipped() {
    for (event_type, version) in [("TransactionForgotten", 1), ("TransactionAssessed", 3)] {
        assert!(matches!(
            Event::decode(event_type, version, "0123456789abcdef", "{}"),
            Err(DecodeError::UnknownType { .. })
        ));
    }
    assert!(matches!(
        Event::decode("TransactionLabelled", 1, "nobody", GOLDEN[2].3),
        Err(DecodeError::Entity { .. })
    ));
}

fn text() -> impl Strategy<Value = String> {
    proptest::string::string_regex("\\PC{0,20}").unwrap()
}

fn key() -> impl Strategy<Value = Option<EntityKey>> {
    proptest::option::of(any::<u64>().prop_map(EntityKey::from_hash))
}

fn transaction() -> impl Strategy<Value = Transaction> {
    (
        (text(), any::<u64>(), any::<i64>(), 0..i64::MAX, text()),
        (key(), key(), key()),
    )
        .prop_map(
            |(
                (transaction_id, customer, occurred_at_us, amount_minor, terminal_id),
                (card, device, address),
            )| Transaction {
                transaction_id,
                customer: CustomerReference(customer),
                occurred_at_us,
                amount_minor,
                currency: "EUR".into(),
                terminal_id,
                card,
                device,
                address,
            },
        )
}

/// Any number that a feature can be, and none.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        1 => Just(MISSING),
        4 => proptest::num::f64::NORMAL | proptest::num::f64::ZERO,
        4 => (-1_000_000_i32..1_000_000).prop_map(f64::from),
    ]
}

fn features() -> impl Strategy<Value = Features> {
    fn list<const N: usize>() -> impl Strategy<Value = Values<N>> {
        proptest::collection::vec(value(), N)
            .prop_map(|values| Values(values.try_into().expect("as many as asked for")))
    }
    prop_oneof![
        list().prop_map(Features::Customer1),
        list().prop_map(Features::Risk2)
    ]
}

fn policy() -> impl Strategy<Value = Policy> {
    (any::<u32>(), text(), [0.0_f64..1.0, 0.0..1.0, 0.0..1.0]).prop_map(|(version, model, at)| {
        Policy {
            version,
            model,
            thresholds: Thresholds {
                challenge: at[0],
                review: at[1],
                decline: at[2],
            },
            rules: crate::RuleSet::default(),
        }
    })
}

fn event() -> impl Strategy<Value = Event> {
    let decision = || proptest::sample::select(Decision::ALL.to_vec());
    prop_oneof![
        (
            transaction(),
            features(),
            0.0_f64..1.0,
            decision(),
            proptest::collection::vec(any::<u8>(), 0..4),
            any::<u64>(),
            text()
        )
            .prop_map(
                |(transaction, features, score, decision, reasons, policy, personal)| {
                    Event::TransactionAssessed(TransactionAssessed {
                        transaction,
                        features,
                        score,
                        decision,
                        reasons,
                        policy,
                        personal,
                        lists: crate::Memberships::default(),
                        hits: vec![crate::RuleHit("night".into(), 2)],
                        shadow_hits: Vec::new(),
                    })
                }
            ),
        (transaction(), features(), decision(), text()).prop_map(
            |(transaction, features, decision, personal)| {
                Event::TransactionImported(TransactionImported {
                    transaction,
                    features,
                    decision,
                    personal,
                })
            }
        ),
        (
            transaction(),
            any::<(bool, bool)>(),
            any::<i64>(),
            proptest::option::of(text())
        )
            .prop_map(|(transaction, (fraud, told), known_at_us, note)| {
                Event::TransactionLabelled(TransactionLabelled {
                    purchase: told.then(|| LabelledPurchase::of(&transaction)),
                    transaction_id: transaction.transaction_id,
                    customer: transaction.customer,
                    label: if fraud { Label::Fraud } else { Label::Genuine },
                    source: LabelSource::Analyst,
                    known_at_us,
                    note,
                })
            }),
        (any::<u64>(), policy()).prop_map(|(control_offset, policy)| {
            Event::ContextAdopted(ContextAdopted {
                control_offset,
                policy,
                list_changes: Vec::new(),
            })
        }),
        (
            text(),
            any::<[u64; 3]>(),
            proptest::option::of(0.0_f64..1.0)
        )
            .prop_map(|(model, counts, training_auc)| {
                Event::ModelPublished(ModelPublished {
                    model,
                    training_rows: counts[0],
                    training_frauds: counts[1],
                    trained_through: counts[2],
                    training_auc,
                    card: None,
                })
            }),
        policy().prop_map(|policy| Event::PolicyActivated(PolicyActivated {
            policy,
            list_changes: Vec::new(),
        })),
    ]
}

proptest! {
    #[test]
    fn every_event_comes_back_as_it_was_written(event in event()) {
        let mut written = Vec::new();
        event.encode(&mut written);
        let described = event.describe();
        let read = Event::decode(
            described.event_type,
            described.schema_version,
            &described.entity_id,
            std::str::from_utf8(&written).unwrap(),
        ).unwrap();
        prop_assert_eq!(&read, &event);
        let mut again = Vec::new();
        read.encode(&mut again);
        prop_assert_eq!(again, written);
    }
}
