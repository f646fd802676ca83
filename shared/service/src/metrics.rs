//! A small registry of counters, gauges and histograms in the Prometheus text format.
//!
//! [Instruments](crate::instruments) are registered when a node starts and kept by whoever records; recording is one or
//! two relaxed atomic additions, with no look-up and no lock. Asking twice for the same name and
//! labels gives the same instrument. A name that Prometheus would refuse, or that is already used
//! for another type of instrument, is a programming error and panics at start.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::header;
use axum::response::IntoResponse;

use crate::access::{Allowed, RouteAccess};
use crate::instruments::braced;
pub use crate::instruments::{Buckets, Counter, Gauge, Histogram};
use crate::mounting::Mounting;
use crate::roles::Role;

/// The rows for [`mount_metrics`].
pub const METRICS_ROUTES: &[RouteAccess] = &[RouteAccess::get(
    "/metrics",
    Allowed::to(&[Role::Operator, Role::Auditor, Role::Administrator]),
    "metrics in the Prometheus text format",
)];

/// Mounts `/metrics`.
pub fn mount_metrics<S>(mounting: Mounting<S>, registry: &MetricsRegistry) -> Mounting<S>
where
    S: Clone + Send + Sync + 'static,
{
    let registry = registry.clone();
    mounting.get("/metrics", move || {
        let content_type = [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )];
        let answer = (content_type, registry.render()).into_response();
        async move { answer }
    })
}

/// The instruments of a process. Cheap to clone; clones share the instruments.
#[derive(Debug, Clone, Default)]
pub struct MetricsRegistry {
    families: Arc<Mutex<BTreeMap<String, Family>>>,
    constant_labels: Vec<(String, String)>,
}

#[derive(Debug)]
struct Family {
    help: String,
    type_name: &'static str,
    series: BTreeMap<String, Series>,
}

#[derive(Clone)]
enum Series {
    Counter(Counter),
    Gauge(Gauge),
    Computed(Arc<dyn Fn() -> f64 + Send + Sync>),
    Histogram(Histogram),
}

impl MetricsRegistry {
    /// An empty registry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same registry, adding this label to everything registered through the result; for
    /// example the institution of a node that shares its process with others.
    #[must_use]
    pub fn with_label(&self, name: &str, value: &str) -> Self {
        let mut labelled = self.clone();
        labelled
            .constant_labels
            .push((name.to_owned(), value.to_owned()));
        labelled
    }

    /// A count that only grows. By convention the name ends in `_total`.
    #[must_use]
    pub fn counter(&self, name: &str, help: &str, labels: &[(&str, &str)]) -> Counter {
        let fresh = || Series::Counter(Counter::default());
        match self.register(name, help, "counter", labels, fresh) {
            Series::Counter(counter) => counter,
            _ => unreachable!("a family holds one type of series"),
        }
    }

    /// A number that goes up and down.
    #[must_use]
    pub fn gauge(&self, name: &str, help: &str, labels: &[(&str, &str)]) -> Gauge {
        let fresh = || Series::Gauge(Gauge::default());
        match self.register(name, help, "gauge", labels, fresh) {
            Series::Gauge(gauge) => gauge,
            _ => panic!("the gauge {name} is already registered as a computed one"),
        }
    }

    /// A number that is computed whenever the metrics are read. It must answer at once.
    pub fn computed_gauge(
        &self,
        name: &str,
        help: &str,
        labels: &[(&str, &str)],
        read: impl Fn() -> f64 + Send + Sync + 'static,
    ) {
        let read = Arc::new(read);
        self.register(name, help, "gauge", labels, move || {
            Series::Computed(read.clone())
        });
    }

    /// A distribution over fixed buckets.
    #[must_use]
    pub fn histogram(
        &self,
        name: &str,
        help: &str,
        labels: &[(&str, &str)],
        buckets: Buckets,
    ) -> Histogram {
        let fresh = || Series::Histogram(Histogram::new(buckets));
        match self.register(name, help, "histogram", labels, fresh) {
            Series::Histogram(histogram) => histogram,
            _ => unreachable!("a family holds one type of series"),
        }
    }

    fn register(
        &self,
        name: &str,
        help: &str,
        type_name: &'static str,
        labels: &[(&str, &str)],
        fresh: impl FnOnce() -> Series,
    ) -> Series {
        assert!(is_metric_name(name), "`{name}` is not a metric name");
        let constant = self
            .constant_labels
            .iter()
            .map(|(name, value)| (&**name, &**value));
        let label_text = label_text(constant.chain(labels.iter().copied()));
        let mut families = self.lock();
        let family = families.entry(name.to_owned()).or_insert_with(|| Family {
            help: help.to_owned(),
            type_name,
            series: BTreeMap::new(),
        });
        assert_eq!(
            family.type_name, type_name,
            "`{name}` is registered as two types of metric"
        );
        family
            .series
            .entry(label_text)
            .or_insert_with(fresh)
            .clone()
    }

