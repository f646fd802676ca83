use super::*;

fn given_policy(events: impl IntoIterator<Item = Event>) -> Specification<RiskControl> {
    given_data([adopted(4, policy(2))].into_iter().chain(events))
}

/// The alert that an assessment of `amount_minor` raises at noon.
#[track_caller]
fn raised(
    events: impl IntoIterator<Item = Event>,
    transaction_id: &str,
    amount_minor: i64,
) -> Option<CaseEvent> {
    let command = assess(&transaction(transaction_id, NOON, amount_minor));
    let (events, _) = given_policy(events).when(&at(NOON), &command).then_state();
    match events.as_slice() {
        [Event::TransactionAssessed(_)] => None,
        [Event::TransactionAssessed(_), Event::Case(event)] => Some(event.clone()),
        other => panic!("expected an assessment and perhaps an alert, got {other:?}"),
    }
}

#[test]
fn a_review_raises_an_alert_in_the_same_commit_which_opens_a_case() {
    assert_eq!(
        raised([], "t-1", 45_000),
        Some(CaseEvent {
            case: CASE,
            happened: CaseHappening::AlertRaised(alert("t-1")),
        })
    );
}

#[test]
fn milder_decisions_raise_none_and_stricter_ones_do() {
    assert_eq!(raised([], "t-1", 2_500), None, "an approval");
    assert_eq!(raised([], "t-1", 30_000), None, "a challenge");
    let event = raised([], "t-1", 70_000).expect("a decline");
    let CaseHappening::AlertRaised(alert) = event.happened else {
        panic!("expected an alert, got {event:?}");
    };
    assert_eq!(alert.decision, Decision::Decline);
    assert_eq!(alert.expected_loss_minor, 64_689, "0.924142 × 700.00");
    assert_eq!(
        (alert.severity, alert.due_at_us),
        (Severity::High, NOON + 4 * HOUR)
    );
}

#[test]
fn further_alerts_of_a_customer_join_the_open_case_and_make_it_more_urgent() {
    let event = raised([alerted("t-0")], "t-1", 45_000).expect("an alert");
    assert_eq!(event.case, CASE);
    let CaseHappening::AlertRaised(joined) = event.happened else {
        panic!("expected an alert");
    };
    // Two times 225.00 are more than 250.00.
    assert_eq!(joined.severity, Severity::High);
    assert_eq!(joined.due_at_us, NOON + 4 * HOUR);
}

#[test]
fn a_case_is_never_due_later_for_a_further_alert() {
    let early = of_case(CaseHappening::AlertRaised(AlertRaised {
        due_at_us: NOON + HOUR,
        ..alert("t-0")
    }));
    let event = raised([early], "t-1", 45_000).expect("an alert");
    assert!(matches!(
        event.happened,
        CaseHappening::AlertRaised(alert) if alert.due_at_us == NOON + HOUR
    ));
}

#[test]
fn an_alert_after_the_resolution_opens_another_case() {
    let event = raised(
        [
            alerted("t-0"),
            resolved(Disposition::Inconclusive, "ana", &[]),
        ],
        "t-1",
        45_000,
    )
    .expect("an alert");
    assert_eq!(event.case, CaseId { number: 2, ..CASE });
}
