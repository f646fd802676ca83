//! `GET /v1/transactions` and `GET /v1/transactions/{transaction_id}`.

use accord_event_log::{Position, Sequence};
use accord_learning::is_missing;
use accord_service::{
    Deadline, FieldError, Problem, ProblemKind, StrictPath, StrictQuery,
    cursor::{decode_cursor, encode_cursor},
    idempotency,
};
use axum::{Json, extract::State};
use chrono::{DateTime, SecondsFormat};
use risk_control::{
    Decision, Event, Explanation, FeatureUnit, Features, Label, TransactionAssessed,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    BankService, Service,
    assess::{list_hit_bodies, reason_bodies, rule_hit_bodies},
    errors::query_problem,
    wire::{
        ContributionBody, ExplanationBody, HistoryEntryBody, TransactionDetail, TransactionList,
        TransactionSummary, Versions,
    },
};
use crate::queries::transactions::{
    LabelFilter, LabelRow, PAGE_ROWS_MAX, PageStart, TransactionFilter, TransactionRow,
};

const PAGE_ROWS_DEFAULT: u32 = 50;

/// What a list is narrowed to and where it begins.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParameters {
    /// `approve`, `challenge`, `review` or `decline`.
    pub decision: Option<String>,
    /// `fraud`, `genuine` or `unlabelled`.
    pub label: Option<String>,
    pub customer_id: Option<String>,
    pub terminal_id: Option<String>,
    /// Lowest score, 0 to 1.
    pub minimum_score: Option<f64>,
    /// Earliest event time, RFC 3339.
    pub from: Option<String>,
    /// Event time before which transactions lie, RFC 3339.
    pub to: Option<String>,
    /// Rows in a page, 1 to 500 (50).
    pub limit: Option<u32>,
    /// From an earlier page of the same list.
    pub cursor: Option<String>,
    /// A position that the list must have reached.
    pub position: Option<String>,
}

/// A position that an answer must have reached.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PositionParameter {
    pub position: Option<String>,
}

