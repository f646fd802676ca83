//! Learners driven by secure sums, with a whole consortium in this process.

use accord_federation::simulation::{Fair, Figures, Simulation};
use accord_federation::{CannotDraft, Consortium, Draft, KeyedRng, Secret};
use accord_learning::{Learner, train_over_holders};

use super::{FederationError, SumPath};

/// Runs a learner over all banks' rows; also what it cost, where the sums were secure ones.
pub fn train<L>(
    draft: Result<Draft, CannotDraft>,
    learner: L,
    banks: &[&L::Rows],
    how: &mut Driver,
) -> Result<(L::Model, Option<Figures>), FederationError>
where
    L: Learner<Model: Clone> + Clone + Send,
    L::Rows: Sync,
    L::Workspace: Send,
{
    match how.path {
        SumPath::Plain => Ok((train_over_holders(learner, banks)?, None)),
        SumPath::Secure => {
            let (identities, keys) = (how.secret(), how.secret());
            let consortium = Consortium::found(draft?, &mut KeyedRng::new(&identities))?;
            let outcome = Simulation::new(consortium, learner, banks, &keys)?
                .with_threads(how.threads)
                .unrecorded()
                .run(&mut Fair)?;
            Ok((outcome.model, Some(outcome.figures)))
        }
    }
}

/// How sums are made.
pub struct Driver {
    pub path: SumPath,
    pub threads: usize,
    pub entropy: KeyedRng,
}

impl Driver {
    fn secret(&mut self) -> Secret {
        Secret::random(&mut self.entropy)
    }
}

#[cfg(test)]
mod tests {
    use accord_learning::gbdt::{GbdtLearner, GbdtPlan};
    use accord_learning::{TrainingRows, train_centrally};

    use super::*;

    fn driver(path: SumPath) -> Driver {
        Driver {
            path,
            threads: 2,
            entropy: KeyedRng::new(&Secret::from_bytes([3; 32])),
        }
    }

    #[test]
    fn secure_and_plain_sums_give_the_model_of_all_rows_in_one_place() {
        let mut all = TrainingRows::new(2);
        for id in 0..900_u64 {
            let mixed = id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            let features = [(mixed % 97) as f64, (mixed % 5) as f64];
            all.push(id, &features, mixed % 97 > 80 && mixed % 5 < 3)
                .expect("finite");
        }
        let plan = GbdtPlan {
            trees: 3,
            depth: 2,
            ..GbdtPlan::new(vec!["one".to_owned(), "other".to_owned()])
        };
        let learner = GbdtLearner::new(plan.clone()).expect("a sound plan");
        let parts = all.split(4, |row| if row < 5 { 0 } else { 1 + row % 2 });
        let parts: Vec<_> = parts.iter().collect();
        let pooled = train_centrally(learner.clone(), &all).expect("trains");
        for path in [SumPath::Secure, SumPath::Plain] {
            let draft = Draft::trees(4, 900, &plan);
            let (model, figures) =
                train(draft, learner.clone(), &parts, &mut driver(path)).expect("trains");
            assert_eq!(model.content_hash(), pooled.content_hash(), "{path:?}");
            assert_eq!(figures.is_some(), path == SumPath::Secure);
        }
    }
}
