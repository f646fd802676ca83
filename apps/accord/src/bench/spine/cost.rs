//! What one decision costs: busy time by stage, processor time by thread.

use std::{io, time::Duration};

use accord_bench::process::{ProcessUsage, ThreadTimes};
use accord_event_log::stages::{Stage, StageTimes};
use serde::Serialize;

/// The cost of one decision, on average over a load.
#[derive(Debug, Serialize)]
pub struct Cost {
    /// Busy time of each stage, in the order of the path. Waiting for the disk, or for a processor that another thread
    /// has, is in it.
    pub stages: Vec<CostOf>,
    /// Processor time by name of thread. A generator's threads are gone when this is read; its report has its own.
    pub threads: Vec<CostOf>,
    /// Processor time of the whole process, generator included.
    pub processor_us: f64,
    /// Of the whole load.
    pub usage: ProcessUsage,
}

/// One stage, or all threads of one name.
#[derive(Debug, Serialize)]
pub struct CostOf {
    pub name: String,
    pub us_per_decision: f64,
}

/// What has been spent up to one moment.
pub struct Spent {
    /// Each with its busy nanoseconds and the number of items.
    stages: [(Stage, u64, u64); Stage::ALL.len()],
    threads: ThreadTimes,
    usage: ProcessUsage,
}

impl Spent {
    pub fn now(stages: &StageTimes) -> io::Result<Self> {
        let read = |stage| {
            let (nanoseconds, items) = stages.read(stage);
            (stage, nanoseconds, items)
        };
        Ok(Self {
            stages: Stage::ALL.map(read),
            threads: ThreadTimes::now()?,
            usage: ProcessUsage::now()?,
        })
    }

    pub fn since(&self, earlier: &Self, decisions: u64) -> Cost {
        let usage = self.usage.since(&earlier.usage);
        let each = |time: Duration, items: u64| time.as_secs_f64() * 1e6 / items.max(1) as f64;
        let stages = earlier.stages.iter().zip(&self.stages);
        let threads = self.threads.since(&earlier.threads).into_iter();
        Cost {
            stages: stages
                .map(|(before, after)| CostOf {
                    name: after.0.name().to_owned(),
                    us_per_decision: each(
                        Duration::from_nanos(after.1 - before.1),
                        after.2 - before.2,
                    ),
                })
                .collect(),
            threads: threads
                .filter(|(_, time)| !time.is_zero())
                .map(|(name, time)| CostOf {
                    name,
                    us_per_decision: each(time, decisions),
                })
                .collect(),
            processor_us: usage.processor_seconds() * 1e6 / decisions.max(1) as f64,
            usage,
        }
    }
}
