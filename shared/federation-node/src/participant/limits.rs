//! What an institution signs, whatever its coordinator would like.

use accord_federation::plan::{Institution, LintReport};
use accord_federation::{Plan, PublicIdentity};

use crate::task::Task;

/// An institution's own limits. A plan outside of them is not signed, and what was not signed is not followed.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// What may be learnt, by kind of learner.
    pub kinds: Vec<String>,
    /// The fewest institutions whose answers may be summed.
    pub institutions_min: usize,
    /// The fewest institutions that may conspire without learning this one's answer.
    pub colluders_min: usize,
    /// The most sums of one job, interruptions included.
    pub sums_max: u64,
    /// The most rows of this institution in one job.
    pub rows_max: u64,
    /// Whether sums without noise may be released. They are lossless, and no ε bounds what they tell.
    pub exact_sums: bool,
    /// ε that all jobs together may spend here.
    pub epsilon_max: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            kinds: Task::KINDS.map(str::to_owned).to_vec(),
            institutions_min: 3,
            colluders_min: 0,
            sums_max: 20_000,
            rows_max: 2_000_000,
            exact_sums: true,
            epsilon_max: 8.0,
        }
    }
}

impl Limits {
    /// Why a plan is not signed; empty if it is. `epsilon_spent` is what earlier jobs have cost.
    pub fn objections(
        &self,
        plan: &Plan,
        coordinator: &PublicIdentity,
        pinned: &[Institution],
        epsilon_spent: f64,
    ) -> Vec<String> {
        let lint = match plan.lint() {
            Ok(lint) => lint,
            Err(error) => return vec![error.to_string()],
        };
        let mut objections = Vec::new();
        let mut object = |holds: bool, reason: String| {
            if !holds {
                objections.push(reason);
            }
        };
        object(
            plan.coordinator == *coordinator,
            "the coordinator's key is not the pinned one".to_owned(),
        );
        for one in &plan.roster {
            object(
                pinned.contains(one),
                format!("`{}` is not pinned with this key", one.name),
            );
        }
        let kind = &plan.learner.kind;
        object(
            self.kinds.contains(kind),
            format!("`{kind}` is not permitted here"),
        );
        if let Err(error) = Task::of(plan) {
            object(false, error.to_string());
        }
        let thresholds = plan.thresholds;
        object(
            thresholds.survivors_min() >= self.institutions_min,
            format!(
                "sums over {} institutions, at least {} are demanded here",
                thresholds.survivors_min(),
                self.institutions_min
            ),
        );
        object(
            usize::from(thresholds.colluders) >= self.colluders_min,
            format!(
                "{} colluders are tolerated, at least {} are demanded here",
                thresholds.colluders, self.colluders_min
            ),
        );
        object(
            lint.sums <= self.sums_max,
            format!(
                "up to {} sums, at most {} are permitted here",
                lint.sums, self.sums_max
            ),
        );
        object(
            plan.rows_max <= self.rows_max,
            format!(
                "{} rows, at most {} are permitted here",
                plan.rows_max, self.rows_max
            ),
        );
        self.object_to_privacy(plan, &lint, epsilon_spent, &mut object);
        objections
    }

