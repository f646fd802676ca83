//! The search for the settings that validation likes best.

use accord_learning::{
    Histories,
    ease::EaseSettings,
    gram::{Gram, ITEMS_MAX},
};
use anyhow::Result;

use super::{
    candidates::{self, Plan},
    cases::Cases,
};
use crate::recommend::evaluate::{progress::Progress, report::StrongFigures};

/// A model whose settings validation has chosen.
pub struct Choice {
    pub name: &'static str,
    pub plan: Plan,
    pub figures: StrongFigures,
}

/// Trains on one part and measures on another.
pub struct Tuning<'a> {
    histories: &'a Histories,
    validation: &'a Cases,
    progress: &'a Progress,
    /// Sums by length exponent, so that they are made once.
    grams: Vec<(f64, Gram)>,
}

impl<'a> Tuning<'a> {
    pub fn new(histories: &'a Histories, validation: &'a Cases, progress: &'a Progress) -> Self {
        Self {
            histories,
            validation,
            progress,
            grams: Vec::new(),
        }
    }

    /// Every kind of model with its best settings, simpler ones first.
    pub fn candidates(&mut self) -> Result<Vec<Choice>> {
        let mut choices = vec![self.best("popularity", &[Plan::Popularity])?];
        let neighbours = [20, 50, 100, 200, 500].map(|neighbours| Plan::Neighbours { neighbours });
        choices.push(self.best("item-kNN cosine", &neighbours)?);
        let plain = |ridge| Plan::Ease {
            length_exponent: 0.0,
            settings: EaseSettings::plain(ridge),
            items_max: ITEMS_MAX,
        };
        let plain = self.climb_ridge("EASE", plain, 100.0)?;
        choices.push(self.tuned_ease(&plain)?);
        choices.insert(2, plain);
        if self.histories.item_count() > ITEMS_MAX {
            choices.extend(self.for_large_catalogues(&choices[3].plan)?);
        }
        Ok(choices)
    }

    /// What does not stop at the most frequent items.
    fn for_large_catalogues(&mut self, tuned: &Plan) -> Result<Vec<Choice>> {
        let Plan::Ease { settings, .. } = *tuned else {
            anyhow::bail!("EASE is tuned first");
        };
        let sparse = Plan::SparseEase {
            settings: EaseSettings {
                popularity_exponent: 0.0,
                ..settings
            },
        };
        let factors = [0.003, 0.01].map(|ridge| Plan::Ials { ridge });
        Ok(vec![
            self.best("EASE, sparse", &[sparse, Plan::SparseEase { settings }])?,
            self.best("iALS", &factors)?,
        ])
    }

    /// EASE with dropout, popularity and length exponents: one after the other, from the best so far.
    fn tuned_ease(&mut self, plain: &Choice) -> Result<Choice> {
        let Plan::Ease {
            settings: EaseSettings { ridge, .. },
            ..
        } = plain.plan
        else {
            anyhow::bail!("EASE is tuned from EASE");
        };
        let name = "EASE, tuned";
        let with = |length_exponent, ridge, dropout, popularity_exponent| Plan::Ease {
            length_exponent,
            settings: EaseSettings {
                ridge,
                dropout,
                popularity_exponent,
            },
            items_max: ITEMS_MAX,
        };
        let parts = |choice: &Choice| match choice.plan {
            Plan::Ease {
                length_exponent,
                settings,
                ..
            } => (
                length_exponent,
                settings.ridge,
                settings.dropout,
                settings.popularity_exponent,
            ),
            _ => (0.0, ridge, 0.0, 0.0),
        };
        let start = with(0.0, ridge, 0.0, 0.0);
        let mut best = self.best(
            name,
            &[
                start,
                with(0.0, ridge, 0.2, 0.1),
                with(0.0, ridge, 0.33, 0.1),
            ],
        )?;
        let (length, ridge, dropout, _) = parts(&best);
        self.improve(
            &mut best,
            &[0.0, 0.2, 0.3].map(|p| with(length, ridge, dropout, p)),
        )?;
        let (_, ridge, dropout, popularity) = parts(&best);
        // Weighted histories make the sums smaller, so the ridge shrinks with them.
        let mean_length = self.histories.event_count() as f64 / self.histories.len().max(1) as f64;
        let lengths = [0.25f64, 0.5].map(|e| {
            with(
                e,
                rounded(ridge * mean_length.powf(-e)),
                dropout,
                popularity,
            )
        });
        self.improve(&mut best, &lengths)?;
        let (length, ridge, dropout, popularity) = parts(&best);
        let ridges =
            [0.5, 2.0].map(|factor| with(length, rounded(ridge * factor), dropout, popularity));
        self.improve(&mut best, &ridges)?;
        let (length, ridge, dropout, _) = parts(&best);
        self.improve(
            &mut best,
            &[0.15, 0.25, 0.35].map(|p| with(length, ridge, dropout, p)),
        )?;
        Ok(best)
    }

