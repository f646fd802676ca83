//! Memory stays bounded whatever happens.

use super::*;
use crate::{ALERTS_MAX, CaseExpired, OPEN_CASES_MAX};

fn customers(state: &PartitionState) -> &crate::CustomerPartition {
    match state {
        PartitionState::Customers(customers) => customers,
        PartitionState::Control(_) => panic!("a data partition"),
    }
}

#[test]
fn a_full_case_lets_the_next_alert_open_another() {
    let alerts = (0..ALERTS_MAX).map(|index| alerted(&format!("t-{index}")));
    let (events, _) = given_data([adopted(4, policy(2))].into_iter().chain(alerts))
        .when(&at(NOON), &assess(&transaction("next", NOON, 45_000)))
        .then_state();
    assert!(
        matches!(&events[1], Event::Case(event) if event.case == CaseId { number: 2, ..CASE }),
        "{events:?}"
    );
}

#[test]
fn one_case_too_many_expires_the_oldest_in_the_same_commit() {
    let others = (1..=OPEN_CASES_MAX as u64).map(|number| {
        Event::Case(CaseEvent {
            case: CaseId {
                customer: CustomerReference(number),
                number,
            },
            happened: CaseHappening::AlertRaised(alert("t")),
        })
    });
    let (events, state) = given_data([adopted(4, policy(2))].into_iter().chain(others))
        .when(&at(NOON), &assess(&transaction("t-1", NOON, 45_000)))
        .then_state();
    let oldest = CaseId {
        customer: CustomerReference(1),
        number: 1,
    };
    assert_eq!(
        events[2],
        Event::Case(CaseEvent {
            case: oldest,
            happened: CaseHappening::Expired(CaseExpired {
                expired_at_us: NOON
            }),
        })
    );
    assert_eq!(customers(&state).cases.open_count(), OPEN_CASES_MAX);
}

#[test]
fn a_resolved_case_leaves_memory_once_it_cannot_be_undone_any_more() {
    let later = |at_us: i64| {
        Event::Case(CaseEvent {
            case: CaseId {
                customer: CustomerReference(7),
                number: 2,
            },
            happened: CaseHappening::AlertRaised(AlertRaised {
                raised_at_us: at_us,
                ..alert("other")
            }),
        })
    };
    let events = [
        alerted("t-1"),
        resolved(Disposition::Inconclusive, "ana", &[]),
    ];
    for (at_us, kept) in [(NOON + DAY, true), (NOON + DAY + 1, false)] {
        let (_, state) = given_data(events.clone().into_iter().chain([later(at_us)]))
            .when(
                &at(at_us),
                &Command::Case(CaseCommand {
                    case: CaseId {
                        customer: CustomerReference(7),
                        number: 2,
                    },
                    expected_version: None,
                    by: "ana".to_owned(),
                    authority: CaseAuthority::Analyst,
                    action: RELEASE,
                }),
            )
            .then_state();
        assert_eq!(customers(&state).cases.find(CASE).is_some(), kept);
    }
}

#[test]
fn a_case_that_was_reopened_stays() {
    let reopened = of_case(CaseHappening::Reopened(CaseReopened { note: None }));
    let much_later = Event::Case(CaseEvent {
        case: CaseId {
            customer: CustomerReference(7),
            number: 2,
        },
        happened: CaseHappening::AlertRaised(AlertRaised {
            raised_at_us: NOON + 9 * DAY,
            ..alert("other")
        }),
    });
    given_data([
        alerted("t-1"),
        resolved(Disposition::Inconclusive, "ana", &[]),
        reopened,
        much_later,
    ])
    .when(&at(NOON), &ana(assign("ana")))
    .then(&[assigned("ana")]);
}
