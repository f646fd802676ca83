use super::*;
use crate::{CaseSettingsAdopted, CaseSettingsChanged};

fn configure(settings: CaseSettings) -> Command {
    Command::ConfigureCases(ConfigureCases { settings })
}

fn changed(settings: CaseSettings) -> Event {
    Event::CaseSettingsChanged(CaseSettingsChanged { settings })
}

#[test]
fn settings_are_set_once_and_counted() {
    given_control([])
        .when(&at(NOON), &configure(case_settings(1)))
        .then(&[changed(case_settings(1))]);
    given_control([changed(case_settings(1))])
        .when(&at(NOON), &configure(case_settings(1)))
        .then(&[]);
    given_control([changed(case_settings(1))])
        .when(&at(NOON), &configure(case_settings(3)))
        .then_rejected(&Rejection::Case(CaseRejection::StaleSettingsVersion));
}

#[test]
fn impossible_settings_are_refused() {
    let valid = case_settings(1);
    for settings in [
        CaseSettings {
            alert_from: Decision::Approve,
            ..valid.clone()
        },
        CaseSettings {
            medium_loss_minor: valid.high_loss_minor + 1,
            ..valid.clone()
        },
        CaseSettings {
            high_due_minutes: 0,
            ..valid.clone()
        },
        CaseSettings {
            low_due_minutes: 1,
            ..valid.clone()
        },
        CaseSettings {
            undo_minutes: 31 * 24 * 60,
            ..valid
        },
    ] {
        given_control([])
            .when(&at(NOON), &configure(settings))
            .then_rejected(&Rejection::Case(CaseRejection::InvalidSettings));
    }
}

#[test]
fn adopted_settings_decide_what_raises_an_alert() {
    let stricter = CaseSettings {
        alert_from: Decision::Decline,
        ..case_settings(1)
    };
    let adopted_settings = Event::CaseSettingsAdopted(CaseSettingsAdopted {
        control_offset: 5,
        settings: stricter,
    });
    let (events, _) = given_data([adopted(4, policy(2)), adopted_settings])
        .when(&at(NOON), &assess(&transaction("t-1", NOON, 45_000)))
        .then_state();
    assert_eq!(events.len(), 1, "a review is no alert any more: {events:?}");
}

#[test]
fn a_partition_that_lags_behind_adopts_policy_and_settings_one_after_the_other() {
    let control = given_control([published(MODEL), activated(policy(1))])
        .when(&at(NOON), &configure(case_settings(1)))
        .then_state()
        .1;
    let mut data = RiskControl::initial(DATA);
    for _ in 0..2 {
        let command = RiskControl::pending_adoption(&control, &data).expect("something to adopt");
        let (_, adopted) = given::<RiskControl>(data, [])
            .when(&at(NOON), &command)
            .then_state();
        data = adopted;
    }
    assert_eq!(RiskControl::pending_adoption(&control, &data), None);
    let PartitionState::Customers(customers) = data else {
        panic!("a data partition");
    };
    assert_eq!(customers.case_settings, Some((3, case_settings(1))));
    assert_eq!(customers.adoptions, 2);
}
