//! Commands in their envelopes, as an edge would send them.

use std::sync::Arc;

use accord_event_log::{CommandEnvelope, PartitionId, PartitionLayout, Reply, Sequence};
use uuid::Uuid;

use super::accounts::{Command, Event, Rejection};

pub type Answer = Reply<Event, Rejection>;

/// Four partitions: control and three with accounts.
pub fn layout() -> PartitionLayout {
    PartitionLayout::new(3)
}

/// The partition that decides a command.
pub fn partition_of(command: &Command) -> PartitionId {
    match command {
        Command::Deposit { account, .. }
        | Command::Withdraw { account, .. }
        | Command::Transfer { from: account, .. } => layout().partition_of(*account),
        Command::SetLimit { .. } => PartitionId::CONTROL,
        Command::AdoptLimit(_) => panic!("the runtime alone gives adoptions"),
    }
}

/// A command under an idempotency key, with no deadline.
pub fn keyed(key: u64, command: Command) -> CommandEnvelope<Command> {
    CommandEnvelope {
        payload_hash: Some(payload_hash(&command)),
        command_id: command_id(key),
        ..without_key(command)
    }
}

/// A command without a key: never a duplicate of anything.
pub fn without_key(command: Command) -> CommandEnvelope<Command> {
    CommandEnvelope {
        partition: partition_of(&command),
        command_id: Uuid::new_v4(),
        payload_hash: None,
        actor: Arc::from("a teller"),
        correlation_id: None,
        causation_id: None,
        traceparent: None,
        expires_at_us: u64::MAX,
        absent_through: Sequence::ZERO,
        command,
    }
}

pub fn command_id(key: u64) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &key.to_be_bytes())
}

pub fn payload_hash(command: &Command) -> u64 {
    let text = format!("{command:?}");
    Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes())
        .as_u64_pair()
        .0
}

pub fn deposit(account: u64, amount: u64) -> Command {
    Command::Deposit { account, amount }
}

pub fn withdraw(account: u64, amount: u64) -> Command {
    Command::Withdraw { account, amount }
}

pub fn set_limit(amount: u64) -> Command {
    Command::SetLimit { amount }
}
