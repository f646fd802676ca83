//! `accord bench spine`: one node of a bank against the limits of this machine.
//!
//! ```text
//!  disk ─► first decisions ─► ceiling ─► DECISIONS ─► ceiling ─► steady half ─► disk
//!                                                                    │
//!           recovery × 3 ◄─ kill under load ◄─ own process ◄─ import ◄─ rebuild
//! ```
//!
//! The node is the real one, with the real server, caller's key and starter model; it shares this process with the load
//! generator, so both share the cores. For the recoveries it is `accord risk serve` in a process of its own.

mod aims;
pub(super) mod ceiling;
mod cost;
pub(super) mod decisions;
pub mod folder;
mod lag;
mod log_figures;
pub(super) mod node;
mod process;
mod purchases;
pub mod random;
mod rebuild;
mod recovery;
mod report;
pub(super) mod steady;
mod storage;
mod tables;
mod watch;

use std::{process::ExitCode, time::Duration};

use accord_event_log::WorkerSettings;
use accord_service::{
    ApiKey,
    telemetry::{LogFormat, set_up_logging},
};

use crate::cli::SpineArguments;
use ceiling::Ceiling;
use folder::BenchFolder;
use node::ServedNode;
use process::NodeCommand;
use recovery::Recoveries;
use report::{Measurements, SpineReport};

/// Bytes of an append before the size of a commit is known.
const FIRST_PROBE_BYTES: usize = 16 << 10;

/// Measures, prints what was found, and ends well whether or not that is what was hoped for.
pub async fn run(arguments: SpineArguments) -> anyhow::Result<ExitCode> {
    set_up_logging(LogFormat::Human)?;
    let folder = BenchFolder::prepare(&arguments.folder)?;
    let plan = Plan::of(&arguments);
    let (key, secret) = node::payment_system();
    let caller = Caller { key, secret };
    let measurements = plan.measure(&folder, &caller).await?;
    let settings = WorkerSettings::new(folder.node(), folder.node(), node::INSTITUTION);
    let report = SpineReport {
        seconds: arguments.seconds,
        connections: plan.connections,
        aims: aims::of(&measurements, &settings),
        measurements,
    };
    print!("{}", report.render(arguments.json)?);
    Ok(ExitCode::SUCCESS)
}

/// How long each part lasts.
struct Plan {
    connections: usize,
    ceiling: Duration,
    decisions: Duration,
    steady: Duration,
    /// Load before the first kill.
    kill_after: Duration,
    recovery_transactions: u64,
}

/// The payment system, as the node knows it and as it says who it is.
struct Caller {
    key: ApiKey,
    secret: String,
}

impl Plan {
    fn of(arguments: &SpineArguments) -> Self {
        let seconds = arguments.seconds;
        Self {
            connections: usize::from(arguments.connections),
            ceiling: Duration::from_secs((seconds / 6).clamp(2, 10)),
            decisions: Duration::from_secs(seconds),
            steady: Duration::from_secs((seconds / 3).max(20).min(seconds)),
            kill_after: Duration::from_secs((seconds / 15).clamp(1, 5)),
            recovery_transactions: arguments.recovery_transactions,
        }
    }

    async fn measure(&self, folder: &BenchFolder, caller: &Caller) -> anyhow::Result<Measurements> {
        say("the disk");
        let disk = steady::probe_disk(folder.path(), FIRST_PROBE_BYTES).await?;
        let served =
            ServedNode::start(&folder.node(), &caller.key, &caller.secret, Vec::new()).await?;
        say("the first decision for each customer");
        let new_customers = decisions::new_customers(&served, self.connections).await?;
        let ceiling = Ceiling {
            connections: self.connections,
            duration: self.ceiling,
            response_bytes: ceiling::response_bytes(&served).await?,
        };
        say("the bare HTTP ceiling");
        let ceiling_before = ceiling.measure(&caller.secret).await?;
        say("decisions");
        let decisions = decisions::measure(&served, self.connections, self.decisions).await?;
        say("the bare HTTP ceiling again");
        let ceiling_after = ceiling.measure(&caller.secret).await?;
        say("decisions at half of that rate");
        let half = (decisions.load.rate_per_second / 2.0).max(1.0) as u32;
        let steady = steady::measure(&served, self.connections, half, self.steady).await?;
        say("a rebuild");
        let rebuild = rebuild::measure(&served).await?;
        say("an import");
        let imported = recovery::fill(&served, self.recovery_transactions).await?;
        let events = served.node.reader().last().0;
        let header = served.node.reader().header().clone();
        served.stop().await?;
        say("recoveries");
        let recoveries = Recoveries {
            command: &NodeCommand::prepare(folder.path(), &folder.node(), &caller.key)?,
            folder: &folder.node(),
            header,
            secret: &caller.secret,
            connections: self.connections,
            load: self.kill_after,
        };
        let (share, processor_share) =
            Measurements::shares(&decisions, [&ceiling_before, &ceiling_after]);
        Ok(Measurements {
            response_bytes: ceiling.response_bytes,
            disk,
            new_customers,
            share,
            processor_share,
            ceiling_before,
            decisions,
            ceiling_after,
            steady,
            rebuild,
            imported,
            events,
            recoveries: recoveries.measure().await?,
        })
    }
}

/// Tells on standard error what is measured next, so that nobody thinks it hangs.
fn say(what: &str) {
    eprintln!("measuring {what} ...");
}
