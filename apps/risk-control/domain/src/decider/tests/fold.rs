//! Whatever is decided, folding the stored events gives the state that decided on.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::{
    ActivatePolicy, EntityKey, ImportTransaction, Label, LabelSource, LabelTransaction,
    PublishModel,
};

fn some_transaction() -> impl Strategy<Value = Transaction> {
    let key = || proptest::option::of((0_u64..3).prop_map(|key| EntityKey::from_hash(key << 60)));
    (
        (0_u64..3, -9 * 24 * 60..30_i64, 0_i64..100_000),
        (0_u64..3, key(), key(), key()),
    )
        .prop_map(
            |((customer, minutes, amount_minor), (terminal, card, device, address))| Transaction {
                customer: CustomerReference(customer),
                terminal_id: format!("terminal-{terminal}"),
                card,
                device,
                address,
                ..transaction("t", NOON + minutes * MINUTE, amount_minor)
            },
        )
}

fn some_policy() -> impl Strategy<Value = Policy> {
    let models = prop_oneof![4 => Just(MODEL), 1 => Just("never loaded")];
    (0_u32..4, models, 0.0_f64..0.7).prop_map(|(version, model, challenge)| Policy {
        version,
        model: model.to_owned(),
        thresholds: Thresholds {
            challenge,
            ..thresholds()
        },
    })
}

fn some_command() -> impl Strategy<Value = Command> {
    let decision = proptest::sample::select(Decision::ALL.to_vec());
    let label = proptest::sample::select(vec![Label::Fraud, Label::Genuine]);
    let known_at_us = proptest::option::of((NOON - DAY..NOON + HOUR).boxed());
    prop_oneof![
        4 => some_transaction().prop_map(|transaction| assess(&transaction)),
        2 => (some_transaction(), decision).prop_map(|(transaction, decision)| {
            Command::ImportTransaction(ImportTransaction {
                transaction,
                decision,
                personal: "sealed".to_owned(),
            })
        }),
        2 => (some_transaction(), label, known_at_us).prop_map(|(transaction, label, known_at_us)| {
            Command::LabelTransaction(LabelTransaction {
                purchase: LabelledPurchase::of(&transaction),
                transaction_id: "t".to_owned(),
                customer: transaction.customer,
                label,
                source: LabelSource::Customer,
                known_at_us,
                note: None,
            })
        }),
        1 => (0_u64..6, some_policy()).prop_map(|(control_offset, policy)| {
            Command::AdoptContext(AdoptContext { control_offset, policy })
        }),
        1 => proptest::sample::select(vec![MODEL, "never loaded", "another"]).prop_map(|model| {
            Command::PublishModel(PublishModel { published: publication(model) })
        }),
        2 => some_policy().prop_map(|policy| Command::ActivatePolicy(ActivatePolicy { policy })),
        4 => super::cases::some_case_command(),
        1 => super::parked_labels::some_command(),
        1 => super::webhooks::some_command(),
    ]
}

/// Writes an event and reads it again.
fn stored_and_read(event: &Event) -> Event {
    let mut payload = Vec::new();
    RiskControl::encode(event, &mut payload);
    let described = RiskControl::describe(event);
    RiskControl::decode(
        described.event_type,
        described.schema_version,
        &described.entity_id,
        std::str::from_utf8(&payload).unwrap(),
    )
    .unwrap()
}

proptest! {
    #[test]
    fn a_fold_of_the_stored_events_is_the_state_that_decided_them_and_a_snapshot_keeps_it(
        partition in proptest::sample::select(vec![PartitionId::CONTROL, DATA]),
        commands in proptest::collection::vec(some_command(), 1..60),
    ) {
        let mut live = RiskControl::initial(partition);
        let mut folded = RiskControl::initial(partition);
        let mut versions: HashMap<(&str, String), u64> = HashMap::new();
        for command in commands {
            let before = live.clone();
            let decided = RiskControl::decide(&live, &at(NOON), &command);
            prop_assert_eq!(&decided, &RiskControl::decide(&live, &at(NOON), &command));
            prop_assert_eq!(&live, &before, "a decision moves nothing by itself");
            for event in decided.unwrap_or_default() {
                RiskControl::evolve(&mut live, &event);
                let described = RiskControl::describe(&event);
                let version = versions
                    .entry((described.entity_type, described.entity_id.to_string()))
                    .or_default();
                *version += 1;
                prop_assert_eq!(
                    RiskControl::entity_version(&live, &event),
                    *version,
                    "{:?}", event
                );
                RiskControl::evolve(&mut folded, &stored_and_read(&event));
            }
            prop_assert_eq!(&live, &folded);
        }
        let snapshot = postcard::to_stdvec(&live).unwrap();
        prop_assert_eq!(&postcard::from_bytes::<PartitionState>(&snapshot).unwrap(), &live);
    }
}
