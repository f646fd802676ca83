//! `accord federation run`: orders a job, says what it costs, and watches it to its end.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use accord_federation_node::client::{Client, ServerAddress};
use accord_federation_node::task::JobOrder;
use anyhow::{Context, bail};
use axum::http::Method;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;

use crate::cli::RunJobArguments;

const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A progress line is printed at least so often while nothing else changes.
const SAY_EVERY: Duration = Duration::from_secs(5);

/// Exit code 1 if the job is refused or aborted.
pub async fn run(arguments: &RunJobArguments) -> anyhow::Result<ExitCode> {
    let path = &arguments.plan;
    let text = std::fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
    let order: JobOrder = toml::from_str(&text).with_context(|| format!("{}", path.display()))?;
    let mut coordinator = Coordinator {
        client: Client::new(ServerAddress::parse(&arguments.coordinator)?),
        authorization: arguments.key.as_ref().map(|key| format!("Bearer {key}")),
    };
    let body = serde_json::to_vec(&order)?;
    let lint = match coordinator
        .ask(Method::POST, "/v1/lint", body.clone())
        .await?
    {
        Ok(lint) => lint,
        Err(reason) => {
            eprintln!("accord: {reason}");
            return Ok(ExitCode::FAILURE);
        }
    };
    print_lint(&lint);
    if arguments.lint {
        return Ok(ExitCode::SUCCESS);
    }
    if let Err(reason) = coordinator.ask(Method::POST, "/v1/jobs", body).await? {
        eprintln!("accord: {reason}");
        return Ok(ExitCode::FAILURE);
    }
    let job = watch(&mut coordinator, &order.job).await?;
    if let Some(path) = &arguments.transcript {
        let transcript = format!("/v1/jobs/{}/transcript", order.job);
        let bytes = coordinator.read(&transcript).await?;
        std::fs::write(path, bytes).with_context(|| format!("{}", path.display()))?;
        println!("transcript in {}", path.display());
    }
    Ok(if job.status.name == "finished" {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

struct Coordinator {
    client: Client,
    authorization: Option<String>,
}

/// What is shown of a job; the API tells more.
#[derive(Debug, Deserialize)]
struct Job {
    status: Status,
    began_at_us: Option<i64>,
    ended_at_us: Option<i64>,
    institutions: Vec<Institution>,
    phase: Option<Phase>,
    sums: u32,
    sums_expected: u32,
    units_closed: u32,
    attempts_abandoned: u32,
}

#[derive(Debug, Deserialize)]
struct Status {
    name: String,
    reason: Option<String>,
    result: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Institution {
    name: String,
    signed: bool,
    awaited: bool,
    drop_outs: u32,
    bytes_up: u64,
}

#[derive(Debug, Deserialize)]
struct Phase {
    name: String,
    query: Option<String>,
}

impl Coordinator {
    /// An answer, or what the coordinator does not like about the question.
    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> anyhow::Result<Result<Value, String>> {
        let (is_success, bytes) = self.send(method, path, body).await?;
        let answer: Value = serde_json::from_slice(&bytes)
            .with_context(|| format!("{path}: the answer is no JSON"))?;
        if is_success {
            return Ok(Ok(answer));
        }
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        let fault = answer["errors"][0]["detail"].as_str().map(str::to_owned);
        let reason = fault.or_else(|| text("detail")).or_else(|| text("title"));
        Ok(Err(reason.unwrap_or_else(|| answer.to_string())))
    }

    async fn read(&mut self, path: &str) -> anyhow::Result<Bytes> {
        match self.send(Method::GET, path, Vec::new()).await? {
            (true, bytes) => Ok(bytes),
            (false, bytes) => bail!("{path}: {}", String::from_utf8_lossy(&bytes)),
        }
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> anyhow::Result<(bool, Bytes)> {
        let mut headers = vec![("content-type", "application/json")];
        if let Some(authorization) = &self.authorization {
            headers.push(("authorization", authorization));
        }
        let answer = self
            .client
            .send(method, path, &headers, Bytes::from(body), REQUEST_TIME_MAX)
            .await
            .context("the coordinator cannot be reached")?;
        Ok((answer.status.is_success(), answer.body))
    }
}

async fn watch(coordinator: &mut Coordinator, name: &str) -> anyhow::Result<Job> {
    let path = format!("/v1/jobs/{name}");
    let mut said = (String::new(), Instant::now());
    loop {
        let answer = coordinator.ask(Method::GET, &path, Vec::new()).await?;
        let answer = answer.map_err(|reason| anyhow::anyhow!("{reason}"))?;
        let job: Job = serde_json::from_value(answer)?;
        if job.ended_at_us.is_some() {
            print_end(&job);
            return Ok(job);
        }
        let line = progress(&job);
        // A unit is worth a line; each of its phases is not.
        let unit = |line: &str| line.split(" · ").next().map(str::to_owned);
        if unit(&line) != unit(&said.0) || said.1.elapsed() >= SAY_EVERY {
            println!("{line}");
            said = (line, Instant::now());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn progress(job: &Job) -> String {
    if job.status.name == "proposed" {
        let missing = job.institutions.iter().filter(|one| !one.signed);
        let missing: Vec<&str> = missing.map(|one| one.name.as_str()).collect();
        return format!("waiting for signatures of {}", missing.join(", "));
    }
    let awaited = job.institutions.iter().filter(|one| one.awaited);
    let awaited: Vec<&str> = awaited.map(|one| one.name.as_str()).collect();
    let (phase, query) = match &job.phase {
        Some(phase) => (
            phase.name.as_str(),
            phase.query.as_deref().unwrap_or("keys"),
        ),
        None => ("beginning", "keys"),
    };
    // The tree or step, without its level.
    let unit = query.rsplit_once("/level").map_or(query, |(unit, _)| unit);
    let mut line = format!(
        "{unit:<24} · {:>4} of {} sums · {phase}",
        job.sums, job.sums_expected
    );
    if !awaited.is_empty() {
        line += &format!(", awaiting {}", awaited.join(", "));
    }
    line
}

fn print_lint(lint: &Value) {
    let number = |name: &str| lint[name].as_u64().unwrap_or(0);
    let names = lint["institutions"].as_array().into_iter().flatten();
    let names: Vec<&str> = names.filter_map(Value::as_str).collect();
    println!(
        "job `{}` among {}",
        lint["job"].as_str().unwrap_or_default(),
        names.join(", ")
    );
    println!(
        "  safety   sums over {} institutions at least, {} signatures open them, {} may conspire",
        number("survivors_min"),
        number("threshold"),
        number("colluders")
    );
    println!(
        "  costs    {} sums; at most {} MiB up and {} MiB down for each institution, {:.0} s of one core for the protocol",
        number("sums_expected"),
        number("bytes_up") >> 20,
        number("bytes_down") >> 20,
        lint["seconds"].as_f64().unwrap_or(0.0)
    );
    match lint["epsilon"].as_f64() {
        Some(epsilon) => println!("  privacy  may spend ε = {epsilon:.3}"),
        None => println!("  privacy  exact sums: nothing hides what the sums themselves tell"),
    }
    for statistic in lint["statistics"].as_array().into_iter().flatten() {
        println!(
            "  ring     {:<18} {} bits, {:.1} of them free at the largest possible sum",
            statistic["prefix"].as_str().unwrap_or_default(),
            statistic["ring_bits"],
            statistic["margin_bits"].as_f64().unwrap_or(0.0)
        );
    }
}

fn print_end(job: &Job) {
    let seconds = match (job.began_at_us, job.ended_at_us) {
        (Some(began), Some(ended)) => (ended - began) as f64 / 1e6,
        _ => 0.0,
    };
    let sent = job.institutions.iter().map(|one| one.bytes_up).max();
    println!(
        "{} after {seconds:.1} s: {} sums, {} KiB sent by each institution at most, {} units closed early, {} attempts repeated",
        job.status.name,
        job.sums,
        sent.unwrap_or(0) >> 10,
        job.units_closed,
        job.attempts_abandoned
    );
    for one in job.institutions.iter().filter(|one| one.drop_outs > 0) {
        println!("  {} dropped out {} times", one.name, one.drop_outs);
    }
    if let Some(reason) = &job.status.reason {
        println!("  {reason}");
    }
    if let Some(result) = &job.status.result {
        println!("  result {result}");
    }
}
