//! Models in shadow, a model that is proposed, and the way back.

use super::{
    drafts::{content, draft_by},
    *,
};
use crate::{
    ActivateDraft, ApproveDraft, ContentFault, DraftContent, DraftPolicy, EndShadow,
    ModelRolledBack, PolicyDraftApproved, PolicyDraftSubmitted, PolicyDrafted, PublishModel,
    ReviewRollBack, RollBackModel, RollBackReviewed, SHADOWS_MAX, ShadowEnded, ShadowStarted,
    StartShadow,
};

fn start(model: &str) -> Command {
    Command::StartShadow(StartShadow {
        model: model.to_owned(),
        by: "ravi".to_owned(),
    })
}

fn end(model: &str) -> Command {
    Command::EndShadow(EndShadow {
        model: model.to_owned(),
        by: "ravi".to_owned(),
    })
}

fn started(model: &str) -> Event {
    Event::ShadowStarted(ShadowStarted {
        model: model.to_owned(),
        by: "ravi".to_owned(),
    })
}

fn ended(model: &str) -> Event {
    Event::ShadowEnded(ShadowEnded {
        model: model.to_owned(),
        by: "ravi".to_owned(),
    })
}

fn over(model: &str, version: u32) -> Policy {
    Policy {
        model: model.to_owned(),
        ..policy(version)
    }
}

/// `MODEL` decides, and `another` is published.
fn a_champion_and_another() -> Vec<Event> {
    vec![published(MODEL), activated(policy(1)), published("another")]
}

fn after(events: impl IntoIterator<Item = Event>) -> Specification<RiskControl> {
    given_control(a_champion_and_another().into_iter().chain(events))
}

#[test]
fn a_published_model_enters_and_leaves_the_shadow() {
    after([])
        .when(&with_two_models(NOON), &start("another"))
        .then(&[started("another")]);
    after([started("another")])
        .when(&with_two_models(NOON), &start("another"))
        .then_rejected(&Rejection::InShadowAlready);
    after([started("another")])
        .when(&with_two_models(NOON), &end("another"))
        .then(&[ended("another")]);
    after([started("another"), ended("another")])
        .when(&with_two_models(NOON), &end("another"))
        .then_rejected(&Rejection::NotInShadow);
}

#[test]
fn only_a_loaded_model_that_does_not_decide_can_be_in_shadow() {
    for (context, model, rejection) in [
        (with_two_models(NOON), MODEL, Rejection::DecidesAlready),
        (with_two_models(NOON), "unheard", Rejection::UnknownModel),
        (at(NOON), "another", Rejection::ModelNotLoaded),
    ] {
        after([])
            .when(&context, &start(model))
            .then_rejected(&rejection);
    }
}

#[test]
fn there_is_room_for_four_and_a_fifth_is_published_without() {
    let names: Vec<String> = (0..SHADOWS_MAX).map(|name| format!("m-{name}")).collect();
    let full = || {
        names
            .iter()
            .flat_map(|name| [published(name), started(name)])
    };
    after(full())
        .when(&with_two_models(NOON), &start("another"))
        .then_rejected(&Rejection::TooManyShadows);
    let publish = Command::PublishModel(PublishModel {
        published: publication("fifth"),
        shadow_by: Some("ravi".to_owned()),
    });
    after(full())
        .when(&with_two_models(NOON), &publish)
        .then(&[published("fifth")]);
    after([])
        .when(&with_two_models(NOON), &publish)
        .then(&[published("fifth"), started("fifth")]);
}

fn proposal() -> DraftContent {
    DraftContent {
        model: Some(("another".to_owned(), evidence())),
        ..content([])
    }
}

fn proposed() -> (Event, String) {
    let drafted = PolicyDrafted {
        draft: 1,
        title: "Stop card testing".to_owned(),
        candidate: crate::Candidate {
            base_version: 1,
            model: "another".to_owned(),
            thresholds: thresholds(),
            rules: RuleSet::default(),
            list_changes: Vec::new(),
            evidence: Some(evidence()),
        },
        by: "ravi".to_owned(),
    };
    let hash = drafted.candidate.hash();
    (Event::PolicyDrafted(drafted), hash)
}

#[test]
fn a_draft_names_another_model_with_what_speaks_for_it() {
    after([])
        .when(&with_two_models(NOON), &draft_by("ravi", proposal()))
        .then(&[proposed().0]);
    let unheard = Command::DraftPolicy(DraftPolicy {
        title: "x".to_owned(),
        content: DraftContent {
            model: Some(("unheard".to_owned(), evidence())),
            ..content([])
        },
        by: "ravi".to_owned(),
    });
    after([])
        .when(&with_two_models(NOON), &unheard)
        .then_rejected(&Rejection::InvalidContent(vec![ContentFault {
            pointer: "/model".to_owned(),
            message: "no model of this hash was published".to_owned(),
        }]));
}

