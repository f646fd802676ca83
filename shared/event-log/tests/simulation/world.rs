//! One simulation: what happens, step by step.

use std::{collections::BTreeMap, sync::Arc};

use accord_event_log::{
    AppendError, PartitionId, Reply, Sequence, StoredCommit, Unavailable, journal::memory::Fault,
    recovery::Fold, runtime::Moment,
};

use crate::{
    chance::Chance,
    checks,
    clients::{Attempt, Clients},
    member::{Input, Member},
    reference,
    shared_log::SharedLog,
    snapshots::Snapshots,
    support::{
        accounts::Accounts,
        commands::{Answer, layout},
    },
    tally::Tally,
};

/// A batch that was decided and is not in the log yet.
struct Decided {
    commit: Option<Arc<StoredCommit>>,
    inputs: Vec<(PartitionId, Input)>,
    answers: Vec<(Attempt, Answer)>,
    /// End of the log when it was decided.
    log_before: Sequence,
}

pub struct World {
    chance: Chance,
    log: SharedLog,
    members: [Member; 2],
    clients: Clients,
    snapshots: Snapshots,
    inputs: BTreeMap<PartitionId, Vec<Input>>,
    key_window: usize,
    now_us: i64,
    monotonic_us: u64,
    tally: Tally,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let key_window = *chance.pick(&[1, 4, 1_000]);
        let log = SharedLog::default();
        let members = [vec![0, 1], vec![2, 3]].map(|partitions| {
            let partitions = partitions.into_iter().map(PartitionId);
            Member::of(Fold::from_start(partitions, key_window), &log)
        });
        Self {
            chance,
            log,
            members,
            clients: Clients::default(),
            snapshots: Snapshots::default(),
            inputs: BTreeMap::new(),
            key_window,
            now_us: 1_000_000,
            monotonic_us: 1,
            tally: Tally::default(),
        }
    }

    pub fn run(mut self) -> Tally {
        for _ in 0..100 + self.chance.below(150) {
            self.let_time_pass();
            match self.chance.below(20) {
                0..11 => self.send_commands(),
                11..14 => self.spread_news(),
                14..16 => self.move_a_partition(),
                16..18 => self.make_a_snapshot(),
                18 => self.crash_a_member(),
                _ => self.adopt_everywhere(),
            }
        }
        self.settle();
        checks::log_is_consistent(&self.log);
        checks::no_account_was_overdrawn(&self.log);
        checks::every_key_was_decided_once(&self.log);
        checks::every_acknowledgement_stands(&self.log, self.clients.acknowledgements());
        checks::members_hold_what_the_log_says(&self.log, &self.members, self.key_window);
        reference::decides_the_same(&self.log, &self.inputs, self.key_window);
        self.tally.count(&self.clients);
        self.tally
    }

    fn let_time_pass(&mut self) {
        self.monotonic_us += 1 + self.chance.below(1_000);
        if self.chance.one_in(10) {
            self.now_us -= self.chance.below(100_000) as i64;
        } else {
            self.now_us += self.chance.below(10_000) as i64;
        }
    }

    fn send_commands(&mut self) {
        let member = self.chance.index(2);
        let attempts = self.some_attempts(member);
        self.commit(member, attempts);
    }

    /// One batch at one member, for partitions that are mostly its own.
    fn some_attempts(&mut self, member: usize) -> Vec<Attempt> {
        let own = self.members[member].partitions();
        let mut attempts = Vec::new();
        for _ in 0..1 + self.chance.below(5) {
            let attempt = match self.chance.below(20) {
                0..11 if !own.is_empty() => {
                    let partition = *self.chance.pick(&own);
                    Some(self.clients.fresh(&mut self.chance, partition))
                }
                11..15 => self.clients.again(&mut self.chance, false),
                15..18 => self.clients.again(&mut self.chance, true),
                _ => self.clients.reused_key(&mut self.chance),
            };
            let Some(mut attempt) = attempt else {
                continue;
            };
            // Now and then a client asks the wrong member, or too late.
            if !own.contains(&attempt.envelope.partition) && !self.chance.one_in(10) {
                continue;
            }
            if self.chance.one_in(15) {
                attempt.envelope.expires_at_us = self.monotonic_us - self.chance.below(2);
            }
            attempts.push(attempt);
        }
        attempts
    }

    /// Decides the attempts, appends the commit, and answers. Now and then the next batch is decided upon the first one
    /// while that is still on its way, as a worker does.
    fn commit(&mut self, member: usize, attempts: Vec<Attempt>) {
        let first = self.decide(member, attempts);
        let upon_it = self.chance.one_in(3).then(|| {
            let attempts = self.some_attempts(member);
            self.decide(member, attempts)
        });
        let failure = self.append(member, first.commit, first.inputs);
        let failed = failure.is_some();
        self.answer(first.answers, first.log_before, failure);
        let Some(next) = upon_it else {
            return;
        };
        self.tally.decided_ahead += 1;
        let failure = if failed {
            Some(Unavailable::NotCommitted(
                "the commit before it failed".into(),
            ))
        } else {
            self.append(member, next.commit, next.inputs)
        };
        self.answer(next.answers, next.log_before, failure);
    }

    /// Decides the attempts with some adoptions between them.
    fn decide(&mut self, member: usize, attempts: Vec<Attempt>) -> Decided {
        let Self {
            chance,
            log,
            members,
            ..
        } = self;
        let deciding = &mut members[member];
        let moment = Moment {
            now_us: self.now_us,
            monotonic_us: self.monotonic_us,
        };
        let log_before = log.end();
        deciding.learn_end(log);
        let context = deciding.begin(moment);
        let mut inputs = Vec::new();
        let mut answers = Vec::new();
        for attempt in attempts {
            if chance.one_in(4) {
                let partition = PartitionId(chance.below(4) as u16);
                deciding.adopt(partition, moment, context, &mut inputs);
            }
            let answer = deciding.decide(moment, context, &attempt.envelope, &mut inputs);
            if moment.monotonic_us >= attempt.envelope.expires_at_us {
                assert!(matches!(answer, Reply::Unavailable(Unavailable::Expired)));
            } else if !deciding.decides_for(attempt.envelope.partition) {
                assert!(matches!(
                    answer,
                    Reply::Unavailable(Unavailable::ReadOnly(_))
                ));
            }
            answers.push((attempt, answer));
        }
        Decided {
            commit: deciding.finish(),
            inputs,
            answers,
            log_before,
        }
    }

    fn answer(
        &mut self,
        answers: Vec<(Attempt, Answer)>,
        log_before: Sequence,
        failure: Option<Unavailable>,
    ) {
        for (attempt, answer) in answers {
            let answer = failure.clone().map_or(answer, Reply::Unavailable);
            self.clients
                .receive(&attempt, answer, &self.log, log_before);
        }
    }

    /// Appends the commit of a batch, which may fail, after which the member folds the log again.
    fn append(
        &mut self,
        member: usize,
        commit: Option<Arc<StoredCommit>>,
        inputs: Vec<(PartitionId, Input)>,
    ) -> Option<Unavailable> {
        let Some(commit) = commit else {
            self.keep(inputs);
            return None;
        };
        let fault = match self.chance.below(24) {
            0 => Fault::NotCommitted,
            1 => Fault::UnknownButStored,
            2 => Fault::UnknownAndLost,
            _ => Fault::None,
        };
        let appended = self.log.append(&commit, fault);
        if matches!(fault, Fault::None | Fault::UnknownButStored) {
            self.keep(inputs);
        }
        match appended {
            Ok(()) => {
                self.tally.commits += 1;
                None
            }
            Err(error) => {
                self.tally.faults += 1;
                self.recover(member);
                Some(match error {
                    AppendError::NotCommitted(reason) => Unavailable::NotCommitted(reason),
                    AppendError::Unknown(reason) => Unavailable::OutcomeUnknown(reason),
                })
            }
        }
    }

    fn keep(&mut self, inputs: Vec<(PartitionId, Input)>) {
        for (partition, input) in inputs {
            self.tally.adoptions += u64::from(matches!(input, Input::Adoption { .. }));
            self.inputs.entry(partition).or_default().push(input);
        }
    }

    fn spread_news(&mut self) {
        let count = 1 + self.chance.index(3);
        let member = self.chance.index(2);
        self.members[member].hear_of_control(count, &self.log);
    }

    fn move_a_partition(&mut self) {
        let from = self.chance.index(2);
        let own = self.members[from].partitions();
        if own.is_empty() {
            return;
        }
        let partition = *self.chance.pick(&own);
        self.members[from].give_up(partition, &self.log);
        let fold = self.fold(&[partition]);
        let slot = fold.slot(partition).unwrap().clone();
        self.members[1 - from].take_over(partition, slot);
        self.tally.take_overs += 1;
        self.tally.control_take_overs += u64::from(partition.is_control());
    }

    fn make_a_snapshot(&mut self) {
        let commits = self.log.commits();
        if commits.is_empty() {
            return;
        }
        let partition = PartitionId(self.chance.below(4) as u16);
        let mut fold = self.snapshots.fold(&[partition], self.key_window);
        // A snapshot is made beside the decider: it may lag behind the log.
        let behind = self.chance.index(3).min(commits.len() - 1);
        for commit in &commits[..commits.len() - behind] {
            if commit.last_sequence() > fold.through() {
                fold.apply(commit).unwrap();
            }
        }
        self.snapshots.save(partition, &fold, &self.log);
        self.tally.snapshots += 1;
    }

    fn crash_a_member(&mut self) {
        let member = self.chance.index(2);
        self.recover(member);
    }

    fn recover(&mut self, member: usize) {
        let partitions = self.members[member].partitions();
        let fold = self.fold(&partitions);
        self.members[member] = Member::of(fold, &self.log);
        self.tally.recoveries += 1;
    }

    /// Folds partitions from the log, from their snapshots or from its beginning.
    fn fold(&mut self, partitions: &[PartitionId]) -> Fold<Accounts> {
        let mut fold = if self.chance.one_in(2) {
            self.snapshots.fold(partitions, self.key_window)
        } else {
            Fold::from_start(partitions.iter().copied(), self.key_window)
        };
        for commit in self.log.commits_after(fold.through()) {
            fold.apply(commit).unwrap();
        }
        fold
    }

    fn adopt_everywhere(&mut self) {
        for member in 0..2 {
            self.adopt_all(member);
        }
    }

    fn adopt_all(&mut self, member: usize) {
        let deciding = &mut self.members[member];
        let moment = Moment {
            now_us: self.now_us,
            monotonic_us: self.monotonic_us,
        };
        deciding.learn_end(&self.log);
        let context = deciding.begin(moment);
        let mut inputs = Vec::new();
        for partition in layout().all() {
            deciding.adopt(partition, moment, context, &mut inputs);
        }
        let commit = deciding.finish();
        self.append(member, commit, inputs);
    }

    /// Repairs everything: every client gets its answer, every partition adopts the last limit.
    fn settle(&mut self) {
        for partition in layout().all() {
            let mut rounds = 0;
            loop {
                let open = self.clients.unsettled(partition);
                if open.is_empty() {
                    break;
                }
                rounds += 1;
                assert!(rounds < 100, "partition {partition} gives no answers");
                let member = self.owner(partition);
                self.commit(member, open);
            }
        }
        for member in 0..2 {
            self.members[member].hear_of_control(usize::MAX, &self.log);
            while self.members[member].runtime.lags_behind_control() {
                self.adopt_all(member);
                // A failed commit makes the member forget what it heard.
                self.members[member].hear_of_control(usize::MAX, &self.log);
            }
            self.members[member].learn_end(&self.log);
        }
        self.members[0].learn_end(&self.log);
    }

    fn owner(&self, partition: PartitionId) -> usize {
        usize::from(!self.members[0].decides_for(partition))
    }
}
