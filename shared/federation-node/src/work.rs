//! What an institution asks its coordinator, and what it gets.

use accord_federation::codec::{DecodeError, Reader, Wire, Writer};
use accord_federation::message::CoordinatorMessage;
use accord_federation::plan::NAME_BYTES_MAX;
use accord_federation::{AgreedPlan, Enrolment, Plan};

/// Longest reason in words, in bytes.
pub(crate) const REASON_BYTES_MAX: usize = 1_000;

/// Operations of signed requests, which are paths as well.
pub(crate) mod operation {
    pub const WORK: &str = "work";
    pub const ENROLMENT: &str = "enrolment";
    pub const MESSAGE: &str = "message";
    pub const REFUSAL: &str = "refusal";
}

/// "What is asked of me?"
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WorkRequest {
    /// The job that the institution is in, and how many of its rounds it has seen end.
    pub active: Option<(String, u32)>,
    /// How long the coordinator may wait for something to do.
    pub wait_ms: u32,
}

/// What an institution is to do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Work {
    /// Sign this plan, or say why not.
    Consider(Plan),
    /// Everybody signed: take part.
    Begin(AgreedPlan),
    /// Answer this.
    Answer(CoordinatorMessage),
    /// The job is over.
    End(JobEnd),
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JobEnd {
    /// With a result of this hash.
    Finished(String),
    /// For this reason.
    Aborted(String),
}

/// "I sign", or "I do not".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EnrolmentReply {
    pub job: String,
    pub reply: Result<Enrolment, String>,
}

/// A message of the protocol, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ForJob<T> {
    pub job: String,
    pub content: T,
}

impl Wire for WorkRequest {
    fn write(&self, writer: &mut Writer) {
        match &self.active {
            None => writer.u8(0),
            Some((job, rounds)) => {
                writer.u8(1);
                writer.bytes(job.as_bytes());
                writer.u32(*rounds);
            }
        }
        writer.u32(self.wait_ms);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            active: match reader.u8()? {
                0 => None,
                1 => Some((reader.text("a job's name", NAME_BYTES_MAX)?, reader.u32()?)),
                _ => return Err(DecodeError::NotCanonical("a request for work")),
            },
            wait_ms: reader.u32()?,
        })
    }
}

impl Wire for Work {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Consider(plan) => {
                writer.u8(1);
                plan.write(writer);
            }
            Self::Begin(agreed) => {
                writer.u8(2);
                agreed.write(writer);
            }
            Self::Answer(message) => {
                writer.u8(3);
                message.write(writer);
            }
            Self::End(JobEnd::Finished(hash)) => {
                writer.u8(4);
                writer.bytes(hash.as_bytes());
            }
            Self::End(JobEnd::Aborted(reason)) => {
                writer.u8(5);
                writer.bytes(reason.as_bytes());
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            1 => Self::Consider(Wire::read(reader)?),
            2 => Self::Begin(Wire::read(reader)?),
            3 => Self::Answer(Wire::read(reader)?),
            4 => Self::End(JobEnd::Finished(reader.text("a hash", NAME_BYTES_MAX)?)),
            5 => Self::End(JobEnd::Aborted(reader.text("a reason", REASON_BYTES_MAX)?)),
            _ => return Err(DecodeError::NotCanonical("work")),
        })
    }
}

impl Wire for EnrolmentReply {
    fn write(&self, writer: &mut Writer) {
        writer.bytes(self.job.as_bytes());
        match &self.reply {
            Ok(enrolment) => {
                writer.u8(1);
                enrolment.write(writer);
            }
            Err(reason) => {
                writer.u8(0);
                writer.bytes(within_reason(reason).as_bytes());
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            job: reader.text("a job's name", NAME_BYTES_MAX)?,
            reply: match reader.u8()? {
                1 => Ok(Enrolment::read(reader)?),
                0 => Err(reader.text("a reason", REASON_BYTES_MAX)?),
                _ => return Err(DecodeError::NotCanonical("an enrolment")),
            },
        })
    }
}

impl<T: Wire> Wire for ForJob<T> {
    fn write(&self, writer: &mut Writer) {
        writer.bytes(self.job.as_bytes());
        self.content.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            job: reader.text("a job's name", NAME_BYTES_MAX)?,
            content: T::read(reader)?,
        })
    }
}

/// A reason as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason(pub String);

impl Wire for Reason {
    fn write(&self, writer: &mut Writer) {
        writer.bytes(within_reason(&self.0).as_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.text("a reason", REASON_BYTES_MAX).map(Self)
    }
}

/// Cuts a reason to the length that travels, at a character's border.
pub(crate) fn within_reason(reason: &str) -> &str {
    &reason[..reason.floor_char_boundary(REASON_BYTES_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_a_reason_is_cut_to_size() {
        let requests = [
            WorkRequest {
                active: None,
                wait_ms: 0,
            },
            WorkRequest {
                active: Some(("job".to_owned(), 7)),
                wait_ms: 20_000,
            },
        ];
        for request in requests {
            assert_eq!(WorkRequest::from_bytes(&request.to_bytes()), Ok(request));
        }
        let refusal = EnrolmentReply {
            job: "job".to_owned(),
            reply: Err("ü".repeat(600)),
        };
        let read = EnrolmentReply::from_bytes(&refusal.to_bytes()).expect("written");
        assert_eq!(read.reply, Err("ü".repeat(REASON_BYTES_MAX / 2)));
        let end = Work::End(JobEnd::Aborted("too few".to_owned()));
        assert_eq!(Work::from_bytes(&end.to_bytes()), Ok(end));
        assert!(Work::from_bytes(&[9]).is_err());
    }
}