    /// Everything in the Prometheus text exposition format, version 0.0.4.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        for (name, family) in self.lock().iter() {
            let help = family.help.replace('\\', r"\\").replace('\n', r"\n");
            let _ = writeln!(text, "# HELP {name} {help}");
            let _ = writeln!(text, "# TYPE {name} {}", family.type_name);
            for (labels, series) in &family.series {
                series.render(&mut text, name, labels);
            }
        }
        text
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Family>> {
        // A panic while registering leaves the map whole, so a poisoned lock is still usable.
        self.families.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Series {
    fn render(&self, text: &mut String, name: &str, labels: &str) {
        // Writing to a String cannot fail.
        let _ = match self {
            Self::Counter(counter) => {
                writeln!(text, "{name}{} {}", braced(labels), counter.value())
            }
            Self::Gauge(gauge) => writeln!(text, "{name}{} {}", braced(labels), gauge.value()),
            Self::Computed(read) => writeln!(text, "{name}{} {}", braced(labels), read()),
            Self::Histogram(histogram) => histogram.render(text, name, labels),
        };
    }
}

impl std::fmt::Debug for Series {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Counter(_) => "Counter",
            Self::Gauge(_) => "Gauge",
            Self::Computed(_) => "Computed",
            Self::Histogram(_) => "Histogram",
        })
    }
}

fn label_text<'labels>(labels: impl Iterator<Item = (&'labels str, &'labels str)>) -> String {
    let pairs = labels.map(|(name, value)| {
        let valid = is_metric_name(name) && !name.contains(':') && name != "le";
        assert!(valid, "`{name}` is not a label name");
        let value = value
            .replace('\\', r"\\")
            .replace('"', "\\\"")
            .replace('\n', r"\n");
        format!("{name}=\"{value}\"")
    });
    pairs.collect::<Vec<_>>().join(",")
}

/// `[a-zA-Z_:][a-zA-Z0-9_:]*`, from the Prometheus data model.
fn is_metric_name(name: &str) -> bool {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    name.chars().all(valid)
        && name
            .chars()
            .next()
            .is_some_and(|first| !first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const FEW: Buckets = Buckets::new(&[1_000, 2_500_000], 1_000_000);

    #[test]
    fn everything_is_rendered_in_the_text_format() {
        let registry = MetricsRegistry::new();
        let north = registry.with_label("bank", "north");
        north
            .counter("commands_total", "Commands decided.", &[("outcome", "ok")])
            .add(3);
        registry
            .counter("commands_total", "Commands decided.", &[])
            .increment();
        registry
            .gauge("queue_length", "Waiting.", &[("name", "a\"b\\c\nd")])
            .set(-2);
        registry.computed_gauge("lag_seconds", "Behind.", &[], || 0.25);
        let durations = registry.histogram("commit_seconds", "Commit time.", &[("log", "x")], FEW);
        for micros in [1_000, 1_001, 3_000_000] {
            durations.observe_duration(Duration::from_micros(micros));
        }

        let expected = r#"# HELP commands_total Commands decided.
# TYPE commands_total counter
commands_total 1
commands_total{bank="north",outcome="ok"} 3
# HELP commit_seconds Commit time.
# TYPE commit_seconds histogram
commit_seconds_bucket{log="x",le="0.001"} 1
commit_seconds_bucket{log="x",le="2.5"} 2
commit_seconds_bucket{log="x",le="+Inf"} 3
commit_seconds_sum{log="x"} 3.002001
commit_seconds_count{log="x"} 3
# HELP lag_seconds Behind.
# TYPE lag_seconds gauge
lag_seconds 0.25
# HELP queue_length Waiting.
# TYPE queue_length gauge
queue_length{name="a\"b\\c\nd"} -2
"#;
        assert_eq!(registry.render(), expected);
    }

    #[test]
    fn asking_twice_gives_the_same_instrument() {
        let registry = MetricsRegistry::new();
        registry.counter("a_total", "A.", &[]).add(2);
        assert_eq!(registry.counter("a_total", "A.", &[]).value(), 2);
        registry
            .histogram("b", "B.", &[], Buckets::COUNTS)
            .observe(5);
        assert_eq!(
            registry.histogram("b", "B.", &[], Buckets::COUNTS).count(),
            1
        );
    }

    #[test]
    #[should_panic(expected = "registered as two types")]
    fn a_name_has_one_type() {
        let registry = MetricsRegistry::new();
        let _ = registry.counter("a", "A.", &[]);
        let _ = registry.gauge("a", "A.", &[]);
    }

    #[test]
    #[should_panic(expected = "`a-b` is not a metric name")]
    fn a_name_must_be_one_that_prometheus_takes() {
        let _ = MetricsRegistry::new().counter("a-b", "A.", &[]);
    }
}
