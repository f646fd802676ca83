//! What was promised, and whether the run kept it.

use accord_bench::{number::measured, report::Tabular};
use accord_event_log::worker::WorkerSettings;
use serde::Serialize;

use super::{report::Measurements, storage::StorageMax};

/// Durable decisions as a share of the bare HTTP ceiling.
pub const SHARE_MIN: f64 = 0.35;
/// Growth of the lag, as a share of the decisions: above, the read models would never catch up.
const LAG_GROWTH_SHARE_MAX: f64 = 0.01;
/// From the start of a process to its first decision.
const RECOVERY_SECONDS_MAX: f64 = 3.0;
/// A segment's file beside its events: pages, chain heads, free ends.
const SEGMENT_OVERHEAD: f64 = 1.25;
/// The read models' write-ahead log: where it is cut back to.
const READ_MODEL_WAL_BYTES_MAX: f64 = (64 << 20) as f64;
/// A key that is remembered exactly takes at most this much of a snapshot.
const SNAPSHOT_BYTES_PER_RECENT_KEY: f64 = 32.0;
/// An older event leaves this much: its amount and time in the windows of its customer and, with running totals, of its
/// terminal, and a trace of its key.
const SNAPSHOT_BYTES_PER_EVENT: f64 = 48.0;

/// One promise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Aim {
    pub name: &'static str,
    pub measured: f64,
    pub bound: Bound,
    pub limit: f64,
    pub met: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    AtLeast,
    AtMost,
}

impl Aim {
    fn at_least(name: &'static str, measured: f64, limit: f64) -> Self {
        Self {
            name,
            measured,
            bound: Bound::AtLeast,
            limit,
            met: measured >= limit,
        }
    }

    fn at_most(name: &'static str, measured: f64, limit: f64) -> Self {
        Self {
            name,
            measured,
            bound: Bound::AtMost,
            limit,
            met: measured <= limit,
        }
    }
}

impl Tabular for Aim {
    const HEADINGS: &'static [&'static str] = &["measured", "aim", "limit", "verdict"];

    fn cells(&self) -> Vec<String> {
        let bound = match self.bound {
            Bound::AtLeast => "at least",
            Bound::AtMost => "at most",
        };
        let written = |value: f64| match value {
            // A share needs its third digit.
            _ if value > 0.0 && value < 1.0 => format!("{value:.3}"),
            _ => measured(value),
        };
        vec![
            written(self.measured),
            bound.to_owned(),
            written(self.limit),
            if self.met { "met" } else { "NOT MET" }.to_owned(),
        ]
    }
}

/// Every promise with its measurement.
pub fn of(measurements: &Measurements, settings: &WorkerSettings) -> Vec<Aim> {
    let decisions = &measurements.decisions;
    let rate = decisions.load.rate_per_second;
    let not_decided = [&decisions.load, &measurements.steady.load]
        .map(|load| load.requests - load.answers.success);
    let recoveries = measurements.recoveries.iter();
    let slowest = recoveries.map(|recovery| recovery.first_decision_seconds);
    let mut aims = vec![
        Aim::at_least(
            "durable decisions, share of the ceiling",
            measurements.share.share().unwrap_or(0.0),
            SHARE_MIN,
        ),
        Aim::at_most(
            "requests without a decision",
            not_decided.iter().sum::<u64>() as f64,
            0.0,
        ),
        Aim::at_most(
            "growth of the lag, events/s",
            decisions.lag.growth_per_second,
            rate * LAG_GROWTH_SHARE_MAX,
        ),
        Aim::at_most(
            "slowest recovery, s",
            slowest.fold(0.0, f64::max),
            RECOVERY_SECONDS_MAX,
        ),
    ];
    let events = measurements.events as f64;
    aims.extend(storage_aims(&decisions.storage, settings, events));
    aims
}

fn storage_aims(storage: &StorageMax, settings: &WorkerSettings, events: f64) -> Vec<Aim> {
    let max = &storage.max;
    let (segment, batch) = (
        settings.segment_bytes as f64,
        settings.batch_bytes_max as f64,
    );
    let partitions = f64::from(settings.layout.data_partitions());
    let recent_keys = partitions * settings.key_window as f64;
    let snapshot_bytes_max =
        recent_keys * SNAPSHOT_BYTES_PER_RECENT_KEY + events * SNAPSHOT_BYTES_PER_EVENT;
    vec![
        Aim::at_most(
            "active segment with its WAL, bytes",
            max.active_bytes as f64,
            2.0 * segment + batch,
        ),
        Aim::at_most(
            "largest segment, bytes",
            max.largest_segment_bytes
                .max(storage.end.largest_segment_bytes) as f64,
            segment * SEGMENT_OVERHEAD + batch,
        ),
        Aim::at_most(
            "WAL of full segments while they are sealed, bytes",
            max.unsealed_wal_bytes as f64,
            2.0 * segment,
        ),
        Aim::at_most(
            "full segments with a WAL at the end",
            storage.end.unsealed_segments as f64,
            0.0,
        ),
        Aim::at_most(
            "WAL of the read models, bytes",
            max.read_model_wal_bytes as f64,
            READ_MODEL_WAL_BYTES_MAX,
        ),
        // One file for each partition, the control partition among them.
        Aim::at_most(
            "snapshot files",
            max.snapshot_files as f64,
            partitions + 1.0,
        ),
        Aim::at_most(
            "snapshots, bytes",
            max.snapshot_bytes as f64,
            snapshot_bytes_max,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_itself_is_still_met() {
        assert!(Aim::at_least("share", 0.35, 0.35).met);
        assert!(Aim::at_most("seconds", 3.0, 3.0).met);
        assert!(!Aim::at_least("share", 0.349, 0.35).met);
        assert!(!Aim::at_most("seconds", 3.01, 3.0).met);
    }

    #[test]
    fn what_cannot_be_told_is_not_met() {
        assert!(!Aim::at_least("share", f64::NAN, 0.35).met);
        assert!(!Aim::at_most("seconds", f64::NAN, 3.0).met);
    }
}