#[utoipa::path(
    get, path = "/v1/transactions", tag = "transactions", params(ListParameters),
    responses(
        (status = 200, description = "A page, newest first", body = TransactionList),
        (status = 503, description = "The read model has not reached the position", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn list(
    State(service): Service,
    deadline: Deadline,
    StrictQuery(parameters): StrictQuery<ListParameters>,
) -> Result<Json<TransactionList>, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    let limit = parameters.limit.unwrap_or(PAGE_ROWS_DEFAULT);
    if !(1..=PAGE_ROWS_MAX).contains(&limit) {
        return Err(invalid(
            "limit",
            format!("must be between 1 and {PAGE_ROWS_MAX}"),
        ));
    }
    let Some(filter) = service.filter(&parameters)? else {
        return Ok(Json(TransactionList {
            transactions: Vec::new(),
            next_cursor: None,
            previous_cursor: None,
        }));
    };
    let tag = cursor_tag(&parameters);
    let start = page_start(&tag, parameters.cursor.as_deref())?;
    let page = service
        .node
        .transaction_page(&filter, start, limit)
        .await
        .map_err(query_problem)?;
    let cursor = |row: Option<&TransactionRow>, upwards: i64| {
        row.map(|row| encode_cursor(&tag, [row.sequence.0.cast_signed(), upwards]))
    };
    Ok(Json(TransactionList {
        next_cursor: cursor(page.rows.last(), 0).filter(|_| page.has_older),
        previous_cursor: cursor(page.rows.first(), 1).filter(|_| page.has_newer),
        transactions: page.rows.iter().map(|row| service.summary(row)).collect(),
    }))
}

/// A cursor belongs to its filters: the tag is made from them.
pub(crate) fn cursor_tag(parameters: &ListParameters) -> String {
    let filters = format!(
        "{:?}",
        (
            &parameters.decision,
            &parameters.label,
            &parameters.customer_id,
            &parameters.terminal_id,
            &parameters.minimum_score,
            &parameters.from,
            &parameters.to,
        )
    );
    format!(
        "transactions-{:016x}",
        idempotency::payload_hash(filters.as_bytes())
    )
}

pub(crate) fn page_start(tag: &str, cursor: Option<&str>) -> Result<PageStart, Problem> {
    let Some(cursor) = cursor else {
        return Ok(PageStart::Newest);
    };
    let [sequence, upwards] = decode_cursor::<2>(tag, cursor)?;
    let sequence = Sequence(sequence.cast_unsigned());
    Ok(if upwards == 1 {
        PageStart::Above(sequence)
    } else {
        PageStart::Below(sequence)
    })
}

#[utoipa::path(
    get, path = "/v1/transactions/{transaction_id}", tag = "transactions",
    params(("transaction_id" = String, Path, description = "Your id of the transaction"), PositionParameter),
    responses(
        (status = 200, description = "The transaction with its explanation and history", body = TransactionDetail),
        (status = 404, description = "No such transaction", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn show(
    State(service): Service,
    deadline: Deadline,
    StrictPath(transaction_id): StrictPath<String>,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Json<TransactionDetail>, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    let detail = service.detail(&transaction_id, deadline).await?;
    Ok(Json(detail))
}

impl BankService {
    /// Waits until the read models have reached a position that the caller holds.
    pub(crate) async fn wait_for(
        &self,
        position: Option<&str>,
        deadline: Deadline,
    ) -> Result<(), Problem> {
        let Some(token) = position else {
            return Ok(());
        };
        let position =
            Position::from_token(token, self.node.reader().short_id()).map_err(|error| {
                Problem::new(ProblemKind::InvalidPosition).detail(error.to_string())
            })?;
        self.node
            .wait_until_projected(position.sequence, deadline.instant())
            .await?;
        Ok(())
    }

    /// The filter that the parameters mean; `None` where they name a customer whom this node does not know.
    pub(crate) fn filter(
        &self,
        parameters: &ListParameters,
    ) -> Result<Option<TransactionFilter>, Problem> {
        let customer = match &parameters.customer_id {
            None => None,
            Some(customer_id) => match self.node.customer_reference(customer_id) {
                None => return Ok(None),
                known => known,
            },
        };
        let time = |name: &'static str, value: &Option<String>| {
            value
                .as_deref()
                .map(parse_time)
                .transpose()
                .map_err(|detail| invalid(name, detail))
        };
        if let Some(score) = parameters.minimum_score
            && !(0.0..=1.0).contains(&score)
        {
            return Err(invalid("minimum_score", "must be between 0 and 1".into()));
        }
        Ok(Some(TransactionFilter {
            decision: parameters
                .decision
                .as_deref()
                .map(|name| {
                    Decision::parse(name).ok_or_else(|| {
                        invalid(
                            "decision",
                            "must be approve, challenge, review or decline".into(),
                        )
                    })
                })
                .transpose()?,
            label: match parameters.label.as_deref() {
                None => None,
                Some("fraud") => Some(LabelFilter::Is(Label::Fraud)),
                Some("genuine") => Some(LabelFilter::Is(Label::Genuine)),
                Some("unlabelled") => Some(LabelFilter::Unlabelled),
                Some(_) => {
                    return Err(invalid(
                        "label",
                        "must be fraud, genuine or unlabelled".into(),
                    ));
                }
            },
            customer,
            terminal_id: parameters.terminal_id.clone(),
            score_min: parameters.minimum_score,
            from_us: time("from", &parameters.from)?,
            to_us: time("to", &parameters.to)?,
        }))
    }

    pub(crate) fn summary(&self, row: &TransactionRow) -> TransactionSummary {
        TransactionSummary {
            transaction_id: row.transaction_id.clone(),
            customer_id: self.node.personal(row).map(|fields| fields.customer_id),
            terminal_id: row.terminal_id.clone(),
            occurred_at: time_text(row.occurred_at_us),
            recorded_at: time_text(row.recorded_at_us),
            amount_minor: row.amount_minor,
            currency: row.currency.clone(),
            decision: row.decision.name(),
            score: row.score,
            reason: row.reason.clone(),
            label: row.label.map(Label::name),
            position: self.node.position(row.sequence).to_token(),
        }
    }

    async fn detail(
        &self,
        transaction_id: &str,
        deadline: Deadline,
    ) -> Result<TransactionDetail, Problem> {
        let row = self
            .node
            .settled_transaction_row(transaction_id, deadline.instant())
            .await?
            .ok_or_else(|| {
                Problem::new(ProblemKind::NotFound).detail("There is no such transaction.")
            })?;
        let recorded = self.node.transaction_event(row.sequence).await?;
        let labels = self
            .node
            .transaction_labels(&row)
            .await
            .map_err(query_problem)?;
        let personal = self.node.personal(&row);
        let erased = personal.is_none();
        let (card_id, device_id) =
            personal.map_or((None, None), |fields| (fields.card_id, fields.device_id));

        let kind = match &recorded.event {
            Event::TransactionAssessed(_) => "assessed",
            Event::TransactionAdvised(_) => "advised",
            _ => "imported",
        };
        let mut history = vec![HistoryEntryBody {
            kind,
            recorded_at: time_text(recorded.metadata.recorded_at_us),
            actor: recorded.metadata.actor.to_string(),
            label: None,
            source: None,
            known_at: None,
            note: None,
            amount_minor: None,
            detail: match &recorded.event {
                Event::TransactionAdvised(event) => Some(event.decided_by.name().to_owned()),
                _ => None,
            },
            happened_at: None,
        }];
        history.extend(labels.iter().map(|label| self.history_entry(&row, label)));
        let aftermath = self
            .node
            .transaction_aftermath(&row)
            .await
            .map_err(query_problem)?;
        history.extend(aftermath.into_iter().map(|happened| HistoryEntryBody {
            kind: happened.kind,
            recorded_at: time_text(happened.recorded_at_us),
            actor: happened.actor,
            label: None,
            source: None,
            known_at: None,
            note: None,
            amount_minor: happened.amount_minor,
            detail: happened.detail,
            happened_at: Some(time_text(happened.happened_at_us)),
        }));

        let (mut rule_hits, mut lists) = (Vec::new(), Vec::new());
        let (reasons, explanation, versions) = match &recorded.event {
            Event::TransactionAssessed(event) => {
                let policy = self.node.policy(event.policy).await?;
                rule_hits = rule_hit_bodies(event, &policy.policy);
                lists = list_hit_bodies(event);
                (
                    reason_bodies(event),
                    self.explanation(event, &policy.policy.model),
                    Some(Versions {
                        model: policy.policy.model.clone(),
                        policy: policy.policy.version,
                        feature_set: event.features.set().name(),
                    }),
                )
            }
            _ => (Vec::new(), None, None),
        };
        Ok(TransactionDetail {
            summary: self.summary(&row),
            card_id,
            device_id,
            erased,
            reasons,
            rule_hits,
            lists,
            explanation,
            versions,
            history,
        })
    }

    fn history_entry(&self, row: &TransactionRow, label: &LabelRow) -> HistoryEntryBody {
        HistoryEntryBody {
            kind: match label.label {
                Some(_) => "labelled",
                None => "label_withdrawn",
            },
            recorded_at: time_text(label.recorded_at_us),
            actor: label.actor.clone(),
            label: label.label.map(Label::name),
            source: Some(label.source),
            known_at: Some(time_text(label.known_at_us)),
            note: self.node.note(row.customer, label),
            amount_minor: None,
            detail: None,
            happened_at: None,
        }
    }

    /// How a score came about; `None` where this binary has not the model any more.
    fn explanation(&self, event: &TransactionAssessed, model: &str) -> Option<ExplanationBody> {
        let model = self.node.model(model)?;
        if model.feature_set() != event.features.set() {
            return None;
        }
        let explanation = model.explain_exactly(&event.features);
        Some(ExplanationBody {
            base_log_odds: explanation.base,
            calibration_log_odds: explanation.calibration,
            contributions: contribution_bodies(&event.features, &explanation),
        })
    }
}

fn contribution_bodies(features: &Features, explanation: &Explanation) -> Vec<ContributionBody> {
    features
        .iter()
        .zip(&explanation.contributions)
        .map(|((feature, value), log_odds)| ContributionBody {
            feature: feature.name,
            title: feature.title,
            unit: unit_name(feature.unit),
            value: (!is_missing(value)).then_some(value),
            log_odds: *log_odds,
        })
        .collect()
}

pub(crate) fn unit_name(unit: FeatureUnit) -> &'static str {
    match unit {
        FeatureUnit::Money => "money",
        FeatureUnit::Flag => "flag",
        FeatureUnit::Count => "count",
        FeatureUnit::Seconds => "seconds",
        FeatureUnit::Ratio => "ratio",
    }
}

fn invalid(parameter: &'static str, detail: String) -> Problem {
    Problem::new(ProblemKind::InvalidField).field(FieldError::at_parameter(parameter, detail))
}

/// RFC 3339 to epoch microseconds.
pub(crate) fn parse_time(text: &str) -> Result<i64, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.timestamp_micros())
        .map_err(|_| "must be a time like 2026-01-31T13:45:00Z (RFC 3339)".to_owned())
}

/// Epoch microseconds to RFC 3339 in UTC.
pub(crate) fn time_text(at_us: i64) -> String {
    DateTime::from_timestamp_micros(at_us).map_or_else(
        || at_us.to_string(),
        |time| time.to_rfc3339_opts(SecondsFormat::Micros, true),
    )
}
