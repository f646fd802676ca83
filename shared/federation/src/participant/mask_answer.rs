//! M3: the own answer, masked.

use accord_learning::Query;

use super::state::{Attempt, AttemptPhase, BatchPhase};
use super::{Participant, ParticipantEvent, Refusal, Step, VaultChange, VaultKey};
use crate::agreement::{AgreementSecret, derive_key};
use crate::context::RoundContext;
use crate::derivation::{pair_mask, self_mask};
use crate::hash::Hash;
use crate::mask;
use crate::message::{MaskedInput, ParticipantMessage, RoundOpening};
use crate::plan::StatisticPlan;
use crate::privacy::DiscreteGaussian;
use crate::ring::{PackedVector, RingVector};
use crate::signed::{Signed, body_hash};

/// What this institution's own learner asks, and its own answer.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'answer> {
    /// The open query of the own learner.
    pub query: &'answer Query,
    /// What the own learner has learnt so far: a hash of its progress.
    pub model: Hash,
    /// The exact answer. Only read when an input is masked; it may be empty otherwise.
    pub values: &'answer [i64],
}

impl Participant {
    pub(super) fn mask_answer(
        &self,
        signed: &Signed<RoundOpening>,
        answer: Option<&Answer<'_>>,
    ) -> Result<Step, Refusal> {
        let opening = self.by_coordinator(signed)?;
        self.check_round(opening.round)?;
        let answer = answer.ok_or(Refusal::OtherQuery)?;
        if let Some(attempt) = &self.state.attempt {
            if attempt.opening == body_hash(opening) {
                return self.mask_again(opening, attempt, answer);
            }
            check_new_attempt(attempt, opening)?;
        }
        self.check_opening(opening, answer)?;
        let (context, vector) = self.masked(opening, answer)?;
        let header = MaskedInput {
            round: opening.round,
            attempt: opening.attempt,
            vector: vector.hash(),
        };
        let event = ParticipantEvent::AnswerMasked {
            round: opening.round,
            attempt: opening.attempt,
            batch: opening.batch,
            slot: opening.slot,
            query: opening.query.0.clone(),
            members: opening.members,
            opening: body_hash(opening),
            context: context.0,
            vector: header.vector,
        };
        Ok(Step {
            vault: self.keys_that_are_over(opening),
            events: vec![event],
            reply: Some(self.input(&context, header, vector)),
        })
    }

    /// Keys of sums that this participant missed, and what made the shares: the batch is set up.
    fn keys_that_are_over(&self, opening: &RoundOpening) -> Vec<VaultChange> {
        let mut over = match opening.slot.checked_sub(1) {
            Some(before) => self.vault.forget_until(opening.batch, before),
            None => Vec::new(),
        };
        over.push(VaultChange::Delete(VaultKey::Sharing(opening.batch)));
        over
    }

    /// The same vector again, which the stored keys and the same rows give.
    fn mask_again(
        &self,
        opening: &RoundOpening,
        attempt: &Attempt,
        answer: &Answer<'_>,
    ) -> Result<Step, Refusal> {
        let (context, vector) = self.masked(opening, answer)?;
        if vector.hash() != attempt.vector || context.0 != attempt.context {
            return Err(Refusal::AnswerChanged);
        }
        let header = MaskedInput {
            round: opening.round,
            attempt: opening.attempt,
            vector: attempt.vector,
        };
        Ok(Step {
            reply: Some(self.input(&context, header, vector)),
            ..Step::default()
        })
    }

    fn input(
        &self,
        context: &RoundContext,
        header: MaskedInput,
        vector: PackedVector,
    ) -> ParticipantMessage {
        ParticipantMessage::Input {
            header: Signed::sign(header, &context.0, &self.identity),
            vector,
        }
    }

    pub(super) fn check_round(&self, round: u32) -> Result<(), Refusal> {
        match round.cmp(&self.state.round) {
            std::cmp::Ordering::Less => Err(Refusal::Stale),
            std::cmp::Ordering::Greater => Err(Refusal::TooEarly),
            std::cmp::Ordering::Equal => Ok(()),
        }
    }

