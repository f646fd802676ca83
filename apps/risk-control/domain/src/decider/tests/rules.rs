//! Rules beside the score: who prevails.

use super::*;
use crate::RuleHit;

/// What is decided over a transaction of this amount by a policy with these rules.
#[track_caller]
fn decided(amount_minor: i64, rules: impl IntoIterator<Item = Rule>) -> TransactionAssessed {
    let command = assess(&transaction("t-1", NOON, amount_minor));
    assessed(given_data([adopted(4, with_rules(2, rules))]), &command)
}

fn ids(hits: &[RuleHit]) -> Vec<&str> {
    hits.iter().map(RuleHit::rule).collect()
}

#[test]
fn the_strictest_of_score_and_rules_decides() {
    // Scores by the thresholds alone: 25 EUR approve, 300 EUR challenge, 450 EUR review, 700 EUR decline.
    for (amount_minor, outcome, decision) in [
        (2_500, Decision::Challenge, Decision::Challenge),
        (2_500, Decision::Decline, Decision::Decline),
        (30_000, Decision::Review, Decision::Review),
        (45_000, Decision::Challenge, Decision::Review),
        (70_000, Decision::Challenge, Decision::Decline),
    ] {
        let event = decided(amount_minor, [rule("any", "amount > 1.0", outcome)]);
        assert_eq!(event.decision, decision, "{amount_minor} {outcome:?}");
        assert_eq!(ids(&event.hits), ["any"]);
    }
}

#[test]
fn a_rule_that_is_not_fulfilled_leaves_no_trace() {
    let event = decided(2_500, [rule("large", "amount > 500.0", Decision::Decline)]);
    assert_eq!(event.decision, Decision::Approve);
    assert!(event.hits.is_empty() && event.shadow_hits.is_empty());
}

#[test]
fn an_allowing_rule_lifts_the_score_but_no_other_rule() {
    let allow = || {
        rule(
            "known-terminal",
            "terminal_id == \"terminal-1\"",
            Decision::Approve,
        )
    };
    let event = decided(70_000, [allow()]);
    assert_eq!(event.decision, Decision::Approve);
    let event = decided(
        70_000,
        [
            allow(),
            rule("large", "amount > 500.0", Decision::Challenge),
        ],
    );
    assert_eq!(event.decision, Decision::Challenge);
    assert_eq!(ids(&event.hits), ["known-terminal", "large"]);
}

#[test]
fn a_shadow_rule_is_recorded_and_decides_nothing() {
    let shadow = Rule {
        mode: RuleMode::Shadow,
        ..rule("large", "amount > 1.0", Decision::Decline)
    };
    let event = decided(2_500, [shadow]);
    assert_eq!(event.decision, Decision::Approve);
    assert!(event.hits.is_empty());
    assert_eq!(ids(&event.shadow_hits), ["large"]);
    let off = Rule {
        mode: RuleMode::Off,
        ..rule("large", "amount > 1.0", Decision::Decline)
    };
    assert!(decided(2_500, [off]).hits.is_empty());
}

#[test]
fn a_rule_never_acts_on_what_nobody_knows() {
    // A first transaction has no previous one.
    for condition in [
        "seconds_since_previous < 60.0",
        "!(seconds_since_previous >= 60.0)",
    ] {
        let event = decided(2_500, [rule("quick", condition, Decision::Decline)]);
        assert_eq!(event.decision, Decision::Approve, "{condition}");
    }
    let event = decided(
        2_500,
        [rule(
            "first",
            "seconds_since_previous == null",
            Decision::Review,
        )],
    );
    assert_eq!(event.decision, Decision::Review);
}

#[test]
fn rules_see_money_in_whole_units_and_the_calendar() {
    let conditions = "amount == 25.0 && hour_of_day == 12 && day_of_week == 7 && is_weekend && currency == \"EUR\"";
    let event = decided(2_500, [rule("sunday", conditions, Decision::Review)]);
    assert_eq!(event.decision, Decision::Review);
    let by_score = decided(
        45_000,
        [rule(
            "score",
            "score >= 0.5 && score < 0.51",
            Decision::Decline,
        )],
    );
    assert_eq!(by_score.decision, Decision::Decline);
}

#[test]
fn a_rule_that_this_binary_cannot_read_is_told_and_never_fulfilled() {
    let policy = with_rules(2, [rule("old", "a_field_of_old > 1.0", Decision::Decline)]);
    assert_eq!(policy.rules.book().broken(), [Arc::from("old")]);
    let command = assess(&transaction("t-1", NOON, 2_500));
    let event = assessed(given_data([adopted(4, policy)]), &command);
    assert_eq!(event.decision, Decision::Approve);
}
