//! Clients: each sends its command under one key until it knows what became of it.

use accord_event_log::{CommandEnvelope, PartitionId, Reply, Sequence};

use crate::{
    chance::Chance,
    shared_log::SharedLog,
    support::{
        accounts::{Command, Rejection},
        commands::{Answer, keyed, payload_hash},
    },
};

/// Three accounts in each of the three data partitions.
const ACCOUNTS: u64 = 9;

#[derive(Default)]
pub struct Clients {
    requests: Vec<Request>,
    keys: u64,
    acknowledgements: Vec<Acknowledgement>,
    found_in_archive: u64,
}

struct Request {
    envelope: CommandEnvelope<Command>,
    settled: bool,
}

/// A request on its way to a member.
pub struct Attempt {
    request: usize,
    pub envelope: CommandEnvelope<Command>,
}

/// An answer on which a client relies from now on.
pub struct Acknowledgement {
    pub envelope: CommandEnvelope<Command>,
    pub answer: Settled,
    /// End of the log when the attempt was made.
    pub log_before: Sequence,
}

#[derive(Clone, Debug)]
pub enum Settled {
    Committed(Answer),
    /// First decided at this sequence.
    Repeated(Sequence),
    /// The key was used at this sequence with another payload.
    Refused(Sequence),
    Rejected(Rejection),
}

impl Clients {
    /// A command that nobody sent before.
    pub fn fresh(&mut self, chance: &mut Chance, partition: PartitionId) -> Attempt {
        self.keys += 1;
        let envelope = keyed(self.keys, random_command(chance, partition));
        self.add(envelope)
    }

    /// The key of an earlier request with another payload.
    pub fn reused_key(&mut self, chance: &mut Chance) -> Option<Attempt> {
        if self.requests.is_empty() {
            return None;
        }
        let earlier = &chance.pick(&self.requests).envelope;
        let mut envelope = earlier.clone();
        envelope.absent_through = Sequence::ZERO;
        envelope.command = random_command(chance, earlier.partition);
        envelope.payload_hash = Some(payload_hash(&envelope.command));
        Some(self.add(envelope))
    }

    /// An earlier request once more, whether its client knows the answer or not.
    pub fn again(&self, chance: &mut Chance, settled: bool) -> Option<Attempt> {
        let candidates: Vec<usize> = (0..self.requests.len())
            .filter(|index| self.requests[*index].settled == settled)
            .collect();
        if candidates.is_empty() {
            return None;
        }
        Some(self.attempt(*chance.pick(&candidates)))
    }

    /// All requests of a partition whose clients do not know the answer.
    pub fn unsettled(&self, partition: PartitionId) -> Vec<Attempt> {
        (0..self.requests.len())
            .filter(|index| {
                let request = &self.requests[*index];
                !request.settled && request.envelope.partition == partition
            })
            .map(|index| self.attempt(index))
            .collect()
    }

    pub fn acknowledgements(&self) -> &[Acknowledgement] {
        &self.acknowledgements
    }

    /// Answers that only the archive could give, because the partition had forgotten the key.
    pub fn found_in_archive(&self) -> u64 {
        self.found_in_archive
    }

    /// An answer arrives. `log_before` is where the log ended when the attempt was made.
    pub fn receive(
        &mut self,
        attempt: &Attempt,
        answer: Answer,
        log: &SharedLog,
        log_before: Sequence,
    ) {
        let settled = match answer {
            Reply::Committed { .. } => Settled::Committed(answer),
            Reply::Duplicate { sequence } => Settled::Repeated(sequence),
            Reply::KeyReused { sequence } => Settled::Refused(sequence),
            Reply::Rejected(rejection) => Settled::Rejected(rejection),
            Reply::Unavailable(_) => return,
            Reply::CheckArchive { through } => match search_archive(log, attempt, through) {
                Some(settled) => {
                    self.found_in_archive += 1;
                    settled
                }
                None => {
                    self.requests[attempt.request].envelope.absent_through = through;
                    return;
                }
            },
        };
        self.requests[attempt.request].settled = true;
        self.acknowledgements.push(Acknowledgement {
            envelope: attempt.envelope.clone(),
            answer: settled,
            log_before,
        });
    }

    fn add(&mut self, envelope: CommandEnvelope<Command>) -> Attempt {
        self.requests.push(Request {
            envelope,
            settled: false,
        });
        self.attempt(self.requests.len() - 1)
    }

    fn attempt(&self, request: usize) -> Attempt {
        Attempt {
            request,
            envelope: self.requests[request].envelope.clone(),
        }
    }
}

/// What an edge does with [`Reply::CheckArchive`]: it searches the read store, here the log itself.
fn search_archive(log: &SharedLog, attempt: &Attempt, through: Sequence) -> Option<Settled> {
    let envelope = &attempt.envelope;
    let found = log.events().iter().find(|recorded| {
        recorded.metadata.command_id == envelope.command_id && recorded.metadata.sequence <= through
    })?;
    let sequence = found.metadata.sequence;
    Some(
        if Some(found.metadata.payload_hash) == envelope.payload_hash {
            Settled::Repeated(sequence)
        } else {
            Settled::Refused(sequence)
        },
    )
}

fn random_command(chance: &mut Chance, partition: PartitionId) -> Command {
    if partition.is_control() {
        // Few amounts, so that setting the limit that is set already is common.
        return Command::SetLimit {
            amount: 10 * (1 + chance.below(4)),
        };
    }
    let in_partition = |chance: &mut Chance| {
        let account = chance.below(ACCOUNTS / 3) * 3 + u64::from(partition.0) - 1;
        debug_assert_eq!(
            crate::support::commands::layout().partition_of(account),
            partition
        );
        account
    };
    let account = in_partition(chance);
    let amount = chance.below(50);
    match chance.below(6) {
        0..3 => Command::Deposit { account, amount },
        3..5 => Command::Withdraw { account, amount },
        _ => Command::Transfer {
            from: account,
            to: in_partition(chance),
            amount,
        },
    }
}
