//! `accord risk back-test`: what a changed policy would have done, over the log of a node that is not running.

use std::{
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use accord_event_log::data_directory::DataDirectory;
use accord_service::Clock;
use anyhow::{Context, anyhow, bail};
use chrono::DateTime;
use risk_control::{
    Candidate, Decision, DraftContent, Policy, Rule, RuleContent, RuleMode, RuleSet, Thresholds,
};
use risk_control_back_test::{BackTestReport, CapacityFigures, Comparison};
use risk_control_node::{BackTestProgress, BackTestRequest, BankNode, BankSettings};
use serde::Deserialize;

use crate::{cli::BackTestArguments, node_location::NodeLocation};

const TOLD_EVERY: Duration = Duration::from_secs(1);

/// A change of the active policy, as a file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeFile {
    thresholds: Option<Thresholds>,
    #[serde(default)]
    put_rules: Vec<RuleInFile>,
    #[serde(default)]
    remove_rules: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleInFile {
    id: String,
    condition: String,
    outcome: Decision,
    #[serde(default = "active")]
    mode: RuleMode,
    #[serde(default = "no_reason")]
    reason: String,
}

fn active() -> RuleMode {
    RuleMode::Active
}

fn no_reason() -> String {
    "Back-test".to_owned()
}

/// Runs the back-test and prints what came out.
pub async fn run(arguments: BackTestArguments) -> anyhow::Result<ExitCode> {
    let location = NodeLocation::find_existing(&arguments.node).await?;
    let directory = DataDirectory::open(&location.data_directory)?;
    let settings = BankSettings {
        currency: location.currency.clone(),
        ..BankSettings::new(&location.institution, location.folder.clone())
    };
    // Labels and drafts of a demo lie on its own clock, which goes on from the log's last event.
    let node = BankNode::open(settings, |last| match last {
        Some(last) if last > Clock::system().now_us() => Clock::scaled(last, 1.0),
        _ => Clock::system(),
    })
    .await?;
    while node.lag() > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let tested = test(&node, &arguments).await;
    node.stop().await;
    drop(directory);
    let (report, seconds) = tested?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report, &location.currency, seconds);
    }
    Ok(ExitCode::SUCCESS)
}

async fn test(
    node: &BankNode,
    arguments: &BackTestArguments,
) -> anyhow::Result<(BackTestReport, f64)> {
    let active = node
        .active_policy()
        .ok_or_else(|| anyhow!("no policy is active yet, so there is nothing to compare with"))?;
    let candidate = match (arguments.draft, &arguments.change) {
        (Some(draft), _) => node
            .candidate_of_draft(draft)
            .await?
            .ok_or_else(|| anyhow!("there is no draft of number {draft}"))?,
        (None, Some(path)) => candidate(path, &active.policy)?,
        (None, None) => bail!("say what is to be tested, with --draft or --change"),
    };
    let request = BackTestRequest {
        draft: arguments.draft,
        candidate,
        from_us: time(arguments.from.as_deref())?,
        to_us: time(arguments.to.as_deref())?,
        alerts_a_day: arguments.alerts_a_day,
        counterfactual: arguments.counterfactual,
    };
    let progress = BackTestProgress::default();
    let begun = Instant::now();
    let running = {
        let (node, progress) = (node.clone(), progress.clone());
        let tokio = tokio::runtime::Handle::current();
        tokio::task::spawn_blocking(move || node.back_test(&request, &tokio, &progress))
    };
    tokio::pin!(running);
    let report = loop {
        tokio::select! {
            report = &mut running => break report??,
            () = tokio::time::sleep(TOLD_EVERY) => {
                eprintln!("{:>5.1} %", progress.share() * 100.0);
            }
        }
    };
    Ok((report, begun.elapsed().as_secs_f64()))
}

