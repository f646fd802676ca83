//! A case in memory: what deciding about it needs, and no more.

use serde::{Deserialize, Serialize};

use super::{case_id::CaseId, settings::Severity};
use crate::transaction::{Label, LabelledPurchase};

/// Alerts that one case gathers.
pub const ALERTS_MAX: usize = 100;

/// A case that is open, or whose closing may still be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    pub id: CaseId,
    /// Events of this case so far.
    pub version: u64,
    pub assignee: Option<String>,
    /// Waits for a supervisor.
    pub escalated: bool,
    /// Oldest first.
    pub alerts: Vec<CaseAlert>,
    /// Sum over the alerts, in minor units.
    pub expected_loss_minor: i64,
    pub severity: Severity,
    /// Epoch microseconds.
    pub due_at_us: i64,
    /// `None` while the case is open.
    pub closing: Option<Closing>,
}

/// An alerted transaction, with the label that it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseAlert {
    pub transaction_id: String,
    pub purchase: LabelledPurchase,
    pub label: Option<Label>,
    /// What the case's resolution did to the label.
    pub resolution: AlertResolution,
}

/// What the resolution of a case did to the label of an alerted transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AlertResolution {
    /// Nothing, or what it did was overtaken by a label from elsewhere.
    #[default]
    None,
    /// The resolution labels it; the label's event is the next of this transaction.
    Labelling { before: Option<Label> },
    /// The newest label is the resolution's.
    Labelled { before: Option<Label> },
}

/// That a case is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// Who resolved it; `None` where it expired.
    pub resolved_by: Option<String>,
    /// Until when the resolution can be undone, epoch microseconds.
    pub undo_until_us: i64,
}

impl Case {
    /// A case without alerts, which its first alert fills.
    pub(super) fn new(id: CaseId) -> Self {
        Self {
            id,
            version: 0,
            assignee: None,
            escalated: false,
            alerts: Vec::new(),
            expected_loss_minor: 0,
            severity: Severity::Low,
            due_at_us: i64::MAX,
            closing: None,
        }
    }

    pub fn is_full(&self) -> bool {
        self.alerts.len() >= ALERTS_MAX
    }

    /// Notes a label of one of the case's transactions, wherever it comes from.
    pub(super) fn label(&mut self, transaction_id: &str, label: Option<Label>) {
        for alert in &mut self.alerts {
            if alert.transaction_id == transaction_id {
                alert.label = label;
                alert.resolution = match alert.resolution {
                    AlertResolution::Labelling { before } => AlertResolution::Labelled { before },
                    _ => AlertResolution::None,
                };
            }
        }
    }
}
