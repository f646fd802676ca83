//! The transcript of a job, put together from the log and what the spool keeps.

use std::collections::BTreeMap;

use accord_event_log::journal::reader::ReadError;
use accord_federation::codec::Wire;
use accord_federation::{AgreedPlan, Enrolment, Party, Plan, Transcript};
use base64::{Engine, engine::general_purpose::STANDARD};
use thiserror::Error;

use super::Shared;
use super::log::{BadRecord, Event, ProtocolRecord};

/// Why there is no transcript.
#[derive(Debug, Error)]
pub(super) enum NoTranscript {
    #[error("not everybody has signed the plan")]
    NotBegun,
    #[error("the transcript is no longer kept")]
    Forgotten,
    #[error(transparent)]
    Log(#[from] ReadError),
    #[error("the spool: {0}")]
    Spool(#[from] sqlx::Error),
    #[error(transparent)]
    Record(#[from] BadRecord),
}

/// What an auditor gets of a job.
pub(super) async fn of_job(shared: &Shared, job: &str) -> Result<Transcript, NoTranscript> {
    let mut plan = None;
    let mut enrolments: BTreeMap<Party, Enrolment> = BTreeMap::new();
    let mut records: Vec<ProtocolRecord> = Vec::new();
    let first = shared.book.first_of(job);
    let read = shared
        .log
        .each_from(first, |recorded| match &recorded.event {
            event if event.job() != job => {}
            Event::JobProposed(proposed) => plan = decoded::<Plan>(&proposed.plan),
            Event::InstitutionEnrolled(enrolled) => {
                if let Some(enrolment) = decoded::<Enrolment>(&enrolled.enrolment) {
                    enrolments.insert(enrolment.party, enrolment);
                }
            }
            Event::Protocol(advanced) => records.push(advanced.record.clone()),
            _ => {}
        });
    read.await?;
    let plan = plan.ok_or(NoTranscript::NotBegun)?;
    let agreed = AgreedPlan::new(plan, enrolments.into_values().collect())
        .map_err(|_| NoTranscript::NotBegun)?;
    let mut transcript = Transcript::new(agreed);
    for record in &records {
        let apart = match record.spooled {
            true => shared.spool.get(job, record.number).await?,
            false => None,
        };
        match record.restore(apart.as_deref()) {
            Ok(restored) => transcript.entries.extend(restored.entry),
            Err(BadRecord::NotSpooled(_)) => return Err(NoTranscript::Forgotten),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(transcript)
}

fn decoded<T: Wire>(text: &str) -> Option<T> {
    let bytes = STANDARD.decode(text).ok()?;
    T::from_bytes(&bytes).ok()
}
