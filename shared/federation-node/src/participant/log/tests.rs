//! What holds for an institution's jobs, whatever the protocol does.

use accord_decider::{LoggedDecider, given};
use accord_federation::Parties;

use super::*;

fn signed() -> PlanSigned {
    PlanSigned {
        job: "trees".to_owned(),
        plan: "ab".to_owned(),
        epsilon: 0.0,
    }
}

fn declined() -> PlanDeclined {
    PlanDeclined {
        job: "trees".to_owned(),
        plan: "ab".to_owned(),
        reasons: vec!["too many sums".to_owned()],
    }
}

fn begun(job: &str) -> JobBegun {
    JobBegun {
        job: job.to_owned(),
        agreed: "cGxhbg==".to_owned(),
        through: 9,
        cutoff_us: 7,
        labelled_until_us: 5,
        occurred_from_us: i64::MIN,
        occurred_until_us: 4,
        rows: 3,
    }
}

fn step(number: u64) -> ProtocolStep {
    ProtocolStep {
        number,
        event: ParticipantEvent::Answered {
            survivors: Parties::first(3),
        },
    }
}

fn ended() -> JobEnded {
    JobEnded {
        job: "trees".to_owned(),
        result: Some("cd".to_owned()),
        artefact: Some("ef".to_owned()),
        reason: None,
        epsilon: 0.5,
    }
}

#[test]
fn a_plan_is_answered_once_and_another_of_its_name_never() {
    given::<ParticipantLog>(Jobs::default(), [])
        .when(&(), &Command::Sign(signed()))
        .then(&[Event::PlanSigned(signed())]);
    let again = || given::<ParticipantLog>(Jobs::default(), [Event::PlanSigned(signed())]);
    again().when(&(), &Command::Sign(signed())).then(&[]);
    let other = PlanSigned {
        plan: "cd".to_owned(),
        ..signed()
    };
    again()
        .when(&(), &Command::Sign(other))
        .then_rejected(&Rejection::OtherPlan);
    given::<ParticipantLog>(Jobs::default(), [Event::PlanDeclined(declined())])
        .when(&(), &Command::Sign(signed()))
        .then_rejected(&Rejection::Declined);
}

#[test]
fn only_what_was_signed_begins_and_one_at_a_time() {
    given::<ParticipantLog>(Jobs::default(), [])
        .when(&(), &Command::Begin(begun("trees")))
        .then_rejected(&Rejection::NotSigned);
    let other = PlanSigned {
        job: "other".to_owned(),
        ..signed()
    };
    let both = [
        Event::PlanSigned(signed()),
        Event::PlanSigned(other),
        Event::JobBegun(begun("other")),
    ];
    given::<ParticipantLog>(Jobs::default(), both)
        .when(&(), &Command::Begin(begun("trees")))
        .then_rejected(&Rejection::Busy);
}

#[test]
fn steps_follow_one_another_until_the_job_ends() {
    let history = || [Event::PlanSigned(signed()), Event::JobBegun(begun("trees"))];
    let advance = |number| Command::Advance("trees".to_owned(), vec![step(number)]);
    given::<ParticipantLog>(Jobs::default(), history())
        .when(&(), &advance(1))
        .then_rejected(&Rejection::OtherStep {
            written: 1,
            next: 0,
        });
    given::<ParticipantLog>(Jobs::default(), history())
        .when(&(), &advance(0))
        .then(&[Event::Protocol(ProtocolAdvanced {
            job: "trees".to_owned(),
            number: 0,
            event: step(0).event,
        })]);
    let over = history().into_iter().chain([Event::JobEnded(ended())]);
    given::<ParticipantLog>(Jobs::default(), over)
        .when(&(), &advance(0))
        .then_rejected(&Rejection::NotBegun);
}

#[test]
fn events_are_stored_as_they_always_were() {
    let stored = [
        (
            Event::PlanSigned(signed()),
            r#"{"job":"trees","plan":"ab","epsilon":0.0}"#,
        ),
        (
            Event::PlanDeclined(declined()),
            r#"{"job":"trees","plan":"ab","reasons":["too many sums"]}"#,
        ),
        (
            Event::JobBegun(begun("trees")),
            r#"{"job":"trees","agreed":"cGxhbg==","through":9,"cutoff_us":7,"labelled_until_us":5,"occurred_from_us":-9223372036854775808,"occurred_until_us":4,"rows":3}"#,
        ),
        (
            Event::Protocol(ProtocolAdvanced {
                job: "trees".to_owned(),
                number: 2,
                event: step(2).event,
            }),
            r#"{"job":"trees","number":2,"event":{"Answered":{"survivors":7}}}"#,
        ),
        (
            Event::MessageRefused(MessageRefused {
                job: "trees".to_owned(),
                reason: "another view".to_owned(),
            }),
            r#"{"job":"trees","reason":"another view"}"#,
        ),
        (
            Event::JobEnded(ended()),
            r#"{"job":"trees","result":"cd","artefact":"ef","reason":null,"epsilon":0.5}"#,
        ),
    ];
    for (event, text) in stored {
        let mut buffer = Vec::new();
        ParticipantLog::encode(&event, &mut buffer);
        assert_eq!(String::from_utf8_lossy(&buffer), text);
        let event_type = ParticipantLog::describe(&event).event_type;
        let read = ParticipantLog::decode(event_type, 1, "trees", text);
        assert_eq!(read.expect("readable"), event);
        assert!(ParticipantLog::decode(event_type, 2, "trees", text).is_err());
    }
    assert!(ParticipantLog::decode("PlanForgotten", 1, "trees", "{}").is_err());
}
