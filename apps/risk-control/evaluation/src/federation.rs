//! What federation is worth: the same table, folds and pipeline, with the customers spread over banks that share
//! nothing, a model, statistics of terminals, or both.
//!
//! Everything that is shared goes through the secure sums of [`accord_federation`], every message by way of its bytes;
//! the banks live in this process. What a bank learns of the others is known to it once its cell of time is over, never
//! earlier.

mod exchange;
mod others;
mod private;
mod report;
mod secure;

use std::time::Instant;

use accord_federation::{CannotDraft, CannotFound, Draft, KeyedRng, Secret};
use accord_learning::entities::{self, CellWidth};
use accord_learning::gbdt::{GbdtLearner, GbdtModel};
use accord_learning::{AnswerError, TrainingRows, train_centrally_with};
use risk_control::{FeatureSet, Scorer, ScoringModel, gbdt_plan};
use serde::Serialize;

pub use others::OthersCells;
pub use report::{Exactness, ExchangeCosts, FederatedReport, TrainingCosts};

use crate::{
    EvaluationError, Settings,
    assessment::{self, Scored},
    fold_data::FoldData,
    folds::{Fold, date, folds},
    replay::Replay,
    report::{Figures, Scheme, Timing},
    split,
    table::LabelledTable,
};
use exchange::Kind;
use others::Others;
use secure::Driver;

/// How many banks can make secure sums.
pub const BANKS: std::ops::RangeInclusive<u32> = 3..=50;

/// What is to be shared, and how.
#[derive(Debug)]
pub struct FederationSettings {
    /// Widths of the cells in which statistics of terminals are shared.
    pub widths: Vec<CellWidth>,
    /// Privacy budgets for which statistics of terminals are also shared by week, with noise; then without as well.
    pub epsilons: Vec<f64>,
    pub sums: SumPath,
    /// 32 bytes of the operating system, from which all keys come. They change no figure.
    pub entropy: Secret,
}

/// How answers are added up. The sums are the same, so everything that is measured is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SumPath {
    /// By the whole protocol, masks and all.
    Secure,
    /// In the clear: faster.
    Plain,
}

