//! What an institution agrees to before anything is summed.
//!
//! Everybody in the roster signs the same plan ([`AgreedPlan`]). From then on each participant holds every message against
//! the plan it signed and never against numbers that the coordinator sends.

mod agreed;
mod check;
mod lint;
mod statistic;
mod thresholds;

use serde::{Deserialize, Serialize};

use crate::codec::{DecodeError, Reader, Wire, Writer};
use crate::identity::PublicIdentity;
use crate::parties::PARTIES_MAX;

pub use agreed::{AgreedPlan, AgreementError, Enrolment};
pub use check::PlanError;
pub use lint::{LintReport, StatisticReport};
pub use statistic::{NoisePlan, PlanBreach, StatisticPlan};
pub use thresholds::Thresholds;

/// Longest name of a job, an institution or a statistic, in bytes.
pub const NAME_BYTES_MAX: usize = 64;
/// Longest text of the learner's hyper-parameters, in bytes.
pub const PARAMETER_BYTES_MAX: usize = 1 << 20;
/// Most statistics of a job.
pub const STATISTICS_MAX: usize = 64;
/// Most sums for which keys are set up at a time.
pub const SLOTS_MAX: u16 = 1_024;

/// A job: who, what, and within which limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The job's name; no two jobs of a consortium share one.
    pub job: String,
    /// Who coordinates.
    pub coordinator: PublicIdentity,
    /// The institutions, in ascending order of their names. Their places are their [`Party`](crate::Party) numbers.
    pub roster: Vec<Institution>,
    /// t, colluders and the fewest survivors.
    pub thresholds: Thresholds,
    /// Sums for which keys are set up at a time (B).
    pub slots_per_batch: u16,
    /// The most rows that one institution may answer from.
    pub rows_max: u64,
    /// What may be summed, and how.
    pub statistics: Vec<StatisticPlan>,
    /// The privacy budget; needed as soon as a statistic has noise.
    pub privacy: Option<PrivacyPlan>,
    /// What is learnt.
    pub learner: LearnerPlan,
}

/// A member of the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Institution {
    /// Its name.
    pub name: String,
    /// Its pinned key.
    pub identity: PublicIdentity,
}

/// The learner, with everything that makes two runs of it the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LearnerPlan {
    /// For instance `gbdt`.
    pub kind: String,
    /// Hyper-parameters as JSON text, for people and for replaying a transcript.
    pub parameters: String,
    /// The learner's progress hash before its first query. It covers the hyper-parameters, so a participant whose
    /// learner is set up otherwise notices before the first sum.
    pub start: String,
}

/// The budget of a job. (Another job, say the entity exchange, has its own.)
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PrivacyPlan {
    /// ε that must not be exceeded.
    pub epsilon_max: f64,
    /// δ, in 0..1.
    pub delta: f64,
}

impl Wire for Plan {
    fn write(&self, writer: &mut Writer) {
        writer.bytes(self.job.as_bytes());
        self.coordinator.write(writer);
        writer.list(&self.roster);
        self.thresholds.write(writer);
        writer.u16(self.slots_per_batch);
        writer.u64(self.rows_max);
        writer.list(&self.statistics);
        match &self.privacy {
            None => writer.u8(0),
            Some(privacy) => {
                writer.u8(1);
                writer.u64(privacy.epsilon_max.to_bits());
                writer.u64(privacy.delta.to_bits());
            }
        }
        writer.bytes(self.learner.kind.as_bytes());
        writer.bytes(self.learner.parameters.as_bytes());
        writer.bytes(self.learner.start.as_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            job: reader.text("a job's name", NAME_BYTES_MAX)?,
            coordinator: PublicIdentity::read(reader)?,
            roster: reader.list("the roster", PARTIES_MAX)?,
            thresholds: Thresholds::read(reader)?,
            slots_per_batch: reader.u16()?,
            rows_max: reader.u64()?,
            statistics: reader.list("the statistics", STATISTICS_MAX)?,
            privacy: match reader.u8()? {
                0 => None,
                1 => Some(PrivacyPlan {
                    epsilon_max: f64::from_bits(reader.u64()?),
                    delta: f64::from_bits(reader.u64()?),
                }),
                _ => return Err(DecodeError::NotCanonical("a privacy budget")),
            },
            learner: LearnerPlan {
                kind: reader.text("a learner's kind", NAME_BYTES_MAX)?,
                parameters: reader.text("hyper-parameters", PARAMETER_BYTES_MAX)?,
                start: reader.text("a progress hash", NAME_BYTES_MAX)?,
            },
        })
    }
}

impl Wire for Institution {
    fn write(&self, writer: &mut Writer) {
        writer.bytes(self.name.as_bytes());
        self.identity.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            name: reader.text("an institution's name", NAME_BYTES_MAX)?,
            identity: PublicIdentity::read(reader)?,
        })
    }
}
