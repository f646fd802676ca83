//! Both policies over the whole history, on all cores.

use std::{
    collections::{BTreeSet, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use risk_control::{Decision, FeatureSet, Policy, ScoringModel};
use risk_control_back_test::{
    BackTestReport, Columns, Counterfactual, Decided, LabelIndex, ModelsOfPolicies, PolicyRun,
    Question, Scores, Tally, Verdicts, score, scored_then,
};
use tokio::runtime::Handle;

use super::{BackTestError, BackTestProgress, BackTestRequest, history::Part};
use crate::node::BankNode;

/// The policies with their models.
struct Sides {
    active: PolicyRun,
    active_model: Arc<ScoringModel>,
    candidate: PolicyRun,
    candidate_model: Arc<ScoringModel>,
    models: ModelsOfPolicies,
    log: String,
}

impl BankNode {
    /// Runs a back-test to its end. Blocks: to be called on a thread of its own.
    pub fn back_test(
        &self,
        request: &BackTestRequest,
        tokio: &Handle,
        progress: &BackTestProgress,
    ) -> Result<BackTestReport, BackTestError> {
        let through = self.shared.reader.last();
        let active = self.active_policy().ok_or(BackTestError::NoPolicy)?;
        let candidate = request.candidate.policy();
        let sides = Sides {
            active_model: self.column_model(&active.policy)?,
            active: PolicyRun::new(&active.policy, &[])?,
            candidate_model: self.column_model(&candidate)?,
            candidate: PolicyRun::new(&candidate, &request.candidate.list_changes)?,
            models: self.models_of_policies(),
            log: self.shared.reader.header().log_id.clone(),
        };
        let parts = self.history(through, tokio, progress)?;
        let mut labels = LabelIndex::default();
        let mut labelled = HashSet::new();
        let known_at_us = self.shared.clock.now_us();
        for part in &parts {
            let records = part.labels();
            if request.counterfactual {
                labelled.extend(records.iter().map(|record| record.id_hash));
            }
            labels.add(records);
        }
        let question = Question {
            active: &sides.active,
            candidate: &sides.candidate,
            from_us: request.from_us.unwrap_or(0),
            to_us: request.to_us.unwrap_or(known_at_us).min(known_at_us),
            known_at_us,
            alert_from: self.case_settings().alert_from,
            alerts_a_day: request.alerts_a_day,
            counterfactual: request.counterfactual,
        };
        if question.from_us >= question.to_us {
            return Err(BackTestError::EmptyPeriod);
        }
        let tally = if request.counterfactual {
            let partitions = self.shared.reader.header().layout.data_partitions();
            sides.refold(&parts, &question, &labels, labelled, partitions, progress)?
        } else {
            sides.run(&parts, &question, &labels, progress)?
        };
        Ok(tally.report(&question, through.0))
    }

    /// The model of a policy, where it reads the features that the columns hold.
    fn column_model(&self, policy: &Policy) -> Result<Arc<ScoringModel>, BackTestError> {
        self.shared
            .models
            .get(&policy.model)
            .filter(|model| model.feature_set() == FeatureSet::CURRENT)
            .ok_or_else(|| BackTestError::NoModel(policy.model.clone()))
    }

    fn models_of_policies(&self) -> ModelsOfPolicies {
        self.shared
            .policies
            .all()
            .into_iter()
            .map(|active| {
                let offset = i64::try_from(active.control_offset).unwrap_or(i64::MAX);
                (offset, active.policy.model.clone())
            })
            .collect()
    }
}

impl Sides {
    /// Parts in any order, as many at a time as there are cores.
    fn run(
        &self,
        parts: &[Part],
        question: &Question<'_>,
        labels: &LabelIndex,
        progress: &BackTestProgress,
    ) -> Result<Tally, BackTestError> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let next = AtomicUsize::new(0);
        let whole = Mutex::new(Tally::default());
        let work = || -> Result<(), BackTestError> {
            let mut tally = Tally::default();
            while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
                progress.check()?;
                self.run_part(part, question, labels, &mut tally)?;
                progress.done(part.events());
            }
            whole
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .merge(tally);
            Ok(())
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads.min(parts.len()))
                .map(|_| scope.spawn(work))
                .collect();
            workers.into_iter().try_for_each(|worker| {
                let ended = worker.join();
                ended.unwrap_or_else(|_| Err(BackTestError::File("a thread panicked".into())))
            })
        })?;
        Ok(whole.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn run_part(
        &self,
        part: &Part,
        question: &Question<'_>,
        labels: &LabelIndex,
        tally: &mut Tally,
    ) -> Result<(), BackTestError> {
        let used: BTreeSet<&str> = self
            .active
            .features()
            .chain(self.candidate.features())
            .collect();
        let used: Vec<&str> = used.into_iter().collect();
        let mut columns = part.columns(&self.log, &used)?;
        let active_scores = self.known_scores(part, &columns, &self.active);
        let same_model = self.active.policy().model == self.candidate.policy().model;
        let candidate_scores = if same_model {
            active_scores.clone()
        } else {
            self.known_scores(part, &columns, &self.candidate)
        };
        if active_scores.is_none() || candidate_scores.is_none() {
            columns = part.columns(&self.log, &all_features())?;
        }
        let computed = |run: &PolicyRun, model| {
            let scores = self.scores(&columns, run, model);
            part.keep_scores(&self.log, &run.policy().model, &scores.values);
            Arc::new(scores.values)
        };
        let active_scores =
            active_scores.unwrap_or_else(|| computed(&self.active, &self.active_model));
        let candidate_scores = match candidate_scores {
            Some(known) => known,
            None if same_model => Arc::clone(&active_scores),
            None => computed(&self.candidate, &self.candidate_model),
        };
        let decided = Decided {
            columns: &columns,
            active: &self.active.decide(&columns, &active_scores),
            active_scores: &active_scores,
            candidate: &self.candidate.decide(&columns, &candidate_scores),
            candidate_scores: &candidate_scores,
        };
        tally.add(question, &decided, labels);
        Ok(())
    }

    /// Scores that need no features: from when it was decided, or from an earlier back-test.
    fn known_scores(
        &self,
        part: &Part,
        columns: &Columns,
        run: &PolicyRun,
    ) -> Option<Arc<Vec<f64>>> {
        let model = &run.policy().model;
        if scored_then(columns, model, &self.models) {
            return Some(Arc::new(columns.score.clone()));
        }
        part.known_scores(&self.log, model, columns.rows())
            .map(Arc::new)
    }

    fn scores(&self, columns: &Columns, run: &PolicyRun, model: &ScoringModel) -> Scores {
        score(columns, &run.policy().model, model, &self.models)
    }

    /// Parts in the order of the log, because what the candidate declines changes what comes later.
    fn refold(
        &self,
        parts: &[Part],
        question: &Question<'_>,
        labels: &LabelIndex,
        labelled: HashSet<u64>,
        partitions: u16,
        progress: &BackTestProgress,
    ) -> Result<Tally, BackTestError> {
        let mut bank = Counterfactual::new(partitions, labelled);
        let mut tally = Tally::default();
        for part in parts {
            progress.check()?;
            let columns = part.columns(&self.log, &all_features())?;
            let active_scores = self.scores(&columns, &self.active, &self.active_model);
            let mut scores = Vec::with_capacity(columns.rows());
            let mut verdicts = Verdicts {
                decisions: Vec::with_capacity(columns.rows()),
                hits: vec![Vec::with_capacity(columns.rows()); self.candidate.rules().len()],
            };
            let none = ModelsOfPolicies::new();
            bank.fold(&columns, |block| {
                let model = &self.candidate_model;
                let block_scores = score(block, &self.candidate.policy().model, model, &none);
                let decided = self.candidate.decide(block, &block_scores.values);
                scores.extend(block_scores.values);
                verdicts.decisions.extend(&decided.decisions);
                for (all, hits) in verdicts.hits.iter_mut().zip(decided.hits) {
                    all.extend(hits);
                }
                // Before and after the period the bank went on as it did.
                let period = question.from_us..question.to_us;
                let decisions = decided.decisions.into_iter().zip(&block.occurred_at_us);
                decisions
                    .map(|(decision, at_us)| {
                        if period.contains(at_us) {
                            decision
                        } else {
                            Decision::Approve as u8
                        }
                    })
                    .collect()
            })
            .map_err(BackTestError::Refused)?;
            let decided = Decided {
                columns: &columns,
                active: &self.active.decide(&columns, &active_scores.values),
                active_scores: &active_scores.values,
                candidate: &verdicts,
                candidate_scores: &scores,
            };
            tally.add(question, &decided, labels);
            progress.done(part.events());
        }
        Ok(tally)
    }
}

fn all_features() -> Vec<&'static str> {
    let features = FeatureSet::CURRENT.features().iter();
    features.map(|feature| feature.name).collect()
}