/// Why a federation could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum FederationError {
    #[error("{0} terminals are more than an exchange can list")]
    TooManyTerminals(usize),
    #[error(transparent)]
    Entities(#[from] entities::PlanError),
    #[error(transparent)]
    Draft(#[from] CannotDraft),
    #[error(transparent)]
    Found(#[from] CannotFound),
    #[error(transparent)]
    Job(#[from] accord_federation::job::JobError),
    #[error(transparent)]
    Simulation(#[from] accord_federation::simulation::SimulationError),
    #[error(transparent)]
    Training(#[from] accord_learning::TrainingError),
    #[error(transparent)]
    Answer(#[from] AnswerError),
    #[error("no noise keeps this ε")]
    Epsilon,
    #[error("{0}")]
    Learner(String),
}

/// Who has which rows of the table.
pub struct Banks {
    /// Indexes in the order of time, for each bank.
    pub rows: Vec<Vec<u32>>,
}

/// Measures all schemes. `progress` is told what begins.
pub fn evaluate_federated(
    table: &LabelledTable,
    settings: Settings,
    federation: &FederationSettings,
    mut progress: impl FnMut(&str),
) -> Result<FederatedReport, EvaluationError> {
    let folds = folds(table, settings.training_days)?;
    let mut run = Run {
        table,
        folds: &folds,
        settings,
        banks: Banks::of(table, settings),
        driver: Driver {
            path: federation.sums,
            threads: settings.threads,
            entropy: KeyedRng::new(&federation.entropy),
        },
        schemes: Vec::new(),
        exactness: Vec::new(),
        trainings: TrainingCosts::default(),
    };
    let banks = settings.banks;
    progress("banks alone");
    let alone: Vec<Others> = run.banks.rows.iter().map(|_| Others::default()).collect();
    let (data, timing) = run.replay(&alone)?;
    run.own_models(Scheme::BanksAlone { banks }, &data, timing)?;
    progress("shared model");
    run.shared_model(Scheme::SharedModel { banks }, &data, timing)?;
    drop(data);
    let mut exchanges = Vec::new();
    for cells in federation.widths.iter().copied() {
        progress(&format!(
            "{} statistics of terminals",
            crate::report::adjective(cells)
        ));
        let (others, costs) = exchange::exchange(
            table,
            &folds,
            &run.banks,
            Kind::Exact(cells),
            &mut run.driver,
        )?;
        exchanges.push(costs);
        let (data, timing) = run.replay(&others)?;
        drop(others);
        run.own_models(Scheme::SharedStatistics { banks, cells }, &data, timing)?;
        progress(&format!(
            "full federation, {} cells",
            crate::report::adjective(cells)
        ));
        let models = run.shared_model(Scheme::Federation { banks, cells }, &data, timing)?;
        run.pooled_rows(cells, &data, timing, &models)?;
    }
    run.private_statistics(&federation.epsilons, &mut progress)?;
    progress("all customers in one bank");
    let pooled = crate::measure(table, &folds, settings, Scheme::Pooled, |_| 0, 1)?;
    run.schemes.push(pooled);
    Ok(FederatedReport {
        banks,
        sums: federation.sums,
        schemes: run.schemes,
        exactness: run.exactness,
        exchanges,
        trainings: run.trainings,
    })
}

impl Banks {
    fn of(table: &LabelledTable, settings: Settings) -> Self {
        let mut rows = vec![Vec::new(); settings.banks as usize];
        for (index, row) in (0_u32..).zip(table.rows()) {
            let bank = split(settings.seed, row.customer, settings.banks);
            rows[bank as usize].push(index);
        }
        Self { rows }
    }
}

/// For each fold, what each bank brings to it.
type Data = Vec<Vec<FoldData>>;

struct Run<'run> {
    table: &'run LabelledTable,
    folds: &'run [Fold],
    settings: Settings,
    banks: Banks,
    driver: Driver,
    schemes: Vec<Figures>,
    exactness: Vec<Exactness>,
    trainings: TrainingCosts,
}

impl Run<'_> {
    /// Replays every bank, given what it learns of the others.
    fn replay(&self, others: &[Others]) -> Result<(Data, Timing), EvaluationError> {
        let begun = Instant::now();
        let mut timing = Timing::default();
        let mut data: Data = self.folds.iter().map(|_| Vec::new()).collect();
        for (bank, (rows, others)) in self.banks.rows.iter().zip(others).enumerate() {
            let replay = Replay::run(self.table, rows.clone(), others.cells())?;
            timing.transactions += rows.len() as u64;
            for (fold, data) in self.folds.iter().zip(&mut data) {
                data.push(FoldData::of(self.table, &replay, fold, &whose(bank))?);
            }
        }
        timing.replay_seconds = begun.elapsed().as_secs_f64();
        Ok((data, timing))
    }

    /// Every bank trains on its own rows.
    fn own_models(
        &mut self,
        scheme: Scheme,
        data: &Data,
        mut timing: Timing,
    ) -> Result<(), EvaluationError> {
        let mut measured = Vec::new();
        for (fold, banks) in self.folds.iter().zip(data) {
            let mut scored = Vec::new();
            for (bank, data) in banks.iter().enumerate() {
                let whose = whose(bank);
                let model =
                    assessment::train_alone(data, fold, self.settings, &mut timing, &whose)?;
                assessment::score(model.as_ref(), data, &mut scored, &mut timing);
            }
            measured.push(assessment::figures(fold, &scored));
        }
        self.schemes.push(Figures::new(scheme, measured, timing));
        Ok(())
    }

    /// All banks train one model by sums; the models, fold by fold.
    fn shared_model(
        &mut self,
        scheme: Scheme,
        data: &Data,
        mut timing: Timing,
    ) -> Result<Vec<String>, EvaluationError> {
        let mut measured = Vec::new();
        let mut hashes = Vec::new();
        for (fold, banks) in self.folds.iter().zip(data) {
            let begun = Instant::now();
            let rows: Vec<&TrainingRows> = banks.iter().map(|data| &data.training).collect();
            let most = rows.iter().map(|rows| rows.len()).max().unwrap_or(0);
            let plan = gbdt_plan(self.settings.seed);
            let learner = grower(&plan)?;
            let draft = Draft::trees(rows.len(), most.max(1) as u64, &plan);
            let (trees, figures) = secure::train(draft, learner, &rows, &mut self.driver)?;
            let seconds = begun.elapsed().as_secs_f64();
            self.trainings.add(figures, seconds);
            timing.training_seconds += seconds;
            timing.training_rows += rows.iter().map(|rows| rows.len() as u64).sum::<u64>();
            hashes.push(trees.content_hash());
            measured.push(score_all(fold, trees, banks, &mut timing)?);
        }
        self.schemes.push(Figures::new(scheme, measured, timing));
        Ok(hashes)
    }

    /// Statistics by week, private; the model as in a full federation. The exchange goes through the protocol, because the
    /// noise is the banks'; the trees are grown with plain sums, which are the same.
    fn private_statistics(
        &mut self,
        epsilons: &[f64],
        progress: &mut impl FnMut(&str),
    ) -> Result<(), EvaluationError> {
        if epsilons.is_empty() {
            return Ok(());
        }
        let banks = self.settings.banks;
        let path = self.driver.path;
        for epsilon in epsilons.iter().copied().map(Some).chain([None]) {
            progress(&match epsilon {
                Some(epsilon) => format!("statistics with noise, ε = {epsilon}"),
                None => "statistics by week without noise".to_owned(),
            });
            self.driver.path = SumPath::Secure;
            let kind = Kind::Private(epsilon);
            let (others, _) =
                exchange::exchange(self.table, self.folds, &self.banks, kind, &mut self.driver)?;
            self.driver.path = SumPath::Plain;
            let (data, timing) = self.replay(&others)?;
            self.shared_model(Scheme::Private { banks, epsilon }, &data, timing)?;
        }
        self.driver.path = path;
        Ok(())
    }

    /// The rows of all banks in one place, to compare with what sums made of them.
    fn pooled_rows(
        &mut self,
        cells: CellWidth,
        data: &Data,
        mut timing: Timing,
        federated: &[String],
    ) -> Result<(), EvaluationError> {
        let mut measured = Vec::new();
        for ((fold, banks), federated) in self.folds.iter().zip(data).zip(federated) {
            let begun = Instant::now();
            let rows = concatenated(banks);
            let workspace =
                accord_learning::gbdt::GbdtWorkspace::with_threads(self.settings.threads);
            let learner = grower(&gbdt_plan(self.settings.seed))?;
            let trees =
                train_centrally_with(learner, &rows, workspace).map_err(FederationError::from)?;
            timing.training_seconds += begun.elapsed().as_secs_f64();
            timing.training_rows += rows.len() as u64;
            let pooled = trees.content_hash();
            self.exactness.push(Exactness {
                cells,
                training_from: date(fold.training_from).to_string(),
                same: pooled == *federated,
                federated: federated.clone(),
                pooled,
            });
            measured.push(score_all(fold, trees, banks, &mut timing)?);
        }
        let scheme = Scheme::PooledRows { cells };
        self.schemes.push(Figures::new(scheme, measured, timing));
        Ok(())
    }
}

/// Every bank scores its own test transactions with the same trees.
fn score_all(
    fold: &Fold,
    trees: GbdtModel,
    banks: &[FoldData],
    timing: &mut Timing,
) -> Result<crate::FoldFigures, EvaluationError> {
    let model = ScoringModel::new(FeatureSet::CURRENT, Scorer::Trees(trees))
        .map_err(|error| FederationError::Learner(error.to_string()))?;
    let mut scored: Vec<Scored> = Vec::new();
    for data in banks {
        assessment::score(Some(&model), data, &mut scored, timing);
    }
    Ok(assessment::figures(fold, &scored))
}

fn grower(plan: &accord_learning::gbdt::GbdtPlan) -> Result<GbdtLearner, FederationError> {
    GbdtLearner::new(plan.clone()).map_err(|error| FederationError::Learner(error.to_string()))
}

fn concatenated(banks: &[FoldData]) -> TrainingRows {
    let features = banks
        .first()
        .map_or(0, |data| data.training.feature_count());
    let mut all = TrainingRows::new(features);
    for data in banks {
        let rows = &data.training;
        for (id, (features, label)) in rows.ids().iter().zip(rows.iter()) {
            all.push(*id, features, label)
                .expect("a row that was accepted once is accepted again");
        }
    }
    all
}

fn whose(bank: usize) -> String {
    format!("bank {}", bank + 1)
}
