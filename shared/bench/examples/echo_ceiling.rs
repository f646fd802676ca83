//! Measures the bare HTTP ceiling of this machine with both loops, and the disk beside it.
//!
//! `cargo run --release -p accord-bench --example echo_ceiling [-- SECONDS [REQUEST_BYTES]]`

use std::error::Error;
use std::time::Duration;

use accord_bench::disk::DiskProbe;
use accord_bench::echo::{ECHO_PATH, EchoCeiling};
use accord_bench::load::{ClosedLoop, JsonPost, OpenLoop, SameRequest};
use accord_bench::process::ProcessUsage;
use accord_bench::ratio::Ratio;
use accord_bench::report::{Format, Report, Tabular};
use serde::Serialize;

const CONNECTIONS: [usize; 2] = [64, 256];
const RESPONSE_BYTES: usize = 150;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let seconds: u64 = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let request_bytes: usize = arguments.next().map_or(Ok(300), |text| text.parse())?;
    let duration = Duration::from_secs(seconds);

    let server = EchoCeiling::start(RESPONSE_BYTES).await?;
    let body = format!("\"{}\"", "x".repeat(request_bytes.saturating_sub(2)));
    let mut request = Vec::new();
    JsonPost::new(server.address(), ECHO_PATH, &[])?.render(&mut request, body.as_bytes());
    let source = SameRequest(request);

    let mut load = Report::new(format!(
        "Bare HTTP ceiling: {request_bytes} bytes there, {RESPONSE_BYTES} bytes back, {seconds} s each"
    ));
    let mut usage = Report::new("Processor time of server and generator together");
    let mut ceiling: f64 = 0.0;
    for connections in CONNECTIONS {
        let before = ProcessUsage::now()?;
        let closed = ClosedLoop::new(connections, duration);
        let report = closed.run(server.address(), source.clone()).await?;
        usage.add(
            format!("{connections} connections"),
            ProcessUsage::now()?.since(&before),
        );
        ceiling = ceiling.max(report.rate_per_second);
        load.add(format!("closed, {connections} connections"), report);
    }

    let mut ratios = Report::new("Achieved and asked for");
    for percent in [10, 50, 80] {
        // At a share of the ceiling, the rate is far below what an integer of 32 bits holds.
        let rate = (ceiling * f64::from(percent) / 100.0).max(1.0) as u32;
        let open = OpenLoop::new(CONNECTIONS[1], rate, duration);
        let report = open.run(server.address(), source.clone()).await?;
        let label = format!("open, {percent} % of the ceiling");
        ratios.add(
            label.as_str(),
            Ratio {
                value: report.rate_per_second,
                of: rate.into(),
                floor: Some(0.99),
            },
        );
        load.add(label, report);
    }

    let probe = DiskProbe {
        folder: std::env::temp_dir(),
        write_bytes: 4_096,
        writes_max: 2_000,
        duration_max: duration,
    };
    let mut disk = Report::new("Durable appends, one after the other");
    disk.add(
        "temporary folder",
        tokio::task::spawn_blocking(move || probe.run()).await??,
    );

    print(&load)?;
    print(&ratios)?;
    print(&usage)?;
    print(&disk)
}

fn print<M: Tabular + Serialize>(report: &Report<M>) -> Result<(), Box<dyn Error>> {
    println!("{}", report.render(Format::Table)?);
    Ok(())
}
