//! Whatever is decided, folding the stored events gives the state that decided on.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::{
    ActivateDraft, ActivatePolicy, ApproveDraft, DiscardDraft, DraftContent, DraftPolicy,
    DraftStage, EndShadow, EntityKey, ImportTransaction, Label, LabelSource, LabelTransaction,
    ListedKind, PublishModel, RejectDraft, ReviewRollBack, ReviewSwitchOff, ReviseDraft,
    RollBackModel, RollBackPolicy, RuleSet, StartShadow, SubmitDraft, SwitchOffRule,
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
        rules: RuleSet::default(),
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
        1 => super::aftermath::some_command(),
        1 => (0_u64..6, some_policy()).prop_map(|(control_offset, policy)| {
            let list_changes = vec![blocked(ListedKind::Card, control_offset, None)];
            Command::AdoptContext(AdoptContext { control_offset, policy, list_changes })
        }),
        1 => proptest::sample::select(vec![MODEL, "never loaded", "another"]).prop_map(|model| {
            Command::PublishModel(PublishModel {
                published: publication(model),
                shadow_by: (model == "another").then(|| "ravi".to_owned()),
            })
        }),
        2 => some_policy().prop_map(|policy| Command::ActivatePolicy(ActivatePolicy { policy })),
        4 => super::cases::some_case_command(),
        1 => super::parked_labels::some_command(),
        1 => super::webhooks::some_command(),
        6 => some_governance(),
    ]
}

/// Steps of governance, of few people on few drafts, so that many of them are accepted.
fn some_governance() -> impl Strategy<Value = Command> {
    let person = || proptest::sample::select(vec!["ravi", "mira"]).prop_map(str::to_owned);
    let draft = || 1_u64..4;
    let rule = || proptest::sample::select(vec!["night", "large"]).prop_map(str::to_owned);
    let content = || {
        (0.0_f64..0.3, rule(), 0_u64..9).prop_map(|(challenge, id, fingerprint)| DraftContent {
            thresholds: Thresholds {
                challenge,
                ..thresholds()
            },
            rules: vec![rule_content(&id, "amount > 5.0", Decision::Review)],
            model: (fingerprint == 0).then(|| ("another".to_owned(), evidence())),
            list_changes: vec![blocked(ListedKind::Device, fingerprint, None)],
        })
    };
    prop_oneof![
        3 => (content(), person()).prop_map(|(content, by)| {
            Command::DraftPolicy(DraftPolicy { title: "change".to_owned(), content, by })
        }),
        1 => (draft(), content(), person()).prop_map(|(draft, content, by)| {
            let title = "changed".to_owned();
            Command::ReviseDraft(ReviseDraft { draft, expected_version: None, title, content, by })
        }),
        3 => (draft(), person()).prop_map(|(draft, by)| {
            Command::SubmitDraft(SubmitDraft { draft, expected_version: None, back_test: None, by })
        }),
        1 => (draft(), person()).prop_map(|(draft, by)| {
            Command::RejectDraft(RejectDraft { draft, reason: "no".to_owned(), by })
        }),
        2 => (draft(), person()).prop_map(|(draft, by)| Command::ActivateDraft(ActivateDraft { draft, by })),
        1 => (draft(), person()).prop_map(|(draft, by)| {
            Command::DiscardDraft(DiscardDraft { draft, expected_version: None, by })
        }),
        1 => (1_u32..4, person()).prop_map(|(version, by)| Command::RollBackPolicy(RollBackPolicy { version, by })),
        1 => person().prop_map(|by| {
            Command::StartShadow(StartShadow { model: MODEL.to_owned(), by })
        }),
        1 => person().prop_map(|by| {
            Command::EndShadow(EndShadow { model: "another".to_owned(), by })
        }),
        1 => person().prop_map(|by| {
            Command::RollBackModel(RollBackModel { reason: "wrong".to_owned(), by })
        }),
        1 => (person(), any::<bool>()).prop_map(|(by, confirmed)| {
            Command::ReviewRollBack(ReviewRollBack { confirmed, reason: "seen".to_owned(), by })
        }),
        1 => (rule(), person()).prop_map(|(rule, by)| {
            Command::SwitchOffRule(SwitchOffRule { rule, reason: "wrong".to_owned(), by })
        }),
        1 => (rule(), person(), any::<bool>()).prop_map(|(rule, by, confirmed)| {
            Command::ReviewSwitchOff(ReviewSwitchOff { rule, confirmed, reason: "seen".to_owned(), by })
        }),
    ]
}

/// Approves whatever is submitted, as somebody who wrote none of it: random hashes would never fit.
fn approval(state: &PartitionState) -> Option<Command> {
    let PartitionState::Control(state) = state else {
        return None;
    };
    state
        .governance
        .drafts
        .iter()
        .find_map(|(draft, of)| match &of.stage {
            DraftStage::Submitted(submission) => Some(Command::ApproveDraft(ApproveDraft {
                draft: *draft,
                candidate_hash: submission.candidate_hash.clone(),
                back_test: None,
                by: "ana".to_owned(),
            })),
            _ => None,
        })
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
        for command in commands.into_iter().flat_map(|command| [Some(command), None]) {
            let Some(command) = command.or_else(|| approval(&live)) else {
                continue;
            };
            let before = live.clone();
            let decided = RiskControl::decide(&live, &with_two_models(NOON), &command);
            prop_assert_eq!(&decided, &RiskControl::decide(&live, &with_two_models(NOON), &command));
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
