//! Proposing a change: draft, revise, roll back, discard.

use super::*;
use crate::{
    Candidate, ContentFault, DiscardDraft, DraftContent, DraftPolicy, PolicyDraftClosed,
    PolicyDrafted, ReviseDraft, RollBackPolicy,
};

pub(super) fn content(rules: impl IntoIterator<Item = RuleContent>) -> DraftContent {
    DraftContent {
        model: None,
        thresholds: thresholds(),
        rules: rules.into_iter().collect(),
        list_changes: Vec::new(),
    }
}

pub(super) fn draft_by(by: &str, content: DraftContent) -> Command {
    Command::DraftPolicy(DraftPolicy {
        title: "Stop card testing".to_owned(),
        content,
        by: by.to_owned(),
    })
}

pub(super) fn drafted(draft: u64, base_version: u32, rules: Vec<Rule>, by: &str) -> Event {
    Event::PolicyDrafted(PolicyDrafted {
        draft,
        title: "Stop card testing".to_owned(),
        candidate: Candidate {
            base_version,
            model: MODEL.to_owned(),
            thresholds: thresholds(),
            rules: RuleSet::new(rules),
            list_changes: Vec::new(),
            evidence: None,
        },
        by: by.to_owned(),
    })
}

fn large() -> Rule {
    rule("large", "amount > 500.0", Decision::Review)
}

fn revise(expected_version: Option<u64>, rules: impl IntoIterator<Item = RuleContent>) -> Command {
    Command::ReviseDraft(ReviseDraft {
        draft: 1,
        expected_version,
        title: "Stop card testing".to_owned(),
        content: content(rules),
        by: "ana".to_owned(),
    })
}

#[test]
fn a_draft_is_made_from_the_active_policy() {
    given_control([published(MODEL), activated(policy(1))])
        .when(
            &at(NOON),
            &draft_by("ravi", content([RuleContent::from(&large())])),
        )
        .then(&[drafted(1, 1, vec![large()], "ravi")]);
    given_control([published(MODEL)])
        .when(&at(NOON), &draft_by("ravi", content([])))
        .then_rejected(&Rejection::NoPolicy);
}

#[test]
fn a_rule_gets_a_new_version_only_when_it_says_something_else() {
    let second = Rule {
        version: 2,
        condition: "amount > 600.0".to_owned(),
        ..large()
    };
    let history = || {
        [
            published(MODEL),
            activated(with_rules(1, [large()])),
            activated(with_rules(2, [second.clone()])),
        ]
    };
    let shadow = Rule {
        mode: RuleMode::Shadow,
        ..second.clone()
    };
    let third = Rule {
        version: 3,
        outcome: Decision::Decline,
        ..second.clone()
    };
    let back = Rule {
        version: 3,
        ..large()
    };
    for (written, expected) in [
        (&second, &second),
        (&shadow, &shadow),
        (&third, &third),
        (&large(), &back),
    ] {
        given_control(history())
            .when(
                &at(NOON),
                &draft_by("ravi", content([RuleContent::from(written)])),
            )
            .then(&[drafted(1, 2, vec![expected.clone()], "ravi")]);
    }
}

#[test]
fn what_is_wrong_with_a_draft_is_said_at_once_and_with_its_place() {
    let faulty = DraftContent {
        model: None,
        thresholds: Thresholds {
            challenge: 0.9,
            ..thresholds()
        },
        rules: vec![
            rule_content("large", "amuont > 500.0", Decision::Review),
            rule_content("large", "amount >", Decision::Review),
            rule_content("Not an id", "currency == 1", Decision::Review),
        ],
        list_changes: vec![
            blocked(ListedKind::Card, 1, None),
            blocked(ListedKind::Card, 1, Some(NOON)),
        ],
    };
    let fault = |pointer: &str, message: &str| ContentFault {
        pointer: pointer.to_owned(),
        message: message.to_owned(),
    };
    given_control([published(MODEL), activated(policy(1))])
        .when(&at(NOON), &draft_by("ravi", faulty))
        .then_rejected(&Rejection::InvalidContent(vec![
            fault(
                "/thresholds",
                "must be probabilities in ascending order: challenge, review, decline",
            ),
            fault(
                "/rules/0/condition",
                "line 1, column 1: there is no field `amuont`; did you mean `amount`?",
            ),
            fault("/rules/1/id", "another rule has this id"),
            fault(
                "/rules/1/condition",
                "line 1, column 9: the condition ends where a value is expected",
            ),
            fault(
                "/rules/2/id",
                "must be 1 to 40 lower-case letters, digits and dashes",
            ),
            fault(
                "/rules/2/condition",
                "line 1, column 10: a string cannot be compared with an int",
            ),
            fault("/list_changes/1", "the same entry is changed twice"),
        ]));
}

