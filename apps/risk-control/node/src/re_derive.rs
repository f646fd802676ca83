//! Proving past decisions: every one is made again from what the log holds, and must come out the same to the byte.
//!
//! First every hash chain is checked. Then all partitions are folded again from their first event, with the adoptions of
//! policies and lists that they had then; and before each transaction is folded, the decider decides it once more: with
//! the features computed anew, the model of that time from its artefact, the rules and lists of the adopted policy.

use std::{
    collections::{BTreeMap, HashSet},
    io,
    path::{Path, PathBuf},
};

use accord_decider::{Decider, LoggedDecider, PartitionId};
use accord_event_log::{
    EventMetadata, LogReader, Recorded, Sequence,
    commit::{decode_event, inspect_event},
    journal::reader::ReadError,
    subject_keys::{MasterKey, SubjectKeyError, SubjectKeys},
    verify::{self, Fault},
};
use accord_learning::is_missing;
use risk_control::{
    AssessTransaction, Command, Context, CustomerReference, EntitySummaries, Event, FeatureSet,
    Features, ImportTransaction, PartitionState, RiskControl, Transaction, TransactionAssessed,
    TransactionImported,
};
use serde::Serialize;
use tokio::runtime::Handle;

use crate::{listed::fingerprints, models::ModelShelf, personal::PersonalFields};

/// Stored text read at a time.
const READ_BYTES: usize = 8 << 20;
/// Decisions that a summary tells one by one.
pub const TOLD_MAX: usize = 100;

/// What became of one decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Derived {
    /// Features, score, decision, reasons, rules and lists are the same to the byte.
    Identical,
    /// The customer's key was destroyed, so nobody can tell which lists it was on; the chain over its bytes holds.
    SubjectErased,
    /// It was decided on features that this binary does not compute.
    FeatureSetGone,
    /// The model that decided is not among the artefacts.
    ModelGone,
    /// It does not come out as it is stored.
    Different,
}

impl Derived {
    pub const ALL: [Self; 5] = [
        Self::Identical,
        Self::SubjectErased,
        Self::FeatureSetGone,
        Self::ModelGone,
        Self::Different,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::SubjectErased => "chain verified, subject erased",
            Self::FeatureSetGone => "feature set no longer in this binary",
            Self::ModelGone => "model not among the artefacts",
            Self::Different => "DIFFERENT",
        }
    }
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DerivedDecision {
    pub sequence: u64,
    pub transaction_id: String,
    /// Decided elsewhere: only its features are derived.
    pub imported: bool,
    pub derived: Derived,
    /// What is different.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What came out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DerivationReport {
    pub events: u64,
    pub decisions: u64,
    pub counts: BTreeMap<Derived, u64>,
    /// Places where the log contradicts itself.
    pub chain_faults: Vec<Fault>,
    /// The first decisions that are not identical.
    pub told: Vec<DerivedDecision>,
}

impl DerivationReport {
    /// Whether nothing contradicts what is stored.
    pub fn holds(&self) -> bool {
        self.chain_faults.is_empty() && !self.counts.contains_key(&Derived::Different)
    }
}

