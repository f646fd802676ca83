//! The decider of risk control: one partition's state, one command, its events.

use std::{collections::HashMap, sync::Arc};

use accord_decider::{
    Decider, DecodeError, Description, LoggedDecider, PartitionId, PartitionOffset,
};

use crate::{
    cases::AdoptCaseSettings,
    commands::{AdoptContext, Command, Rejection},
    entities::{EntityRecords, EntitySummaries},
    events::Event,
    model::ScoringModel,
    state::{ControlState, CustomerPartition, PartitionState},
};

/// Models by hash. Models never change under their hash, so which library instance is used does not matter.
#[derive(Clone, Debug, Default)]
pub struct ModelLibrary {
    models: HashMap<String, Arc<ScoringModel>>,
}

impl ModelLibrary {
    pub fn insert(&mut self, hash: String, model: Arc<ScoringModel>) {
        self.models.insert(hash, model);
    }

    pub fn get(&self, hash: &str) -> Option<&Arc<ScoringModel>> {
        self.models.get(hash)
    }
}

/// What a decision may use apart from its partition's state.
#[derive(Clone, Debug)]
pub struct Context {
    /// The time at which the decision is recorded, in epoch microseconds.
    pub now_us: i64,
    pub models: Arc<ModelLibrary>,
    /// What all partitions of the node know of the entities of the transaction that is to be decided; `None` where there
    /// is but one. The decision records, in its features, what it made of it.
    pub entities: Option<EntitySummaries>,
}

/// Risk control as a decider.
#[derive(Clone, Copy, Debug)]
pub struct RiskControl;

impl Decider for RiskControl {
    type State = PartitionState;
    type Command = Command;
    type Event = Event;
    type Context = Context;
    type Rejection = Rejection;

    fn decide(
        state: &PartitionState,
        context: &Context,
        command: &Command,
    ) -> Result<Vec<Event>, Rejection> {
        match (state, command) {
            (PartitionState::Customers(state), Command::AssessTransaction(command)) => {
                command.decide(state, context)
            }
            (PartitionState::Customers(state), Command::ImportTransaction(command)) => {
                command.decide(state, context)
            }
            (PartitionState::Customers(_), Command::LabelTransaction(command)) => {
                command.decide(context)
            }
            (PartitionState::Customers(state), Command::AdviseTransaction(command)) => {
                command.decide(state, context)
            }
            (PartitionState::Customers(state), Command::ReverseTransaction(command)) => {
                command.decide(state, context)
            }
            (PartitionState::Customers(state), Command::RefundTransaction(command)) => {
                command.decide(state, context)
            }
            (PartitionState::Customers(state), Command::AnswerChallenge(command)) => {
                command.decide(state, context)
            }
            (PartitionState::Customers(state), Command::AdoptContext(command)) => {
                command.decide(state, context)
            }
            (PartitionState::Customers(state), Command::Case(command)) => {
                command.decide(state, context)
            }
            (PartitionState::Customers(state), Command::AdoptCaseSettings(command)) => {
                command.decide(state)
            }
            (PartitionState::Customers(state), Command::ParkLabel(command)) => {
                command.decide(state, context)
            }
            (PartitionState::Customers(state), Command::SettleParkedLabel(command)) => {
                Ok(command.decide(state))
            }
            (PartitionState::Control(state), Command::ConfigureCases(command)) => {
                command.decide(state)
            }
            (PartitionState::Control(state), Command::SubscribeWebhook(command)) => {
                command.decide(state)
            }
            (PartitionState::Control(state), Command::ChangeWebhook(command)) => {
                command.decide(state)
            }
            (PartitionState::Control(state), Command::PublishModel(command)) => {
                command.decide(state)
            }
            (PartitionState::Control(state), Command::ActivatePolicy(command)) => {
                command.decide(state, context)
            }
            (PartitionState::Control(state), Command::DraftPolicy(command)) => {
                command.decide(state)
            }
            (PartitionState::Control(state), Command::RollBackPolicy(command)) => {
                command.decide(state, context)
            }
            (PartitionState::Control(state), Command::ReviseDraft(command)) => {
                command.decide(state)
            }
            (PartitionState::Control(state), Command::SubmitDraft(command)) => {
                command.decide(state)
            }
            (PartitionState::Control(state), Command::ApproveDraft(command)) => {
                command.decide(state)
            }
            (PartitionState::Control(state), Command::RejectDraft(command)) => {
                command.decide(state)
            }
            (PartitionState::Control(state), Command::ActivateDraft(command)) => {
                command.decide(state, context)
            }
            (PartitionState::Control(state), Command::DiscardDraft(command)) => {
                command.decide(state)
            }
            (PartitionState::Control(state), Command::SwitchOffRule(command)) => {
                command.decide(state)
            }
            (PartitionState::Control(state), Command::ReviewSwitchOff(command)) => {
                command.decide(state)
            }
            (PartitionState::Control(state), Command::StartShadow(command)) => {
                command.decide(state, context)
            }
            (PartitionState::Control(state), Command::EndShadow(command)) => command.decide(state),
            (PartitionState::Control(state), Command::RollBackModel(command)) => {
                command.decide(state, context)
            }
            (PartitionState::Control(state), Command::ReviewRollBack(command)) => {
                command.decide(state, context)
            }
            _ => Err(Rejection::WrongPartition),
        }
    }