#[test]
fn all_rules_together_have_a_bounded_cost() {
    let long = ["hour_of_day in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"; 12].join(" || ");
    let rules =
        (0..40).map(|number| rule_content(&format!("rule-{number}"), &long, Decision::Review));
    let outcome = given_control([published(MODEL), activated(policy(1))])
        .when(&at(NOON), &draft_by("ravi", content(rules)));
    outcome.then_rejected(&Rejection::InvalidContent(vec![ContentFault {
        pointer: "/rules".to_owned(),
        message: "all rules together may take 4000 steps, and these take 6200".to_owned(),
    }]));
}

#[test]
fn a_revision_needs_the_version_that_it_was_made_over() {
    let given = || {
        given_control([
            published(MODEL),
            activated(policy(1)),
            drafted(1, 1, vec![large()], "ravi"),
        ])
    };
    given()
        .when(&at(NOON), &revise(Some(1), []))
        .then(&[drafted(1, 1, Vec::new(), "ana")]);
    given()
        .when(&at(NOON), &revise(None, []))
        .then(&[drafted(1, 1, Vec::new(), "ana")]);
    given()
        .when(&at(NOON), &revise(Some(2), []))
        .then_rejected(&Rejection::DraftChanged);
    given_control([published(MODEL), activated(policy(1))])
        .when(&at(NOON), &revise(None, []))
        .then_rejected(&Rejection::UnknownDraft);
}

#[test]
fn going_back_to_an_earlier_policy_is_a_draft_like_any_other() {
    let roll_back = |version| {
        Command::RollBackPolicy(RollBackPolicy {
            version,
            by: "ravi".to_owned(),
        })
    };
    let given = || {
        given_control([
            published(MODEL),
            activated(with_rules(1, [large()])),
            activated(policy(2)),
        ])
    };
    let (events, _) = given().when(&at(NOON), &roll_back(1)).then_state();
    let [Event::PolicyDrafted(event)] = events.as_slice() else {
        panic!("expected a draft, got {events:?}");
    };
    assert_eq!(event.title, "Roll back to policy 1");
    assert_eq!(event.candidate.policy(), with_rules(3, [large()]));
    for version in [2, 3] {
        given()
            .when(&at(NOON), &roll_back(version))
            .then_rejected(&Rejection::UnknownPolicyVersion);
    }
    given()
        .when(&without_models(NOON), &roll_back(1))
        .then_rejected(&Rejection::ModelNotLoaded);
}

#[test]
fn a_discarded_draft_is_gone() {
    let discard = Command::DiscardDraft(DiscardDraft {
        draft: 1,
        expected_version: None,
        by: "mira".to_owned(),
    });
    let closed = Event::PolicyDraftClosed(PolicyDraftClosed {
        draft: 1,
        activated: None,
        by: "mira".to_owned(),
    });
    let history = [
        published(MODEL),
        activated(policy(1)),
        drafted(1, 1, vec![large()], "ravi"),
    ];
    given_control(history.clone())
        .when(&at(NOON), &discard)
        .then(std::slice::from_ref(&closed));
    given_control(history.into_iter().chain([closed]))
        .when(&at(NOON), &discard)
        .then_rejected(&Rejection::UnknownDraft);
}
