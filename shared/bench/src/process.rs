//! What a run costs in processor time and memory, from Linux's `/proc` (man page `proc(5)`).

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::number::{grouped, measured};
use crate::report::Tabular;

/// `/proc/self/stat` counts in ticks of `USER_HZ`, which Linux fixes at 100 on every architecture
/// this project builds for.
const TICKS_PER_SECOND: f64 = 100.0;

/// What this process has used so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ProcessUsage {
    /// Processor time in the program itself, all threads, in seconds to 10 ms.
    pub user_seconds: f64,
    /// Processor time in the kernel on the program's behalf, all threads, in seconds to 10 ms.
    pub system_seconds: f64,
    /// Memory resident now, in bytes.
    pub resident_bytes: u64,
    /// The most memory that was ever resident, in bytes.
    pub resident_bytes_max: u64,
}

impl ProcessUsage {
    /// Reads this process's usage.
    ///
    /// # Errors
    ///
    /// Where `/proc` is not there (not Linux) or does not read as documented.
    pub fn now() -> io::Result<Self> {
        let (user_seconds, system_seconds) =
            parse_processor_seconds(&std::fs::read_to_string("/proc/self/stat")?)?;
        let status = std::fs::read_to_string("/proc/self/status")?;
        Ok(Self {
            user_seconds,
            system_seconds,
            resident_bytes: parse_status_bytes(&status, "VmRSS")?,
            resident_bytes_max: parse_status_bytes(&status, "VmHWM")?,
        })
    }

    /// Processor time since `earlier`, beside the memory figures of now.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            user_seconds: self.user_seconds - earlier.user_seconds,
            system_seconds: self.system_seconds - earlier.system_seconds,
            ..*self
        }
    }

    /// User and system time together, in seconds.
    pub fn processor_seconds(&self) -> f64 {
        self.user_seconds + self.system_seconds
    }
}

impl Tabular for ProcessUsage {
    const HEADINGS: &'static [&'static str] = &["user s", "system s", "RSS MiB", "peak RSS MiB"];

    fn cells(&self) -> Vec<String> {
        const MEBIBYTE: u64 = 1024 * 1024;
        vec![
            measured(self.user_seconds),
            measured(self.system_seconds),
            grouped(self.resident_bytes / MEBIBYTE),
            grouped(self.resident_bytes_max / MEBIBYTE),
        ]
    }
}

/// What the threads of this process have used so far, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ThreadTimes(BTreeMap<u32, (String, Duration)>);

impl ThreadTimes {
    /// Reads the processor time, user and system, of every thread that lives now.
    ///
    /// # Errors
    ///
    /// Where `/proc` is not there (not Linux) or does not read as documented.
    pub fn now() -> io::Result<Self> {
        let mut times = BTreeMap::new();
        for entry in std::fs::read_dir("/proc/self/task")? {
            let folder = entry?.path();
            let id = folder
                .file_name()
                .and_then(|name| name.to_str()?.parse().ok());
            let name = std::fs::read_to_string(folder.join("comm"));
            let statistics = std::fs::read_to_string(folder.join("schedstat"));
            // A thread that ended while the folder was being read is no error.
            if let (Some(id), Ok(name), Ok(statistics)) = (id, name, statistics) {
                let time = parse_thread_time(&statistics)?;
                times.insert(id, (name.trim().to_owned(), time));
            }
        }
        Ok(Self(times))
    }

    /// Time since `earlier` of all threads of a name together, the busiest first. Linux cuts names off after 15
    /// bytes; what threads used that ended in between is not in it.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Vec<(String, Duration)> {
        let mut by_name: BTreeMap<&str, Duration> = BTreeMap::new();
        for (id, (name, time)) in &self.0 {
            let before = earlier.0.get(id).map_or(Duration::ZERO, |(_, time)| *time);
            *by_name.entry(name).or_default() += time.saturating_sub(before);
        }
        let named = by_name.into_iter();
        let mut spent: Vec<_> = named.map(|(name, time)| (name.to_owned(), time)).collect();
        spent.sort_by_key(|(_, time)| Reverse(*time));
        spent
    }
}

/// Processor time, user and system, of the calling thread alone, to about a scheduler tick.
///
/// # Errors
///
/// Where the kernel offers no `/proc/thread-self/schedstat`.
pub fn thread_processor_time() -> io::Result<Duration> {
    parse_thread_time(&std::fs::read_to_string("/proc/thread-self/schedstat")?)
}

