//! A simulated history: taken over, put into columns, run through with other policies, and made again.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use accord_service::Clock;
use risk_control::{Candidate, Decision, Rule, RuleMode, RuleSet};
use risk_control_node::{
    BackTestProgress, BackTestRequest, BankNode, BankSettings, HistoryFormat,
    HistoryImportProgress, HistoryImportSettings, import_history, re_derive,
};
use risk_control_simulator::{
    MICROSECONDS_PER_DAY, Simulation, SimulationSettings, write_handbook_csv,
};
use serde::Serialize;
use tokio::runtime::Handle;

use super::{rules, say};

/// The handbook's bank has about so many transactions a day.
const TRANSACTIONS_A_DAY: u64 = 9_500;
const INSTITUTION: &str = "bench";

/// Rates over one history, in transactions a second.
#[derive(Debug, Serialize)]
pub struct HistoryFigures {
    pub transactions: u64,
    pub labels: u64,
    pub threads: usize,
    pub import_per_second: f64,
    pub read_models_per_second: f64,
    pub columns_per_second: f64,
    pub model_per_second: f64,
    pub rule_per_second: f64,
    pub counterfactual_per_second: f64,
    pub derived_per_second: f64,
}

/// Measures over about so many transactions.
pub async fn measure(folder: &Path, transactions: u64) -> anyhow::Result<HistoryFigures> {
    say("an import");
    let file = folder.join("history.csv");
    let node_folder = folder.join("history");
    let (written, imported) = {
        let (file, node_folder) = (file.clone(), node_folder.clone());
        tokio::task::spawn_blocking(move || import(&file, node_folder, transactions)).await??
    };
    let settings = BankSettings {
        starter_rules: rules::rules(),
        ..BankSettings::new(INSTITUTION, node_folder.clone())
    };
    let begun = Instant::now();
    let node = BankNode::open(settings, |_| Clock::system()).await?;
    let events = node.reader().last().0 as f64;
    while node.lag() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let read_models = events / begun.elapsed().as_secs_f64();
    say("training on it");
    node.train_and_activate(&Arc::from("bench")).await?;

    say("back-tests");
    let tests = BackTests {
        node: node.clone(),
        tokio: Handle::current(),
        count: imported.0 as f64,
    };
    let figures = tokio::task::spawn_blocking(move || tests.run()).await??;
    node.stop().await;
    say("decisions made again");
    let begun = Instant::now();
    let tokio = Handle::current();
    let derived =
        tokio::task::spawn_blocking(move || re_derive(&node_folder, &tokio, |_| {})).await??;
    anyhow::ensure!(derived.holds(), "the log does not hold: {derived:?}");
    Ok(HistoryFigures {
        transactions: imported.0,
        labels: imported.1,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        import_per_second: imported.0 as f64 / written.as_secs_f64(),
        read_models_per_second: read_models,
        columns_per_second: figures.columns,
        model_per_second: figures.model,
        rule_per_second: figures.rule,
        counterfactual_per_second: figures.counterfactual,
        derived_per_second: derived.decisions as f64 / begun.elapsed().as_secs_f64(),
    })
}

/// Simulates a file and takes it over; gives how long the latter took, and what came of it.
fn import(file: &Path, node: PathBuf, transactions: u64) -> anyhow::Result<(Duration, (u64, u64))> {
    let days = u32::try_from(transactions.div_ceil(TRANSACTIONS_A_DAY))?.max(15);
    let mut settings = SimulationSettings::handbook(7);
    // It must all have happened by now.
    let now_us = Clock::system().now_us();
    let today_us = now_us.div_euclid(MICROSECONDS_PER_DAY) * MICROSECONDS_PER_DAY;
    settings.starts_at = today_us - i64::from(days) * MICROSECONDS_PER_DAY;
    let simulation = Simulation::new(settings)?;
    let mut output = BufWriter::new(File::create(file)?);
    write_handbook_csv(&mut output, simulation.days(0..days).flatten())?;
    output.flush()?;
    let import = HistoryImportSettings {
        institution: INSTITUTION.to_owned(),
        folder: node,
        currency: "EUR".to_owned(),
        format: HistoryFormat::Csv,
        label_delay_us: 7 * MICROSECONDS_PER_DAY,
        skip_bad: false,
    };
    let begun = Instant::now();
    let report = import_history(
        &import,
        File::open(file)?,
        &HistoryImportProgress::default(),
    )?;
    Ok((begun.elapsed(), (report.transactions, report.labels)))
}

struct BackTests {
    node: BankNode,
    tokio: Handle,
    count: f64,
}

/// Transactions a second.
struct BackTestRates {
    columns: f64,
    model: f64,
    rule: f64,
    counterfactual: f64,
}

impl BackTests {
    fn run(&self) -> anyhow::Result<BackTestRates> {
        let columns = self.node.reader().last().0 as f64;
        let begun = Instant::now();
        self.node
            .prepare_back_tests(&self.tokio, &BackTestProgress::default())?;
        let columns = columns / begun.elapsed().as_secs_f64();
        // Nothing was ever scored by this model: the first one pays for all, the second one for its rule alone.
        Ok(BackTestRates {
            columns,
            model: self.test(800.0, false)?,
            rule: self.test(700.0, false)?,
            counterfactual: self.test(700.0, true)?,
        })
    }

    /// The active policy with one more rule, over everything.
    fn test(&self, limit: f64, counterfactual: bool) -> anyhow::Result<f64> {
        let active = self
            .node
            .active_policy()
            .ok_or_else(|| anyhow::anyhow!("no policy is active"))?;
        let mut changed: Vec<Rule> = active.policy.rules.rules().to_vec();
        changed.push(Rule {
            id: Arc::from("changed"),
            version: 1,
            condition: format!("amount > {limit:?} && score > 0.01"),
            outcome: Decision::Decline,
            mode: RuleMode::Active,
            reason: "Measured".to_owned(),
        });
        let request = BackTestRequest {
            draft: None,
            candidate: Candidate {
                base_version: active.policy.version,
                model: active.policy.model.clone(),
                thresholds: active.policy.thresholds,
                rules: RuleSet::new(changed),
                list_changes: Vec::new(),
                evidence: None,
            },
            from_us: None,
            to_us: None,
            alerts_a_day: 100,
            counterfactual,
        };
        let begun = Instant::now();
        let report = self
            .node
            .back_test(&request, &self.tokio, &BackTestProgress::default())?;
        let seconds = begun.elapsed().as_secs_f64();
        anyhow::ensure!(
            report.transactions as f64 == self.count,
            "{} of {}",
            report.transactions,
            self.count
        );
        Ok(self.count / seconds)
    }
}
