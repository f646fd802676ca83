//! The same training on rows in one place, with the same cohort for every sum.

use std::collections::HashMap;

use accord_federation::{Entry, Parties, Transcript};
use accord_learning::gbdt::{GbdtLearner, GbdtWorkspace};
use accord_learning::{Learner, TrainingRows};

/// The model of the concatenated rows, and how many released sums differ from the pooled answer (none, if all is well).
pub struct Pooled {
    pub model_hash: String,
    pub sums_different: usize,
}

/// Trains on concatenated rows as the transcript says who took part in which sum.
pub fn train(
    transcript: &Transcript,
    mut learner: GbdtLearner,
    banks: &[TrainingRows],
) -> anyhow::Result<Pooled> {
    let mut cohorts: HashMap<Parties, (TrainingRows, GbdtWorkspace)> = HashMap::new();
    let mut sums_different = 0;
    for entry in &transcript.entries {
        match entry {
            Entry::Release(release) => {
                let survivors = release.header.body.survivors;
                let (rows, workspace) = cohorts
                    .entry(survivors)
                    .or_insert_with(|| (concatenated(banks, survivors), GbdtWorkspace::default()));
                let answer = learner.answer(rows, workspace)?;
                sums_different += usize::from(answer != release.total.to_signed());
                learner.absorb(&answer)?;
            }
            Entry::Closure(_) => learner.close_unit(),
            _ => {}
        }
    }
    Ok(Pooled {
        model_hash: learner.progress_hash(),
        sums_different,
    })
}

/// All rows of some banks in one table.
pub fn concatenated(banks: &[TrainingRows], survivors: Parties) -> TrainingRows {
    let feature_count = banks.first().map_or(0, TrainingRows::feature_count);
    let mut all = TrainingRows::new(feature_count);
    for party in survivors.iter() {
        let bank = &banks[party.place()];
        for (row, (features, label)) in bank.iter().enumerate() {
            all.push(bank.ids()[row], features, label)
                .expect("a row that was accepted once is accepted again");
        }
    }
    all
}
