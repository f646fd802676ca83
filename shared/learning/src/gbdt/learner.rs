//! Boosted trees as a state machine over sums.

use serde::{Deserialize, Serialize};

use super::fixed_point::ONE;
use super::growing_tree::{GrowingNode, GrowingTree};
use super::histogram::HistogramLayout;
use super::model::GbdtModel;
use super::plan::{CalibrationKind, CalibrationPlan, GbdtPlan, PlanError};
use super::sampling::{Draw, columns_of_tree};
use super::tree::Tree;
use super::workspace::{GbdtWorkspace, TrainingState};
use crate::calibration::Calibration;
use crate::content_hash::content_hash;
use crate::deterministic::ln;
use crate::evaluation::ScoreBins;
use crate::learner::{AbsorbError, AnswerError, Learner, Query, RingOverflow, check_dimension};
use crate::quantiles::{QuantileBins, QuantileLearner, QuantilePlan};
use crate::rows::TrainingRows;

/// Learns a [`GbdtModel`] from sums. The bins are one unit, every tree is one, and so is the calibration.
///
/// Without rows of both classes nothing can be learnt: the model then consists of the smoothed prior log-odds alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GbdtLearner {
    plan: GbdtPlan,
    unit: u32,
    phase: Phase,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Phase {
    Binning(QuantileLearner),
    Growing {
        forest: GrownForest,
        tree: GrowingTree,
    },
    Calibrating {
        forest: GrownForest,
        plan: CalibrationPlan,
    },
    Finished(GbdtModel),
}

/// The trees that are complete.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct GrownForest {
    bins: QuantileBins,
    base_log_odds: f64,
    trees: Vec<Vec<GrowingNode>>,
    /// A chain of hashes over bins and trees.
    hash: String,
}

impl GbdtLearner {
    /// A learner at its beginning.
    pub fn new(plan: GbdtPlan) -> Result<Self, PlanError> {
        plan.check()?;
        let quantiles = QuantilePlan {
            feature_count: plan.feature_names.len(),
            cuts: plan.cuts,
        };
        Ok(Self {
            plan,
            unit: 0,
            phase: Phase::Binning(QuantileLearner::new(quantiles)),
        })
    }

    /// The plan it follows.
    pub fn plan(&self) -> &GbdtPlan {
        &self.plan
    }

    /// Complete trees so far.
    pub fn trees_grown(&self) -> usize {
        match &self.phase {
            Phase::Binning(_) => 0,
            Phase::Growing { forest, .. } | Phase::Calibrating { forest, .. } => forest.trees.len(),
            Phase::Finished(model) => model.trees().len(),
        }
    }

    /// The phase after the bins are found.
    fn after_binning(&self, quantiles: &QuantileLearner, bins: QuantileBins) -> Phase {
        let (rows, positives) = quantiles.class_counts();
        let negatives = rows - positives;
        let base_log_odds = ln((positives as f64 + 0.5) / (negatives as f64 + 0.5));
        let hash = content_hash(&(&self.plan, &bins, base_log_odds));
        let forest = GrownForest {
            bins,
            base_log_odds,
            trees: Vec::new(),
            hash,
        };
        if positives == 0 || negatives == 0 {
            return Phase::Finished(forest.to_model(&self.plan, Calibration::None));
        }
        self.after_tree(forest)
    }

    /// The next tree, or what comes after the last.
    fn after_tree(&self, forest: GrownForest) -> Phase {
        // A plan numbers its trees with 32 bits.
        let index = forest.trees.len() as u32;
        if index < self.plan.trees {
            let columns = columns_of_tree(
                self.plan.seed,
                index,
                self.plan.feature_names.len(),
                self.plan.column_share,
            );
            let tree = GrowingTree::new(index, HistogramLayout::of(&columns, &forest.bins));
            return Phase::Growing { forest, tree };
        }
        match &self.plan.calibration {
            Some(plan) => Phase::Calibrating {
                forest,
                plan: plan.clone(),
            },
            None => Phase::Finished(forest.to_model(&self.plan, Calibration::None)),
        }
    }

    /// Moves on with what a finished or closed unit has left.
    fn close(&mut self, phase: Phase) {
        self.phase = phase;
        self.unit += 1;
    }
}

impl GrownForest {
    fn push(mut self, tree: GrowingTree) -> Self {
        self.hash = content_hash(&(&self.hash, &tree.nodes));
        self.trees.push(tree.nodes);
        self
    }

    fn state<'learner>(&'learner self, plan: &'learner GbdtPlan) -> TrainingState<'learner> {
        TrainingState {
            plan,
            bins: &self.bins,
            base_log_odds: self.base_log_odds,
            trees: &self.trees,
        }
    }

