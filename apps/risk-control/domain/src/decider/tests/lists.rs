//! Lists beside score and rules.

use super::*;

/// An assessment of a transaction whose card has fingerprint 1 and whose customer has fingerprint 2.
fn assess_listed(amount_minor: i64) -> Command {
    Command::AssessTransaction(AssessTransaction {
        transaction: transaction("t-1", NOON, amount_minor),
        personal: "sealed".to_owned(),
        fingerprints: TransactionFingerprints {
            customer: Some(ListFingerprint(2)),
            card: Some(ListFingerprint(1)),
            ..TransactionFingerprints::default()
        },
    })
}

#[track_caller]
fn decided(
    amount_minor: i64,
    rules: impl IntoIterator<Item = Rule>,
    list_changes: impl IntoIterator<Item = ListChange>,
) -> TransactionAssessed {
    let adopted = Event::ContextAdopted(ContextAdopted {
        control_offset: 4,
        policy: with_rules(2, rules),
        list_changes: list_changes.into_iter().collect(),
    });
    assessed(given_data([adopted]), &assess_listed(amount_minor))
}

const ALLOWED: fn() -> ListChange = || on_list(ListName::Allow, ListedKind::Customer, 2, None);

#[test]
fn a_block_declines_and_nothing_overrides_it() {
    let allow_rule = rule("all", "amount > 1.0", Decision::Approve);
    let event = decided(
        2_500,
        [allow_rule],
        [blocked(ListedKind::Card, 1, None), ALLOWED()],
    );
    assert_eq!(event.decision, Decision::Decline);
    let lists: Vec<_> = event.lists.iter().collect();
    assert_eq!(
        lists,
        [
            (ListName::Allow, ListedKind::Customer),
            (ListName::Block, ListedKind::Card)
        ]
    );
}

#[test]
fn an_allow_entry_overrides_score_and_rules() {
    let strict = rule("all", "amount > 1.0", Decision::Decline);
    let event = decided(70_000, [strict], [ALLOWED()]);
    assert_eq!(event.decision, Decision::Approve);
    assert_eq!(
        event.hits.len(),
        1,
        "what would have happened stays visible"
    );
}

#[test]
fn a_watch_entry_decides_nothing_but_a_rule_may_ask_for_it() {
    let watched = || on_list(ListName::Watch, ListedKind::Card, 1, None);
    let event = decided(2_500, [], [watched()]);
    assert_eq!(event.decision, Decision::Approve);
    assert!(event.lists.contains(ListName::Watch, ListedKind::Card));
    let watching = rule("watched", "card_on_watch_list", Decision::Review);
    let event = decided(2_500, [watching], [watched()]);
    assert_eq!(event.decision, Decision::Review);
}

#[test]
fn an_entry_counts_until_it_expires_or_is_taken_off() {
    for (expires_at_us, decision) in [
        (Some(NOON), Decision::Approve),
        (Some(NOON + 1), Decision::Decline),
        (None, Decision::Decline),
    ] {
        let event = decided(2_500, [], [blocked(ListedKind::Card, 1, expires_at_us)]);
        assert_eq!(event.decision, decision, "{expires_at_us:?}");
    }
    let taken_off = ListChange::Remove {
        list: ListName::Block,
        kind: ListedKind::Card,
        fingerprint: ListFingerprint(1),
    };
    let event = decided(2_500, [], [blocked(ListedKind::Card, 1, None), taken_off]);
    assert_eq!(event.decision, Decision::Approve);
}

#[test]
fn kinds_and_fingerprints_are_not_mixed_up() {
    for change in [
        blocked(ListedKind::Device, 1, None),
        blocked(ListedKind::Card, 2, None),
        blocked(ListedKind::Terminal, 2, None),
    ] {
        assert_eq!(decided(2_500, [], [change]).decision, Decision::Approve);
    }
}
