//! What holds for jobs, whatever the protocol does.

use accord_decider::{LoggedDecider, PartitionId, given};
use accord_federation::coordinator::CoordinatorEvent;
use accord_federation::{Parties, codec::Wire};

use super::*;

fn proposed() -> JobProposed {
    JobProposed {
        job: "trees".to_owned(),
        institutions: vec!["a".to_owned(), "b".to_owned()],
        plan: "cGxhbg==".to_owned(),
    }
}

fn enrolled(place: u8) -> InstitutionEnrolled {
    InstitutionEnrolled {
        job: "trees".to_owned(),
        place,
        enrolment: String::new(),
    }
}

fn said(place: u8) -> InstitutionSaid {
    InstitutionSaid {
        job: "trees".to_owned(),
        place,
        reason: "too many rounds".to_owned(),
    }
}

fn aborted() -> JobAborted {
    JobAborted {
        job: "trees".to_owned(),
        reason: "nobody is there".to_owned(),
    }
}

fn step(number: u64) -> ProtocolRecord {
    let event = CoordinatorEvent::BatchReady {
        members: Parties::first(3),
    };
    ProtocolRecord::of(number, &event).0
}

fn begun() -> Vec<Event> {
    vec![
        Event::JobProposed(proposed()),
        Event::InstitutionEnrolled(enrolled(0)),
        Event::InstitutionEnrolled(enrolled(1)),
    ]
}

#[test]
fn a_name_is_used_once() {
    given::<CoordinatorLog>(Jobs::default(), [])
        .when(&(), &Command::Propose(proposed()))
        .then(&[Event::JobProposed(proposed())]);
    given::<CoordinatorLog>(Jobs::default(), [Event::JobProposed(proposed())])
        .when(&(), &Command::Propose(proposed()))
        .then_rejected(&Rejection::NameTaken);
}

#[test]
fn whoever_signs_twice_has_signed_once_and_strangers_sign_nothing() {
    let one_signed = || begun().into_iter().take(2);
    given::<CoordinatorLog>(Jobs::default(), one_signed())
        .when(&(), &Command::Enrol(enrolled(0)))
        .then(&[]);
    given::<CoordinatorLog>(Jobs::default(), one_signed())
        .when(&(), &Command::Enrol(enrolled(2)))
        .then_rejected(&Rejection::NoSuchInstitution);
}

#[test]
fn steps_follow_one_another_once_everybody_has_signed() {
    let advance = |numbers: &[u64]| {
        Command::Advance(
            "trees".to_owned(),
            numbers.iter().copied().map(step).collect(),
        )
    };
    let event = |number| {
        Event::Protocol(ProtocolAdvanced {
            job: "trees".to_owned(),
            number,
            record: step(number),
        })
    };
    given::<CoordinatorLog>(Jobs::default(), begun().into_iter().take(2))
        .when(&(), &advance(&[0]))
        .then_rejected(&Rejection::NotBegun);
    given::<CoordinatorLog>(Jobs::default(), begun())
        .when(&(), &advance(&[0, 1]))
        .then(&[event(0), event(1)]);
    // A coordinator that was thought dead wakes up and goes on where it was.
    given::<CoordinatorLog>(Jobs::default(), begun().into_iter().chain([event(0)]))
        .when(&(), &advance(&[0]))
        .then_rejected(&Rejection::OtherStep {
            written: 0,
            next: 1,
        });
}

#[test]
fn nothing_happens_in_a_job_that_has_ended() {
    let ended = || begun().into_iter().chain([Event::JobAborted(aborted())]);
    for command in [
        Command::Enrol(enrolled(0)),
        Command::Decline(said(0)),
        Command::Refuse(said(0)),
        Command::Blame(said(0)),
        Command::Advance("trees".to_owned(), vec![step(0)]),
        Command::Abort(aborted()),
    ] {
        given::<CoordinatorLog>(Jobs::default(), ended())
            .when(&(), &command)
            .then_rejected(&Rejection::Ended);
    }
}

#[test]
fn events_are_stored_as_they_always_were() {
    let stored = [
        (
            Event::JobProposed(proposed()),
            r#"{"job":"trees","institutions":["a","b"],"plan":"cGxhbg=="}"#,
        ),
        (
            Event::InstitutionEnrolled(enrolled(1)),
            r#"{"job":"trees","place":1,"enrolment":""}"#,
        ),
        (
            Event::InstitutionDeclined(said(0)),
            r#"{"job":"trees","place":0,"reason":"too many rounds"}"#,
        ),
        (
            Event::InstitutionRefused(said(0)),
            r#"{"job":"trees","place":0,"reason":"too many rounds"}"#,
        ),
        (
            Event::MessageRefused(said(1)),
            r#"{"job":"trees","place":1,"reason":"too many rounds"}"#,
        ),
        (
            Event::Protocol(ProtocolAdvanced {
                job: "trees".to_owned(),
                number: 4,
                record: step(4),
            }),
            r#"{"number":4,"place":null,"places":[0,1,2],"query":null,"round":null,"bytes":0,"reason":null,"form":"BwAAAAAAAAA=","spooled":false}"#,
        ),
        (
            Event::JobFinished(JobFinished {
                job: "trees".to_owned(),
                result: "ab".to_owned(),
                artefact: "cd".to_owned(),
            }),
            r#"{"job":"trees","result":"ab","artefact":"cd"}"#,
        ),
        (
            Event::JobAborted(aborted()),
            r#"{"job":"trees","reason":"nobody is there"}"#,
        ),
    ];
    for (event, text) in stored {
        let mut buffer = Vec::new();
        CoordinatorLog::encode(&event, &mut buffer);
        assert_eq!(String::from_utf8_lossy(&buffer), text);
        let description = CoordinatorLog::describe(&event);
        let read = CoordinatorLog::decode(description.event_type, 1, "trees", text);
        assert_eq!(read.expect("readable"), event);
        assert!(CoordinatorLog::decode(description.event_type, 2, "trees", text).is_err());
    }
    assert!(CoordinatorLog::decode("JobForgotten", 1, "trees", "{}").is_err());
    assert_eq!(CoordinatorLog::initial(PartitionId(1)), Jobs::default());
}

#[test]
fn a_step_is_restored_as_it_was() {
    let event = CoordinatorEvent::BatchOpened {
        batch: 3,
        invited: Parties::first(5),
    };
    let (record, apart) = ProtocolRecord::of(7, &event);
    assert!(apart.is_none());
    assert_eq!(record.restore(None).expect("whole").event, Some(event));
    let cut = ProtocolRecord {
        form: record.form[..4].to_owned(),
        ..record
    };
    assert!(cut.restore(None).is_err());
    assert_eq!(Parties::first(3).to_bytes().len(), 8);
}
