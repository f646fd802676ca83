//! What a case turned out to be.

use serde::{Deserialize, Serialize};

use crate::transaction::Label;

/// An analyst's finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// The customer did not make these transactions.
    ConfirmedFraud,
    /// The customer made them.
    Genuine,
    /// It could not be found out; nothing is labelled.
    Inconclusive,
}

impl Disposition {
    pub const ALL: [Self; 3] = [Self::ConfirmedFraud, Self::Genuine, Self::Inconclusive];

    pub fn name(self) -> &'static str {
        match self {
            Self::ConfirmedFraud => "confirmed_fraud",
            Self::Genuine => "genuine",
            Self::Inconclusive => "inconclusive",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// The label that the case's transactions get.
    pub fn label(self) -> Option<Label> {
        match self {
            Self::ConfirmedFraud => Some(Label::Fraud),
            Self::Genuine => Some(Label::Genuine),
            Self::Inconclusive => None,
        }
    }
}
