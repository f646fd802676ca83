//! Score a transaction and decide it.

use crate::{
    cases::raise_alert,
    commands::Rejection,
    decider::Context,
    events::{Event, TransactionAssessed},
    lists::TransactionFingerprints,
    policy::Decision,
    reasons::reasons,
    rules::Evidence,
    state::CustomerPartition,
    transaction::{FUTURE_TOLERANCE_US, LATENESS_MAX_US, Transaction},
};

/// Asks what to do with a transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct AssessTransaction {
    pub transaction: Transaction,
    /// Personal fields, sealed under the customer's key.
    pub personal: String,
    /// By which the lists name its customer, terminal, card and device. Not stored; the lists that it is on are.
    pub fingerprints: TransactionFingerprints,
}

impl AssessTransaction {
    pub(crate) fn decide(
        &self,
        state: &CustomerPartition,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let transaction = &self.transaction;
        let history = state.customers.get(&transaction.customer.0);
        let latest_us = history.and_then(|history| history.latest_us());
        check_time(transaction.occurred_at_us, context.now_us, latest_us)?;
        let (policy_offset, policy) = state.adopted.as_ref().ok_or(Rejection::NoPolicy)?;
        let model = context
            .models
            .get(&policy.model)
            .ok_or(Rejection::ModelNotLoaded)?;

        let entities = context
            .entities
            .unwrap_or_else(|| state.known_entities(transaction));
        let features = model.feature_set().compute(history, &entities, transaction);
        let score = model.score(&features);
        let lists = state.lists.memberships(&self.fingerprints, context.now_us);
        let verdict = policy.verdict(&Evidence {
            transaction,
            features: &features,
            score,
            lists,
        });
        let decision = verdict.decision;
        // An approval needs no excuse, and where a rule or a list was stricter than the score it is the rule or the list
        // that explains: what spoke a little for fraud would only confuse.
        let score_speaks = policy.thresholds.decide(score) != Decision::Approve;
        let reasons = if score_speaks && decision != Decision::Approve {
            reasons(&model.explain(&features).contributions)
        } else {
            Vec::new()
        };
        let assessed = TransactionAssessed {
            transaction: transaction.clone(),
            features,
            score,
            decision,
            reasons,
            policy: *policy_offset,
            personal: self.personal.clone(),
            lists,
            hits: verdict.hits,
            shadow_hits: verdict.shadow_hits,
        };
        let alert = raise_alert(state, context.now_us, &assessed);
        let mut events = vec![Event::TransactionAssessed(assessed)];
        events.extend(alert);
        Ok(events)
    }
}

/// A transaction must lie near the node's clock, and near enough to the customer's newest transaction for its windows
/// to be exact.
pub(super) fn check_time(
    occurred_at_us: i64,
    now_us: i64,
    latest_us: Option<i64>,
) -> Result<(), Rejection> {
    if occurred_at_us > now_us.saturating_add(FUTURE_TOLERANCE_US) {
        return Err(Rejection::OccurredInFuture);
    }
    let newest = latest_us.unwrap_or(now_us).max(now_us);
    if occurred_at_us < newest.saturating_sub(LATENESS_MAX_US) {
        return Err(Rejection::OccurredTooLongAgo);
    }
    Ok(())
}