    fn evolve(state: &mut PartitionState, event: &Event) {
        match state {
            PartitionState::Control(state) => evolve_control(state, event),
            PartitionState::Customers(state) => evolve_customers(state, event),
        }
    }
}

fn evolve_control(state: &mut ControlState, event: &Event) {
    state.offset += 1;
    match event {
        Event::ModelPublished(event) => {
            state.models.publish(&event.model, state.offset);
        }
        Event::ShadowStarted(event) => state.models.shadow(&event.model, true),
        Event::ShadowEnded(event) => state.models.shadow(&event.model, false),
        Event::ModelRolledBack(event) => {
            state.models.count(&event.model);
            state.governance.rolled_back(event);
        }
        Event::RollBackReviewed(event) => {
            state.models.count(&event.model);
            state.governance.rolled_back = None;
        }
        Event::PolicyActivated(event) => {
            state.models.decides(&event.policy.model);
            state.active = Some((state.offset, event.policy.clone()));
            state.governance.remember_policy(&event.policy);
            for change in &event.list_changes {
                state.governance.lists.apply(state.offset, change);
            }
        }
        Event::PolicyDrafted(event) => state.governance.drafted(event),
        Event::PolicyDraftSubmitted(event) => state.governance.submitted(event),
        Event::PolicyDraftApproved(event) => state.governance.approved(event),
        Event::PolicyDraftRejected(event) => state.governance.rejected(event),
        Event::PolicyDraftClosed(event) => {
            state.governance.closed(event.draft);
        }
        Event::RuleSwitchedOff(event) => state.governance.switched_off(event),
        Event::SwitchOffReviewed(event) => {
            state.governance.reviewed(event);
        }
        Event::CaseSettingsChanged(event) => {
            state.case_settings = Some((state.offset, event.settings.clone()));
        }
        Event::WebhookSubscribed(event) => state.webhooks.subscribe(event),
        Event::WebhookChanged(event) => state.webhooks.change(event),
        _ => {}
    }
}

fn evolve_customers(state: &mut CustomerPartition, event: &Event) {
    match event {
        Event::TransactionAssessed(event) => state.add_transaction(&event.transaction),
        Event::TransactionImported(event) => state.add_transaction(&event.transaction),
        Event::TransactionAdvised(event) => state.add_transaction(&event.transaction),
        Event::TransactionReversed(event) => state.happens(
            event.customer,
            &event.transaction_id,
            event.happened_at_us,
            |happened| happened.reversed = true,
        ),
        Event::TransactionRefunded(event) => state.happens(
            event.customer,
            &event.transaction_id,
            event.happened_at_us,
            |happened| happened.refunded_minor += event.amount_minor,
        ),
        Event::ChallengeAnswered(event) => state.happens(
            event.customer,
            &event.transaction_id,
            event.happened_at_us,
            |happened| happened.challenge_answered = true,
        ),
        Event::TransactionLabelled(event) => {
            state.label_transaction(event);
            let label = Some(event.label);
            state
                .cases
                .label(event.customer, &event.transaction_id, label);
        }
        Event::LabelWithdrawn(event) => {
            state.withdraw_label(event);
            state
                .cases
                .label(event.customer, &event.transaction_id, None);
        }
        Event::LabelParked(event) => state.parked_labels.park(event),
        Event::ParkedLabelSettled(event) => state.parked_labels.settle(event),
        Event::Case(event) => state.cases.evolve(event),
        Event::CaseSettingsAdopted(event) => {
            state.case_settings = Some((event.control_offset, event.settings.clone()));
            state.adoptions += 1;
        }
        Event::ContextAdopted(event) => {
            state.adopted = Some((event.control_offset, event.policy.clone()));
            state.adoptions += 1;
            for change in &event.list_changes {
                state.lists.apply(change);
            }
        }
        _ => {}
    }
}

