//! The same inputs, partition by partition, to one plain runtime without faults, members or late news.

use std::{collections::BTreeMap, sync::Arc};

use accord_decider::LoggedDecider;
use accord_event_log::{
    CommandEnvelope, PartitionId, Reply, Sequence,
    recovery::Fold,
    runtime::{Moment, Runtime},
    stages::StageTimes,
};

use crate::{
    member::Input,
    shared_log::SharedLog,
    support::{
        accounts::{Accounts, Command, Context},
        commands::{Answer, layout},
    },
};

/// The stored bytes of every partition come out the same; where they stand in the log, and when they were recorded, is
/// told by their commits.
pub fn decides_the_same(
    log: &SharedLog,
    inputs: &BTreeMap<PartitionId, Vec<Input>>,
    key_window: usize,
) {
    for partition in layout().all() {
        let mut reference = Reference {
            partition,
            runtime: Fold::from_start([partition], key_window)
                .into_runtime(Arc::new(StageTimes::default())),
            control_heard: 0,
            stored: Vec::new(),
        };
        for input in inputs.get(&partition).into_iter().flatten() {
            reference.feed(input, log);
        }
        assert_eq!(reference.stored, log.stored_events_of(partition));
    }
}

struct Reference {
    partition: PartitionId,
    runtime: Runtime<Accounts>,
    control_heard: usize,
    stored: Vec<String>,
}

impl Reference {
    fn feed(&mut self, input: &Input, log: &SharedLog) {
        match input {
            Input::Command {
                recorded_at_us,
                envelope,
                answer,
            } => self.command(*recorded_at_us, envelope, answer),
            Input::Adoption {
                recorded_at_us,
                control_offset,
            } => self.adoption(*recorded_at_us, *control_offset, log),
        }
    }

    fn command(
        &mut self,
        recorded_at_us: i64,
        envelope: &CommandEnvelope<Command>,
        answer: &Answer,
    ) {
        // Whether a key is known to the archive is told in sequences of the shared log, which are not these.
        let envelope = CommandEnvelope {
            absent_through: Sequence(u64::MAX),
            ..envelope.clone()
        };
        let moment = at(recorded_at_us);
        self.runtime.begin(moment);
        let context = Context {
            now_us: recorded_at_us,
        };
        let again = self.runtime.decide(moment, &context, &envelope);
        match (answer, &again) {
            (Reply::Committed { events, .. }, Reply::Committed { events: again, .. }) => {
                assert_eq!(events.len(), again.len());
            }
            (Reply::Rejected(rejection), Reply::Rejected(again)) => assert_eq!(rejection, again),
            _ => panic!("{answer:?} became {again:?}"),
        }
        self.commit();
    }

    fn adoption(&mut self, recorded_at_us: i64, control_offset: u64, log: &SharedLog) {
        let mut news = log.events_of(PartitionId::CONTROL).skip(self.control_heard);
        while Accounts::adopted_offset(self.runtime.control()) < control_offset {
            self.runtime.observe_control(&news.next().unwrap().event);
            self.control_heard += 1;
        }
        let moment = at(recorded_at_us);
        self.runtime.begin(moment);
        let context = Context {
            now_us: recorded_at_us,
        };
        self.runtime.adopt(self.partition, moment, &context);
        self.commit();
    }

    fn commit(&mut self) {
        if let Some(commit) = self.runtime.finish() {
            let stored = commit.stored_events().unwrap();
            self.stored
                .extend(stored.iter().map(|event| event.get().to_owned()));
        }
    }
}

fn at(now_us: i64) -> Moment {
    Moment {
        now_us,
        monotonic_us: 0,
    }
}
