use super::*;

#[test]
fn an_analyst_takes_a_free_case_hands_it_on_and_gives_it_back() {
    given_data([alerted("t-1")])
        .when(&at(NOON), &ana(assign("ana")))
        .then(&[assigned("ana")]);
    given_data([alerted("t-1"), assigned("ana")])
        .when(&at(NOON), &ana(assign("ben")))
        .then(&[assigned("ben")]);
    given_data([alerted("t-1"), assigned("ana")])
        .when(&at(NOON), &ana(RELEASE))
        .then(&[of_case(CaseHappening::Released(CaseReleased {}))]);
}

#[test]
fn what_is_so_already_needs_no_event() {
    given_data([alerted("t-1"), assigned("ana")])
        .when(&at(NOON), &ana(assign("ana")))
        .then(&[]);
    given_data([alerted("t-1")])
        .when(&at(NOON), &ana(RELEASE))
        .then(&[]);
    given_data([alerted("t-1"), escalated()])
        .when(&at(NOON), &ana(ESCALATE))
        .then(&[]);
}

#[test]
fn only_a_supervisor_takes_a_case_away_from_somebody() {
    let of_ben = || [alerted("t-1"), assigned("ben")];
    for action in [assign("ana"), RELEASE, resolve(Disposition::Genuine)] {
        refused(of_ben(), &ana(action), CaseRejection::AssignedToAnother);
    }
    given_data(of_ben())
        .when(&at(NOON), &supervisor(assign("ana")))
        .then(&[assigned("ana")]);
}

#[test]
fn an_escalated_case_belongs_to_nobody_and_needs_a_supervisor() {
    let (events, state) = given_data([alerted("t-1"), assigned("ana")])
        .when(&at(NOON), &ana(ESCALATE))
        .then_state();
    assert_eq!(events, [escalated()]);
    let PartitionState::Customers(customers) = &state else {
        panic!("a data partition");
    };
    let case = customers.cases.find(CASE).expect("the case");
    assert_eq!((case.assignee.as_ref(), case.escalated), (None, true));

    let escalated = || [alerted("t-1"), escalated()];
    for action in [assign("ana"), resolve(Disposition::Genuine)] {
        refused(escalated(), &ana(action), CaseRejection::NeedsSupervisor);
    }
    given_data(escalated())
        .when(&at(NOON), &supervisor(assign("sue")))
        .then(&[assigned("sue")]);
}

#[test]
fn anyone_may_note_something_also_on_a_closed_case() {
    let note = CaseAction::AddNote(AddCaseNote {
        note: "sealed".to_owned(),
    });
    let noted = of_case(CaseHappening::Noted(CaseNoted {
        note: "sealed".to_owned(),
    }));
    given_data([alerted("t-1"), assigned("ben")])
        .when(&at(NOON), &ana(note.clone()))
        .then(std::slice::from_ref(&noted));
    given_data([
        alerted("t-1"),
        resolved(Disposition::Inconclusive, "ben", &[]),
    ])
    .when(&at(NOON), &ana(note))
    .then(&[noted]);
}

#[test]
fn a_resolution_labels_all_transactions_of_the_case_in_the_same_commit() {
    given_data([alerted("t-1"), alerted("t-2")])
        .when(&at(NOON), &ana(resolve(Disposition::ConfirmedFraud)))
        .then(&[
            resolved(Disposition::ConfirmedFraud, "ana", &["t-1", "t-2"]),
            labelled("t-1", Label::Fraud, LabelSource::Analyst),
            labelled("t-2", Label::Fraud, LabelSource::Analyst),
        ]);
    given_data([alerted("t-1")])
        .when(&at(NOON), &ana(resolve(Disposition::Inconclusive)))
        .then(&[resolved(Disposition::Inconclusive, "ana", &[])]);
}

#[test]
fn a_transaction_that_has_the_label_already_is_not_labelled_again() {
    given_data([
        alerted("t-1"),
        alerted("t-2"),
        labelled("t-1", Label::Fraud, LabelSource::Chargeback),
    ])
    .when(&at(NOON), &ana(resolve(Disposition::ConfirmedFraud)))
    .then(&[
        resolved(Disposition::ConfirmedFraud, "ana", &["t-2"]),
        labelled("t-2", Label::Fraud, LabelSource::Analyst),
    ]);
}

