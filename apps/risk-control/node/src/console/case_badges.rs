//! Severity, state and finding of a case as badges.

use accord_console::{Tone, badge::badge};
use maud::Markup;

/// How urgent a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Low,
    Medium,
    High,
}

impl Severity {
    pub const ALL: [Self; 3] = [Self::High, Self::Medium, Self::Low];

    /// As queries write it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
        }
    }

    pub fn badge(self) -> Markup {
        let tone = match self {
            Self::Low => Tone::Neutral,
            Self::Medium => Tone::Attention,
            Self::High => Tone::Bad,
        };
        badge(tone, self.title())
    }
}

/// Where a case stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseStage {
    New,
    Assigned,
    Escalated,
    Resolved(Finding),
    Expired,
}

impl CaseStage {
    pub fn is_open(&self) -> bool {
        matches!(self, Self::New | Self::Assigned | Self::Escalated)
    }

    pub fn badge(&self) -> Markup {
        match self {
            Self::New => badge(Tone::Neutral, "New"),
            Self::Assigned => badge(Tone::Check, "Assigned"),
            Self::Escalated => badge(Tone::Attention, "Escalated"),
            Self::Resolved(finding) => badge(finding.tone(), finding.title()),
            Self::Expired => badge(Tone::Neutral, "Expired"),
        }
    }
}

/// What a case turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    Fraud,
    Genuine,
    Inconclusive,
}

impl Finding {
    pub const ALL: [Self; 3] = [Self::Fraud, Self::Genuine, Self::Inconclusive];

    /// As the API writes it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Fraud => "confirmed_fraud",
            Self::Genuine => "genuine",
            Self::Inconclusive => "inconclusive",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Fraud => "Confirmed fraud",
            Self::Genuine => "Genuine",
            Self::Inconclusive => "Inconclusive",
        }
    }

    pub fn tone(self) -> Tone {
        match self {
            Self::Fraud => Tone::Bad,
            Self::Genuine => Tone::Good,
            Self::Inconclusive => Tone::Neutral,
        }
    }
}