    fn to_model(&self, plan: &GbdtPlan, calibration: Calibration) -> GbdtModel {
        let trees = self
            .trees
            .iter()
            .map(|nodes| Tree::from_grown(plan, &self.bins, nodes))
            .collect();
        GbdtModel::new(
            plan.feature_names.clone(),
            self.base_log_odds,
            trees,
            calibration,
        )
        .expect(
            "a grown tree is a tree: its nodes were appended parent first, within the plan's depth",
        )
    }
}

impl Learner for GbdtLearner {
    type Rows = TrainingRows;
    type Workspace = GbdtWorkspace;
    type Model = GbdtModel;

    fn next_query(&self) -> Option<Query> {
        let (name, dimension, row_bound) = match &self.phase {
            Phase::Binning(quantiles) => {
                let query = quantiles.next_query()?;
                (query.name, query.dimension, query.row_bound)
            }
            Phase::Growing { tree, .. } => (
                format!("gbdt/tree/{}/level/{}", tree.index, tree.level),
                tree.dimension(),
                ONE.unsigned_abs(),
            ),
            Phase::Calibrating { .. } => ("gbdt/calibration".to_owned(), ScoreBins::DIMENSION, 1),
            Phase::Finished(_) => return None,
        };
        Some(Query {
            name,
            unit: self.unit,
            dimension,
            row_bound,
        })
    }

    fn answer(
        &self,
        rows: &TrainingRows,
        workspace: &mut GbdtWorkspace,
    ) -> Result<Vec<i64>, AnswerError> {
        let query = self.next_query().ok_or(AnswerError::Finished)?;
        let expected = self.plan.feature_names.len();
        if rows.is_empty() {
            return Ok(vec![0; query.dimension]);
        }
        if rows.feature_count() != expected {
            return Err(AnswerError::FeatureCount {
                expected,
                actual: rows.feature_count(),
            });
        }
        let row_count = rows.len() as u64;
        if u32::try_from(row_count).is_err() {
            return Err(RingOverflow {
                rows: row_count,
                row_bound: query.row_bound,
            }
            .into());
        }
        match &self.phase {
            Phase::Binning(quantiles) => quantiles.answer(rows, &mut workspace.quantiles),
            Phase::Growing { forest, tree } => {
                Ok(workspace.answer_for_tree(&forest.state(&self.plan), tree, rows))
            }
            Phase::Calibrating { forest, plan } => {
                let held_out = Draw::held_out_rows(self.plan.seed, plan.held_out_share);
                Ok(workspace.answer_for_calibration(&forest.state(&self.plan), held_out, rows))
            }
            Phase::Finished(_) => Err(AnswerError::Finished),
        }
    }

    fn absorb(&mut self, total: &[i64]) -> Result<(), AbsorbError> {
        check_dimension(self.next_query().as_ref(), total)?;
        let finished_unit = match &mut self.phase {
            Phase::Binning(quantiles) => {
                quantiles.absorb(total)?;
                quantiles.model().is_some()
            }
            Phase::Growing { tree, .. } => {
                tree.absorb(&self.plan, total)?;
                tree.asks.is_empty()
            }
            Phase::Calibrating { forest, plan } => {
                let bins = ScoreBins::from_total(total)?;
                let calibration = match plan.kind {
                    CalibrationKind::Line => Calibration::fit_line(&bins),
                    CalibrationKind::Isotonic => Calibration::fit_isotonic(&bins),
                };
                let model = forest.to_model(&self.plan, calibration.unwrap_or_default());
                self.close(Phase::Finished(model));
                return Ok(());
            }
            Phase::Finished(_) => return Err(AbsorbError::Finished),
        };
        if finished_unit {
            self.close_unit();
        }
        Ok(())
    }

    /// A tree ends at its last complete level, with leaves from sums that were released; without any it is asked
    /// again. Bins end as exact as they are.
    fn close_unit(&mut self) {
        let next = match &mut self.phase {
            Phase::Binning(quantiles) => {
                quantiles.close_unit();
                match quantiles.model().cloned() {
                    Some(bins) => {
                        let quantiles = quantiles.clone();
                        self.after_binning(&quantiles, bins)
                    }
                    None => self.phase.clone(),
                }
            }
            Phase::Growing { forest, tree } if tree.level > 0 => {
                let forest = forest.clone().push(tree.clone());
                self.after_tree(forest)
            }
            Phase::Growing { .. } | Phase::Calibrating { .. } => self.phase.clone(),
            Phase::Finished(_) => return,
        };
        self.close(next);
    }

    fn model(&self) -> Option<&GbdtModel> {
        match &self.phase {
            Phase::Finished(model) => Some(model),
            _ => None,
        }
    }

    fn progress_hash(&self) -> String {
        match &self.phase {
            Phase::Binning(quantiles) => content_hash(&(&self.plan, quantiles)),
            Phase::Growing { forest, tree } => content_hash(&(&forest.hash, &tree.nodes)),
            Phase::Calibrating { forest, .. } => forest.hash.clone(),
            Phase::Finished(model) => model.content_hash(),
        }
    }
}
