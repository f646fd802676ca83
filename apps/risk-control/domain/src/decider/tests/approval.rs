//! Four eyes: submit, approve, reject, activate.

use super::{drafts::drafted, *};
use crate::{
    ActivateDraft, ApproveDraft, PolicyDraftApproved, PolicyDraftClosed, PolicyDraftRejected,
    PolicyDraftSubmitted, RejectDraft, SubmitDraft,
};

fn large() -> Rule {
    rule("large", "amount > 500.0", Decision::Review)
}

fn draft() -> Event {
    drafted(1, 1, vec![large()], "ravi")
}

fn hash_of(event: &Event) -> String {
    match event {
        Event::PolicyDrafted(event) => event.candidate.hash(),
        other => panic!("not a draft: {other:?}"),
    }
}

fn submit(by: &str) -> Command {
    Command::SubmitDraft(SubmitDraft {
        draft: 1,
        expected_version: None,
        back_test: Some("shown".to_owned()),
        by: by.to_owned(),
    })
}

fn submitted(by: &str) -> Event {
    Event::PolicyDraftSubmitted(PolicyDraftSubmitted {
        draft: 1,
        candidate_hash: hash_of(&draft()),
        back_test: Some("shown".to_owned()),
        by: by.to_owned(),
    })
}

fn approve(by: &str, candidate_hash: &str, back_test: Option<&str>) -> Command {
    Command::ApproveDraft(ApproveDraft {
        draft: 1,
        candidate_hash: candidate_hash.to_owned(),
        back_test: back_test.map(str::to_owned),
        by: by.to_owned(),
    })
}

fn approved(by: &str) -> Event {
    Event::PolicyDraftApproved(PolicyDraftApproved {
        draft: 1,
        candidate_hash: hash_of(&draft()),
        back_test: Some("shown".to_owned()),
        by: by.to_owned(),
    })
}

fn activate(by: &str) -> Command {
    Command::ActivateDraft(ActivateDraft {
        draft: 1,
        by: by.to_owned(),
    })
}

fn given_with(events: impl IntoIterator<Item = Event>) -> Specification<RiskControl> {
    given_control(
        [published(MODEL), activated(policy(1))]
            .into_iter()
            .chain(events),
    )
}

#[test]
fn a_change_goes_from_draft_to_policy_through_two_people() {
    given_with([draft()])
        .when(&at(NOON), &submit("ravi"))
        .then(&[submitted("ravi")]);
    given_with([draft(), submitted("ravi")])
        .when(
            &at(NOON),
            &approve("mira", &hash_of(&draft()), Some("shown")),
        )
        .then(&[approved("mira")]);
    given_with([draft(), submitted("ravi"), approved("mira")])
        .when(&at(NOON), &activate("ravi"))
        .then(&[
            Event::PolicyDraftClosed(PolicyDraftClosed {
                draft: 1,
                activated: Some(2),
                by: "ravi".to_owned(),
            }),
            activated(with_rules(2, [large()])),
        ]);
}

#[test]
fn nobody_who_had_a_hand_in_a_draft_approves_or_rejects_it() {
    // Ravi wrote it, Ana revised it, Otto submitted it.
    let revised = drafted(1, 1, vec![large()], "ana");
    let history = [draft(), revised, submitted("otto")];
    for person in ["ravi", "ana", "otto"] {
        given_with(history.clone())
            .when(
                &at(NOON),
                &approve(person, &hash_of(&draft()), Some("shown")),
            )
            .then_rejected(&Rejection::SamePerson);
        let reject = Command::RejectDraft(RejectDraft {
            draft: 1,
            reason: "no".to_owned(),
            by: person.to_owned(),
        });
        given_with(history.clone())
            .when(&at(NOON), &reject)
            .then_rejected(&Rejection::SamePerson);
    }
    given_with(history)
        .when(
            &at(NOON),
            &approve("mira", &hash_of(&draft()), Some("shown")),
        )
        .then(&[approved("mira")]);
}

