//! Alerts and cases. The model of these tests gives 450.00 EUR the score 0.5, which is a review.

mod alerts;
mod bounds;
mod settings;
mod work;

use proptest::prelude::*;

use super::*;
use crate::{
    AddCaseNote, AlertRaised, AssignCase, CaseAction, CaseAssigned, CaseAuthority, CaseCommand,
    CaseEscalated, CaseEvent, CaseHappening, CaseId, CaseNoted, CaseRejection, CaseReleased,
    CaseReopened, CaseResolved, CaseSettings, ConfigureCases, Disposition, EscalateCase, Label,
    LabelSource, LabelWithdrawn, ReleaseCase, ReopenCase, ResolveCase, Severity,
    TransactionLabelled,
};

const CASE: CaseId = CaseId {
    customer: CUSTOMER,
    number: 1,
};

pub(super) fn case_settings(version: u32) -> CaseSettings {
    CaseSettings {
        version,
        ..CaseSettings::INITIAL
    }
}

/// What every alert's transaction says of itself.
fn purchase() -> LabelledPurchase {
    LabelledPurchase::of(&transaction("t-1", NOON, 45_000))
}

/// An alert over 450.00 EUR with the score 0.5.
fn alert(transaction_id: &str) -> AlertRaised {
    AlertRaised {
        transaction_id: transaction_id.to_owned(),
        purchase: purchase(),
        amount_minor: 45_000,
        score: 0.5,
        decision: Decision::Review,
        expected_loss_minor: 22_500,
        severity: Severity::Medium,
        raised_at_us: NOON,
        due_at_us: NOON + 24 * HOUR,
    }
}

fn of_case(happened: CaseHappening) -> Event {
    Event::Case(CaseEvent {
        case: CASE,
        happened,
    })
}

fn alerted(transaction_id: &str) -> Event {
    of_case(CaseHappening::AlertRaised(alert(transaction_id)))
}

fn assigned(assignee: &str) -> Event {
    of_case(CaseHappening::Assigned(CaseAssigned {
        assignee: assignee.to_owned(),
    }))
}

fn escalated() -> Event {
    of_case(CaseHappening::Escalated(CaseEscalated { note: None }))
}

fn resolved(disposition: Disposition, by: &str, labelled: &[&str]) -> Event {
    of_case(CaseHappening::Resolved(CaseResolved {
        disposition,
        by: by.to_owned(),
        resolved_at_us: NOON,
        undo_until_us: NOON + DAY,
        labelled: labelled.iter().map(|id| (*id).to_owned()).collect(),
        note: None,
    }))
}

fn labelled(transaction_id: &str, label: Label, source: LabelSource) -> Event {
    Event::TransactionLabelled(TransactionLabelled {
        transaction_id: transaction_id.to_owned(),
        customer: CUSTOMER,
        purchase: Some(purchase()),
        label,
        source,
        known_at_us: NOON,
        note: None,
    })
}

fn by(who: &str, authority: CaseAuthority, action: CaseAction) -> Command {
    Command::Case(CaseCommand {
        case: CASE,
        expected_version: None,
        by: who.to_owned(),
        authority,
        action,
    })
}

fn ana(action: CaseAction) -> Command {
    by("ana", CaseAuthority::Analyst, action)
}

fn supervisor(action: CaseAction) -> Command {
    by("sue", CaseAuthority::Supervisor, action)
}

fn assign(assignee: &str) -> CaseAction {
    CaseAction::Assign(AssignCase {
        assignee: assignee.to_owned(),
    })
}

fn resolve(disposition: Disposition) -> CaseAction {
    CaseAction::Resolve(ResolveCase {
        disposition,
        note: None,
    })
}

const RELEASE: CaseAction = CaseAction::Release(ReleaseCase);
const ESCALATE: CaseAction = CaseAction::Escalate(EscalateCase { note: None });
const REOPEN: CaseAction = CaseAction::Reopen(ReopenCase { note: None });

#[track_caller]
fn refused(events: impl IntoIterator<Item = Event>, command: &Command, rejection: CaseRejection) {
    given_data(events)
        .when(&at(NOON), command)
        .then_rejected(&Rejection::Case(rejection));
}

/// Commands on the first cases of the customers of the fold's property.
pub(super) fn some_case_command() -> impl Strategy<Value = Command> {
    let action = prop_oneof![
        3 => proptest::sample::select(vec!["ana", "ben"]).prop_map(assign),
        1 => Just(RELEASE),
        1 => Just(CaseAction::AddNote(AddCaseNote { note: "sealed".to_owned() })),
        1 => Just(ESCALATE),
        3 => proptest::sample::select(Disposition::ALL.to_vec()).prop_map(resolve),
        3 => Just(REOPEN),
    ];
    (0_u64..3, 1_u64..5, any::<bool>(), action).prop_map(
        |(customer, number, supervisor, action)| {
            Command::Case(CaseCommand {
                case: CaseId {
                    customer: CustomerReference(customer),
                    number,
                },
                expected_version: None,
                by: "ana".to_owned(),
                authority: if supervisor {
                    CaseAuthority::Supervisor
                } else {
                    CaseAuthority::Analyst
                },
                action,
            })
        },
    )
}
