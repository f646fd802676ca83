//! Checks a transcript: roster, signatures, thresholds, survivors, privacy; and sums, where they can be recomputed.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use thiserror::Error;

use super::{Entry, Transcript};
use crate::context::{BatchContext, RoundContext};
use crate::identity::Signature;
use crate::message::{
    KeyDirectory, MaskedInput, MessageKind, Release, RoundOpening, ShareSummary, ShareVerdict,
    SurvivorSignature, UnitClosure, UnmaskingShares,
};
use crate::parties::{Parties, Party};
use crate::plan::{AgreedPlan, StatisticPlan};
use crate::privacy::PrivacyLedger;
use crate::ring::{PackedVector, RingVector};
use crate::signed::{Signed, SignedHash, body_hash};
use crate::unmasking::Unmasking;

/// What a sound transcript shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Findings {
    /// Institutions whose signatures under the plan hold.
    pub institutions: usize,
    /// Key set-ups whose signatures hold.
    pub batches: u32,
    /// Released sums, each over enough survivors with enough signatures.
    pub sums: u32,
    /// Of these, sums that were computed again from kept vectors. The others are trusted to the coordinator.
    pub sums_recomputed: u32,
    /// Units that ended early.
    pub units_closed: u32,
    /// Attempts that ended before anything was opened.
    pub attempts_abandoned: u32,
    /// ε spent; `None` without noise.
    pub epsilon: Option<f64>,
}

/// Where a transcript does not hold.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("entry {entry}: {what}")]
pub struct VerificationError {
    /// Counted from 0.
    pub entry: usize,
    /// What is wrong with it.
    pub what: String,
}

impl Transcript {
    /// Checks everything that can be checked. (The plan and its signatures were checked when it was read.)
    pub fn verify(&self) -> Result<Findings, VerificationError> {
        let mut auditor = Auditor::new(&self.agreed);
        for (entry, content) in self.entries.iter().enumerate() {
            auditor
                .check(content)
                .map_err(|what| VerificationError { entry, what })?;
        }
        Ok(auditor.findings())
    }
}

type Checked = Result<(), String>;

/// What was seen so far.
struct Auditor<'transcript> {
    agreed: &'transcript AgreedPlan,
    findings: Findings,
    directory: Option<&'transcript KeyDirectory>,
    sharers: Parties,
    members: Option<Parties>,
    slots_used: BTreeSet<(u32, u16)>,
    round: u32,
    attempt: u32,
    open: Option<OpenRound<'transcript>>,
    frozen: Option<(u32, Parties)>,
    opened: BTreeMap<&'transcript str, Parties>,
    sums: Vec<u32>,
    ledger: PrivacyLedger,
}

/// The attempt that is under way.
struct OpenRound<'transcript> {
    opening: &'transcript RoundOpening,
    statistic: &'transcript StatisticPlan,
    context: RoundContext,
    inputs: Parties,
    /// The sum of the masked vectors, as long as every one of them was kept.
    sum: Option<RingVector>,
    survivors: Option<Parties>,
    agreed: bool,
    unmaskers: Parties,
    shares: BTreeMap<Party, Signed<UnmaskingShares>>,
}

impl<'transcript> Auditor<'transcript> {
    fn new(agreed: &'transcript AgreedPlan) -> Self {
        let plan = agreed.plan();
        let privacy = plan.privacy;
        Self {
            agreed,
            findings: Findings {
                institutions: plan.roster.len(),
                batches: 0,
                sums: 0,
                sums_recomputed: 0,
                units_closed: 0,
                attempts_abandoned: 0,
                epsilon: None,
            },
            directory: None,
            sharers: Parties::NONE,
            members: None,
            slots_used: BTreeSet::new(),
            round: 0,
            attempt: 0,
            open: None,
            frozen: None,
            opened: BTreeMap::new(),
            sums: vec![0; plan.statistics.len()],
            ledger: PrivacyLedger::new(
                privacy.map_or(f64::INFINITY, |budget| budget.epsilon_max),
                privacy.map_or(1e-9, |budget| budget.delta),
            ),
        }
    }

    fn findings(mut self) -> Findings {
        self.findings.epsilon = self.agreed.plan().privacy.map(|_| self.ledger.epsilon());
        self.findings
    }

