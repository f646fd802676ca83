//! iALS as a state machine over sums.
//!
//! ```text
//! round: shoppers folded in at their holders ─► Σ u·uᵀ of all ─► items, block by block ─► new factors ─► next round
//! ```

use super::model::IalsModel;
use super::plan::IalsPlan;
use super::shoppers::{self, FRACTION_BITS, SHOPPER_BOUND, Shoppers};
use crate::cholesky::{self, packed_index, packed_length};
use crate::content_hash::HashChain;
use crate::gram::PlanError;
use crate::histories::Histories;
use crate::learner::{AbsorbError, AnswerError, Learner, Query, check_dimension};

/// Integers asked for at a time: 8 MiB.
const CELLS_PER_QUERY: usize = 1 << 20;

/// Learns an [`IalsModel`] from sums.
#[derive(Debug, Clone, PartialEq)]
pub struct IalsLearner {
    plan: IalsPlan,
    unit: u32,
    round: u32,
    progress: HashChain,
    /// The items of the last complete round.
    items: IalsModel,
    phase: Phase,
}

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    AllShoppers,
    Items {
        /// Σ u·uᵀ over all shoppers, packed.
        all: Vec<f64>,
        shoppers: f64,
        /// Factors of the items solved so far in this round.
        solved: Vec<f64>,
    },
    Finished,
}

/// A holder's shoppers, folded in for the open unit.
#[derive(Debug, Default)]
pub struct IalsWorkspace {
    folded: Option<(u32, u32, Shoppers)>,
}

impl IalsLearner {
    /// A learner at its beginning.
    pub fn new(plan: IalsPlan) -> Result<Self, PlanError> {
        plan.check()?;
        let vectors = first_vectors(&plan);
        let finished = plan.rounds == 0 || plan.item_count == 0;
        Ok(Self {
            progress: HashChain::of(&plan),
            items: IalsModel::new(plan.clone(), vectors),
            phase: if finished {
                Phase::Finished
            } else {
                Phase::AllShoppers
            },
            plan,
            unit: 0,
            round: 0,
        })
    }

    /// The items that are asked for next.
    fn next_items(&self, solved: &[f64]) -> std::ops::Range<usize> {
        let start = solved.len() / self.plan.factors;
        let block = (CELLS_PER_QUERY / shoppers::item_dimension(self.plan.factors)).max(1);
        start..(start + block).min(self.plan.item_count)
    }

    /// Solves the factors of one item from its sums.
    fn solve_item(
        &self,
        all: &[f64],
        shopper_count: f64,
        sums: &[i64],
    ) -> Result<Vec<f64>, &'static str> {
        let factors = self.plan.factors;
        let products = packed_length(factors);
        let observations = sums[products + factors];
        if observations < 0 {
            return Err("a number of shoppers below zero");
        }
        if observations == 0 {
            return Ok(vec![0.0; factors]);
        }
        let weighted = all.iter().map(|cell| cell * self.plan.unobserved_weight);
        let mut matrix: Vec<f64> = weighted
            .zip(sums)
            .map(|(cell, sum)| cell + unquantised(*sum))
            .collect();
        let ridge = self.plan.ridge_of(observations as f64, shopper_count);
        for factor in 0..factors {
            matrix[packed_index(factor, factor)] += ridge;
        }
        let mut vector: Vec<f64> = sums[products..products + factors]
            .iter()
            .map(|sum| unquantised(*sum))
            .collect();
        cholesky::solve(&mut matrix, &mut vector)
            .ok_or("products of no shoppers: the matrix is not positive definite")?;
        Ok(vector)
    }
}

fn unquantised(sum: i64) -> f64 {
    sum as f64 / (1u64 << FRACTION_BITS) as f64
}

