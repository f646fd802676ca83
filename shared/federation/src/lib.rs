//! Federated training by exact secure sums.
//!
//! Institutions train one model and publish joint statistics without any of them, or the coordinator, seeing another's
//! rows or answers. A learner ([`accord_learning::Learner`]) asks for sums of integers; here every sum is a secure one
//! after Bonawitz et al. (CCS 2017), in the variant for active adversaries, over the full graph of 3 to 50 institutions,
//! with keys set up for many sums at a time.
//!
//! | what | where |
//! |---|---|
//! | what everybody signs before anything is summed, and what it costs | [`plan`] |
//! | who says what to whom | [`message`] |
//! | an institution's side, a coordinator's side: pure state machines | [`participant`], [`coordinator`] |
//! | both sides with a learner on top | [`job`] |
//! | noise and its accounting | [`privacy`] |
//! | what an auditor checks | [`Transcript`] |
//! | a whole consortium in one process | [`simulation`] |
//!
//! This crate is pure: no I/O, no clock, no threads of its own outside the simulation, and all randomness comes in as a
//! generator. Secrets are overwritten when dropped and absent from `Debug`.
//!
//! What it protects against, and what not: n − 1 colluding institutions learn the last one's answer, and with three
//! institutions each learns the sum of the other two; only noise helps against that. A coordinator that lies about a sum
//! (without seeing more of it) is not noticed by the protocol, only by whoever verifies a transcript with kept vectors.

#[cfg(test)]
mod adversary;
mod agreement;
pub mod codec;
mod consortium;
mod context;
pub mod coordinator;
mod derivation;
mod hash;
mod identity;
pub mod job;
mod keyed_rng;
mod mask;
pub mod message;
mod parcel;
pub mod participant;
mod parties;
pub mod plan;
pub mod privacy;
mod ring;
mod sealing;
mod secret;
mod shamir;
mod signed;
mod signed_request;
pub mod simulation;
#[cfg(test)]
mod test_vectors;
mod transcript;
mod unmasking;

pub use consortium::{CannotDraft, CannotFound, Consortium, Draft};
pub use context::PROTOCOL_VERSION;
pub use hash::Hash;
pub use identity::{BadSignature, Identity, PublicIdentity, Signature, WeakKey};
pub use keyed_rng::KeyedRng;
pub use parties::{PARTIES_MAX, Parties, Party};
pub use plan::{AgreedPlan, Enrolment, Plan};
pub use ring::{DIMENSION_MAX, DoesNotFit, PackedVector, RingBits, RingVector};
pub use secret::Secret;
pub use signed::{Signed, SignedHash};
pub use signed_request::SignedRequest;
pub use transcript::{Entry, Findings, ReplayError, Transcript, VerificationError, replay};
