//! The search for the settings that the end of the training likes best.

use accord_learning::{
    Histories,
    session_neighbours::{NeighbourKind, NeighbourSettings, PlaceDecay},
    slist::{Past, SlistSettings},
};
use anyhow::{Context, Result};

use super::{
    cases::NextItemCases,
    methods::{Method, SlistMethod, SumSettings, Trained},
};
use crate::recommend::evaluate::{progress::Progress, report::HitFigures};

/// A method whose settings validation has chosen.
#[derive(Clone, Copy)]
pub struct Choice {
    pub name: &'static str,
    pub method: Method,
    pub figures: HitFigures,
}

/// The name of the one candidate that is not a single method.
pub const BLEND: &str = "SLIST + VS-KNN";

/// What settings are compared by: being found, and being found early.
pub fn value(figures: &HitFigures) -> f64 {
    figures.hit_rate_at_20 + figures.mean_reciprocal_rank_at_20
}

/// True if neither figure is lower.
pub fn loses_nothing(figures: &HitFigures, than: &HitFigures) -> bool {
    figures.hit_rate_at_20 >= than.hit_rate_at_20
        && figures.mean_reciprocal_rank_at_20 >= than.mean_reciprocal_rank_at_20
}

/// Trains on the beginning and measures on the end.
pub struct Tuning<'a> {
    histories: Histories,
    validation: &'a NextItemCases,
    progress: &'a Progress,
}

impl<'a> Tuning<'a> {
    pub fn new(
        histories: Histories,
        validation: &'a NextItemCases,
        progress: &'a Progress,
    ) -> Self {
        Self {
            histories,
            validation,
            progress,
        }
    }

    /// Every method with its best settings.
    pub fn candidates(&self) -> Result<Vec<Choice>> {
        let mut trained = Trained::new(&self.histories)?;
        trained.only_for(self.validation.known_items());
        let mut search = Search {
            tuning: self,
            trained: &mut trained,
        };
        let popularity = search.best("popularity", &[Method::Popularity])?;
        let plain = search.neighbours("S-KNN", &[NeighbourKind::Plain])?;
        let [linear, quadratic] = [PlaceDecay::Linear, PlaceDecay::Quadratic];
        let kinds = [
            (linear, 0.0),
            (quadratic, 0.0),
            (quadratic, 1.0),
            (quadratic, 5.0),
            (linear, 1.0),
        ];
        let kinds = kinds.map(|(decay, rarity)| NeighbourKind::Vector { decay, rarity });
        let vector = search.neighbours("VS-KNN", &kinds)?;
        let slist = search.slist()?;
        let blend = search.blend(&slist, &vector)?;
        Ok(vec![popularity, plain, vector, slist, blend])
    }
}

struct Search<'s, 'h> {
    tuning: &'s Tuning<'s>,
    trained: &'s mut Trained<'h>,
}

impl Search<'_, '_> {
    /// The kind first, then how many sessions.
    fn neighbours(&mut self, name: &'static str, kinds: &[NeighbourKind]) -> Result<Choice> {
        let with = |kind, neighbours, sample| {
            Method::Neighbours(NeighbourSettings {
                sample,
                neighbours,
                kind,
            })
        };
        let kinds: Vec<Method> = kinds.iter().map(|kind| with(*kind, 500, 5_000)).collect();
        let mut best = self.best(name, &kinds)?;
        if let Method::Neighbours(NeighbourSettings { kind, .. }) = best.method {
            let sizes = [
                (100, 1_000),
                (500, 1_000),
                (100, 5_000),
                (1_500, 5_000),
                (3_000, 10_000),
            ];
            let sizes = sizes.map(|(neighbours, sample)| with(kind, neighbours, sample));
            self.improve(&mut best, &sizes)?;
        }
        Ok(best)
    }