/// Small numbers of either sign from hashes of seed, item and factor.
fn first_vectors(plan: &IalsPlan) -> Vec<f64> {
    let width = 0.2 / (plan.factors as f64).sqrt();
    let cells = plan.item_count * plan.factors;
    (0..cells as u64)
        .map(|cell| {
            let hash = mix(plan.seed ^ mix(cell));
            ((hash >> 11) as f64 / (1u64 << 53) as f64 - 0.5) * 2.0 * width
        })
        .collect()
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Learner for IalsLearner {
    type Rows = Histories;
    type Workspace = IalsWorkspace;
    type Model = IalsModel;

    fn next_query(&self) -> Option<Query> {
        let (name, dimension) = match &self.phase {
            Phase::AllShoppers => ("shoppers".to_owned(), packed_length(self.plan.factors) + 1),
            Phase::Items { solved, .. } => {
                let items = self.next_items(solved);
                let dimension = items.len() * shoppers::item_dimension(self.plan.factors);
                (format!("items/{}", items.start), dimension)
            }
            Phase::Finished => return None,
        };
        Some(Query {
            name: format!("ials/{}/{name}", self.round),
            unit: self.unit,
            dimension,
            row_bound: SHOPPER_BOUND,
        })
    }

    fn answer(
        &self,
        histories: &Histories,
        workspace: &mut IalsWorkspace,
    ) -> Result<Vec<i64>, AnswerError> {
        let query = self.next_query().ok_or(AnswerError::Finished)?;
        query.ring_bits(histories.len() as u64)?;
        if histories.item_count() != self.plan.item_count {
            return Err(AnswerError::FeatureCount {
                expected: self.plan.item_count,
                actual: histories.item_count(),
            });
        }
        let folded = match &mut workspace.folded {
            Some((unit, round, folded)) if (*unit, *round) == (self.unit, self.round) => folded,
            cache => {
                let fresh = Shoppers::new(&self.plan, histories, &self.items);
                &mut cache.insert((self.unit, self.round, fresh)).2
            }
        };
        match &self.phase {
            Phase::AllShoppers => Ok(folded.sum_all(self.plan.factors)),
            Phase::Items { solved, .. } => {
                Ok(folded.sum_items(self.plan.factors, self.next_items(solved)))
            }
            Phase::Finished => Err(AnswerError::Finished),
        }
    }

    fn absorb(&mut self, total: &[i64]) -> Result<(), AbsorbError> {
        check_dimension(self.next_query().as_ref(), total)?;
        match &self.phase {
            Phase::AllShoppers => {
                let products = packed_length(self.plan.factors);
                self.phase = Phase::Items {
                    all: total[..products]
                        .iter()
                        .map(|sum| unquantised(*sum))
                        .collect(),
                    shoppers: total[products] as f64,
                    solved: Vec::new(),
                };
            }
            Phase::Items {
                all,
                shoppers,
                solved,
            } => {
                let dimension = shoppers::item_dimension(self.plan.factors);
                let mut solved = solved.clone();
                for (place, sums) in total.chunks_exact(dimension).enumerate() {
                    let vector = self.solve_item(all, *shoppers, sums);
                    let coordinate = place * dimension;
                    solved.extend(
                        vector.map_err(|reason| AbsorbError::Impossible { coordinate, reason })?,
                    );
                }
                if solved.len() < self.plan.item_count * self.plan.factors {
                    self.phase = Phase::Items {
                        all: all.clone(),
                        shoppers: *shoppers,
                        solved,
                    };
                } else {
                    self.items = IalsModel::new(self.plan.clone(), solved);
                    self.round += 1;
                    self.unit += 1;
                    let more = self.round < self.plan.rounds;
                    self.phase = if more {
                        Phase::AllShoppers
                    } else {
                        Phase::Finished
                    };
                }
            }
            Phase::Finished => return Err(AbsorbError::Finished),
        }
        self.progress.absorb(total);
        Ok(())
    }

    /// The round begins again with the factors of the last complete one.
    fn close_unit(&mut self) {
        if !matches!(self.phase, Phase::Finished) {
            self.unit += 1;
            self.phase = Phase::AllShoppers;
        }
    }

    fn model(&self) -> Option<&IalsModel> {
        matches!(self.phase, Phase::Finished).then_some(&self.items)
    }

    fn progress_hash(&self) -> String {
        self.progress.hex()
    }
}