    fn check(&mut self, entry: &'transcript Entry) -> Checked {
        match entry {
            Entry::Directory(directory) => self.directory(directory),
            Entry::Shares(party, summary) => self.shares(*party, summary),
            Entry::Verdict(party, verdict) => self.verdict(*party, verdict),
            Entry::BatchReady(members) => self.batch_ready(*members),
            Entry::Opening(opening) => self.opening(opening),
            Entry::Input(party, header, vector) => self.input(*party, header, vector.as_ref()),
            Entry::Survivors(survivors) => self.survivors(*survivors),
            Entry::Agreement(signatures) => self.agreement(signatures),
            Entry::Unmasking(party, stub, shares) => self.unmasking(*party, stub, shares.as_ref()),
            Entry::Abandoned => self.abandoned(),
            Entry::Release(release) => self.release(release),
            Entry::Closure(closure) => self.closure(closure),
        }
    }

    fn directory(&mut self, signed: &'transcript Signed<KeyDirectory>) -> Checked {
        let directory = self.by_coordinator(signed)?;
        let context = BatchContext::of(self.agreed, directory.batch);
        let slots = usize::from(self.agreed.plan().slots_per_batch);
        let mut seen = BTreeSet::new();
        for (party, signed) in &directory.entries {
            let identity = self.identity(*party)?;
            let keys = signed
                .verify(&context.0, identity)
                .map_err(|error| format!("keys of {party}: {error}"))?;
            let all = std::iter::once(keys.sealing_key)
                .chain(keys.slots.iter().map(|slot| slot.masking_key));
            if keys.slots.len() != slots || !all.into_iter().all(|key| seen.insert(key)) {
                return Err(format!("the keys of {party} are not sound"));
            }
        }
        self.at_least(directory.entries.len(), "keys")?;
        self.findings.batches += 1;
        self.directory = Some(directory);
        self.sharers = Parties::NONE;
        self.members = None;
        Ok(())
    }

    fn shares(&mut self, party: Party, signed: &Signed<ShareSummary>) -> Checked {
        let directory = self.directory.ok_or("shares without keys")?;
        let context = BatchContext::of(self.agreed, directory.batch);
        let summary = signed
            .verify(&context.0, self.identity(party)?)
            .map_err(|error| format!("shares of {party}: {error}"))?;
        if summary.directory != body_hash(directory) {
            return Err(format!("the shares of {party} are for other keys"));
        }
        self.sharers.insert(party);
        Ok(())
    }

    fn verdict(&mut self, party: Party, signed: &Signed<ShareVerdict>) -> Checked {
        let directory = self.directory.ok_or("a verdict without keys")?;
        let context = BatchContext::of(self.agreed, directory.batch);
        signed
            .verify(&context.0, self.identity(party)?)
            .map_err(|error| format!("verdict of {party}: {error}"))?;
        Ok(())
    }

    fn batch_ready(&mut self, members: Parties) -> Checked {
        if !members.is_subset(self.sharers) {
            return Err("a member of the batch has shared nothing".to_owned());
        }
        self.at_least(members.len(), "members of the batch")?;
        self.members = Some(members);
        Ok(())
    }

    fn opening(&mut self, signed: &'transcript Signed<RoundOpening>) -> Checked {
        let opening = self.by_coordinator(signed)?;
        let members = self.members.ok_or("a round without keys")?;
        let batch = self.directory.map(|directory| directory.batch);
        if self.open.is_some()
            || (opening.round, opening.attempt) != (self.round, self.attempt)
            || batch != Some(opening.batch)
        {
            return Err("a round out of order".to_owned());
        }
        if !self.slots_used.insert((opening.batch, opening.slot)) {
            return Err("keys are used twice".to_owned());
        }
        self.at_least(opening.members.len(), "members of the round")?;
        if !opening.members.is_subset(members) {
            return Err("a member of the round has no keys".to_owned());
        }
        let (_, statistic) = self
            .agreed
            .plan()
            .statistic_of(&opening.query.0)
            .map_err(|error| error.to_string())?;
        let batch = BatchContext::of(self.agreed, opening.batch);
        self.open = Some(OpenRound {
            opening,
            statistic,
            context: RoundContext::of(&batch, opening, statistic, &opening.model),
            inputs: Parties::NONE,
            sum: Some(RingVector::zero(opening.query.0.dimension)),
            survivors: None,
            agreed: false,
            unmaskers: Parties::NONE,
            shares: BTreeMap::new(),
        });
        Ok(())
    }