#[test]
fn an_approval_is_bound_to_the_candidate_and_to_the_back_test_that_were_shown() {
    let hash = hash_of(&draft());
    for (candidate_hash, back_test) in [
        ("another", Some("shown")),
        (hash.as_str(), Some("another")),
        (hash.as_str(), None),
    ] {
        given_with([draft(), submitted("ravi")])
            .when(&at(NOON), &approve("mira", candidate_hash, back_test))
            .then_rejected(&Rejection::OtherCandidate);
    }
    let stricter = rule("large", "amount > 5.0", Decision::Decline);
    assert_ne!(hash, hash_of(&drafted(1, 1, vec![stricter], "ravi")));
}

#[test]
fn a_revision_voids_what_was_submitted_and_approved() {
    let revised = drafted(1, 1, Vec::new(), "ravi");
    for history in [
        vec![draft(), submitted("ravi"), revised.clone()],
        vec![
            draft(),
            submitted("ravi"),
            approved("mira"),
            revised.clone(),
        ],
    ] {
        given_with(history.clone())
            .when(&at(NOON), &activate("ravi"))
            .then_rejected(&Rejection::NotApproved);
        given_with(history)
            .when(
                &at(NOON),
                &approve("mira", &hash_of(&draft()), Some("shown")),
            )
            .then_rejected(&Rejection::NotSubmitted);
    }
}

#[test]
fn steps_are_taken_in_their_order() {
    given_with([draft(), submitted("ravi")])
        .when(&at(NOON), &submit("ravi"))
        .then_rejected(&Rejection::NotOpen);
    given_with([draft()])
        .when(
            &at(NOON),
            &approve("mira", &hash_of(&draft()), Some("shown")),
        )
        .then_rejected(&Rejection::NotSubmitted);
    given_with([draft(), submitted("ravi")])
        .when(&at(NOON), &activate("ravi"))
        .then_rejected(&Rejection::NotApproved);
    given_with([drafted(1, 1, Vec::new(), "ravi")])
        .when(&at(NOON), &submit("ravi"))
        .then_rejected(&Rejection::NothingToSubmit);
    given_with([draft(), submitted("ravi"), approved("mira")])
        .when(&without_models(NOON), &activate("ravi"))
        .then_rejected(&Rejection::ModelNotLoaded);
}

#[test]
fn a_draft_from_a_policy_that_decides_no_more_must_be_revised() {
    let meanwhile = activated(policy(2));
    given_with([draft(), meanwhile.clone()])
        .when(&at(NOON), &submit("ravi"))
        .then_rejected(&Rejection::StaleDraft);
    given_with([draft(), submitted("ravi"), meanwhile.clone()])
        .when(
            &at(NOON),
            &approve("mira", &hash_of(&draft()), Some("shown")),
        )
        .then_rejected(&Rejection::StaleDraft);
    given_with([draft(), submitted("ravi"), approved("mira"), meanwhile])
        .when(&at(NOON), &activate("ravi"))
        .then_rejected(&Rejection::StaleDraft);
}

#[test]
fn a_rejected_draft_is_open_again_and_says_why() {
    let reject = |reason: &str| {
        Command::RejectDraft(RejectDraft {
            draft: 1,
            reason: reason.to_owned(),
            by: "mira".to_owned(),
        })
    };
    let rejected = Event::PolicyDraftRejected(PolicyDraftRejected {
        draft: 1,
        reason: "too strict".to_owned(),
        by: "mira".to_owned(),
    });
    given_with([draft(), submitted("ravi")])
        .when(&at(NOON), &reject(" too strict "))
        .then(std::slice::from_ref(&rejected));
    given_with([draft(), submitted("ravi"), rejected])
        .when(&at(NOON), &submit("ravi"))
        .then(&[submitted("ravi")]);
    let (_, state) = given_with([draft(), submitted("ravi")])
        .when(&at(NOON), &reject("no"))
        .then_state();
    assert!(
        matches!(state, PartitionState::Control(state) if state.governance.drafts[&1].version == 3)
    );
    assert!(matches!(
        RiskControl::decide(
            &given_state([draft(), submitted("ravi")]),
            &at(NOON),
            &reject("  ")
        ),
        Err(Rejection::InvalidContent(_))
    ));
}

fn given_state(events: impl IntoIterator<Item = Event>) -> PartitionState {
    let mut state = RiskControl::initial(PartitionId::CONTROL);
    let before = [published(MODEL), activated(policy(1))];
    for event in before.into_iter().chain(events) {
        RiskControl::evolve(&mut state, &event);
    }
    state
}