/// Why nothing could be derived.
#[derive(Debug, thiserror::Error)]
pub enum DerivationError {
    #[error(transparent)]
    Log(#[from] ReadError),
    #[error(transparent)]
    Keys(#[from] SubjectKeyError),
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
}

/// Derives every decision in the log of the node in `folder`, which no process may hold. `each` is given every one, in
/// the order of the log. Blocks: to be called off the threads that drive tasks.
pub fn re_derive(
    folder: &Path,
    tokio: &Handle,
    each: impl FnMut(&DerivedDecision),
) -> Result<DerivationReport, DerivationError> {
    let file = |path: PathBuf| move |source| DerivationError::File { path, source };
    let reader = tokio.block_on(LogReader::open(&folder.join("log")))?;
    let artefacts = folder.join("artefacts");
    let models = ModelShelf::open(artefacts.clone()).map_err(file(artefacts))?;
    let master = folder.join("keys").join("master.key");
    // Without the keys every customer would look erased.
    std::fs::metadata(&master).map_err(file(master.clone()))?;
    let master = MasterKey::open_or_create(&master).map_err(file(master))?;
    let keys = folder.join("keys").join("subjects.db");
    let keys = tokio.block_on(SubjectKeys::open(keys, master))?;
    let checked = tokio.block_on(verify::verify(&reader, |_| {}))?;
    let mut derivation = Derivation {
        states: reader
            .header()
            .layout
            .all()
            .map(|partition| (partition, RiskControl::initial(partition)))
            .collect(),
        context: Context {
            now_us: 0,
            models: models.library(),
            entities: None,
        },
        keys: &keys,
        report: DerivationReport {
            chain_faults: checked.faults,
            ..DerivationReport::default()
        },
        each,
    };
    let mut read = Sequence::ZERO;
    loop {
        let commits = tokio.block_on(reader.read_after(read, READ_BYTES))?;
        let Some(last) = commits.last() else {
            break;
        };
        read = last.last_sequence();
        for commit in &commits {
            derivation.context.now_us = commit.recorded_at_us;
            let stored = commit.stored_events().map_err(ReadError::from)?;
            let sequences = (commit.first_sequence.0..).map(Sequence);
            for (sequence, stored) in sequences.zip(stored) {
                derivation.event(stored.get(), sequence, commit.recorded_at_us)?;
            }
        }
    }
    let report = derivation.report;
    tokio.block_on(keys.close());
    tokio.block_on(reader.close());
    Ok(report)
}

struct Derivation<'k, F> {
    states: BTreeMap<PartitionId, PartitionState>,
    context: Context,
    keys: &'k SubjectKeys,
    report: DerivationReport,
    each: F,
}

impl<F: FnMut(&DerivedDecision)> Derivation<'_, F> {
    fn event(
        &mut self,
        stored: &str,
        sequence: Sequence,
        recorded_at_us: i64,
    ) -> Result<(), ReadError> {
        self.report.events += 1;
        let decoded = decode_event::<RiskControl>(stored, sequence, recorded_at_us);
        let recorded = match decoded {
            Ok(recorded) => recorded,
            Err(error) => match unknown_features(stored, sequence, recorded_at_us) {
                Some(recorded) => {
                    self.tell(&recorded, Derived::FeatureSetGone, None);
                    self.fold(&recorded);
                    return Ok(());
                }
                None => return Err(error.into()),
            },
        };
        match &recorded.event {
            Event::TransactionAssessed(event) => {
                let (derived, detail) = self.assessed(&recorded.metadata, event);
                self.tell(&recorded, derived, detail);
            }
            Event::TransactionImported(event) => {
                let (derived, detail) = self.imported(&recorded.metadata, event);
                self.tell(&recorded, derived, detail);
            }
            _ => {}
        }
        self.fold(&recorded);
        Ok(())
    }

    fn fold(&mut self, recorded: &Recorded<Event>) {
        if let Some(state) = self.states.get_mut(&recorded.metadata.partition) {
            RiskControl::evolve(state, &recorded.event);
        }
    }

    /// The context in which a command about a transaction was decided.
    fn consulted(&self, command: &Command) -> Context {
        RiskControl::consult(&self.context, command, self.states.values())
            .unwrap_or_else(|| self.context.clone())
    }

    fn assessed(
        &self,
        metadata: &EventMetadata,
        stored: &TransactionAssessed,
    ) -> (Derived, Option<String>) {
        let Some(PartitionState::Customers(state)) = self.states.get(&metadata.partition) else {
            return different("its partition holds no customers");
        };
        let model = state.adopted.as_ref().map(|(_, policy)| &policy.model);
        if model.is_none_or(|model| self.context.models.get(model).is_none()) {
            return (Derived::ModelGone, model.cloned());
        }
        let customer = stored.transaction.customer.0;
        let Some(subject) = self.keys.by_reference(customer) else {
            return (Derived::SubjectErased, None);
        };
        let Some(personal) = PersonalFields::open(&stored.personal, &subject, metadata.command_id)
        else {
            return different("its personal fields do not open with the customer's key");
        };
        let command = Command::AssessTransaction(AssessTransaction {
            transaction: stored.transaction.clone(),
            personal: stored.personal.clone(),
            fingerprints: fingerprints(self.keys, &personal, &stored.transaction.terminal_id),
        });
        let decided = RiskControl::decide(
            &self.states[&metadata.partition],
            &self.consulted(&command),
            &command,
        );
        match decided {
            Err(rejection) => different(&format!("it would be refused: {rejection}")),
            Ok(events) => match events.first() {
                Some(Event::TransactionAssessed(again)) => compare(stored, again),
                _ => different("it would not be assessed"),
            },
        }
    }