    fn input(
        &mut self,
        party: Party,
        header: &Signed<MaskedInput>,
        vector: Option<&PackedVector>,
    ) -> Checked {
        let identity = *self.identity(party)?;
        let open = self.open.as_mut().ok_or("an answer without a round")?;
        header
            .verify(&open.context.0, &identity)
            .map_err(|error| format!("answer of {party}: {error}"))?;
        if !open.opening.members.contains(party) || open.inputs.contains(party) {
            return Err(format!("an answer of {party} is not awaited"));
        }
        open.inputs.insert(party);
        open.sum = match (open.sum.take(), vector) {
            (Some(mut sum), Some(vector)) => {
                if vector.hash() != header.body.vector
                    || vector.bits() != open.statistic.ring
                    || vector.dimension() != sum.dimension()
                {
                    return Err(format!("the vector of {party} is not the one it signed"));
                }
                sum.add(vector);
                Some(sum)
            }
            _ => None,
        };
        Ok(())
    }

    fn survivors(&mut self, survivors: Parties) -> Checked {
        self.at_least(survivors.len(), "survivors")?;
        let open = self.open.as_mut().ok_or("survivors without a round")?;
        if survivors != open.inputs {
            return Err("the survivors are not those who answered".to_owned());
        }
        let query = &open.opening.query.0;
        let frozen = self.frozen.filter(|(unit, _)| *unit == query.unit);
        let bound = [
            frozen.map(|(_, set)| set),
            self.opened.get(query.name.as_str()).copied(),
        ];
        if bound.iter().flatten().any(|set| *set != survivors) {
            return Err("a statistic is summed over two different sets".to_owned());
        }
        open.survivors = Some(survivors);
        Ok(())
    }

    fn agreement(&mut self, signatures: &[(Party, Signature)]) -> Checked {
        let agreed = self.agreed;
        let open = self.open.as_mut().ok_or("signatures without a round")?;
        let survivors = open.survivors.ok_or("signatures without survivors")?;
        let body = SurvivorSignature {
            round: open.opening.round,
            attempt: open.opening.attempt,
            survivors,
        };
        let mut signers = Parties::NONE;
        for (party, signature) in signatures {
            let identity = agreed
                .identity(*party)
                .filter(|_| survivors.contains(*party))
                .ok_or_else(|| format!("{party} is no survivor"))?;
            Signed {
                body,
                signature: *signature,
            }
            .verify(&open.context.0, identity)
            .map_err(|error| format!("signature of {party}: {error}"))?;
            signers.insert(*party);
        }
        if signers.len() < agreed.plan().thresholds.threshold() {
            return Err("too few signatures over the survivors".to_owned());
        }
        open.agreed = true;
        self.opened
            .insert(open.opening.query.0.name.as_str(), survivors);
        Ok(())
    }

    fn unmasking(
        &mut self,
        party: Party,
        stub: &SignedHash,
        shares: Option<&Signed<UnmaskingShares>>,
    ) -> Checked {
        let identity = *self.identity(party)?;
        let open = self.open.as_mut().ok_or("opened shares without a round")?;
        if !open.agreed || !open.survivors.is_some_and(|set| set.contains(party)) {
            return Err(format!("shares of {party} were opened without agreement"));
        }
        stub.verify(MessageKind::UnmaskingShares, &open.context.0, &identity)
            .map_err(|error| format!("opened shares of {party}: {error}"))?;
        open.unmaskers.insert(party);
        if let Some(shares) = shares {
            if shares.stub() != *stub {
                return Err(format!("the shares of {party} are not those it signed"));
            }
            open.shares.insert(party, shares.clone());
        }
        Ok(())
    }

