//! The search for the settings that validation likes best.

use accord_learning::ease::EaseSettings;
use anyhow::{Context, Result};

use super::{
    cases::BasketCases,
    models::{Plan, ShopperPlan, Trained},
};
use crate::recommend::evaluate::{progress::Progress, report::HitFigures};

/// A model whose settings validation has chosen.
pub struct Choice {
    pub name: &'static str,
    pub plan: Plan,
    pub figures: HitFigures,
}

/// What settings are compared by: being found, and being found early.
pub fn value(figures: &HitFigures) -> f64 {
    figures.hit_rate_at_20 + figures.mean_reciprocal_rank_at_20
}

/// Fits on the earlier baskets and measures on the later ones.
pub struct Tuning<'a> {
    trained: &'a mut Trained,
    validation: &'a BasketCases,
    progress: &'a Progress,
}

impl<'a> Tuning<'a> {
    pub fn new(
        trained: &'a mut Trained,
        validation: &'a BasketCases,
        progress: &'a Progress,
    ) -> Self {
        Self {
            trained,
            validation,
            progress,
        }
    }

    /// Every kind of model with its best settings, simpler ones first.
    pub fn candidates(&mut self) -> Result<Vec<Choice>> {
        let popularity = self.best("popularity", &[Plan::Popularity])?;
        let neighbours = [50, 200, 1_000].map(|neighbours| Plan::Neighbours { neighbours });
        let neighbours = self.best("item-kNN cosine", &neighbours)?;
        let plain = [50.0, 100.0, 200.0, 20.0].map(|ridge| Plan::Ease(EaseSettings::plain(ridge)));
        let plain = self.best("EASE", &plain)?;
        let tuned = self.tuned(&plain)?;
        let mut choices = vec![popularity, neighbours, plain];
        let shopper = if self.validation.know_shoppers() {
            Some(self.shopper(&tuned)?)
        } else {
            None
        };
        choices.push(tuned);
        choices.extend(shopper);
        Ok(choices)
    }

    fn tuned(&mut self, plain: &Choice) -> Result<Choice> {
        let Plan::Ease(EaseSettings { ridge, .. }) = plain.plan else {
            anyhow::bail!("EASE is tuned from EASE");
        };
        let with = |dropout, popularity_exponent| {
            Plan::Ease(EaseSettings {
                ridge,
                dropout,
                popularity_exponent,
            })
        };
        let tried = [
            (0.0, 0.0),
            (0.2, 0.0),
            (0.33, 0.0),
            (0.0, 0.1),
            (0.2, 0.1),
            (0.33, 0.2),
        ];
        self.best(
            "EASE, tuned",
            &tried.map(|(dropout, popularity)| with(dropout, popularity)),
        )
    }

    /// What the shopper's history and repeats count, one after the other.
    fn shopper(&mut self, tuned: &Choice) -> Result<Choice> {
        let Plan::Ease(basket) = tuned.plan else {
            anyhow::bail!("baskets are completed by EASE");
        };
        let history = EaseSettings {
            ridge: 100.0,
            dropout: 0.33,
            popularity_exponent: 0.1,
        };
        let with = |history_share, repeat_share| ShopperPlan {
            basket,
            history,
            history_share,
            repeat_share,
        };
        let plans = |shares: &[(f64, f64)]| -> Vec<Plan> {
            shares
                .iter()
                .map(|(history, repeat)| Plan::Shopper(with(*history, *repeat)))
                .collect()
        };
        let name = "EASE, tuned, with history";
        let first = self.best(
            name,
            &plans(&[(0.0, 0.0), (0.1, 0.0), (0.3, 0.0), (1.0, 0.0)]),
        )?;
        let share = |choice: &Choice| match choice.plan {
            Plan::Shopper(plan) => (plan.history_share, plan.repeat_share),
            _ => (0.0, 0.0),
        };
        let (history_share, _) = share(&first);
        let repeats = [0.0, 0.01, 0.03, 0.1, 0.3].map(|repeat| (history_share, repeat));
        let second = self.best(name, &plans(&repeats))?;
        let (history_share, repeat_share) = share(&second);
        let around = [(1.0, 1.0), (0.5, 1.0), (2.0, 1.0), (1.0, 0.6), (1.0, 1.7)];
        let around =
            around.map(|(history, repeat)| (history_share * history, repeat_share * repeat));
        self.best(name, &plans(&around))
    }

    /// The best by validation; of equals the first.
    fn best(&mut self, name: &'static str, plans: &[Plan]) -> Result<Choice> {
        let mut best: Option<Choice> = None;
        for plan in plans {
            let figures = self.validation.measure(&self.trained.fit(plan)?);
            self.progress.say(&format!(
                "{name}: {plan}: HR@20 {:.4}, MRR@20 {:.4}",
                figures.hit_rate_at_20, figures.mean_reciprocal_rank_at_20
            ));
            if best
                .as_ref()
                .is_none_or(|best| value(&figures) > value(&best.figures))
            {
                best = Some(Choice {
                    name,
                    plan: *plan,
                    figures,
                });
            }
        }
        best.with_context(|| format!("{name} has no settings"))
    }
}
