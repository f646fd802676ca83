//! The contract between a domain and the runtime that runs it.
//!
//! A [`Decider`] turns commands into events and events into state, and does nothing else: no I/O, no clock,
//! no randomness, no logging. Whatever a decision needs from outside (the time, a model) arrives in its context,
//! so the same commands over the same events give the same events on every machine.

mod logged_decider;
mod partition;
mod specification;

pub use logged_decider::{DecodeError, Description, LoggedDecider};
pub use partition::{PartitionId, PartitionOffset};
pub use specification::{Outcome, Specification, given};

/// A pure decision maker over one partition of entities.
pub trait Decider {
    /// Everything that a decision may look at, folded from the partition's own events.
    type State;
    /// An imperative: what somebody asks for.
    type Command;
    /// A past fact: what was decided.
    type Event;
    /// What comes from outside: the time and the artefacts that the state refers to.
    type Context;
    /// Why nothing was decided. A rejection leaves no trace in the log.
    type Rejection;

    /// Decides one command; an empty list says that the command is already fulfilled.
    fn decide(
        state: &Self::State,
        context: &Self::Context,
        command: &Self::Command,
    ) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// Folds one event into the state. Every event that was ever written must fold, so this cannot fail.
    fn evolve(state: &mut Self::State, event: &Self::Event);
}