    fn abandoned(&mut self) -> Checked {
        let open = self.open.take().ok_or("nothing to abandon")?;
        if !open.unmaskers.is_empty() {
            return Err("an attempt was abandoned after shares were opened".to_owned());
        }
        self.attempt += 1;
        self.findings.attempts_abandoned += 1;
        Ok(())
    }

    fn release(&mut self, release: &'transcript Release) -> Checked {
        let header = self.by_coordinator(&release.header)?;
        let open = self.open.take().ok_or("a sum without a round")?;
        let plan = self.agreed.plan();
        if open.unmaskers.len() < plan.thresholds.threshold() {
            return Err("a sum was released that too few have opened".to_owned());
        }
        let as_opened = header.query == open.opening.query
            && Some(header.survivors) == open.survivors
            && (header.round, header.attempt) == (open.opening.round, open.opening.attempt);
        let as_signed = release.total.hash() == header.total
            && release.total.bits() == open.statistic.ring
            && release.total.dimension() == header.query.0.dimension;
        if !as_opened || !as_signed {
            return Err("the sum is not that of the round".to_owned());
        }
        let survivors = header.survivors;
        self.recompute(&open, survivors, &release.total)?;
        let (place, statistic) = plan
            .statistic_of(&header.query.0)
            .map_err(|error| error.to_string())?;
        self.sums[place] += 1;
        if self.sums[place] > statistic.sums_max {
            return Err("a statistic was summed more often than agreed".to_owned());
        }
        let rho = plan.rho_of_sum(statistic, header.query.0.dimension);
        self.ledger.check(rho).map_err(|error| error.to_string())?;
        self.ledger.spend(rho);
        self.frozen = Some((header.query.0.unit, survivors));
        self.findings.sums += 1;
        self.end_round();
        Ok(())
    }

    /// Adds and unmasks once more, where everything for it was kept.
    fn recompute(
        &mut self,
        open: &OpenRound<'_>,
        survivors: Parties,
        total: &PackedVector,
    ) -> Checked {
        let enough = open.shares.len() >= self.agreed.plan().thresholds.threshold();
        let (Some(sum), Some(directory), true) = (&open.sum, self.directory, enough) else {
            return Ok(());
        };
        let unmasking = Unmasking {
            plan: self.agreed.plan(),
            statistic: open.statistic,
            batch: BatchContext::of(self.agreed, open.opening.batch),
            directory,
            opening: open.opening,
            context: open.context,
            survivors,
            opened: &open.shares,
        };
        let again = unmasking
            .total(sum.clone())
            .map_err(|fault| fault.to_string())?;
        if again != *total {
            return Err("the released sum is not the sum of the masked answers".to_owned());
        }
        self.findings.sums_recomputed += 1;
        Ok(())
    }

    fn closure(&mut self, signed: &'transcript Signed<UnitClosure>) -> Checked {
        let closure = self.by_coordinator(signed)?;
        if closure.round != self.round {
            return Err("a closure out of order".to_owned());
        }
        if let Some(open) = self.open.take() {
            // Shares may have been opened: the release is counted against the budget as if it had happened.
            if open.agreed {
                let rho = self
                    .agreed
                    .plan()
                    .rho_of_sum(open.statistic, open.opening.query.0.dimension);
                self.ledger.spend(rho);
            }
        }
        self.frozen = None;
        self.findings.units_closed += 1;
        self.end_round();
        Ok(())
    }

    fn end_round(&mut self) {
        self.round += 1;
        self.attempt = 0;
    }

    fn by_coordinator<'signed, B: crate::signed::Body>(
        &self,
        signed: &'signed Signed<B>,
    ) -> Result<&'signed B, String> {
        signed
            .verify(&self.agreed.context().0, &self.agreed.plan().coordinator)
            .map_err(|error| format!("the coordinator's message: {error}"))
    }

    fn identity(&self, party: Party) -> Result<&crate::identity::PublicIdentity, String> {
        self.agreed
            .identity(party)
            .ok_or_else(|| format!("{party} is not in the roster"))
    }

    fn at_least(&self, actual: usize, what: &str) -> Checked {
        let needed = self.agreed.plan().thresholds.survivors_min();
        if actual < needed {
            return Err(format!("{actual} {what}, {needed} are needed"));
        }
        Ok(())
    }
}