    /// One setting after the other, from the best so far.
    fn slist(&mut self) -> Result<Choice> {
        let start = SlistMethod {
            sums: SumSettings {
                past: Past::LastEvent,
                event_decay: 1.0,
                session_decay_days: f64::INFINITY,
            },
            settings: SlistSettings {
                similarity_share: 0.4,
                ridge: 10.0,
            },
            recency: 2.0,
        };
        let mut best = self.best("SLIST", &[Method::Slist(start)])?;
        let recencies = [0.5, 1.0, 4.0, 8.0];
        self.vary(&mut best, |slist| {
            recencies
                .map(|recency| SlistMethod { recency, ..slist })
                .to_vec()
        })?;
        self.vary(&mut best, |slist| {
            let ridges = [0.1, 1.0, 30.0];
            ridges
                .map(|ridge| SlistMethod {
                    settings: SlistSettings {
                        ridge,
                        ..slist.settings
                    },
                    ..slist
                })
                .to_vec()
        })?;
        self.vary(&mut best, |slist| {
            let with = |similarity_share| SlistSettings {
                similarity_share,
                ..slist.settings
            };
            [0.1, 0.2, 0.7]
                .map(|share| SlistMethod {
                    settings: with(share),
                    ..slist
                })
                .to_vec()
        })?;
        self.vary(&mut best, |slist| {
            let sums = |past, event_decay| SumSettings {
                past,
                event_decay,
                ..slist.sums
            };
            let tried = [
                (Past::AllEvents, 1.0),
                (Past::LastEvent, 0.5),
                (Past::LastEvent, 3.0),
            ];
            tried
                .map(|(past, decay)| SlistMethod {
                    sums: sums(past, decay),
                    ..slist
                })
                .to_vec()
        })?;
        self.vary(&mut best, |slist| {
            let sums = |session_decay_days| SumSettings {
                session_decay_days,
                ..slist.sums
            };
            [1_000.0, 300.0]
                .map(|days| SlistMethod {
                    sums: sums(days),
                    ..slist
                })
                .to_vec()
        })?;
        self.vary(&mut best, |slist| {
            let factors = [0.7, 1.4];
            factors
                .map(|factor| SlistMethod {
                    recency: slist.recency * factor,
                    ..slist
                })
                .to_vec()
        })?;
        Ok(best)
    }

    /// The best share of those that lose nothing against SLIST alone; the best of all where there is none.
    fn blend(&mut self, alone: &Choice, neighbours: &Choice) -> Result<Choice> {
        let (Method::Slist(slist), Method::Neighbours(neighbours)) =
            (alone.method, neighbours.method)
        else {
            anyhow::bail!("a blend needs SLIST and VS-KNN");
        };
        let mut best: Option<(bool, Choice)> = None;
        for share in [0.5, 0.7, 0.85, 0.95] {
            let blend = self.best(
                BLEND,
                &[Method::Blend {
                    slist,
                    neighbours,
                    share,
                }],
            )?;
            let sound = loses_nothing(&blend.figures, &alone.figures);
            let better =
                best.as_ref()
                    .is_none_or(|(best_is_sound, best)| match (sound, best_is_sound) {
                        (true, false) => true,
                        (false, true) => false,
                        _ => value(&blend.figures) > value(&best.figures),
                    });
            if better {
                best = Some((sound, blend));
            }
        }
        best.map(|(_, blend)| blend)
            .context("a blend has no shares")
    }

    fn vary(
        &mut self,
        best: &mut Choice,
        others: impl Fn(SlistMethod) -> Vec<SlistMethod>,
    ) -> Result<()> {
        if let Method::Slist(slist) = best.method {
            let methods: Vec<Method> = others(slist).into_iter().map(Method::Slist).collect();
            self.improve(best, &methods)?;
        }
        Ok(())
    }

    fn improve(&mut self, best: &mut Choice, methods: &[Method]) -> Result<()> {
        let next = self.best(best.name, methods)?;
        if value(&next.figures) > value(&best.figures) {
            *best = next;
        }
        Ok(())
    }

    /// The best by validation; of equals the first.
    fn best(&mut self, name: &'static str, methods: &[Method]) -> Result<Choice> {
        let mut best: Option<Choice> = None;
        for method in methods {
            self.trained.prepare(method)?;
            let trained = &*self.trained;
            let item_count = self.tuning.histories.item_count();
            let add_scores =
                |prefix: &[u32], scores: &mut [f64]| trained.add_scores(method, prefix, scores);
            let figures = self.tuning.validation.measure(add_scores, item_count);
            self.tuning.progress.say(&format!(
                "{name}: {method}: HR@20 {:.4}, MRR@20 {:.4}",
                figures.hit_rate_at_20, figures.mean_reciprocal_rank_at_20
            ));
            if best.is_none_or(|best| value(&figures) > value(&best.figures)) {
                best = Some(Choice {
                    name,
                    method: *method,
                    figures,
                });
            }
        }
        best.with_context(|| format!("{name} has no settings"))
    }
}
