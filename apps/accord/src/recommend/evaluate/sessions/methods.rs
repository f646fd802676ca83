//! Ways to foretell the next item.

use std::fmt;

use accord_learning::{
    Histories,
    deterministic::exp,
    item_weights::{ItemWeights, WeightedItem},
    popularity::{Popularity, PopularityLearner, PopularityPlan},
    session_neighbours::{NeighbourKind, NeighbourSettings, PlaceDecay, SessionNeighbours},
    slist::{self, Past, SessionSums, SlistPlan, SlistSettings, SparseLimits},
    train_centrally,
};
use anyhow::Result;

use super::cases::DAYS;
use crate::recommend::evaluate::in_parallel::threads;

/// A method with all its settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    Popularity,
    Neighbours(NeighbourSettings),
    Slist(SlistMethod),
    /// Both, each scaled to a highest score of 1.
    Blend {
        slist: SlistMethod,
        neighbours: NeighbourSettings,
        /// What SLIST counts of 1.
        share: f64,
    },
}

/// SLIST with all its settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlistMethod {
    pub sums: SumSettings,
    pub settings: SlistSettings,
    /// An event d places before the end of the session counts e^(−d / this).
    pub recency: f64,
}

/// What the sums of sessions depend on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SumSettings {
    pub past: Past,
    pub event_decay: f64,
    /// Of the 1,000 days that the training lasts by its places in the file.
    pub session_decay_days: f64,
}

/// Up to so many items all weights are solved for; beyond, the strongest of each item.
const DENSE_ITEMS_MAX: usize = 5_000;
/// Items that take part in one row of the inverse, beyond that.
const SUPPORT_MAX: usize = 200;
/// Weights that an item keeps, beyond that.
const WEIGHTS_MAX: usize = 1_000;
/// Popularity fills up where a method has nothing to say; of the 1,000 days it remembers about so many.
const POPULARITY_DECAY_DAYS: f64 = 100.0;
/// Small enough never to overrule a method.
const FILL: f64 = 1e-9;

/// Everything that was trained on one set of sessions; the parts are made when first needed.
pub struct Trained<'a> {
    histories: &'a Histories,
    popularity: Popularity,
    /// Popularity, scaled to a highest of [`FILL`].
    fill: Vec<f64>,
    neighbours: SessionNeighbours,
    sums: Option<(SumSettings, SessionSums)>,
    slist: Option<(SumSettings, SlistSettings, ItemWeights)>,
    /// By item, whether a large catalogue is solved for it; `None` for all.
    wanted: Option<Vec<bool>>,
}

impl<'a> Trained<'a> {
    pub fn new(histories: &'a Histories) -> Result<Self> {
        let plan = PopularityPlan {
            decay_days: POPULARITY_DECAY_DAYS,
            newest_day: DAYS,
            ..PopularityPlan::new(histories.item_count())
        };
        let popularity = train_centrally(PopularityLearner::new(plan)?, histories)?;
        let highest = popularity.weights().fold(f64::MIN_POSITIVE, f64::max);
        Ok(Self {
            histories,
            fill: popularity
                .weights()
                .map(|weight| weight / highest * FILL)
                .collect(),
            popularity,
            neighbours: SessionNeighbours::new(histories),
            sums: None,
            slist: None,
            wanted: None,
        })
    }

    /// Solves only for these items from now on: what is to be tried out on cases needs no others.
    pub fn only_for(&mut self, items: impl Iterator<Item = u32>) {
        let mut wanted = vec![false; self.histories.item_count()];
        items.for_each(|item| wanted[item as usize] = true);
        self.wanted = Some(wanted);
    }

    /// Trains what the method needs.
    pub fn prepare(&mut self, method: &Method) -> Result<()> {
        let Some(slist) = method.slist() else {
            return Ok(());
        };
        let ready = self
            .slist
            .as_ref()
            .is_some_and(|(sums, settings, _)| (*sums, *settings) == (slist.sums, slist.settings));
        if ready {
            return Ok(());
        }
        self.slist = None;
        if self
            .sums
            .as_ref()
            .is_none_or(|(settings, _)| *settings != slist.sums)
        {
            self.sums = None;
            let sums = SessionSums::of(&self.slist_plan(&slist.sums), self.histories, threads())?;
            self.sums = Some((slist.sums, sums));
        }
        if let Some((_, sums)) = &self.sums {
            let weights = if sums.items().len() <= DENSE_ITEMS_MAX {
                slist::solve(sums, &slist.settings, threads())?
            } else {
                let limits = SparseLimits {
                    support_max: SUPPORT_MAX,
                    weights_max: WEIGHTS_MAX,
                    wanted: self.wanted.as_deref(),
                };
                slist::solve_sparse(sums, &slist.settings, &limits, threads())?
            };
            self.slist = Some((slist.sums, slist.settings, weights));
        }
        Ok(())
    }