#[test]
fn undoing_a_resolution_gives_every_transaction_what_it_had_before() {
    // t-1 had no label, t-2 was thought genuine, t-3 was known as fraud.
    let before = [
        alerted("t-1"),
        alerted("t-2"),
        alerted("t-3"),
        labelled("t-2", Label::Genuine, LabelSource::Customer),
        labelled("t-3", Label::Fraud, LabelSource::Chargeback),
    ];
    let (_, state) = given_data(before)
        .when(&at(NOON), &ana(resolve(Disposition::ConfirmedFraud)))
        .then_state();
    given::<RiskControl>(state, [])
        .when(&at(NOON + DAY), &ana(REOPEN))
        .then(&[
            of_case(CaseHappening::Reopened(CaseReopened { note: None })),
            Event::LabelWithdrawn(LabelWithdrawn {
                transaction_id: "t-1".to_owned(),
                customer: CUSTOMER,
                purchase: purchase(),
                known_at_us: NOON + DAY,
            }),
            Event::TransactionLabelled(TransactionLabelled {
                transaction_id: "t-2".to_owned(),
                customer: CUSTOMER,
                purchase: Some(purchase()),
                label: Label::Genuine,
                source: LabelSource::Analyst,
                known_at_us: NOON + DAY,
                note: None,
            }),
        ]);
}

#[test]
fn undoing_a_resolution_leaves_a_label_that_came_from_elsewhere_since() {
    let (_, state) = given_data([alerted("t-1")])
        .when(&at(NOON), &ana(resolve(Disposition::Genuine)))
        .then_state();
    given::<RiskControl>(
        state,
        [labelled("t-1", Label::Fraud, LabelSource::Chargeback)],
    )
    .when(&at(NOON), &ana(REOPEN))
    .then(&[of_case(CaseHappening::Reopened(CaseReopened {
        note: None,
    }))]);
}

#[test]
fn a_resolution_is_undone_by_its_author_or_a_supervisor_and_in_time() {
    let of_ben = || {
        [
            alerted("t-1"),
            resolved(Disposition::Inconclusive, "ben", &[]),
        ]
    };
    refused(of_ben(), &ana(REOPEN), CaseRejection::NotTheirResolution);
    given_data(of_ben())
        .when(&at(NOON), &supervisor(REOPEN))
        .then(&[of_case(CaseHappening::Reopened(CaseReopened {
            note: None,
        }))]);
    given_data(of_ben())
        .when(&at(NOON + DAY + 1), &supervisor(REOPEN))
        .then_rejected(&Rejection::Case(CaseRejection::UndoWindowOver));
    refused([alerted("t-1")], &ana(REOPEN), CaseRejection::NotClosed);
}

#[test]
fn a_closed_case_is_reopened_before_anything_else() {
    for action in [
        assign("ana"),
        RELEASE,
        ESCALATE,
        resolve(Disposition::Genuine),
    ] {
        refused(
            [
                alerted("t-1"),
                resolved(Disposition::Inconclusive, "ana", &[]),
            ],
            &ana(action),
            CaseRejection::Closed,
        );
    }
}

#[test]
fn a_caller_who_saw_another_version_is_refused_with_the_current_one() {
    let seen = |version| {
        Command::Case(CaseCommand {
            case: CASE,
            expected_version: Some(version),
            by: "ana".to_owned(),
            authority: CaseAuthority::Analyst,
            action: assign("ana"),
        })
    };
    refused(
        [alerted("t-1"), alerted("t-2")],
        &seen(1),
        CaseRejection::VersionMismatch { current: 2 },
    );
    given_data([alerted("t-1"), alerted("t-2")])
        .when(&at(NOON), &seen(2))
        .then(&[assigned("ana")]);
}

#[test]
fn an_unknown_case_and_one_of_another_customer_are_out_of_reach() {
    refused([], &ana(ESCALATE), CaseRejection::OutOfReach);
    let others = Command::Case(CaseCommand {
        case: CaseId {
            customer: CustomerReference(7),
            number: 1,
        },
        expected_version: None,
        by: "ana".to_owned(),
        authority: CaseAuthority::Supervisor,
        action: ESCALATE,
    });
    refused([alerted("t-1")], &others, CaseRejection::OutOfReach);
}