    fn check_opening(&self, opening: &RoundOpening, answer: &Answer<'_>) -> Result<(), Refusal> {
        let batch = self.state.batch.as_ref().ok_or(Refusal::TooEarly)?;
        if opening.batch < batch.number {
            return Err(Refusal::Stale);
        }
        let BatchPhase::Ready { owners, .. } = batch.phase else {
            return Err(Refusal::TooEarly);
        };
        if opening.batch > batch.number {
            return Err(Refusal::TooEarly);
        }
        if opening.slot < self.state.slot_next
            || self.vault.slot(opening.batch, opening.slot).is_none()
        {
            return Err(Refusal::KeyUsed);
        }
        if opening.query.0 != *answer.query {
            return Err(Refusal::OtherQuery);
        }
        if opening.model != answer.model {
            return Err(Refusal::OtherModel);
        }
        if !opening.members.is_subset(owners) {
            return Err(Refusal::Members("no shares are held of a member"));
        }
        let query = answer.query;
        let plan = self.agreed.plan();
        let (place, statistic) = plan.statistic_of(query)?;
        if self.state.sums[place] >= statistic.sums_max {
            return Err(crate::plan::PlanBreach::TooManySums(statistic.sums_max).into());
        }
        self.check_members(query, opening.members)?;
        if statistic.noise.is_some() {
            let rho = plan.rho_of_sum(statistic, query.dimension);
            self.state.ledger.check(rho)?;
        }
        self.check_values(statistic, answer)
    }

    fn check_values(&self, statistic: &StatisticPlan, answer: &Answer<'_>) -> Result<(), Refusal> {
        if answer.values.len() != answer.query.dimension {
            return Err(Refusal::AnswerDimension(answer.values.len()));
        }
        let largest = statistic.answer_max(self.agreed.plan().rows_max);
        let beyond = answer
            .values
            .iter()
            .position(|value| u128::from(value.unsigned_abs()) > largest);
        match beyond {
            Some(coordinate) => Err(Refusal::AnswerTooLarge(coordinate)),
            None => Ok(()),
        }
    }

    /// y = x (+ noise) + PRG(b_i) ± Σ PRG(s_ij).
    fn masked(
        &self,
        opening: &RoundOpening,
        answer: &Answer<'_>,
    ) -> Result<(RoundContext, PackedVector), Refusal> {
        let (_, statistic) = self.agreed.plan().statistic_of(answer.query)?;
        if answer.values.len() != answer.query.dimension {
            return Err(Refusal::AnswerDimension(answer.values.len()));
        }
        let batch = self.batch_context(opening.batch);
        let context = RoundContext::of(&batch, opening, statistic, &answer.model);
        let (masking, seed) = self
            .vault
            .slot(opening.batch, opening.slot)
            .ok_or(Refusal::KeyUsed)?;
        let directory = self
            .vault
            .directory(opening.batch)
            .ok_or(Refusal::KeyUsed)?;
        let masking = AgreementSecret::from_secret(masking);
        let mut masks = vec![self_mask(seed, &context)];
        for other in opening.members.iter().filter(|other| *other != self.me) {
            let key = directory
                .keys_of(other)
                .and_then(|keys| keys.slots.get(usize::from(opening.slot)))
                .ok_or(Refusal::Members("a member has no keys"))?
                .masking_key;
            let mask = pair_mask(&masking, self.me, &key, other, &context)
                .map_err(|_| Refusal::Keys("a key contributes nothing"))?;
            masks.push(mask);
        }
        let mut vector = RingVector::from_signed(answer.values, statistic.ring)?;
        if let Some(noise) = statistic.noise {
            let key = self.vault.noise(opening.batch).ok_or(Refusal::KeyUsed)?;
            let key = derive_key(key, context.0.as_bytes(), b"noise");
            add_noise(&mut vector, noise.variance, &key);
        }
        mask::apply(&masks, &mut vector, statistic.ring);
        Ok((context, vector.pack(statistic.ring)))
    }
}

fn add_noise(vector: &mut RingVector, variance: u64, key: &crate::secret::Secret) {
    let mut noise = DiscreteGaussian::new(variance, key)
        .expect("the plan's check allows only variances that can be sampled");
    for word in vector.words_mut() {
        *word = word.wrapping_add(noise.sample() as u64);
    }
}

/// A new attempt follows one that this participant did not help to open.
fn check_new_attempt(attempt: &Attempt, opening: &RoundOpening) -> Result<(), Refusal> {
    if let AttemptPhase::Answered { .. } = attempt.phase {
        return Err(Refusal::AlreadyAnswered);
    }
    match opening.attempt.cmp(&attempt.attempt) {
        std::cmp::Ordering::Less => Err(Refusal::Stale),
        std::cmp::Ordering::Equal => Err(Refusal::SecondView),
        std::cmp::Ordering::Greater => Ok(()),
    }
}