    fn imported(
        &self,
        metadata: &EventMetadata,
        stored: &TransactionImported,
    ) -> (Derived, Option<String>) {
        let Some(PartitionState::Customers(state)) = self.states.get(&metadata.partition) else {
            return different("its partition holds no customers");
        };
        let command = Command::ImportTransaction(ImportTransaction {
            transaction: stored.transaction.clone(),
            decision: stored.decision,
            personal: String::new(),
        });
        let entities = self.consulted(&command).entities.unwrap_or_default();
        let history = state.customers.get(&stored.transaction.customer.0);
        // On the set that it was imported with, whatever is the newest now.
        let set = stored.features.set();
        let again = set.compute(history, &entities, &stored.transaction);
        match changed_feature(&stored.features, &again) {
            None => (Derived::Identical, None),
            Some(detail) => different(&detail),
        }
    }

    fn tell(&mut self, recorded: &Recorded<Event>, derived: Derived, detail: Option<String>) {
        let (transaction_id, imported) = match &recorded.event {
            Event::TransactionImported(event) => (&event.transaction.transaction_id, true),
            Event::TransactionAssessed(event) => (&event.transaction.transaction_id, false),
            _ => return,
        };
        let decision = DerivedDecision {
            sequence: recorded.metadata.sequence.0,
            transaction_id: transaction_id.clone(),
            imported,
            derived,
            detail,
        };
        self.report.decisions += 1;
        *self.report.counts.entry(derived).or_default() += 1;
        (self.each)(&decision);
        if derived != Derived::Identical && self.report.told.len() < TOLD_MAX {
            self.report.told.push(decision);
        }
    }
}

fn different(detail: &str) -> (Derived, Option<String>) {
    (Derived::Different, Some(detail.to_owned()))
}

fn compare(stored: &TransactionAssessed, again: &TransactionAssessed) -> (Derived, Option<String>) {
    let mut details: Vec<String> = changed_feature(&stored.features, &again.features)
        .into_iter()
        .collect();
    if stored.score.to_bits() != again.score.to_bits() {
        details.push(format!(
            "score {} comes out as {}",
            stored.score, again.score
        ));
    }
    if stored.decision != again.decision {
        details.push(format!(
            "{} comes out as {}",
            stored.decision.name(),
            again.decision.name()
        ));
    }
    for (what, same) in [
        ("reasons", stored.reasons == again.reasons),
        ("policy", stored.policy == again.policy),
        ("lists", stored.lists == again.lists),
        ("rules", stored.hits == again.hits),
        ("shadow rules", stored.shadow_hits == again.shadow_hits),
    ] {
        if !same {
            details.push(format!("other {what}"));
        }
    }
    if details.is_empty() {
        (Derived::Identical, None)
    } else {
        different(&details.join("; "))
    }
}

/// The first feature that is not the same to the bit.
fn changed_feature(stored: &Features, again: &Features) -> Option<String> {
    if stored.set() != again.set() {
        return Some(format!(
            "feature set {} comes out as {}",
            stored.set().name(),
            again.set().name()
        ));
    }
    let mut both = stored.iter().zip(again.values());
    both.find(|((_, stored), again)| {
        let both_missing = is_missing(*stored) && is_missing(**again);
        !both_missing && stored.to_bits() != again.to_bits()
    })
    .map(|((feature, stored), again)| format!("{} {stored} comes out as {again}", feature.name))
}

/// A transaction whose features are of a set that this binary does not know; what is left of it can be folded.
fn unknown_features(
    stored: &str,
    sequence: Sequence,
    recorded_at_us: i64,
) -> Option<Recorded<Event>> {
    let (metadata, payload) = inspect_event(stored, sequence, recorded_at_us).ok()?;
    let payload: serde_json::Value = serde_json::from_str(payload.get()).ok()?;
    let known: HashSet<&str> = FeatureSet::ALL.iter().map(|set| set.name()).collect();
    let set = payload.get("features")?.as_object()?.keys().next()?;
    if known.contains(set.as_str()) {
        return None;
    }
    let customer = CustomerReference::parse(&metadata.entity_id)?;
    let transaction = Transaction {
        customer,
        ..serde_json::from_value(payload.clone()).ok()?
    };
    let decision = serde_json::from_value(payload.get("decision")?.clone()).ok()?;
    Some(Recorded {
        metadata,
        event: Event::TransactionImported(TransactionImported {
            features: FeatureSet::CURRENT.compute(None, &EntitySummaries::default(), &transaction),
            transaction,
            decision,
            personal: String::new(),
        }),
    })
}
