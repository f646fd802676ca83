//! A step of the protocol as the log keeps it: what people can read, the step's one binary form, and apart from both
//! the bulky or passing part of it (a vector, sealed shares), which lies in the spool.

use accord_federation::codec::{DecodeError, Reader, Wire, Writer};
use accord_federation::coordinator::{AbandonReason, ClosureReason, CoordinatorEvent};
use accord_federation::message::{Release, ShareSummary, SumRelease};
use accord_federation::{Entry, Parties, Party, Signed, SignedHash};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProtocolRecord {
    /// Which step of the job, from 0.
    pub number: u64,
    /// What kind of step; the log has it as the event's type.
    #[serde(skip, default = "RecordKind::unread")]
    pub kind: RecordKind,
    /// Whose message it was, by place in the roster.
    pub place: Option<u8>,
    /// About whom it is, by place: members, survivors, who is awaited.
    pub places: Option<Vec<u8>>,
    /// What is summed.
    pub query: Option<String>,
    /// The round.
    pub round: Option<u32>,
    /// Bytes of the institution's message.
    pub bytes: u64,
    /// In words, where there are some: who is to blame for what, why something ended.
    pub reason: Option<String>,
    /// The step without its bulky part, in base64.
    pub form: String,
    /// Whether a part of it lies in the spool.
    pub spooled: bool,
}

/// How long the spool keeps a step's bulky part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetainedFor {
    /// Until the round is over: together with others it would be an answer.
    Round,
    /// As long as the job's transcript.
    Transcript,
}

/// What a record stands for.
#[derive(Debug)]
pub struct Restored {
    /// The step, if all of it is there and the machine needs it.
    pub event: Option<CoordinatorEvent>,
    /// What the transcript has of it.
    pub entry: Option<Entry>,
}

/// A record that cannot be read.
#[derive(Debug, Error)]
pub enum BadRecord {
    /// Not base64.
    #[error("the record is not base64")]
    Base64,
    /// Not the binary form of such a step.
    #[error(transparent)]
    Form(#[from] DecodeError),
    /// The part that lies apart is gone.
    #[error("the spool lacks what belongs to step {0}")]
    NotSpooled(u64),
}

macro_rules! kinds {
    ($($kind:ident,)+) => {
        /// Kinds of steps; see [`CoordinatorEvent`] for each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the protocol's own names, explained where the protocol is")]
        pub enum RecordKind { $($kind,)+ }

        impl RecordKind {
            /// The event's type.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => stringify!($kind),)+ }
            }

            /// The kind of an event's type.
            pub fn of_name(name: &str) -> Option<Self> {
                match name { $(stringify!($kind) => Some(Self::$kind),)+ _ => None }
            }
        }
    };
}

kinds! {
    BatchOpened, KeysReceived, DirectoryPublished, SharesReceived, SharesFixed, VerdictReceived, Blamed,
    BatchReady, BatchFailed, RoundOpened, InputReceived, SurvivorsFixed, SurvivorsSigned, AgreementReached,
    SharesOpened, SumReleased, AttemptAbandoned, UnitClosed,
}

impl RecordKind {
    /// Stands for a kind until the event's type has been read.
    fn unread() -> Self {
        Self::SharesFixed
    }
}