    /// Doubles or halves the ridge for as long as that helps.
    fn climb_ridge(
        &mut self,
        name: &'static str,
        plan: impl Fn(f64) -> Plan,
        start: f64,
    ) -> Result<Choice> {
        let mut best = self.best(name, &[plan(start)])?;
        for factor in [2.5, 0.4] {
            let mut ridge = start;
            let before = best.figures.ndcg_at_100;
            loop {
                ridge = rounded(ridge * factor);
                let next = self.best(name, &[plan(ridge)])?;
                if next.figures.ndcg_at_100 <= best.figures.ndcg_at_100
                    || !(0.1..1e6).contains(&ridge)
                {
                    break;
                }
                best = next;
            }
            if best.figures.ndcg_at_100 > before {
                break;
            }
        }
        Ok(best)
    }

    fn improve(&mut self, best: &mut Choice, plans: &[Plan]) -> Result<()> {
        let tried: Vec<Plan> = plans
            .iter()
            .copied()
            .filter(|plan| *plan != best.plan)
            .collect();
        if !tried.is_empty() {
            let next = self.best(best.name, &tried)?;
            if next.figures.ndcg_at_100 > best.figures.ndcg_at_100 {
                *best = next;
            }
        }
        Ok(())
    }

    /// The plan of the highest NDCG; of equals the first.
    fn best(&mut self, name: &'static str, plans: &[Plan]) -> Result<Choice> {
        let mut best: Option<Choice> = None;
        for plan in plans {
            let figures = self.measure(plan)?;
            self.progress.say(&format!(
                "{name}: {plan}: NDCG@100 {:.4}",
                figures.ndcg_at_100
            ));
            if best
                .as_ref()
                .is_none_or(|best| figures.ndcg_at_100 > best.figures.ndcg_at_100)
            {
                best = Some(Choice {
                    name,
                    plan: *plan,
                    figures,
                });
            }
        }
        best.ok_or_else(|| anyhow::anyhow!("{name} has no settings"))
    }

    fn measure(&mut self, plan: &Plan) -> Result<StrongFigures> {
        let length_exponent = match plan {
            Plan::Ease {
                length_exponent, ..
            } => *length_exponent,
            _ => 0.0,
        };
        if !self
            .grams
            .iter()
            .any(|(exponent, _)| *exponent == length_exponent)
        {
            let gram = candidates::gram(self.histories, length_exponent, ITEMS_MAX)?;
            self.grams.push((length_exponent, gram));
        }
        let gram = self
            .grams
            .iter()
            .find(|(exponent, _)| *exponent == length_exponent);
        let solved = match gram {
            Some((_, gram)) => plan.solve(gram)?,
            None => None,
        };
        let fitted = match solved {
            Some(fitted) => fitted,
            None => plan.fit(self.histories)?,
        };
        Ok(self.validation.measure(&fitted))
    }
}

/// To two digits, so that settings can be written down.
fn rounded(value: f64) -> f64 {
    let unit = 10f64.powf(value.log10().floor() - 1.0);
    (value / unit).round() * unit
}
