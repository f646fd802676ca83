//! Which decisions raise alerts, and how soon a case is due.

use serde::{Deserialize, Serialize};

use crate::policy::Decision;

const MICROSECONDS_PER_MINUTE: i64 = 60_000_000;
/// Longest time that a setting may name: 30 days.
const MINUTES_MAX: u32 = 30 * 24 * 60;

/// How urgent a case is, by its expected loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Low,
    Medium,
    High,
}

impl Severity {
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Settings of a bank's case work. Governed in the control partition and adopted by every data partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseSettings {
    /// 1 for the first settings of a node, then counting up; 0 for those that nobody has set.
    pub version: u32,
    /// The mildest decision that raises an alert.
    pub alert_from: Decision,
    /// Expected loss from which on a case is of medium severity, in minor units.
    pub medium_loss_minor: i64,
    /// Expected loss from which on a case is of high severity, in minor units.
    pub high_loss_minor: i64,
    /// Minutes after which a case is due, by severity.
    pub low_due_minutes: u32,
    pub medium_due_minutes: u32,
    pub high_due_minutes: u32,
    /// Minutes for which a resolution can be undone.
    pub undo_minutes: u32,
}

impl CaseSettings {
    /// What holds before anybody has set anything.
    pub const INITIAL: Self = Self {
        version: 0,
        alert_from: Decision::Review,
        medium_loss_minor: 5_000,
        high_loss_minor: 25_000,
        low_due_minutes: 72 * 60,
        medium_due_minutes: 24 * 60,
        high_due_minutes: 4 * 60,
        undo_minutes: 24 * 60,
    };

    /// Whether limits ascend and times are between a minute and 30 days; more urgent cases are due no later.
    pub fn are_valid(&self) -> bool {
        let times = [
            self.low_due_minutes,
            self.medium_due_minutes,
            self.high_due_minutes,
            self.undo_minutes,
        ];
        self.alert_from != Decision::Approve
            && 0 <= self.medium_loss_minor
            && self.medium_loss_minor <= self.high_loss_minor
            && self.high_due_minutes <= self.medium_due_minutes
            && self.medium_due_minutes <= self.low_due_minutes
            && times
                .iter()
                .all(|minutes| (1..=MINUTES_MAX).contains(minutes))
    }

    pub fn severity(&self, expected_loss_minor: i64) -> Severity {
        if expected_loss_minor >= self.high_loss_minor {
            Severity::High
        } else if expected_loss_minor >= self.medium_loss_minor {
            Severity::Medium
        } else {
            Severity::Low
        }
    }

    /// Microseconds after which a case of this severity is due.
    pub fn due_after_us(&self, severity: Severity) -> i64 {
        let minutes = match severity {
            Severity::Low => self.low_due_minutes,
            Severity::Medium => self.medium_due_minutes,
            Severity::High => self.high_due_minutes,
        };
        i64::from(minutes) * MICROSECONDS_PER_MINUTE
    }

    pub fn undo_us(&self) -> i64 {
        i64::from(self.undo_minutes) * MICROSECONDS_PER_MINUTE
    }
}
