//! Alerts: what of the assessed transactions a person should see.

use super::{AlertRaised, CaseEvent, CaseExpired, CaseHappening};
use crate::{
    events::{Event, TransactionAssessed},
    state::CustomerPartition,
    transaction::LabelledPurchase,
};

/// The events that follow an assessment in its commit: the alert, and the expiry of the oldest case where the alert
/// opens one too many. None for a decision milder than the settings ask for.
pub(crate) fn raise_alert(
    state: &CustomerPartition,
    now_us: i64,
    assessed: &TransactionAssessed,
) -> Vec<Event> {
    let settings = state.case_settings();
    if assessed.decision < settings.alert_from {
        return Vec::new();
    }
    let customer = assessed.transaction.customer;
    let gathering = state.cases.gathering(customer);
    let expected_loss_minor = expected_loss(assessed);
    let (case, loss_before, due_before_us) = gathering
        .map_or((state.cases.next_id(customer), 0, i64::MAX), |case| {
            (case.id, case.expected_loss_minor, case.due_at_us)
        });
    let severity = settings.severity(loss_before.saturating_add(expected_loss_minor));
    let due_at_us = now_us
        .saturating_add(settings.due_after_us(severity))
        .min(due_before_us);
    let mut events = vec![Event::Case(CaseEvent {
        case,
        happened: CaseHappening::AlertRaised(AlertRaised {
            transaction_id: assessed.transaction.transaction_id.clone(),
            purchase: LabelledPurchase::of(&assessed.transaction),
            amount_minor: assessed.transaction.amount_minor,
            score: assessed.score,
            decision: assessed.decision,
            expected_loss_minor,
            severity,
            raised_at_us: now_us,
            due_at_us,
        }),
    })];
    let expiring = gathering
        .is_none()
        .then(|| state.cases.expiring())
        .flatten();
    if let Some(case) = expiring {
        events.push(Event::Case(CaseEvent {
            case,
            happened: CaseHappening::Expired(CaseExpired {
                expired_at_us: now_us,
            }),
        }));
    }
    events
}

/// Probability of fraud times the amount at risk, which is the whole amount also where the transaction was stopped:
/// it tells what the thief is after. Amounts are below 2^53, so the product is exact enough for whole minor units.
fn expected_loss(assessed: &TransactionAssessed) -> i64 {
    (assessed.score * assessed.transaction.amount_minor as f64) as i64
}
