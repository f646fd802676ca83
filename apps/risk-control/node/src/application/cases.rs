//! Work a case: take it, give it back, note, escalate, resolve, undo.

use accord_event_log::{Position, Reply, Unavailable};
use accord_service::{IdempotencyScope, idempotency};
use risk_control::{
    AddCaseNote, AssignCase, CaseAction, CaseAuthority, CaseCommand, CaseId, CaseRejection,
    Command, Disposition, EscalateCase, Event, Rejection, ReleaseCase, ReopenCase, ResolveCase,
    RiskControl,
};
use uuid::Uuid;

use super::{ApplicationError, CommandCaller, command_id};
use crate::node::BankNode;

/// What somebody wants done with a case, with notes in plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseWork {
    Assign {
        assignee: String,
    },
    Release,
    AddNote {
        note: String,
    },
    Escalate {
        note: Option<String>,
    },
    Resolve {
        disposition: Disposition,
        note: Option<String>,
    },
    Reopen {
        note: Option<String>,
    },
}

/// One thing to do with one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRequest {
    pub case: CaseId,
    /// The version that the caller has seen; `None` accepts any.
    pub expected_version: Option<u64>,
    pub authority: CaseAuthority,
    pub work: CaseWork,
    /// The caller's idempotency key, if it sent one.
    pub key: Option<String>,
}

/// A case after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseAnswer {
    pub case: CaseId,
    pub version: u64,
    pub position: Position,
    /// The command had been given before; this is what came of it then.
    pub replayed: bool,
}

impl BankNode {
    /// Does one thing with one case. When this returns, it is durable.
    pub async fn work_case(
        &self,
        caller: &CommandCaller,
        request: CaseRequest,
    ) -> Result<CaseAnswer, ApplicationError> {
        let case = request.case;
        let expected_version = request.expected_version;
        let canonical = request.canonical();
        let identity = match &request.key {
            Some(key) => self.case_identity(&caller.actor, case, key),
            None => Uuid::now_v7(),
        };
        let subject = self.shared.keys.by_reference(case.customer.0);
        // A note may name people: without the customer's key nobody can try out guesses against the log.
        let payload_hash = match (&subject, request.work.note()) {
            (Some(subject), Some(_)) => subject.fingerprint(&canonical),
            (None, Some(_)) => return Err(self.case_without_key(case).await?),
            (_, None) => idempotency::payload_hash(&canonical).max(1),
        };
        let seal = |note: String| {
            subject.as_ref().map_or_else(String::new, |subject| {
                subject.seal(note.as_bytes(), identity.as_bytes())
            })
        };
        let command = Command::Case(CaseCommand {
            case,
            expected_version,
            by: caller.actor.to_string(),
            authority: request.authority,
            action: request.work.sealed(seal),
        });
        let keyed = request.key.is_some().then_some(payload_hash);
        let partition = self.partition_of(case.customer);
        let envelope = self.envelope(caller, partition, identity, keyed, command);
        match self.ask_once(caller, envelope).await? {
            Reply::Committed { events, through } => Ok(CaseAnswer {
                case,
                version: events
                    .first()
                    .map(|event| event.metadata.entity_version)
                    .or(expected_version)
                    .unwrap_or(0),
                position: self.position(through),
                replayed: false,
            }),
            Reply::Duplicate { sequence } => {
                let recorded = self
                    .shared
                    .reader
                    .read_event::<RiskControl>(sequence)
                    .await?;
                let is_of_case =
                    matches!(&recorded.event, Event::Case(event) if event.case == case);
                if !is_of_case || recorded.metadata.payload_hash != payload_hash {
                    return Err(ApplicationError::KeyReused);
                }
                Ok(CaseAnswer {
                    case,
                    version: recorded.metadata.entity_version,
                    position: self.position(sequence),
                    replayed: true,
                })
            }
            Reply::KeyReused { .. } => Err(ApplicationError::KeyReused),
            Reply::Rejected(Rejection::Case(CaseRejection::OutOfReach)) => {
                Err(match self.case_row(case).await? {
                    None => ApplicationError::UnknownCase,
                    Some(_) => {
                        ApplicationError::Rejected(Rejection::Case(CaseRejection::OutOfReach))
                    }
                })
            }
            Reply::Rejected(rejection) => Err(ApplicationError::Rejected(rejection)),
            Reply::Unavailable(unavailable) => Err(unavailable.into()),
            Reply::CheckArchive { .. } => Err(Unavailable::Expired.into()),
        }
    }

    async fn case_without_key(&self, case: CaseId) -> Result<ApplicationError, ApplicationError> {
        Ok(match self.case_row(case).await? {
            None => ApplicationError::UnknownCase,
            Some(_) => ApplicationError::Erased,
        })
    }

    fn case_identity(&self, caller: &str, case: CaseId, key: &str) -> Uuid {
        command_id(
            IdempotencyScope {
                institution: &self.shared.name,
                caller,
                // One key may stand for the same work on many cases.
                operation: &format!("case {case}"),
                key,
            }
            .hash(),
        )
    }
}

impl CaseWork {
    fn name(&self) -> &'static str {
        match self {
            Self::Assign { .. } => "assign",
            Self::Release => "release",
            Self::AddNote { .. } => "note",
            Self::Escalate { .. } => "escalate",
            Self::Resolve { .. } => "resolve",
            Self::Reopen { .. } => "reopen",
        }
    }

    fn note(&self) -> Option<&str> {
        match self {
            Self::AddNote { note } => Some(note),
            Self::Escalate { note } | Self::Reopen { note } | Self::Resolve { note, .. } => {
                note.as_deref()
            }
            Self::Assign { .. } | Self::Release => None,
        }
    }

    fn sealed(self, seal: impl Fn(String) -> String) -> CaseAction {
        match self {
            Self::Assign { assignee } => CaseAction::Assign(AssignCase { assignee }),
            Self::Release => CaseAction::Release(ReleaseCase),
            Self::AddNote { note } => CaseAction::AddNote(AddCaseNote { note: seal(note) }),
            Self::Escalate { note } => CaseAction::Escalate(EscalateCase {
                note: note.map(seal),
            }),
            Self::Resolve { disposition, note } => CaseAction::Resolve(ResolveCase {
                disposition,
                note: note.map(seal),
            }),
            Self::Reopen { note } => CaseAction::Reopen(ReopenCase {
                note: note.map(seal),
            }),
        }
    }
}

impl CaseRequest {
    /// Everything that the caller said. The version it had seen is left out: who repeats a request after a time-out
    /// may have read the case again.
    fn canonical(&self) -> Vec<u8> {
        let detail = match &self.work {
            CaseWork::Assign { assignee } => assignee.as_str(),
            CaseWork::Resolve { disposition, .. } => disposition.name(),
            _ => "",
        };
        let canonical = (
            self.case.to_string(),
            self.work.name(),
            detail,
            self.work.note(),
        );
        serde_json::to_vec(&canonical).expect("plain fields always serialise")
    }
}