impl LoggedDecider for RiskControl {
    const STATE_SCHEMA: &'static str = "risk-control-6";

    fn initial(partition: PartitionId) -> PartitionState {
        if partition.is_control() {
            PartitionState::Control(ControlState::default())
        } else {
            PartitionState::Customers(CustomerPartition::default())
        }
    }

    fn describe(event: &Event) -> Description<'_> {
        event.describe()
    }

    fn entity_version(state: &PartitionState, event: &Event) -> u64 {
        match (state, event) {
            (PartitionState::Customers(state), Event::Case(event)) => {
                return state.cases.version_of(event.case);
            }
            (
                PartitionState::Customers(state),
                Event::LabelParked(_) | Event::ParkedLabelSettled(_),
            ) => return state.parked_labels.changes(),
            (
                PartitionState::Control(state),
                Event::WebhookSubscribed(_) | Event::WebhookChanged(_),
            ) => return state.webhooks.changes(),
            _ => {}
        }
        match (state, event.customer()) {
            (PartitionState::Customers(state), Some(customer)) => state
                .customers
                .get(&customer.0)
                .map_or(0, |history| history.version),
            (PartitionState::Customers(state), None) => state.adoptions,
            (PartitionState::Control(state), _) => state.entity_version(event),
        }
    }

    fn encode(event: &Event, buffer: &mut Vec<u8>) {
        event.encode(buffer);
    }

    fn decode(
        event_type: &str,
        schema_version: u16,
        entity_id: &str,
        payload: &str,
    ) -> Result<Event, DecodeError> {
        Event::decode(event_type, schema_version, entity_id, payload)
    }

    fn consult<'s>(
        context: &Context,
        command: &Command,
        partitions: impl Iterator<Item = &'s PartitionState>,
    ) -> Option<Context> {
        let transaction = command.transaction()?;
        let records: Vec<EntityRecords<'_>> = partitions
            .filter_map(|partition| match partition {
                PartitionState::Customers(state) => Some(state.entities.records(transaction)),
                PartitionState::Control(_) => None,
            })
            .collect();
        let (customer, at_us) = (transaction.customer.0, transaction.occurred_at_us);
        Some(Context {
            entities: Some(EntitySummaries::of(&records, customer, at_us)),
            ..context.clone()
        })
    }

    fn pending_adoption(control: &PartitionState, data: &PartitionState) -> Option<Command> {
        let (PartitionState::Control(control), PartitionState::Customers(data)) = (control, data)
        else {
            return None;
        };
        AdoptContext::pending(control, data)
            .map(Command::AdoptContext)
            .or_else(|| AdoptCaseSettings::pending(control, data).map(Command::AdoptCaseSettings))
    }

    /// The newest of what can be adopted, so that every adoption has a name of its own.
    fn adopted_offset(state: &PartitionState) -> PartitionOffset {
        let (policy, settings) = match state {
            PartitionState::Control(state) => (
                state.active.as_ref().map(|(offset, _)| *offset),
                state.case_settings.as_ref().map(|(offset, _)| *offset),
            ),
            PartitionState::Customers(state) => (
                state.adopted.as_ref().map(|(offset, _)| *offset),
                state.case_settings.as_ref().map(|(offset, _)| *offset),
            ),
        };
        policy.max(settings).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
