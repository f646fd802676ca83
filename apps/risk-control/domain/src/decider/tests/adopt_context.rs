use super::*;
use crate::{ListChange, ListedKind};

fn adopt(control_offset: PartitionOffset, policy: Policy) -> Command {
    Command::AdoptContext(AdoptContext {
        control_offset,
        policy,
        list_changes: Vec::new(),
    })
}

/// What the runtime would let a data partition adopt.
fn pending(
    control: impl IntoIterator<Item = Event>,
    data: impl IntoIterator<Item = Event>,
) -> Option<Command> {
    let fold = |partition, events: Vec<Event>| {
        let mut state = RiskControl::initial(partition);
        for event in events {
            RiskControl::evolve(&mut state, &event);
        }
        state
    };
    let control = fold(PartitionId::CONTROL, control.into_iter().collect());
    let data = fold(DATA, data.into_iter().collect());
    RiskControl::pending_adoption(&control, &data)
}

#[test]
fn a_data_partition_adopts_the_policy_with_its_place_in_the_control_partition() {
    let (events, state) = given_data([])
        .when(&at(NOON), &adopt(2, policy(1)))
        .then_state();
    assert_eq!(events, [adopted(2, policy(1))]);
    assert_eq!(RiskControl::adopted_offset(&state), 2);
}

#[test]
fn adopting_the_same_or_an_older_offset_again_changes_nothing() {
    for control_offset in [1, 2] {
        given_data([adopted(2, policy(1))])
            .when(&at(NOON), &adopt(control_offset, policy(9)))
            .then(&[]);
    }
}

#[test]
fn what_is_already_adopted_needs_no_model() {
    given_data([adopted(2, policy(1))])
        .when(&without_models(NOON), &adopt(2, policy(1)))
        .then(&[]);
}

#[test]
fn a_policy_whose_model_is_not_loaded_is_not_adopted() {
    given_data([adopted(2, policy(1))])
        .when(&without_models(NOON), &adopt(3, policy(2)))
        .then_rejected(&Rejection::ModelNotLoaded);
}

#[test]
fn only_a_partition_that_lags_behind_has_something_to_adopt() {
    let control = [published(MODEL), activated(policy(1)), published("other")];
    assert_eq!(pending([], []), None);
    assert_eq!(pending([published(MODEL)], []), None);
    // The activation is the control partition's second event; what came after it is no policy.
    assert_eq!(pending(control.clone(), []), Some(adopt(2, policy(1))));
    assert_eq!(pending(control.clone(), [adopted(2, policy(1))]), None);
    let again = control.into_iter().chain([activated(policy(2))]);
    assert_eq!(
        pending(again, [adopted(2, policy(1))]),
        Some(adopt(4, policy(2)))
    );
}

#[test]
fn the_control_partition_adopts_nothing_and_tells_the_offset_of_its_policy() {
    let mut control = RiskControl::initial(PartitionId::CONTROL);
    assert_eq!(RiskControl::adopted_offset(&control), 0);
    for event in [published(MODEL), activated(policy(1)), published("other")] {
        RiskControl::evolve(&mut control, &event);
    }
    assert_eq!(RiskControl::adopted_offset(&control), 2);
    assert_eq!(RiskControl::pending_adoption(&control, &control), None);
}

#[test]
fn a_partition_adopts_only_the_list_changes_that_are_new_to_it() {
    let (first, second) = (
        blocked(ListedKind::Card, 1, None),
        blocked(ListedKind::Card, 2, None),
    );
    let with_lists = |version, list_changes: &[ListChange]| {
        Event::PolicyActivated(PolicyActivated {
            policy: policy(version),
            list_changes: list_changes.to_vec(),
        })
    };
    let control = [
        published(MODEL),
        with_lists(1, std::slice::from_ref(&first)),
        with_lists(2, std::slice::from_ref(&second)),
    ];
    let adopting = |list_changes| {
        Some(Command::AdoptContext(AdoptContext {
            control_offset: 3,
            policy: policy(2),
            list_changes,
        }))
    };
    assert_eq!(
        pending(control.clone(), []),
        adopting(vec![first, second.clone()])
    );
    assert_eq!(
        pending(control, [adopted(2, policy(1))]),
        adopting(vec![second])
    );
}
