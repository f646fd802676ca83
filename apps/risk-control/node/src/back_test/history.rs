//! The node's history in columns: a file for each sealed segment of the log, and the active segment in memory.
//!
//! Files are made when they are first needed. One that is missing, damaged, or of another form or log is made again
//! from its segment, which never changes once another one has begun.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use accord_event_log::{Recorded, Sequence};
use risk_control::{Event, ListedKind, RiskControl, TransactionFingerprints};
use risk_control_back_test::{
    ColumnBuilder, ColumnFile, ColumnFileError, Columns, EventPlace, LabelRecord, read_scores,
    write_scores,
};
use tokio::runtime::Handle;

use super::{BackTestError, BackTestProgress};
use crate::{node::BankNode, personal::PersonalFields};

/// Stored text read at a time.
const READ_BYTES: usize = 8 << 20;

/// Leading digits of a model's hash that name its files.
const MODEL_NAME_BYTES: usize = 16;

/// Part of the history.
pub(super) enum Part {
    /// A column file, which was found sound.
    Sealed {
        path: PathBuf,
        events: u64,
        labels: Vec<LabelRecord>,
    },
    /// What the active segment held when it was read.
    Active(Arc<Columns>),
}

impl Part {
    /// Events of the log that it stands for.
    pub fn events(&self) -> u64 {
        match self {
            Self::Sealed { events, .. } => *events,
            Self::Active(columns) => {
                (columns.last_sequence + 1).saturating_sub(columns.first_sequence)
            }
        }
    }

    /// The transactions, with at least these features.
    pub fn columns(&self, log: &str, features: &[&str]) -> Result<Arc<Columns>, BackTestError> {
        match self {
            Self::Active(columns) => Ok(Arc::clone(columns)),
            Self::Sealed { path, .. } => {
                let bytes = fs::read(path).map_err(|error| in_file(path, &error))?;
                let columns = ColumnFile::open(&bytes, log).and_then(|file| file.read(features));
                columns.map(Arc::new).map_err(|error| in_file(path, &error))
            }
        }
    }

    /// What a model said of it in an earlier back-test, if that is known.
    pub fn known_scores(&self, log: &str, model: &str, rows: usize) -> Option<Vec<f64>> {
        let bytes = fs::read(self.scores_path(model)?).ok()?;
        read_scores(&bytes, log, model, rows)
    }

    /// Keeps what a model says of it; only a sealed part stays as it is.
    pub fn keep_scores(&self, log: &str, model: &str, scores: &[f64]) {
        if let Some(path) = self.scores_path(model)
            && let Err(error) = replace(&path, &write_scores(scores, log, model))
        {
            // Only a cache: the next back-test computes them again.
            tracing::warn!(path = %path.display(), %error, "scores could not be kept");
        }
    }

    fn scores_path(&self, model: &str) -> Option<PathBuf> {
        match self {
            Self::Sealed { path, .. } => {
                let name = model.get(..MODEL_NAME_BYTES).unwrap_or(model);
                Some(path.with_extension(format!("{name}.scores")))
            }
            Self::Active(_) => None,
        }
    }

    /// What became known in this part of the log.
    pub fn labels(&self) -> &[LabelRecord] {
        match self {
            Self::Active(columns) => &columns.labels,
            Self::Sealed { labels, .. } => labels,
        }
    }
}

fn in_file(path: &Path, error: &dyn std::fmt::Display) -> BackTestError {
    BackTestError::File(format!("{}: {error}", path.display()))
}

impl BankNode {
    fn columns_folder(&self) -> PathBuf {
        self.shared.folder.join("columns")
    }

    /// Makes the files that are missing, so that the next back-test need not. Blocks.
    pub fn prepare_back_tests(
        &self,
        tokio: &Handle,
        progress: &BackTestProgress,
    ) -> Result<(), BackTestError> {
        self.history(self.shared.reader.last(), tokio, progress)
            .map(|_| ())
    }

