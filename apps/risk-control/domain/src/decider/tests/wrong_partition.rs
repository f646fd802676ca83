use super::cases::case_settings;
use super::*;
use crate::{
    ActivatePolicy, AdoptCaseSettings, ConfigureCases, DraftContent, DraftPolicy,
    ImportTransaction, Label, LabelSource, LabelTransaction, ParkLabel, PublishModel,
    SubscribeWebhook, WebhookSubscribed,
};

/// Where a command belongs. A new command does not compile until it is told here.
fn home(command: &Command) -> PartitionId {
    match command {
        Command::AssessTransaction(_)
        | Command::ImportTransaction(_)
        | Command::LabelTransaction(_)
        | Command::AdviseTransaction(_)
        | Command::ReverseTransaction(_)
        | Command::RefundTransaction(_)
        | Command::AnswerChallenge(_)
        | Command::Case(_)
        | Command::AdoptCaseSettings(_)
        | Command::ParkLabel(_)
        | Command::SettleParkedLabel(_)
        | Command::AdoptContext(_) => DATA,
        Command::PublishModel(_)
        | Command::ActivatePolicy(_)
        | Command::ConfigureCases(_)
        | Command::SubscribeWebhook(_)
        | Command::ChangeWebhook(_)
        | Command::DraftPolicy(_)
        | Command::RollBackPolicy(_)
        | Command::ReviseDraft(_)
        | Command::SubmitDraft(_)
        | Command::ApproveDraft(_)
        | Command::RejectDraft(_)
        | Command::ActivateDraft(_)
        | Command::DiscardDraft(_)
        | Command::SwitchOffRule(_)
        | Command::ReviewSwitchOff(_)
        | Command::StartShadow(_)
        | Command::EndShadow(_)
        | Command::RollBackModel(_)
        | Command::ReviewRollBack(_) => PartitionId::CONTROL,
    }
}

/// One of each command, all acceptable to the partitions of [`check`].
fn every_command() -> [Command; 11] {
    [
        assess(&transaction("t-1", NOON, 2_500)),
        Command::ImportTransaction(ImportTransaction {
            transaction: transaction("t-2", NOON, 2_500),
            decision: Decision::Approve,
            personal: "sealed".to_owned(),
        }),
        Command::LabelTransaction(LabelTransaction {
            transaction_id: "t-1".to_owned(),
            customer: CUSTOMER,
            purchase: LabelledPurchase::of(&transaction("t-1", NOON, 2_500)),
            label: Label::Fraud,
            source: LabelSource::Analyst,
            known_at_us: None,
            note: None,
        }),
        Command::AdoptContext(AdoptContext {
            control_offset: 5,
            policy: policy(2),
            list_changes: Vec::new(),
        }),
        Command::PublishModel(PublishModel {
            published: publication("new"),
            shadow_by: None,
        }),
        Command::ActivatePolicy(ActivatePolicy { policy: policy(1) }),
        Command::ConfigureCases(ConfigureCases {
            settings: case_settings(1),
        }),
        Command::AdoptCaseSettings(AdoptCaseSettings {
            control_offset: 9,
            settings: case_settings(1),
        }),
        Command::ParkLabel(ParkLabel {
            transaction_id: "t-9".to_owned(),
            label: Label::Fraud,
            source: LabelSource::Chargeback,
            known_at_us: None,
        }),
        Command::SubscribeWebhook(SubscribeWebhook {
            subscribed: WebhookSubscribed {
                webhook_id: "w-1".to_owned(),
                event_types: Vec::new(),
                target: "sealed".to_owned(),
            },
        }),
        // One of governance stands for all: they share the arms of the control partition.
        Command::DraftPolicy(DraftPolicy {
            title: "change".to_owned(),
            content: DraftContent::of(&policy(1)),
            by: "ravi".to_owned(),
        }),
    ]
}

#[test]
fn every_command_is_decided_by_its_own_kind_of_partition_alone() {
    for command in every_command() {
        let data = given_data([adopted(2, policy(1))]).when(&at(NOON), &command);
        // The first policy is activated where none is; everything else needs one.
        let history = match command {
            Command::ActivatePolicy(_) => vec![published(MODEL)],
            _ => vec![published(MODEL), activated(policy(1))],
        };
        let control = given_control(history).when(&at(NOON), &command);
        let (own, other) = if home(&command).is_control() {
            (control, data)
        } else {
            (data, control)
        };
        let (events, _) = own.then_state();
        assert_eq!(events.len(), 1, "{command:?}");
        other.then_rejected(&Rejection::WrongPartition);
    }
}
