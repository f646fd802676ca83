//! A policy over columns: the same decisions as [`Policy::verdict`] makes one by one.

use std::collections::{BTreeSet, HashMap};

use accord_expressions::{Column, Condition};
use accord_learning::is_missing;
use risk_control::{
    Decision, FeatureSet, FeatureUnit, LISTINGS, ListChange, ListName, ListedKind, Policy, Rule,
    RuleMode, rule_fields,
};

use crate::columns::Columns;

const HOUR_US: i64 = 3_600_000_000;
const DAY_US: i64 = 24 * HOUR_US;
/// Money is given to rules in whole units.
const MINOR_UNITS: f64 = 100.0;

/// Why a policy cannot be run over columns.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    #[error("rule {rule} cannot be read: {detail}")]
    Rule { rule: String, detail: String },
    #[error("rule {rule} uses {field}, of which the history holds no column")]
    NoColumn { rule: String, field: String },
}

/// A policy with its rules compiled, and with changes of the lists as if they had always held.
pub struct PolicyRun {
    policy: Policy,
    rules: Vec<CompiledRule>,
    /// For each changed entry, whether it is on each of `ListName::ALL`; `None` leaves it as it was.
    list_changes: HashMap<(usize, i64), [Option<bool>; 3]>,
    /// Names of the fields that any rule uses.
    fields: BTreeSet<&'static str>,
}

struct CompiledRule {
    rule: Rule,
    condition: Condition,
}

/// What a policy makes of each transaction of a part of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdicts {
    /// Places in [`Decision::ALL`].
    pub decisions: Vec<u8>,
    /// For each rule of [`PolicyRun::rules`], which transactions fulfil it.
    pub hits: Vec<Vec<bool>>,
}

const APPROVE: u8 = Decision::Approve as u8;
const DECLINE: u8 = Decision::Decline as u8;

impl PolicyRun {
    /// Compiles the rules that are not off.
    pub fn new(policy: &Policy, list_changes: &[ListChange]) -> Result<Self, PolicyFault> {
        let mut rules = Vec::new();
        let mut fields = BTreeSet::new();
        for rule in policy.rules.rules() {
            if rule.mode == RuleMode::Off {
                continue;
            }
            let condition =
                Condition::compile(&rule.condition, rule_fields()).map_err(|faults| {
                    PolicyFault::Rule {
                        rule: rule.id.to_string(),
                        detail: faults.first().map_or_else(String::new, ToString::to_string),
                    }
                })?;
            for place in condition.fields() {
                let name = rule_fields().fields()[usize::from(*place)].name.as_str();
                if Source::of(name).is_none() {
                    return Err(PolicyFault::NoColumn {
                        rule: rule.id.to_string(),
                        field: name.to_owned(),
                    });
                }
                fields.insert(name);
            }
            rules.push(CompiledRule {
                rule: rule.clone(),
                condition,
            });
        }
        let mut changed: HashMap<(usize, i64), [Option<bool>; 3]> = HashMap::new();
        for change in list_changes {
            let (list, kind, fingerprint) = change.place();
            let key = (kind as usize, fingerprint.0.cast_signed());
            changed.entry(key).or_default()[list as usize] =
                Some(matches!(change, ListChange::Add(_)));
        }
        Ok(Self {
            policy: policy.clone(),
            rules,
            list_changes: changed,
            fields,
        })
    }

    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The rules that are not off, in the policy's order.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = &Rule> {
        self.rules.iter().map(|compiled| &compiled.rule)
    }

    /// Features that the rules use.
    pub fn features(&self) -> impl Iterator<Item = &'static str> {
        self.fields
            .iter()
            .copied()
            .filter(|name| matches!(Source::of(name), Some(Source::Feature(_))))
    }

    /// Decides every transaction, given its score by the policy's model.
    pub fn decide(&self, columns: &Columns, scores: &[f64]) -> Verdicts {
        let lists = self.lists(columns);
        let derived = Derived::new(&self.fields, columns, &lists);
        let given = derived.columns(columns, scores);
        let rows = columns.rows();
        let mut demanded = vec![APPROVE; rows];
        let mut lifted = vec![false; rows];
        let mut hits = Vec::with_capacity(self.rules.len());
        for CompiledRule { rule, condition } in &self.rules {
            let mut fulfilled = Vec::new();
            condition.fulfilled(&given, 0..rows, &mut fulfilled);
            if rule.mode == RuleMode::Active {
                let outcome = rule.outcome as u8;
                for (row, _) in fulfilled.iter().enumerate().filter(|(_, hit)| **hit) {
                    if outcome == APPROVE {
                        lifted[row] = true;
                    } else {
                        demanded[row] = demanded[row].max(outcome);
                    }
                }
            }
            hits.push(fulfilled);
        }
        let thresholds = self.policy.thresholds;
        let decisions = (0..rows)
            .map(|row| {
                if on(lists[row], ListName::Block) {
                    DECLINE
                } else if on(lists[row], ListName::Allow) {
                    APPROVE
                } else if lifted[row] {
                    demanded[row]
                } else {
                    demanded[row].max(thresholds.decide(scores[row]) as u8)
                }
            })
            .collect();
        Verdicts { decisions, hits }
    }

    /// The lists of each transaction, with the changes.
    fn lists(&self, columns: &Columns) -> Vec<i64> {
        let mut lists = columns.lists.clone();
        if self.list_changes.is_empty() {
            return lists;
        }
        for (kind, fingerprints) in columns.list_fingerprints.iter().enumerate() {
            for (row, fingerprint) in fingerprints.iter().enumerate() {
                let Some(changes) = self.list_changes.get(&(kind, *fingerprint)) else {
                    continue;
                };
                for (list, listed) in changes.iter().enumerate() {
                    let bit = 1 << (list * ListedKind::ALL.len() + kind);
                    match listed {
                        Some(true) => lists[row] |= bit,
                        Some(false) => lists[row] &= !bit,
                        None => {}
                    }
                }
            }
        }
        lists
    }
}