#[test]
fn an_approval_is_bound_to_what_was_shown_of_the_model() {
    let (drafted, hash) = proposed();
    let Event::PolicyDrafted(of) = &drafted else {
        panic!("a draft");
    };
    let mut shown_otherwise = of.candidate.clone();
    shown_otherwise.evidence = Some(ModelEvidence {
        comparison: Some("a flattering one".to_owned()),
        ..evidence()
    });
    let submitted = Event::PolicyDraftSubmitted(PolicyDraftSubmitted {
        draft: 1,
        candidate_hash: hash.clone(),
        back_test: None,
        by: "ravi".to_owned(),
    });
    let approve = |candidate_hash: String| {
        Command::ApproveDraft(ApproveDraft {
            draft: 1,
            candidate_hash,
            back_test: None,
            by: "mira".to_owned(),
        })
    };
    let history = [drafted, submitted];
    after(history.clone())
        .when(&with_two_models(NOON), &approve(shown_otherwise.hash()))
        .then_rejected(&Rejection::OtherCandidate);
    after(history)
        .when(&with_two_models(NOON), &approve(hash.clone()))
        .then(&[Event::PolicyDraftApproved(PolicyDraftApproved {
            draft: 1,
            candidate_hash: hash,
            back_test: None,
            by: "mira".to_owned(),
        })]);
}

#[test]
fn what_is_promoted_leaves_the_shadow_and_can_be_put_back_by_one_person() {
    let (drafted, hash) = proposed();
    let approved = Event::PolicyDraftApproved(PolicyDraftApproved {
        draft: 1,
        candidate_hash: hash,
        back_test: None,
        by: "mira".to_owned(),
    });
    let submitted = Event::PolicyDraftSubmitted(PolicyDraftSubmitted {
        draft: 1,
        candidate_hash: String::new(),
        back_test: None,
        by: "ravi".to_owned(),
    });
    let activate = Command::ActivateDraft(ActivateDraft {
        draft: 1,
        by: "ravi".to_owned(),
    });
    let (events, state) = after([started("another"), drafted, submitted, approved])
        .when(&with_two_models(NOON), &activate)
        .then_state();
    assert!(
        events.contains(&activated(over("another", 2))),
        "{events:?}"
    );
    let PartitionState::Control(control) = state else {
        panic!("the control partition became another");
    };
    assert_eq!(control.models.in_shadow().count(), 0);
    assert_eq!(
        control.previous_model().map(|policy| policy.version),
        Some(1)
    );
}

fn roll_back() -> Command {
    Command::RollBackModel(RollBackModel {
        reason: "Too many declines".to_owned(),
        by: "ravi".to_owned(),
    })
}

fn rolled_back() -> [Event; 2] {
    [
        Event::ModelRolledBack(ModelRolledBack {
            model: "another".to_owned(),
            thresholds: thresholds(),
            restored: MODEL.to_owned(),
            reason: "Too many declines".to_owned(),
            by: "ravi".to_owned(),
        }),
        activated(over(MODEL, 3)),
    ]
}

fn review(by: &str, confirmed: bool) -> Command {
    Command::ReviewRollBack(ReviewRollBack {
        confirmed,
        reason: "Seen".to_owned(),
        by: by.to_owned(),
    })
}

fn reviewed(confirmed: bool) -> Event {
    Event::RollBackReviewed(RollBackReviewed {
        model: "another".to_owned(),
        confirmed,
        reason: "Seen".to_owned(),
        by: "mira".to_owned(),
    })
}

#[test]
fn the_previous_model_is_put_back_in_one_step() {
    after([activated(over("another", 2))])
        .when(&with_two_models(NOON), &roll_back())
        .then(&rolled_back());
    after([])
        .when(&with_two_models(NOON), &roll_back())
        .then_rejected(&Rejection::NoEarlierModel);
    let history = [activated(over("another", 2))]
        .into_iter()
        .chain(rolled_back());
    after(history)
        .when(&with_two_models(NOON), &roll_back())
        .then_rejected(&Rejection::RollBackUnderReview);
}

#[test]
fn a_second_person_looks_at_a_roll_back_and_may_undo_it() {
    let history = || {
        [activated(over("another", 2))]
            .into_iter()
            .chain(rolled_back())
    };
    after(history())
        .when(&with_two_models(NOON), &review("ravi", true))
        .then_rejected(&Rejection::SamePerson);
    after(history())
        .when(&with_two_models(NOON), &review("mira", true))
        .then(&[reviewed(true)]);
    after(history())
        .when(&with_two_models(NOON), &review("mira", false))
        .then(&[reviewed(false), activated(over("another", 4))]);
    after(history().chain([reviewed(true)]))
        .when(&with_two_models(NOON), &review("mira", true))
        .then_rejected(&Rejection::NoRollBackToReview);
}

#[test]
fn another_model_by_approval_ends_the_wait_for_a_second_look() {
    let history = [activated(over("another", 2))]
        .into_iter()
        .chain(rolled_back())
        .chain([published("third"), activated(over("third", 4))]);
    after(history)
        .when(&with_two_models(NOON), &review("mira", true))
        .then_rejected(&Rejection::NoRollBackToReview);
}
