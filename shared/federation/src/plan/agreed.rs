//! A plan that everybody signed (message M0).

use std::sync::Arc;

use thiserror::Error;

use super::{Plan, PlanError};
use crate::codec::{DecodeError, Reader, Wire, Writer};
use crate::context::JobContext;
use crate::hash::Hash;
use crate::identity::{Identity, PublicIdentity, Signature};
use crate::message::MessageKind;
use crate::parties::{PARTIES_MAX, Parties, Party};
use crate::signed::statement;

/// M0: a signature under a plan. The institution pins the roster's keys by it; its governance decides to give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enrolment {
    /// Who signed.
    pub party: Party,
    /// Over the plan's hash.
    pub signature: Signature,
}

/// Why a plan is not agreed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum AgreementError {
    /// The plan itself is refused.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A signature of this party is missing, or there are two.
    #[error("exactly one enrolment of {0} is needed")]
    NotOneEnrolment(Party),
    /// A signature does not hold for this plan.
    #[error("the enrolment of {0} does not hold for this plan")]
    BadEnrolment(Party),
}

/// A checked plan with the signatures of its whole roster. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct AgreedPlan {
    plan: Arc<Plan>,
    enrolments: Arc<[Enrolment]>,
    hash: Hash,
}

impl Enrolment {
    /// Agrees to `plan` as `party`.
    pub fn sign(plan: &Plan, party: Party, identity: &Identity) -> Self {
        Self {
            party,
            signature: identity.sign(&enrolment_statement(&plan_hash(plan))),
        }
    }

    /// Whether it is its party's signature under this plan.
    pub fn holds_for(&self, plan: &Plan) -> bool {
        let statement = enrolment_statement(&plan_hash(plan));
        plan.roster
            .get(self.party.place())
            .is_some_and(|one| one.identity.verify(&statement, &self.signature).is_ok())
    }
}

impl Plan {
    /// The hash that names the plan, before anybody has signed.
    pub fn hash(&self) -> Hash {
        plan_hash(self)
    }
}

impl AgreedPlan {
    /// Checks the plan and one enrolment of each member of the roster.
    pub fn new(plan: Plan, mut enrolments: Vec<Enrolment>) -> Result<Self, AgreementError> {
        plan.check()?;
        enrolments.sort_by_key(|enrolment| enrolment.party);
        let hash = plan_hash(&plan);
        let statement = enrolment_statement(&hash);
        for party in Parties::first(plan.roster.len()).iter() {
            let mut of_party = enrolments.iter().filter(|one| one.party == party);
            let (Some(enrolment), None) = (of_party.next(), of_party.next()) else {
                return Err(AgreementError::NotOneEnrolment(party));
            };
            plan.roster[party.place()]
                .identity
                .verify(&statement, &enrolment.signature)
                .map_err(|_| AgreementError::BadEnrolment(party))?;
        }
        if let Some(stranger) = enrolments.get(plan.roster.len()) {
            return Err(AgreementError::NotOneEnrolment(stranger.party));
        }
        Ok(Self {
            plan: Arc::new(plan),
            enrolments: enrolments.into(),
            hash,
        })
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The plan's hash.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// Everybody in the roster.
    pub fn parties(&self) -> Parties {
        Parties::first(self.plan.roster.len())
    }

    /// The key of a member; `None` for a number outside the roster.
    pub fn identity(&self, party: Party) -> Option<&PublicIdentity> {
        self.plan
            .roster
            .get(party.place())
            .map(|institution| &institution.identity)
    }

    /// The place of a key in the roster.
    pub fn party_of(&self, identity: &PublicIdentity) -> Option<Party> {
        self.parties()
            .iter()
            .find(|party| self.identity(*party) == Some(identity))
    }

    /// What all of this job's messages are bound to.
    pub(crate) fn context(&self) -> JobContext {
        JobContext::of(&self.hash)
    }
}

/// The hash that names a plan.
fn plan_hash(plan: &Plan) -> Hash {
    Hash::of("plan", &[&plan.to_bytes()])
}

fn enrolment_statement(plan: &Hash) -> Hash {
    statement(MessageKind::Enrolment, &JobContext::of(plan).0, plan)
}

impl Wire for Enrolment {
    fn write(&self, writer: &mut Writer) {
        self.party.write(writer);
        self.signature.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            party: Party::read(reader)?,
            signature: Signature::read(reader)?,
        })
    }
}

impl Wire for AgreedPlan {
    fn write(&self, writer: &mut Writer) {
        self.plan.write(writer);
        writer.list(&self.enrolments);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let plan = Plan::read(reader)?;
        let enrolments = reader.list("the enrolments", PARTIES_MAX)?;
        Self::new(plan, enrolments).map_err(|_| DecodeError::NotCanonical("an agreed plan"))
    }
}
