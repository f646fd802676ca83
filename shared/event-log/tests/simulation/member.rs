//! A member decides for some partitions and hears late of what the control partition decided elsewhere.

use std::sync::Arc;

use accord_event_log::{
    CommandEnvelope, PartitionId, Reply, StoredCommit,
    recovery::Fold,
    runtime::{Moment, PartitionSlot, Runtime},
    stages::StageTimes,
};

use crate::{
    shared_log::SharedLog,
    support::{
        accounts::{Accounts, Command, Context, State, adopted_offset},
        commands::Answer,
    },
};

pub struct Member {
    pub runtime: Runtime<Accounts>,
    /// Events of the control partition that this member has heard of, while another decides for that partition.
    control_heard: usize,
}

/// Something that a partition decided on, for the reference to decide on again.
#[derive(Clone)]
pub enum Input {
    Command {
        recorded_at_us: i64,
        envelope: CommandEnvelope<Command>,
        answer: Answer,
    },
    Adoption {
        recorded_at_us: i64,
        control_offset: u64,
    },
}

impl Member {
    /// A member that decides for the folded partitions.
    pub fn of(fold: Fold<Accounts>, log: &SharedLog) -> Self {
        let runtime = fold.into_runtime(Arc::new(StageTimes::default()));
        let control_heard = if runtime.slots().contains_key(&PartitionId::CONTROL) {
            log.events_of(PartitionId::CONTROL).count()
        } else {
            0
        };
        Self {
            runtime,
            control_heard,
        }
    }

    pub fn partitions(&self) -> Vec<PartitionId> {
        self.runtime.slots().keys().copied().collect()
    }

    pub fn decides_for(&self, partition: PartitionId) -> bool {
        self.runtime.slots().contains_key(&partition)
    }

    /// Learns where the log ends, as every writer must before it writes.
    pub fn learn_end(&mut self, log: &SharedLog) {
        for commit in log.commits_after(self.runtime.last()) {
            self.runtime.follow(commit);
        }
    }

    /// Hears of at most `count` more events of the control partition.
    pub fn hear_of_control(&mut self, count: usize, log: &SharedLog) {
        if self.decides_for(PartitionId::CONTROL) {
            return;
        }
        let news = log.events_of(PartitionId::CONTROL);
        for recorded in news.skip(self.control_heard).take(count) {
            self.runtime.observe_control(&recorded.event);
            self.control_heard += 1;
        }
    }

    pub fn give_up(&mut self, partition: PartitionId, log: &SharedLog) {
        self.runtime.release(partition).unwrap();
        if partition.is_control() {
            self.control_heard = log.events_of(PartitionId::CONTROL).count();
        }
    }

    pub fn take_over(&mut self, partition: PartitionId, slot: PartitionSlot<Accounts>) {
        self.runtime.take_over(partition, slot);
    }

    pub fn begin(&mut self, moment: Moment) -> Context {
        Context {
            now_us: self.runtime.begin(moment),
        }
    }

    /// Decides, and notes what the partition decided on.
    pub fn decide(
        &mut self,
        moment: Moment,
        context: Context,
        envelope: &CommandEnvelope<Command>,
        inputs: &mut Vec<(PartitionId, Input)>,
    ) -> Answer {
        let answer = self.runtime.decide(moment, &context, envelope);
        if matches!(answer, Reply::Committed { .. } | Reply::Rejected(_)) {
            let input = Input::Command {
                recorded_at_us: context.now_us,
                envelope: envelope.clone(),
                answer: answer.clone(),
            };
            inputs.push((envelope.partition, input));
        }
        answer
    }

    /// Lets a partition adopt, and notes it if there was something to adopt.
    pub fn adopt(
        &mut self,
        partition: PartitionId,
        moment: Moment,
        context: Context,
        inputs: &mut Vec<(PartitionId, Input)>,
    ) {
        let before = self.adopted(partition);
        self.runtime.adopt(partition, moment, &context);
        let control_offset = self.adopted(partition);
        if control_offset != before {
            let input = Input::Adoption {
                recorded_at_us: context.now_us,
                control_offset,
            };
            inputs.push((partition, input));
        }
    }

    pub fn finish(&mut self) -> Option<Arc<StoredCommit>> {
        self.runtime.finish()
    }

    fn adopted(&self, partition: PartitionId) -> u64 {
        match self.runtime.slots().get(&partition).map(|slot| &slot.state) {
            Some(State::Accounts(state)) => adopted_offset(state),
            _ => 0,
        }
    }
}