impl ProtocolRecord {
    /// The record of a step, and what goes into the spool for how long.
    pub fn of(number: u64, event: &CoordinatorEvent) -> (Self, Option<(RetainedFor, Vec<u8>)>) {
        let mut record = Self {
            number,
            kind: RecordKind::SharesFixed,
            place: None,
            places: None,
            query: None,
            round: None,
            bytes: 0,
            reason: None,
            form: String::new(),
            spooled: false,
        };
        let mut writer = Writer::default();
        let mut apart = None;
        match event {
            CoordinatorEvent::BatchOpened { batch, invited } => {
                record.kind = RecordKind::BatchOpened;
                record.places = Some(places(*invited));
                writer.u32(*batch);
                invited.write(&mut writer);
            }
            CoordinatorEvent::KeysReceived { party, keys } => {
                record.from(RecordKind::KeysReceived, *party, keys, &mut writer);
            }
            CoordinatorEvent::DirectoryPublished { directory } => {
                record.kind = RecordKind::DirectoryPublished;
                directory.write(&mut writer);
            }
            CoordinatorEvent::SharesReceived { party, shares } => {
                record.from(
                    RecordKind::SharesReceived,
                    *party,
                    &shares.summary,
                    &mut writer,
                );
                apart = Some((RetainedFor::Transcript, shares.to_bytes()));
            }
            CoordinatorEvent::SharesFixed => record.kind = RecordKind::SharesFixed,
            CoordinatorEvent::VerdictReceived { party, verdict } => {
                record.from(RecordKind::VerdictReceived, *party, verdict, &mut writer);
            }
            CoordinatorEvent::Blamed { fault } => {
                record.kind = RecordKind::Blamed;
                record.reason = Some(fault.to_string());
                record.place = fault.culprit().map(place);
            }
            CoordinatorEvent::BatchReady { members } => {
                record.about(RecordKind::BatchReady, *members, &mut writer);
            }
            CoordinatorEvent::BatchFailed => record.kind = RecordKind::BatchFailed,
            CoordinatorEvent::RoundOpened { opening } => {
                record.kind = RecordKind::RoundOpened;
                record.places = Some(places(opening.body.members));
                record.query = Some(opening.body.query.0.name.clone());
                record.round = Some(opening.body.round);
                opening.write(&mut writer);
            }
            CoordinatorEvent::InputReceived {
                party,
                header,
                vector,
            } => {
                record.from(RecordKind::InputReceived, *party, header, &mut writer);
                apart = Some((RetainedFor::Round, vector.to_bytes()));
            }
            CoordinatorEvent::SurvivorsFixed { survivors } => {
                record.about(RecordKind::SurvivorsFixed, *survivors, &mut writer);
            }
            CoordinatorEvent::SurvivorsSigned { party, signed } => {
                record.from(RecordKind::SurvivorsSigned, *party, signed, &mut writer);
            }
            CoordinatorEvent::AgreementReached { signatures } => {
                record.kind = RecordKind::AgreementReached;
                writer.list(signatures);
            }
            CoordinatorEvent::SharesOpened { party, signed } => {
                record.from(
                    RecordKind::SharesOpened,
                    *party,
                    &signed.stub(),
                    &mut writer,
                );
                apart = Some((RetainedFor::Round, signed.to_bytes()));
            }
            CoordinatorEvent::SumReleased { release } => {
                let header = &release.header.body;
                record.kind = RecordKind::SumReleased;
                record.places = Some(places(header.survivors));
                record.query = Some(header.query.0.name.clone());
                record.round = Some(header.round);
                release.header.write(&mut writer);
                apart = Some((RetainedFor::Transcript, release.total.to_bytes()));
            }
            CoordinatorEvent::AttemptAbandoned { reason } => {
                record.kind = RecordKind::AttemptAbandoned;
                let (tag, words) = match reason {
                    AbandonReason::TooFewInputs => (0, "too few masked answers"),
                    AbandonReason::TooFewSignatures => (1, "too few signatures"),
                };
                record.reason = Some(words.to_owned());
                writer.u8(tag);
            }
            CoordinatorEvent::UnitClosed { closure, reason } => {
                record.kind = RecordKind::UnitClosed;
                record.round = Some(closure.body.round);
                let (tag, words) = match reason {
                    ClosureReason::DropOut => (0, "an institution of the unit is missing"),
                    ClosureReason::AnswersLost => (1, "opened shares were lost for good"),
                    ClosureReason::Cheating => (2, "the sum could not be unmasked"),
                };
                record.reason = Some(words.to_owned());
                writer.u8(tag);
                closure.write(&mut writer);
            }
        }
        record.form = STANDARD.encode(writer.into_bytes());
        if let Some((_, part)) = &apart {
            record.spooled = true;
            if record.place.is_some() {
                record.bytes += part.len() as u64;
            }
        }
        (record, apart)
    }

    fn from(&mut self, kind: RecordKind, party: Party, message: &impl Wire, writer: &mut Writer) {
        self.kind = kind;
        self.place = Some(place(party));
        party.write(writer);
        let bytes = message.to_bytes();
        self.bytes = bytes.len() as u64;
        writer.fixed(&bytes);
    }

    fn about(&mut self, kind: RecordKind, parties: Parties, writer: &mut Writer) {
        self.kind = kind;
        self.places = Some(places(parties));
        parties.write(writer);
    }

    /// The step that the record stands for. Without `apart`, a step that needs it is no event any more, but may still
    /// be an entry of the transcript.
    pub fn restore(&self, apart: Option<&[u8]>) -> Result<Restored, BadRecord> {
        let form = STANDARD.decode(&self.form).map_err(|_| BadRecord::Base64)?;
        let mut reader = Reader::new(&form);
        let restored = self.read(&mut reader, apart)?;
        reader.finish()?;
        Ok(restored)
    }