/// Field 1 of `schedstat`, in nanoseconds.
fn parse_thread_time(statistics: &str) -> io::Result<Duration> {
    let nanoseconds = statistics.split_ascii_whitespace().next();
    nanoseconds
        .and_then(|field| field.parse().ok())
        .map(Duration::from_nanos)
        .ok_or_else(|| unreadable("schedstat"))
}

/// Fields 14 and 15 of `stat`. Field 2, the program's name, may itself hold spaces and brackets, so
/// that counting starts behind its last closing bracket.
fn parse_processor_seconds(stat: &str) -> io::Result<(f64, f64)> {
    const FIELDS_BEFORE_USER_TIME: usize = 11;
    let (_, fields) = stat
        .rsplit_once(')')
        .ok_or_else(|| unreadable("/proc/self/stat"))?;
    let mut ticks = fields
        .split_ascii_whitespace()
        .skip(FIELDS_BEFORE_USER_TIME)
        .map_while(|field| field.parse::<u32>().ok());
    match (ticks.next(), ticks.next()) {
        (Some(user), Some(system)) => Ok((
            f64::from(user) / TICKS_PER_SECOND,
            f64::from(system) / TICKS_PER_SECOND,
        )),
        _ => Err(unreadable("/proc/self/stat")),
    }
}

/// A line such as `VmHWM: 10240 kB` of `status`, in bytes.
fn parse_status_bytes(status: &str, name: &str) -> io::Result<u64> {
    let kibibytes = status.lines().find_map(|line| {
        let value = line.strip_prefix(name)?.strip_prefix(':')?;
        value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    });
    kibibytes
        .map(|kibibytes| kibibytes * 1024)
        .ok_or_else(|| unreadable("/proc/self/status"))
}

fn unreadable(path: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("{path} does not read as documented in proc(5)"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_found_behind_a_name_with_brackets_and_spaces() {
        let stat = "77 (a (b) c) R 1 2 3 4 5 6 7 8 9 10 1250 75 0 0 20 0 1";
        assert_eq!(
            parse_processor_seconds(stat).expect("a well-formed line"),
            (12.5, 0.75)
        );
    }

    #[test]
    fn a_cut_off_line_is_an_error() {
        assert!(parse_processor_seconds("77 (name) R 1 2").is_err());
        assert!(parse_processor_seconds("").is_err());
    }

    #[test]
    fn memory_is_read_by_its_whole_name() {
        let status = "Name:\tx\nVmHWMore:\t1 kB\nVmHWM:\t   10 kB\nVmRSS:\t 8 kB\n";
        assert_eq!(
            parse_status_bytes(status, "VmHWM").expect("present"),
            10_240
        );
        assert_eq!(parse_status_bytes(status, "VmRSS").expect("present"), 8_192);
        assert!(parse_status_bytes(status, "VmSwap").is_err());
    }

    #[test]
    fn threads_of_a_name_are_added_up_and_the_busiest_comes_first() {
        let milliseconds = Duration::from_millis;
        let times = |threads: &[(u32, &str, u64)]| {
            let named = threads
                .iter()
                .map(|(id, name, time)| (*id, ((*name).to_owned(), milliseconds(*time))));
            ThreadTimes(named.collect())
        };
        let before = times(&[(1, "worker", 10), (2, "worker", 20), (3, "decider", 5)]);
        let after = times(&[(1, "worker", 11), (3, "decider", 9), (4, "worker", 2)]);
        let expected = [("decider", 4), ("worker", 3)];
        let expected = expected.map(|(name, time)| (name.to_owned(), milliseconds(time)));
        assert_eq!(after.since(&before), expected);
    }

    #[test]
    fn this_process_has_threads() {
        let now = ThreadTimes::now().expect("tests run on Linux");
        assert!(!now.0.is_empty());
    }

    #[test]
    fn this_process_has_memory_and_its_clocks_only_go_forward() {
        let before = ProcessUsage::now().expect("tests run on Linux");
        let after = ProcessUsage::now().expect("tests run on Linux");
        assert!(before.resident_bytes > 0);
        assert!(before.resident_bytes_max > 0);
        assert!(after.since(&before).processor_seconds() >= 0.0);
        assert!(after.resident_bytes_max >= before.resident_bytes_max);
    }
}