/// Whether the bits say that it is on a list, by whatever kind: `LISTINGS` has all kinds of one list beside each other.
fn on(bits: i64, list: ListName) -> bool {
    let kinds = ListedKind::ALL.len();
    let mask = ((1_i64 << kinds) - 1) << (list as usize * kinds);
    bits & mask != 0
}

/// Where the values of a field come from.
#[derive(Clone, Copy)]
enum Source {
    Score,
    Currency,
    Terminal,
    HourOfDay,
    DayOfWeek,
    /// Place in `LISTINGS`.
    Listed(usize),
    Feature(FeatureUnit),
}

impl Source {
    fn of(field: &str) -> Option<Self> {
        match field {
            "score" => return Some(Self::Score),
            "currency" => return Some(Self::Currency),
            "terminal_id" => return Some(Self::Terminal),
            "hour_of_day" => return Some(Self::HourOfDay),
            "day_of_week" => return Some(Self::DayOfWeek),
            _ => {}
        }
        let listed = LISTINGS.iter().position(|(list, kind)| {
            field
                .strip_prefix(kind.name())
                .and_then(|rest| rest.strip_prefix("_on_"))
                .and_then(|rest| rest.strip_suffix("_list"))
                == Some(list.name())
        });
        let mut features = FeatureSet::CURRENT.features().iter();
        listed.map(Self::Listed).or_else(|| {
            features
                .find(|feature| feature.name == field)
                .map(|feature| Self::Feature(feature.unit))
        })
    }
}

/// Columns that are computed from others, for the fields that are used.
struct Derived {
    integers: HashMap<&'static str, Vec<i64>>,
    flags: HashMap<&'static str, Vec<u8>>,
    numbers: HashMap<&'static str, Vec<f64>>,
}

impl Derived {
    fn new(fields: &BTreeSet<&'static str>, columns: &Columns, lists: &[i64]) -> Self {
        let mut derived = Self {
            integers: HashMap::new(),
            flags: HashMap::new(),
            numbers: HashMap::new(),
        };
        let of_times = |of: fn(i64) -> i64| {
            let times = columns.occurred_at_us.iter();
            times.map(|at_us| of(*at_us)).collect()
        };
        for name in fields {
            match Source::of(name) {
                Some(Source::HourOfDay) => {
                    let hours = of_times(|at_us| at_us.rem_euclid(DAY_US) / HOUR_US);
                    derived.integers.insert(name, hours);
                }
                Some(Source::DayOfWeek) => {
                    // 1970-01-01 was a Thursday.
                    let days = of_times(|at_us| (at_us.div_euclid(DAY_US) + 3).rem_euclid(7) + 1);
                    derived.integers.insert(name, days);
                }
                Some(Source::Listed(bit)) => {
                    let flags = lists.iter().map(|bits| u8::from(bits & (1 << bit) != 0));
                    derived.flags.insert(name, flags.collect());
                }
                Some(Source::Feature(FeatureUnit::Flag)) => {
                    let flag = |value: &f64| match *value {
                        value if is_missing(value) => 2,
                        value => u8::from(value > 0.5),
                    };
                    let values = columns.feature(name).unwrap_or_default();
                    derived
                        .flags
                        .insert(name, values.iter().map(flag).collect());
                }
                Some(Source::Feature(unit)) => {
                    let divisor = match unit {
                        FeatureUnit::Money => MINOR_UNITS,
                        _ => 1.0,
                    };
                    let number = |value: &f64| match *value {
                        value if is_missing(value) => f64::NAN,
                        value => value / divisor,
                    };
                    let values = columns.feature(name).unwrap_or_default();
                    derived
                        .numbers
                        .insert(name, values.iter().map(number).collect());
                }
                _ => {}
            }
        }
        derived
    }

    /// In the order of [`rule_fields`]; what is not used is missing.
    fn columns<'c>(&'c self, columns: &'c Columns, scores: &'c [f64]) -> Vec<Column<'c>> {
        let fields = rule_fields().fields().iter();
        fields
            .map(|field| {
                let name = field.name.as_str();
                if let Some(values) = self.integers.get(name) {
                    return Column::Int(values);
                }
                if let Some(values) = self.flags.get(name) {
                    return Column::Bool(values);
                }
                if let Some(values) = self.numbers.get(name) {
                    return Column::Double(values);
                }
                match Source::of(name) {
                    Some(Source::Score) => Column::Double(scores),
                    Some(Source::Currency) => Column::Text {
                        places: &columns.currency.places,
                        texts: &columns.currency.texts,
                    },
                    Some(Source::Terminal) => Column::Text {
                        places: &columns.terminal.places,
                        texts: &columns.terminal.texts,
                    },
                    _ => Column::Missing,
                }
            })
            .collect()
    }
}