    fn read(&self, from: &mut Reader<'_>, apart: Option<&[u8]>) -> Result<Restored, BadRecord> {
        use CoordinatorEvent as Step;
        let whole = |event: Step, entry: Option<Entry>| {
            Ok(Restored {
                event: Some(event),
                entry,
            })
        };
        match self.kind {
            RecordKind::BatchOpened => whole(
                Step::BatchOpened {
                    batch: from.u32()?,
                    invited: Wire::read(from)?,
                },
                None,
            ),
            RecordKind::KeysReceived => whole(
                Step::KeysReceived {
                    party: Wire::read(from)?,
                    keys: Wire::read(from)?,
                },
                None,
            ),
            RecordKind::DirectoryPublished => {
                let directory: Signed<_> = Wire::read(from)?;
                let entry = Entry::Directory(directory.clone());
                whole(Step::DirectoryPublished { directory }, Some(entry))
            }
            RecordKind::SharesReceived => {
                let party = Wire::read(from)?;
                let summary: Signed<ShareSummary> = Wire::read(from)?;
                Ok(Restored {
                    event: read_apart(apart)?.map(|shares| Step::SharesReceived { party, shares }),
                    entry: Some(Entry::Shares(party, summary)),
                })
            }
            RecordKind::SharesFixed => whole(Step::SharesFixed, None),
            RecordKind::VerdictReceived => {
                let party = Wire::read(from)?;
                let verdict: Signed<_> = Wire::read(from)?;
                let entry = Entry::Verdict(party, verdict.clone());
                whole(Step::VerdictReceived { party, verdict }, Some(entry))
            }
            // The machine knows of it from what led to it.
            RecordKind::Blamed => Ok(Restored {
                event: None,
                entry: None,
            }),
            RecordKind::BatchReady => {
                let members = Wire::read(from)?;
                whole(
                    Step::BatchReady { members },
                    Some(Entry::BatchReady(members)),
                )
            }
            RecordKind::BatchFailed => whole(Step::BatchFailed, None),
            RecordKind::RoundOpened => {
                let opening: Signed<_> = Wire::read(from)?;
                let entry = Entry::Opening(opening.clone());
                whole(Step::RoundOpened { opening }, Some(entry))
            }
            RecordKind::InputReceived => {
                let party = Wire::read(from)?;
                let header: Signed<_> = Wire::read(from)?;
                let entry = Entry::Input(party, header.clone(), None);
                Ok(Restored {
                    event: read_apart(apart)?.map(|vector| Step::InputReceived {
                        party,
                        header,
                        vector,
                    }),
                    entry: Some(entry),
                })
            }
            RecordKind::SurvivorsFixed => {
                let survivors = Wire::read(from)?;
                whole(
                    Step::SurvivorsFixed { survivors },
                    Some(Entry::Survivors(survivors)),
                )
            }
            RecordKind::SurvivorsSigned => whole(
                Step::SurvivorsSigned {
                    party: Wire::read(from)?,
                    signed: Wire::read(from)?,
                },
                None,
            ),
            RecordKind::AgreementReached => {
                let signatures: Vec<_> = from.list("signatures", accord_federation::PARTIES_MAX)?;
                let entry = Entry::Agreement(signatures.clone());
                whole(Step::AgreementReached { signatures }, Some(entry))
            }
            RecordKind::SharesOpened => {
                let party = Wire::read(from)?;
                let stub: SignedHash = Wire::read(from)?;
                Ok(Restored {
                    event: read_apart(apart)?.map(|signed| Step::SharesOpened { party, signed }),
                    entry: Some(Entry::Unmasking(party, stub, None)),
                })
            }
            RecordKind::SumReleased => {
                let header: Signed<SumRelease> = Wire::read(from)?;
                let total = read_apart(apart)?.ok_or(BadRecord::NotSpooled(self.number))?;
                let release = Release { header, total };
                let entry = Entry::Release(release.clone());
                whole(Step::SumReleased { release }, Some(entry))
            }
            RecordKind::AttemptAbandoned => {
                let reason = match from.u8()? {
                    0 => AbandonReason::TooFewInputs,
                    _ => AbandonReason::TooFewSignatures,
                };
                whole(Step::AttemptAbandoned { reason }, Some(Entry::Abandoned))
            }
            RecordKind::UnitClosed => {
                let reason = match from.u8()? {
                    0 => ClosureReason::DropOut,
                    1 => ClosureReason::AnswersLost,
                    _ => ClosureReason::Cheating,
                };
                let closure: Signed<_> = Wire::read(from)?;
                let entry = Entry::Closure(closure.clone());
                whole(Step::UnitClosed { closure, reason }, Some(entry))
            }
        }
    }
}

fn read_apart<T: Wire>(apart: Option<&[u8]>) -> Result<Option<T>, DecodeError> {
    apart.map(T::from_bytes).transpose()
}

fn place(party: Party) -> u8 {
    // A roster has at most 50 places.
    party.place() as u8
}

fn places(parties: Parties) -> Vec<u8> {
    parties.iter().map(place).collect()
}