    /// All of the log up to `through`, oldest first. Blocks: to be called on a thread of its own.
    pub(super) fn history(
        &self,
        through: Sequence,
        tokio: &Handle,
        progress: &BackTestProgress,
    ) -> Result<Vec<Part>, BackTestError> {
        let folder = self.columns_folder();
        fs::create_dir_all(&folder).map_err(|error| in_file(&folder, &error))?;
        let segments = self.shared.reader.segments();
        progress.begin(through.0);
        let mut parts = Vec::with_capacity(segments.len());
        for (place, (first, _)) in segments.iter().enumerate() {
            if *first > through {
                break;
            }
            let next = segments.get(place + 1).map(|(first, _)| *first);
            match next {
                Some(next) if next.0 <= through.0 + 1 => {
                    parts.push(self.sealed(*first, Sequence(next.0 - 1), tokio, progress)?);
                }
                _ => {
                    let columns = self.read_columns(*first, through, tokio, progress)?;
                    parts.push(Part::Active(Arc::new(columns)));
                }
            }
        }
        Ok(parts)
    }

    fn sealed(
        &self,
        first: Sequence,
        last: Sequence,
        tokio: &Handle,
        progress: &BackTestProgress,
    ) -> Result<Part, BackTestError> {
        let path = self.columns_folder().join(format!("{first:020}.columns"));
        let events = last.0 + 1 - first.0;
        let log = &self.shared.reader.header().log_id;
        let labels = match labels_of_sound(&path, log, (first.0, last.0)) {
            Some(labels) => {
                progress.prepared(events);
                labels
            }
            None => {
                let columns = self.read_columns(first, last, tokio, progress)?;
                let bytes = ColumnFile::write(&columns, log);
                replace(&path, &bytes).map_err(|error| in_file(&path, &error))?;
                columns.labels
            }
        };
        Ok(Part::Sealed {
            path,
            events,
            labels,
        })
    }

    /// Reads a part of the log into columns.
    fn read_columns(
        &self,
        first: Sequence,
        last: Sequence,
        tokio: &Handle,
        progress: &BackTestProgress,
    ) -> Result<Columns, BackTestError> {
        let mut builder = ColumnBuilder::new(first.0);
        let mut read = Sequence(first.0 - 1);
        while read < last {
            progress.check()?;
            let commits = tokio.block_on(self.shared.reader.read_after(read, READ_BYTES))?;
            let Some(end) = commits.last().map(|commit| commit.last_sequence()) else {
                break;
            };
            for commit in &commits {
                commit
                    .each_after::<RiskControl>(read, |recorded| {
                        if recorded.metadata.sequence <= last {
                            self.add_to_columns(&mut builder, recorded);
                        }
                    })
                    .map_err(accord_event_log::journal::reader::ReadError::from)?;
            }
            progress.prepared(end.min(last).0 - read.0);
            read = end;
        }
        Ok(builder.finish())
    }

    fn add_to_columns(&self, builder: &mut ColumnBuilder, recorded: &Recorded<Event>) {
        let place = EventPlace {
            sequence: recorded.metadata.sequence.0,
            partition: recorded.metadata.partition.0,
        };
        builder.add(place, &recorded.event, |event| {
            let (transaction, personal) = match event {
                Event::TransactionAssessed(event) => (&event.transaction, &event.personal),
                Event::TransactionImported(event) => (&event.transaction, &event.personal),
                _ => return TransactionFingerprints::default(),
            };
            let subject = self.shared.keys.by_reference(transaction.customer.0);
            let personal = subject.and_then(|subject| {
                PersonalFields::open(personal, &subject, recorded.metadata.command_id)
            });
            match personal {
                Some(personal) => self.list_fingerprints(&personal, &transaction.terminal_id),
                // Erased: nobody can tell any more which lists its customer, card and device would be on.
                None => TransactionFingerprints {
                    terminal: Some(
                        self.list_fingerprint(ListedKind::Terminal, &transaction.terminal_id),
                    ),
                    ..TransactionFingerprints::default()
                },
            }
        });
    }
}

/// The labels of a file, where it stands for this part of the log.
fn labels_of_sound(path: &Path, log: &str, extent: (u64, u64)) -> Option<Vec<LabelRecord>> {
    let bytes = fs::read(path).ok()?;
    let read = ColumnFile::open(&bytes, log)
        .and_then(|file| file.labels().map(|labels| (file.extent(), labels)));
    match read {
        Ok((found, labels)) => (found == extent).then_some(labels),
        Err(error @ (ColumnFileError::Other | ColumnFileError::Damaged)) => {
            tracing::info!(path = %path.display(), %error, "a column file is made again");
            None
        }
    }
}

/// A crash leaves the old file, the new one, or none; what is cut short is noticed by its hashes.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let draft = path.with_extension("draft");
    fs::File::create(&draft)?.write_all(bytes)?;
    fs::rename(&draft, path)
}
