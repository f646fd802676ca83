//! What a participant's log holds of a job: no secret, and enough to go on after a crash.

use accord_learning::Query;
use serde::{Deserialize, Serialize};

use crate::hash::Hash;
use crate::parties::Parties;

/// A fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ParticipantEvent {
    /// Keys for a batch were made; they are in the vault.
    KeysAdvertised {
        /// The batch.
        batch: u32,
    },
    /// Shares were made for exactly these keys.
    SecretsShared {
        /// The batch.
        batch: u32,
        /// The hash of the key directory.
        directory: Hash,
    },
    /// The shares of these owners are in the vault.
    SharesHeld {
        /// The batch.
        batch: u32,
        /// Sound owners.
        owners: Parties,
    },
    /// The own answer was masked. Nothing else will be masked with these keys.
    AnswerMasked {
        /// The round.
        round: u32,
        /// The attempt.
        attempt: u32,
        /// Whose keys.
        batch: u32,
        /// Which of them.
        slot: u16,
        /// What was asked.
        query: Query,
        /// U2.
        members: Parties,
        /// The hash of the opening that asked for it.
        opening: Hash,
        /// The context of all masks and signatures of this attempt.
        context: Hash,
        /// H(y).
        vector: Hash,
    },
    /// M4 was signed. No other set will be, in this attempt.
    SurvivorsSigned {
        /// U3.
        survivors: Parties,
    },
    /// M5 is about to be answered. No other answer will be given in this round.
    Answered {
        /// U3.
        survivors: Parties,
    },
    /// Privacy that the answer may cost.
    PrivacySpent {
        /// Index of the statistic in the plan.
        statistic: usize,
        /// In zCDP.
        rho: f64,
    },
    /// A sum was released.
    SumReleased {
        /// The round that ended.
        round: u32,
        /// What was summed.
        query: Query,
        /// Over whom.
        survivors: Parties,
        /// The sum.
        total: Vec<i64>,
    },
    /// A unit ended before its time.
    UnitClosed {
        /// The round that was given up.
        round: u32,
    },
}