    fn object_to_privacy(
        &self,
        plan: &Plan,
        lint: &LintReport,
        epsilon_spent: f64,
        object: &mut impl FnMut(bool, String),
    ) {
        let has_exact = plan.statistics.iter().any(|one| one.noise.is_none());
        object(
            self.exact_sums || !has_exact,
            "sums without noise are not permitted here".to_owned(),
        );
        let spends = lint.epsilon.unwrap_or(0.0);
        object(
            epsilon_spent + spends <= self.epsilon_max,
            format!(
                "it may spend ε = {spends:.3}, and {epsilon_spent:.3} of {:.3} is spent",
                self.epsilon_max
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use accord_federation::{Identity, Secret};

    use super::*;
    use crate::task::{EvaluationOrder, GbdtOrder, JobOrder, TaskOrder};

    fn key(byte: u8) -> PublicIdentity {
        Identity::from_secret(&Secret::from_bytes([byte; 32])).public()
    }

    fn roster(names: &[&str]) -> Vec<Institution> {
        (1..)
            .zip(names)
            .map(|(byte, name)| Institution {
                name: (*name).to_owned(),
                identity: key(byte),
            })
            .collect()
    }

    fn plan(roster: &[Institution], trees: u32) -> Plan {
        let order = JobOrder {
            job: "trees".to_owned(),
            institutions: None,
            colluders: None,
            rows_max: 10_000,
            keys_per_batch: 16,
            task: TaskOrder::Gbdt(GbdtOrder {
                feature_set: "two".to_owned(),
                trees,
                ..GbdtOrder::default()
            }),
        };
        let feature = |name: &str| crate::task::Feature {
            name: name.to_owned(),
            logistic: accord_learning::logistic::FeaturePlan::share(name),
        };
        let sets = [("two".to_owned(), vec![feature("a"), feature("b")])].into();
        order.plan(key(99), roster, &sets, |_| None).expect("sound")
    }

    #[test]
    fn a_plan_within_the_limits_is_signed_and_one_beyond_each_of_them_is_not() {
        let pinned = roster(&["a", "b", "c", "d"]);
        let plan = plan(&pinned, 10);
        let limits = Limits::default();
        let objections = |limits: &Limits| limits.objections(&plan, &key(99), &pinned, 0.0);
        assert_eq!(objections(&limits), Vec::<String>::new());
        let table: [(Limits, &str); 7] = [
            (
                Limits {
                    kinds: vec!["logistic".to_owned()],
                    ..limits.clone()
                },
                "`gbdt` is not permitted",
            ),
            (
                Limits {
                    institutions_min: 4,
                    ..limits.clone()
                },
                "at least 4 are demanded",
            ),
            (
                Limits {
                    colluders_min: 3,
                    ..limits.clone()
                },
                "at least 3 are demanded",
            ),
            (
                Limits {
                    sums_max: 50,
                    ..limits.clone()
                },
                "at most 50 are permitted",
            ),
            (
                Limits {
                    rows_max: 9_999,
                    ..limits.clone()
                },
                "at most 9999 are permitted",
            ),
            (
                Limits {
                    exact_sums: false,
                    ..limits.clone()
                },
                "without noise",
            ),
            (
                Limits {
                    epsilon_max: -1.0,
                    ..limits.clone()
                },
                "is spent",
            ),
        ];
        for (limits, reason) in table {
            let found = objections(&limits);
            assert!(
                found.len() == 1 && found[0].contains(reason),
                "{reason}: {found:?}"
            );
        }
    }

    #[test]
    fn strangers_and_another_coordinator_are_objected_to() {
        let pinned = roster(&["a", "b", "c"]);
        let with_stranger = roster(&["a", "b", "c", "d"]);
        let limits = Limits::default();
        let found = limits.objections(&plan(&with_stranger, 2), &key(99), &pinned, 0.0);
        assert!(
            found.iter().any(|one| one.contains("`d` is not pinned")),
            "{found:?}"
        );
        let found = limits.objections(&plan(&pinned, 2), &key(98), &pinned, 0.0);
        assert!(
            found.iter().any(|one| one.contains("coordinator's key")),
            "{found:?}"
        );
    }

    #[test]
    fn what_an_order_names_must_be_known() {
        let order = JobOrder {
            job: "quality".to_owned(),
            institutions: Some(vec!["z".to_owned()]),
            colluders: None,
            rows_max: 10,
            keys_per_batch: 1,
            task: TaskOrder::Evaluation(EvaluationOrder {
                model_of: "trees".to_owned(),
            }),
        };
        let roster = roster(&["a", "b", "c"]);
        let sets = crate::task::FeatureSets::new();
        let refused = |order: &JobOrder| {
            let refused = order.plan(key(99), &roster, &sets, |_| None);
            refused.expect_err("refused").to_string()
        };
        assert!(refused(&order).contains("`z` is not in the roster"));
        let order = JobOrder {
            institutions: None,
            ..order
        };
        assert!(refused(&order).contains("`trees` has no model"));
    }
}
