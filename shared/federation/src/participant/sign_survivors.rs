//! M4: the survivor set, signed under the own view of the round.

use super::state::{Attempt, AttemptPhase};
use super::{Participant, ParticipantEvent, Refusal, Step};
use crate::message::{ParticipantMessage, SurvivorAnnouncement, SurvivorSignature};
use crate::parties::Parties;
use crate::signed::Signed;

impl Participant {
    pub(super) fn sign_survivors(
        &self,
        signed: &Signed<SurvivorAnnouncement>,
    ) -> Result<Step, Refusal> {
        let announcement = self.by_coordinator(signed)?;
        let attempt = self.open_attempt(announcement.round, announcement.attempt)?;
        let survivors = announcement.survivors;
        let events = match attempt.phase {
            AttemptPhase::Masked => {
                self.check_survivors(&attempt.query, attempt.members, survivors)?;
                vec![ParticipantEvent::SurvivorsSigned { survivors }]
            }
            AttemptPhase::Signed { survivors: known } if known == survivors => Vec::new(),
            AttemptPhase::Answered { survivors: known } if known == survivors => Vec::new(),
            AttemptPhase::Signed { .. } | AttemptPhase::Answered { .. } => {
                return Err(Refusal::SecondView);
            }
        };
        let reply = self.survivor_signature(attempt, announcement.round, survivors);
        Ok(Step {
            events,
            reply: Some(ParticipantMessage::Survivors(reply)),
            ..Step::default()
        })
    }

    fn survivor_signature(
        &self,
        attempt: &Attempt,
        round: u32,
        survivors: Parties,
    ) -> Signed<SurvivorSignature> {
        let body = SurvivorSignature {
            round,
            attempt: attempt.attempt,
            survivors,
        };
        Signed::sign(body, &attempt.context, &self.identity)
    }

    /// The attempt that a message is about, if it is the current one.
    pub(super) fn open_attempt(&self, round: u32, number: u32) -> Result<&Attempt, Refusal> {
        self.check_round(round)?;
        let attempt = self.state.attempt.as_ref().ok_or(Refusal::TooEarly)?;
        match number.cmp(&attempt.attempt) {
            std::cmp::Ordering::Less => Err(Refusal::Stale),
            std::cmp::Ordering::Greater => Err(Refusal::TooEarly),
            std::cmp::Ordering::Equal => Ok(attempt),
        }
    }
}
