//! M3: masked answers, added up as they come.

use super::event::AbandonReason;
use super::state::{Attempt, RoundState};
use super::{Coordinator, CoordinatorEvent, Fault};
use crate::message::MaskedInput;
use crate::parties::Party;
use crate::ring::PackedVector;
use crate::signed::Signed;

impl Coordinator {
    pub(super) fn take_input(
        &self,
        sender: Party,
        header: Signed<MaskedInput>,
        vector: PackedVector,
    ) -> Result<Option<CoordinatorEvent>, Fault> {
        let key = self.key_of(sender)?;
        // A masked answer that comes after the survivors are fixed is dropped at once and nowhere kept: the sender's
        // masking secret may be opened by then.
        let RoundState::CollectingInputs(attempt) = &self.state.round else {
            return Err(Fault::NotAwaited(sender));
        };
        let opening = &attempt.opening.body;
        if (header.body.round, header.body.attempt) != (opening.round, opening.attempt) {
            return Err(Fault::Stale(sender));
        }
        if !opening.members.contains(sender) {
            return Err(Fault::NotAwaited(sender));
        }
        header
            .verify(&attempt.context.0, key)
            .map_err(|_| Fault::BadSignature(sender))?;
        if let Some(known) = attempt.inputs.get(&sender) {
            return if *known == header {
                Ok(None)
            } else {
                Err(Fault::Equivocation(sender))
            };
        }
        if vector.bits() != attempt.statistic.ring
            || vector.dimension() != opening.query.0.dimension
        {
            return Err(Fault::WrongForm(sender));
        }
        if vector.hash() != header.body.vector {
            return Err(Fault::OtherVector(sender));
        }
        Ok(Some(CoordinatorEvent::InputReceived {
            party: sender,
            header,
            vector,
        }))
    }

    pub(super) fn after_inputs(
        &self,
        attempt: &Attempt,
        time_is_over: bool,
    ) -> Vec<CoordinatorEvent> {
        let opening = &attempt.opening.body;
        let survivors = attempt.received();
        if survivors != opening.members && !time_is_over {
            return Vec::new();
        }
        let allowed = survivors.len() >= self.survivors_min()
            && self
                .bound_to(&opening.query.0)
                .is_none_or(|bound| bound == survivors);
        vec![if allowed {
            CoordinatorEvent::SurvivorsFixed { survivors }
        } else {
            CoordinatorEvent::AttemptAbandoned {
                reason: AbandonReason::TooFewInputs,
            }
        }]
    }
}
