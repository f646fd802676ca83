//! Who is there, and what becomes of messages.

use crate::message::CoordinatorMessage;
use crate::parties::{Parties, Party};

/// The steps at which a participant can be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Asked for keys (M1).
    Keys,
    /// Asked for shares (M2).
    Shares,
    /// Asked for a verdict.
    Verdict,
    /// Asked for a masked answer (M3).
    Input,
    /// Asked for a signature (M4).
    Signature,
    /// Asked to unmask (M5).
    Unmasking,
    /// Told a result (M6) or a closure.
    Result,
}

impl Stage {
    /// All, in their order.
    pub const ALL: [Self; 7] = [
        Self::Keys,
        Self::Shares,
        Self::Verdict,
        Self::Input,
        Self::Signature,
        Self::Unmasking,
        Self::Result,
    ];

    /// What a message asks for.
    pub fn of(message: &CoordinatorMessage) -> Self {
        match message {
            CoordinatorMessage::OpenBatch(_) => Self::Keys,
            CoordinatorMessage::PublishKeys(_) => Self::Shares,
            CoordinatorMessage::DeliverShares(_) => Self::Verdict,
            CoordinatorMessage::OpenRound(_) => Self::Input,
            CoordinatorMessage::FixSurvivors(_) => Self::Signature,
            CoordinatorMessage::ProveAgreement(_) => Self::Unmasking,
            CoordinatorMessage::Release(_) | CoordinatorMessage::CloseUnit(_) => Self::Result,
        }
    }
}

/// One message to one participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Rounds that have ended at the coordinator.
    pub round: u32,
    /// What is asked.
    pub stage: Stage,
    /// Who is asked.
    pub party: Party,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It arrives and so does the answer.
    Answered,
    /// It does not arrive.
    Lost,
    /// The participant dies before anything is stored, and comes back.
    DiesBeforeStoring,
    /// The participant dies after storing and before answering, and comes back.
    DiesBeforeAnswering,
}

/// What happens outside the protocol.
pub trait Weather {
    /// Who is there when something is opened.
    fn present(&self, _round: u32, everybody: Parties) -> Parties {
        everybody
    }

    /// What becomes of a message. Asked anew each time the message is sent.
    fn fate(&mut self, _moment: Moment) -> Fate {
        Fate::Answered
    }

    /// True if the coordinator dies and comes back after the given number of its events.
    fn coordinator_dies(&mut self, _events: usize) -> bool {
        false
    }
}

/// Nothing goes wrong.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fair;

impl Weather for Fair {}
