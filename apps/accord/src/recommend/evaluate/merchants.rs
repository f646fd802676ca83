//! What several merchants gain by training as one: alone, federated by exact sums, and pooled.

use accord_learning::{Histories, train_centrally, train_over_holders};
use anyhow::{Result, ensure};

use super::{
    progress::Progress,
    report::{Merchants, StrongFigures},
    strong::{Cases, Fitted, Plan},
};

use crate::recommend::random::hash;

/// Spreads the training users over `count` merchants and compares. All three ways use the same settings.
pub fn compare(
    pooled: &Histories,
    count: usize,
    seed: u64,
    plan: &Plan,
    test: &Cases,
    progress: &Progress,
) -> Result<Merchants> {
    ensure!(
        count <= pooled.len(),
        "--merchants {count}: there are only {} training users",
        pooled.len()
    );
    let shops = pooled.split(count, |user| {
        (hash(seed, user as u64) % count as u64) as usize
    });
    let item_count = pooled.item_count();
    let mut alone = Vec::with_capacity(count);
    for (number, shop) in shops.iter().enumerate() {
        progress.say(&format!(
            "merchant {} of {count} alone: {} users",
            number + 1,
            shop.len()
        ));
        alone.push(test.measure(&plan.fit(shop)?));
    }
    progress.say("federated: the sums of all merchants' answers");
    let holders: Vec<&Histories> = shops.iter().collect();
    let federated = train_over_holders(plan.learner(item_count)?, &holders)?;
    progress.say("pooled: all users in one place");
    let together = train_centrally(plan.learner(item_count)?, pooled)?;
    let (federated_model, pooled_model) = (federated.content_hash(), together.content_hash());
    let lowest = alone
        .iter()
        .map(|figures| figures.ndcg_at_100)
        .fold(f64::INFINITY, f64::min);
    let highest = alone
        .iter()
        .map(|figures| figures.ndcg_at_100)
        .fold(0.0, f64::max);
    Ok(Merchants {
        merchants: count,
        seed,
        settings: plan.to_string(),
        alone: mean(&alone),
        alone_lowest_ndcg_at_100: lowest,
        alone_highest_ndcg_at_100: highest,
        federated: test.measure(&Fitted::Weights(federated)),
        pooled: test.measure(&Fitted::Weights(together)),
        models_equal: federated_model == pooled_model,
        federated_model,
        pooled_model,
    })
}

fn mean(figures: &[StrongFigures]) -> StrongFigures {
    let mean = |of: fn(&StrongFigures) -> f64| {
        figures.iter().map(of).sum::<f64>() / figures.len().max(1) as f64
    };
    StrongFigures {
        cases: figures.first().map_or(0, |figures| figures.cases),
        recall_at_20: mean(|figures| figures.recall_at_20),
        recall_at_50: mean(|figures| figures.recall_at_50),
        ndcg_at_100: mean(|figures| figures.ndcg_at_100),
    }
}
