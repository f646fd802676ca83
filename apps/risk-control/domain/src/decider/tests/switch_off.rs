//! Break glass: a rule is off at once, and a second person looks at it afterwards.

use super::*;
use crate::{ReviewSwitchOff, RuleSwitchedOff, SwitchOffReviewed, SwitchOffRule};

fn large(mode: RuleMode) -> Rule {
    Rule {
        mode,
        ..rule("large", "amount > 500.0", Decision::Review)
    }
}

fn switch_off(rule: &str, reason: &str) -> Command {
    Command::SwitchOffRule(SwitchOffRule {
        rule: rule.to_owned(),
        reason: reason.to_owned(),
        by: "ravi".to_owned(),
    })
}

fn switched_off(was: RuleMode) -> Event {
    Event::RuleSwitchedOff(RuleSwitchedOff {
        rule: Arc::from("large"),
        version: 1,
        was,
        reason: "stops everybody".to_owned(),
        by: "ravi".to_owned(),
    })
}

fn review(by: &str, confirmed: bool) -> Command {
    Command::ReviewSwitchOff(ReviewSwitchOff {
        rule: "large".to_owned(),
        confirmed,
        reason: "looked at it".to_owned(),
        by: by.to_owned(),
    })
}

fn reviewed(confirmed: bool) -> Event {
    Event::SwitchOffReviewed(SwitchOffReviewed {
        rule: Arc::from("large"),
        confirmed,
        reason: "looked at it".to_owned(),
        by: "mira".to_owned(),
    })
}

/// A policy with one rule, which Ravi has switched off.
fn without_large(was: RuleMode) -> [Event; 4] {
    [
        published(MODEL),
        activated(with_rules(1, [large(was)])),
        switched_off(was),
        activated(with_rules(2, [large(RuleMode::Off)])),
    ]
}

#[test]
fn one_person_switches_a_rule_off_at_once_and_says_why() {
    for was in [RuleMode::Active, RuleMode::Shadow] {
        given_control([published(MODEL), activated(with_rules(1, [large(was)]))])
            .when(&at(NOON), &switch_off("large", "stops everybody"))
            .then(&[
                switched_off(was),
                activated(with_rules(2, [large(RuleMode::Off)])),
            ]);
    }
    given_control(without_large(RuleMode::Active))
        .when(&at(NOON), &switch_off("large", "again"))
        .then_rejected(&Rejection::AlreadyOff);
    given_control([published(MODEL), activated(policy(1))])
        .when(&at(NOON), &switch_off("large", "gone"))
        .then_rejected(&Rejection::UnknownRule);
}

#[test]
fn a_second_person_confirms_or_puts_the_rule_back_to_what_it_was() {
    given_control(without_large(RuleMode::Shadow))
        .when(&at(NOON), &review("mira", true))
        .then(&[reviewed(true)]);
    given_control(without_large(RuleMode::Shadow))
        .when(&at(NOON), &review("mira", false))
        .then(&[
            reviewed(false),
            activated(with_rules(3, [large(RuleMode::Shadow)])),
        ]);
    given_control(without_large(RuleMode::Active))
        .when(&at(NOON), &review("ravi", true))
        .then_rejected(&Rejection::SamePerson);
}

#[test]
fn there_is_one_review_and_none_once_the_rule_is_back_by_an_approved_change() {
    given_control(
        without_large(RuleMode::Active)
            .into_iter()
            .chain([reviewed(true)]),
    )
    .when(&at(NOON), &review("mira", true))
    .then_rejected(&Rejection::NothingToReview);
    for rules in [vec![large(RuleMode::Active)], Vec::new()] {
        let changed = activated(with_rules(3, rules));
        given_control(without_large(RuleMode::Active).into_iter().chain([changed]))
            .when(&at(NOON), &review("mira", true))
            .then_rejected(&Rejection::NothingToReview);
    }
    // A change of something else leaves the question open.
    let other = activated(with_rules(3, [large(RuleMode::Off)]));
    given_control(without_large(RuleMode::Active).into_iter().chain([other]))
        .when(&at(NOON), &review("mira", true))
        .then(&[reviewed(true)]);
}