    fn slist_plan(&self, sums: &SumSettings) -> SlistPlan {
        let item_count = self.histories.item_count();
        SlistPlan {
            items_max: item_count,
            past: sums.past,
            event_decay: sums.event_decay,
            session_decay_days: sums.session_decay_days,
            newest_day: DAYS,
            ..SlistPlan::new(item_count)
        }
    }

    /// Scores all items after a prefix; [`prepare`](Self::prepare) must have been called for the method.
    pub fn add_scores(&self, method: &Method, prefix: &[u32], scores: &mut [f64]) {
        match method {
            Method::Popularity => {}
            Method::Neighbours(settings) => {
                self.add_neighbour_scores(settings, prefix, 1.0, scores)
            }
            Method::Slist(slist) => self.add_slist_scores(slist, prefix, 1.0, scores),
            Method::Blend {
                slist,
                neighbours,
                share,
            } => {
                let mut part = vec![0.0; scores.len()];
                self.add_slist_scores(slist, prefix, *share, scores);
                self.add_neighbour_scores(neighbours, prefix, 1.0 - share, &mut part);
                for (score, part) in scores.iter_mut().zip(part) {
                    *score += part;
                }
            }
        }
        for (score, fill) in scores.iter_mut().zip(&self.fill) {
            *score += fill;
        }
    }

    fn add_neighbour_scores(
        &self,
        settings: &NeighbourSettings,
        prefix: &[u32],
        highest: f64,
        scores: &mut [f64],
    ) {
        self.neighbours.add_scores(prefix, settings, scores);
        scale(scores, highest);
    }

    fn add_slist_scores(
        &self,
        method: &SlistMethod,
        prefix: &[u32],
        highest: f64,
        scores: &mut [f64],
    ) {
        if let Some((_, _, weights)) = &self.slist {
            weights.add_scores(&weighted(prefix, method.recency), scores);
            scale(scores, highest);
        }
    }

    /// The name of the method's artefact.
    pub fn model_hash(&self, method: &Method) -> Option<String> {
        match method {
            Method::Popularity => Some(self.popularity.content_hash()),
            Method::Slist(_) => self
                .slist
                .as_ref()
                .map(|(_, _, weights)| weights.content_hash()),
            Method::Neighbours(_) | Method::Blend { .. } => None,
        }
    }
}

/// Events fade with their distance from the end; those that count next to nothing are left out.
fn weighted(prefix: &[u32], recency: f64) -> Vec<WeightedItem> {
    const NEXT_TO_NOTHING: f64 = 1e-5;
    let latest_first = prefix.iter().rev().zip(0u32..);
    latest_first
        .map(|(item, distance)| WeightedItem {
            item: *item,
            weight: exp(-f64::from(distance) / recency),
        })
        .take_while(|item| item.weight >= NEXT_TO_NOTHING)
        .collect()
}

fn scale(scores: &mut [f64], highest: f64) {
    let found = scores.iter().copied().fold(0.0, f64::max);
    if found > 0.0 {
        let factor = highest / found;
        scores.iter_mut().for_each(|score| *score *= factor);
    }
}

impl Method {
    fn slist(&self) -> Option<&SlistMethod> {
        match self {
            Self::Slist(slist) | Self::Blend { slist, .. } => Some(slist),
            Self::Popularity | Self::Neighbours(_) => None,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Popularity => write!(f, "sessions by item, fading over a tenth of the training"),
            Self::Neighbours(settings) => {
                write!(
                    f,
                    "{} neighbours of the newest {}",
                    settings.neighbours, settings.sample
                )?;
                match settings.kind {
                    NeighbourKind::Plain => Ok(()),
                    NeighbourKind::Vector {
                        decay: PlaceDecay::Linear,
                        rarity,
                    } => write!(f, ", linear decay, rarity {rarity}"),
                    NeighbourKind::Vector {
                        decay: PlaceDecay::Quadratic,
                        rarity,
                    } => {
                        write!(f, ", quadratic decay, rarity {rarity}")
                    }
                }
            }
            Self::Slist(slist) => {
                let past = match slist.sums.past {
                    Past::LastEvent => "the last event",
                    Past::AllEvents => "all events",
                };
                write!(
                    f,
                    "similarity {}, ridge {}, past {past}, event decay {}, recency {}",
                    slist.settings.similarity_share,
                    slist.settings.ridge,
                    slist.sums.event_decay,
                    slist.recency
                )?;
                if slist.sums.session_decay_days.is_finite() {
                    write!(
                        f,
                        ", sessions fade over {} of 1000 days",
                        slist.sums.session_decay_days
                    )?;
                }
                Ok(())
            }
            Self::Blend { share, .. } => {
                write!(f, "{share} of SLIST, the rest of VS-KNN, as above")
            }
        }
    }
}