/// The active policy with the changes of a file.
fn candidate(path: &Path, active: &Policy) -> anyhow::Result<Candidate> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| name.to_string())?;
    let change: ChangeFile = serde_json::from_str(&text).with_context(|| name.to_string())?;
    let mut rules: Vec<Rule> = active.rules.rules().to_vec();
    for id in &change.remove_rules {
        if !rules.iter().any(|rule| *rule.id == **id) {
            bail!("{name}: the active policy has no rule {id}");
        }
        rules.retain(|rule| *rule.id != **id);
    }
    for put in change.put_rules {
        let version = active
            .rules
            .find(&put.id)
            .map_or(1, |rule| rule.version + 1);
        let rule = Rule {
            id: Arc::from(put.id),
            version,
            condition: put.condition,
            outcome: put.outcome,
            mode: put.mode,
            reason: put.reason,
        };
        match rules.iter_mut().find(|known| known.id == rule.id) {
            Some(known) => *known = rule,
            None => rules.push(rule),
        }
    }
    let content = DraftContent {
        model: None,
        thresholds: change.thresholds.unwrap_or(active.thresholds),
        rules: rules.iter().map(RuleContent::from).collect(),
        list_changes: Vec::new(),
    };
    let faults = content.faults();
    if !faults.is_empty() {
        let told: Vec<String> = faults
            .iter()
            .map(|fault| format!("{}: {}", fault.pointer, fault.message))
            .collect();
        bail!("{name}: {}", told.join("; "));
    }
    Ok(Candidate {
        base_version: active.version,
        model: active.model.clone(),
        thresholds: content.thresholds,
        rules: RuleSet::new(rules),
        list_changes: Vec::new(),
        evidence: None,
    })
}

fn time(text: Option<&str>) -> anyhow::Result<Option<i64>> {
    text.map(|text| {
        DateTime::parse_from_rfc3339(text)
            .map(|time| time.timestamp_micros())
            .with_context(|| format!("{text} must be a time like 2026-01-31T13:45:00Z"))
    })
    .transpose()
}

fn print(report: &BackTestReport, currency: &str, seconds: f64) {
    println!(
        "{} transactions up to event {} in {seconds:.2} s ({:.0} a second)",
        report.transactions,
        report.through,
        report.transactions as f64 / seconds.max(f64::EPSILON)
    );
    for (title, comparison) in [
        ("As known at the end of the period", &report.as_known_then),
        ("With hindsight", &report.with_hindsight),
    ] {
        println!("\n{title}");
        print_comparison(comparison, currency);
    }
    println!(
        "\nAlerts, with {} a day that can be worked",
        report.alerts_a_day_capacity
    );
    for (name, capacity) in [
        ("active policy", &report.active_capacity),
        ("candidate", &report.candidate_capacity),
    ] {
        print_capacity(name, capacity);
    }
    println!("\nFrom the active policy (rows) to the candidate (columns)");
    println!(
        "{:>12} {:>12} {:>12} {:>12} {:>12}",
        "", "approve", "challenge", "review", "decline"
    );
    for (decision, row) in Decision::ALL.iter().zip(&report.from_active) {
        let [approve, challenge, review, decline] = row;
        println!(
            "{:>12} {approve:>12} {challenge:>12} {review:>12} {decline:>12}",
            decision.name()
        );
    }
    println!("\nRules of the candidate, with hindsight");
    for rule in &report.candidate_rules {
        println!(
            "{:>30} v{}  {} hits, {} fraud, {} genuine{}",
            rule.rule,
            rule.version,
            rule.hits,
            rule.fraud.transactions,
            rule.genuine.transactions,
            if rule.shadow { ", shadow" } else { "" }
        );
    }
    for remark in &report.remarks {
        println!("\n{remark}");
    }
}

fn print_comparison(comparison: &Comparison, currency: &str) {
    let money = |minor: i64| accord_console::money::money(minor, currency);
    let (active, candidate) = (&comparison.active, &comparison.candidate);
    println!(
        "  fraud declined                 {:>14} → {:>14}   ({} more)",
        money(active.decline.fraud.amount_minor),
        money(candidate.decline.fraud.amount_minor),
        money(comparison.money_saved_minor)
    );
    println!(
        "  fraud challenged or reviewed   {:>14} → {:>14}",
        money(active.fraud_held().amount_minor),
        money(candidate.fraud_held().amount_minor)
    );
    println!(
        "  genuine transactions declined  {:>14} → {:>14}",
        active.decline.genuine.transactions, candidate.decline.genuine.transactions
    );
    println!(
        "  genuine customers declined     {:>14} → {:>14}",
        active.genuine_customers_declined, candidate.genuine_customers_declined
    );
}

fn print_capacity(name: &str, capacity: &CapacityFigures) {
    let precision = capacity.precision_at_capacity.map_or_else(
        || "no labels".to_owned(),
        |precision| format!("{:.1} % of those worked are fraud", precision * 100.0),
    );
    println!(
        "  {name:<14} {:.1} a day, {} at most, {} days over capacity, {precision}",
        capacity.mean_alerts_a_day, capacity.most_alerts_a_day, capacity.days_over_capacity
    );
}
