//! The pages of one bank: read models into views.

use accord_console::{CONTENT_SECURITY_POLICY, DemoClock, PersonaSwitcher, Tone, money::money};
use accord_learning::is_missing;
use accord_service::{Deadline, Principal, Problem, StrictPath, StrictQuery};
use axum::{
    extract::{OriginalUri, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use maud::Markup;
use risk_control::{Event, FeatureSet, FeatureUnit, Label, ListName, ListedKind};
use serde::Deserialize;

use super::{
    BankService, Service,
    errors::query_problem,
    transactions::{ListParameters, PositionParameter, cursor_tag, page_start},
};
use crate::{
    console::{
        self,
        decision::{Decision, ScoreThreshold},
        decision_table::{DecisionRow, LIVE_ROWS_MAX},
        explanation::{Explanation, FeatureContribution},
        frame::BankFrame,
        label_form::LabelForm,
        overview::OverviewView,
        problem::ProblemView,
        transaction::{DecisionVersions, HistoryEntry, RuleHit, TransactionField, TransactionView},
        transactions::{LabelFilter, TransactionFilters, TransactionsView},
    },
    queries::transactions::{AftermathRow, PageStart, TransactionFilter, TransactionRow},
};

const LIST_ROWS: u32 = 50;
const NEIGHBOURS: u32 = 10;

/// The overview.
pub(crate) async fn overview(
    State(service): Service,
    principal: Principal,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    let through = service.node.progress().through;
    let figures = service.node.overview().await.map_err(query_problem)?;
    let filter = TransactionFilter {
        score_min: Some(0.0),
        ..TransactionFilter::default()
    };
    let rows_max = u32::try_from(LIVE_ROWS_MAX).unwrap_or(u32::MAX);
    let newest = service
        .node
        .transaction_page(&filter, PageStart::Below(through.next()), rows_max)
        .await
        .map_err(query_problem)?;
    let base_path = &service.placement.base_path;
    let view = OverviewView {
        frame: service.frame(&principal, &uri),
        figures,
        thresholds: service.thresholds(),
        newest: newest
            .rows
            .iter()
            .map(|row| decision_row(&service, row))
            .collect(),
        stream: Some(format!(
            "{base_path}/v1/stream?after={}",
            service.node.position(through).to_token()
        )),
    };
    Ok(page(StatusCode::OK, console::overview::overview(&view)))
}

/// The filters as a form sends them: empty fields do not narrow.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FilterForm {
    decision: String,
    label: String,
    customer: String,
    terminal: String,
    minimum_score: String,
    from: String,
    to: String,
    cursor: Option<String>,
    position: Option<String>,
}

/// The list.
pub(crate) async fn transactions(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    StrictQuery(form): StrictQuery<FilterForm>,
) -> Result<Response, Problem> {
    service.wait_for(form.position.as_deref(), deadline).await?;
    let mut view = TransactionsView {
        frame: service.frame(&principal, &uri),
        filters: form.filters(),
        filter_problem: None,
        rows: Vec::new(),
        next_href: None,
        previous_href: None,
    };
    let parameters = match form.parameters() {
        Ok(parameters) => parameters,
        Err(detail) => {
            view.filter_problem = Some(detail);
            let markup = console::transactions::transactions(&view);
            return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, markup));
        }
    };
    let filter = match service.filter(&parameters) {
        Ok(filter) => filter,
        Err(problem) => {
            let document = problem.into_document();
            view.filter_problem = document
                .errors
                .first()
                .map(|error| error.detail.clone())
                .or(document.detail);
            let markup = console::transactions::transactions(&view);
            return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, markup));
        }
    };
    if let Some(filter) = filter {
        let tag = cursor_tag(&parameters);
        let start = page_start(&tag, form.cursor.as_deref())?;
        let found = service
            .node
            .transaction_page(&filter, start, LIST_ROWS)
            .await
            .map_err(query_problem)?;
        let href = |row: Option<&TransactionRow>, upwards: i64| {
            row.map(|row| {
                let cursor = accord_service::cursor::encode_cursor(
                    &tag,
                    [row.sequence.0.cast_signed(), upwards],
                );
                form.href(&view.frame.transactions_href(), &cursor)
            })
        };
        view.next_href = href(found.rows.last(), 0).filter(|_| found.has_older);
        view.previous_href = href(found.rows.first(), 1).filter(|_| found.has_newer);
        view.rows = found
            .rows
            .iter()
            .map(|row| decision_row(&service, row))
            .collect();
    }
    let markup = console::transactions::transactions(&view);
    Ok(page(StatusCode::OK, markup))
}

impl FilterForm {
    fn filters(&self) -> TransactionFilters {
        TransactionFilters {
            decision: Decision::ALL
                .into_iter()
                .find(|decision| decision.key() == self.decision),
            customer: self.customer.clone(),
            terminal: self.terminal.clone(),
            minimum_score: self.minimum_score.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            label: LabelFilter::ALL
                .into_iter()
                .find(|label| label.key() == self.label),
        }
    }

    /// The parameters of the API's list that mean the same.
    fn parameters(&self) -> Result<ListParameters, String> {
        let filled = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        // A form's time has neither seconds nor a zone; the pages show UTC.
        let time = |text: &str| {
            filled(text).map(|text| match text.len() {
                16 => format!("{text}:00Z"),
                19 => format!("{text}Z"),
                _ => text,
            })
        };
        Ok(ListParameters {
            decision: filled(&self.decision),
            label: filled(&self.label),
            customer_id: filled(&self.customer),
            terminal_id: filled(&self.terminal),
            minimum_score: filled(&self.minimum_score)
                .map(|text| {
                    text.parse()
                        .map_err(|_| "the lowest score must be a number between 0 and 1".to_owned())
                })
                .transpose()?,
            from: time(&self.from),
            to: time(&self.to),
            limit: None,
            cursor: None,
            position: None,
        })
    }

    fn href(&self, list: &str, cursor: &str) -> String {
        let fields = [
            ("decision", &self.decision),
            ("label", &self.label),
            ("customer", &self.customer),
            ("terminal", &self.terminal),
            ("minimum_score", &self.minimum_score),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let mut href = format!("{list}?cursor={cursor}");
        for (name, value) in fields {
            if !value.is_empty() {
                href.push_str(&format!("&{name}={}", encode_component(value)));
            }
        }
        href
    }
}

/// Percent-encodes everything but unreserved characters (RFC 3986).
pub(super) fn encode_component(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// One transaction.
pub(crate) async fn transaction(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    StrictPath(transaction_id): StrictPath<String>,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Response, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    let frame = service.frame(&principal, &uri);
    let row = service
        .node
        .settled_transaction_row(&transaction_id, deadline.instant())
        .await?;
    let Some(row) = row else {
        let view = ProblemView {
            status: 404,
            title: "No such transaction".to_owned(),
            detail: Some(format!(
                "{} has no transaction of this id.",
                service.node.name()
            )),
            back_href: frame.transactions_href(),
            correlation_id: None,
        };
        return Ok(page(
            StatusCode::NOT_FOUND,
            console::problem::problem(&view),
        ));
    };
    let view = service.transaction_view(frame, row).await?;
    Ok(page(
        StatusCode::OK,
        console::transaction::transaction(&view),
    ))
}

impl BankService {
    pub(crate) fn frame(&self, principal: &Principal, uri: &axum::http::Uri) -> BankFrame {
        let placement = &self.placement;
        BankFrame {
            bank: capitalised(self.node.name()),
            base_path: placement.base_path.clone(),
            home_href: placement.home_href.clone(),
            clock: placement.shows_clock.then(|| DemoClock {
                now_us: self.node.clock().now_us(),
                speed: self.node.clock().speed(),
            }),
            personas: persona_switcher(placement.edge.authenticator(), principal, uri.path()),
            open_cases: self.node.open_cases(),
            footer: vec![
                ("API".to_owned(), format!("{}/api/", placement.base_path)),
                (
                    "OpenAPI".to_owned(),
                    format!("{}/openapi.json", placement.base_path),
                ),
                (
                    "Health".to_owned(),
                    format!("{}/health/ready", placement.base_path),
                ),
            ],
        }
    }

    fn thresholds(&self) -> Vec<ScoreThreshold> {
        self.node
            .active_policy()
            .map_or_else(Vec::new, |active| thresholds_of(&active.policy.thresholds))
    }

    async fn transaction_view(
        &self,
        frame: BankFrame,
        row: TransactionRow,
    ) -> Result<TransactionView, Problem> {
        let recorded = self.node.transaction_event(row.sequence).await?;
        let labels = self
            .node
            .transaction_labels(&row)
            .await
            .map_err(query_problem)?;
        let neighbours = self
            .node
            .customer_transactions(row.customer, row.sequence, NEIGHBOURS)
            .await
            .map_err(query_problem)?;
        let personal = self.node.personal(&row);
        let field = |name: &str, value: Option<String>| TransactionField {
            name: name.to_owned(),
            value,
            href: None,
        };
        let erased = personal.is_none();
        let customer_id = personal.as_ref().map(|fields| fields.customer_id.clone());
        let mut fields = vec![TransactionField {
            href: customer_id.as_deref().map(|id| frame.customer_href(id)),
            ..field("Customer", customer_id)
        }];
        let (card, device) =
            personal.map_or((None, None), |fields| (fields.card_id, fields.device_id));
        for (name, value) in [("Card", card), ("Device", device)] {
            if erased || value.is_some() {
                fields.push(field(name, value));
            }
        }
        fields.push(TransactionField {
            href: Some(frame.terminal_href(&row.terminal_id)),
            ..field("Terminal", Some(row.terminal_id.clone()))
        });
        if let Some(case) = self
            .node
            .case_of_transaction(row.sequence)
            .await
            .map_err(query_problem)?
        {
            fields.push(TransactionField {
                href: Some(frame.case_href(&case.to_string())),
                ..field("Case", Some(case.to_string()))
            });
        }

        let mut history = vec![HistoryEntry {
            at_us: recorded.metadata.recorded_at_us,
            tone: Tone::Neutral,
            title: match &recorded.event {
                Event::TransactionAssessed(_) => "Decided".to_owned(),
                Event::TransactionAdvised(event) => {
                    format!("Decided elsewhere ({})", event.decided_by.name())
                }
                _ => "Imported with its original decision".to_owned(),
            },
            detail: None,
            actor: Some(recorded.metadata.actor.to_string()),
        }];
        history.extend(labels.iter().map(|label| HistoryEntry {
            at_us: label.recorded_at_us,
            tone: match label.label {
                Some(Label::Fraud) => Tone::Bad,
                Some(Label::Genuine) => Tone::Good,
                None => Tone::Neutral,
            },
            title: match label.label {
                Some(known) => format!("Labelled {} ({})", known.name(), label.source),
                None => "Label withdrawn".to_owned(),
            },
            detail: self.node.note(row.customer, label),
            actor: Some(label.actor.clone()),
        }));
        let aftermath = self
            .node
            .transaction_aftermath(&row)
            .await
            .map_err(query_problem)?;
        history.extend(
            aftermath
                .into_iter()
                .map(|happened| happened_entry(happened, &row.currency)),
        );

        let mut rule_hits = Vec::new();
        let (explanation, versions, thresholds) = match &recorded.event {
            Event::TransactionAssessed(event) => {
                let policy = self.node.policy(event.policy).await?;
                rule_hits = rule_hits_of(event, &policy.policy);
                let explanation = self
                    .node
                    .model(&policy.policy.model)
                    .filter(|model| model.feature_set() == event.features.set())
                    .map(|model| explanation(event, &model.explain_exactly(&event.features)));
                let versions = DecisionVersions {
                    model_hash: policy.policy.model.clone(),
                    policy_version: policy.policy.version.to_string(),
                    feature_set: event.features.set().name().to_owned(),
                };
                (
                    explanation,
                    versions,
                    thresholds_of(&policy.policy.thresholds),
                )
            }
            _ => (
                None,
                DecisionVersions {
                    model_hash: "none".to_owned(),
                    policy_version: "decided elsewhere".to_owned(),
                    feature_set: FeatureSet::CURRENT.name().to_owned(),
                },
                Vec::new(),
            ),
        };
        Ok(TransactionView {
            label_form: Some(LabelForm {
                action: format!(
                    "{}/v1/transactions/{}/labels",
                    frame.base_path,
                    encode_component(&row.transaction_id)
                ),
                sources: [
                    ("analyst", "Analyst"),
                    ("customer", "Customer"),
                    ("chargeback", "Chargeback"),
                ]
                .map(|(value, label)| (value.to_owned(), label.to_owned()))
                .to_vec(),
            }),
            frame,
            transaction_id: row.transaction_id.clone(),
            occurred_at_us: row.occurred_at_us,
            amount_minor: row.amount_minor,
            currency: row.currency.clone(),
            decision: page_decision(row.decision),
            score: row.score.unwrap_or(f64::NAN),
            thresholds,
            rule_hits,
            explanation,
            fields,
            versions,
            history,
            neighbours: neighbours
                .iter()
                .map(|row| decision_row(self, row))
                .collect(),
            erasure: None,
        })
    }
}

/// Lists and rules that spoke, in the order in which they prevail.
fn rule_hits_of(
    event: &risk_control::TransactionAssessed,
    policy: &risk_control::Policy,
) -> Vec<RuleHit> {
    let of_list = |(list, kind): (ListName, ListedKind)| RuleHit {
        name: format!("{} list, by its {}", capitalised(list.name()), kind.name()),
        decision: match list {
            ListName::Block => Some(Decision::Decline),
            ListName::Allow => Some(Decision::Approve),
            ListName::Watch => None,
        },
    };
    let mut lists: Vec<_> = event.lists.iter().collect();
    lists.sort_by_key(|(list, _)| *list != ListName::Block);
    let rule = |hit: &risk_control::RuleHit, shadow: bool| {
        let rule = policy.rules.find(hit.rule());
        let reason = rule.map_or_else(String::new, |rule| format!(": {}", rule.reason));
        let in_shadow = if shadow { ", in shadow" } else { "" };
        RuleHit {
            name: format!("{} v{}{in_shadow}{reason}", hit.rule(), hit.version()),
            decision: rule
                .filter(|_| !shadow)
                .map(|rule| page_decision(rule.outcome)),
        }
    };
    lists
        .into_iter()
        .map(of_list)
        .chain(event.hits.iter().map(|hit| rule(hit, false)))
        .chain(event.shadow_hits.iter().map(|hit| rule(hit, true)))
        .collect()
}

fn explanation(
    event: &risk_control::TransactionAssessed,
    explained: &risk_control::Explanation,
) -> Explanation {
    let currency = &event.transaction.currency;
    Explanation {
        base_log_odds: explained.base,
        contributions: event
            .features
            .iter()
            .zip(&explained.contributions)
            .map(|((feature, value), log_odds)| {
                let (value, unit) = value_and_unit(feature.unit, value, currency);
                FeatureContribution {
                    feature: feature.name.to_owned(),
                    words: feature.title.to_owned(),
                    value,
                    unit,
                    log_odds: *log_odds,
                }
            })
            .collect(),
    }
}

fn value_and_unit(unit: FeatureUnit, value: f64, currency: &str) -> (String, String) {
    if is_missing(value) {
        return ("not known".to_owned(), String::new());
    }
    match unit {
        FeatureUnit::Money => (format!("{:.2}", value / 100.0), currency.to_owned()),
        FeatureUnit::Flag => {
            let word = if value > 0.5 { "yes" } else { "no" };
            (word.to_owned(), String::new())
        }
        FeatureUnit::Count => (format!("{value:.0}"), String::new()),
        FeatureUnit::Seconds => (format!("{value:.0}"), "s".to_owned()),
        FeatureUnit::Ratio => (format!("{value:.3}"), "times".to_owned()),
    }
}

/// The persona switcher of the header, where there are personas to choose from.
pub fn persona_switcher(
    authenticator: &accord_service::Authenticator,
    principal: &Principal,
    return_to: &str,
) -> Option<PersonaSwitcher> {
    let personas = authenticator.personas();
    (personas.len() > 1).then(|| PersonaSwitcher {
        action: "/persona".to_owned(),
        return_to: return_to.to_owned(),
        choices: personas
            .iter()
            .map(|persona| (persona.id().to_owned(), persona.name().to_owned()))
            .collect(),
        current: principal.id().to_owned(),
    })
}

pub(crate) fn thresholds_of(thresholds: &risk_control::Thresholds) -> Vec<ScoreThreshold> {
    [
        (Decision::Challenge, thresholds.challenge),
        (Decision::Review, thresholds.review),
        (Decision::Decline, thresholds.decline),
    ]
    .map(|(decision, at)| ScoreThreshold { decision, at })
    .to_vec()
}

/// What happened to a transaction after it was decided, in words.
fn happened_entry(happened: AftermathRow, currency: &str) -> HistoryEntry {
    let detail = happened.detail.unwrap_or_default();
    let (tone, title) = match (happened.kind, detail.as_str()) {
        ("reversed", _) => (Tone::Neutral, format!("Reversed ({detail})")),
        ("refunded", _) => {
            let amount = money(happened.amount_minor.unwrap_or_default(), currency);
            (Tone::Neutral, format!("Refunded {amount}"))
        }
        (_, "passed") => (Tone::Good, "Challenge passed".to_owned()),
        (_, outcome) => (Tone::Attention, format!("Challenge {outcome}")),
    };
    HistoryEntry {
        at_us: happened.recorded_at_us,
        tone,
        title,
        detail: None,
        actor: Some(happened.actor),
    }
}

pub(crate) fn decision_row(service: &BankService, row: &TransactionRow) -> DecisionRow {
    DecisionRow {
        position: service.node.position(row.sequence).to_token(),
        transaction_id: row.transaction_id.clone(),
        occurred_at_us: row.occurred_at_us,
        customer_id: service.node.personal(row).map(|fields| fields.customer_id),
        terminal_id: row.terminal_id.clone(),
        amount_minor: row.amount_minor,
        currency: row.currency.clone(),
        // Drawn as "not known": imported transactions have no score.
        score: row.score.unwrap_or(f64::NAN),
        decision: page_decision(row.decision),
        reason: row.reason.clone(),
    }
}

pub(crate) fn page_decision(decision: risk_control::Decision) -> Decision {
    match decision {
        risk_control::Decision::Approve => Decision::Approve,
        risk_control::Decision::Challenge => Decision::Challenge,
        risk_control::Decision::Review => Decision::Review,
        risk_control::Decision::Decline => Decision::Decline,
    }
}

/// The institution's name as a title.
pub fn capitalised(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

/// A whole page with the headers that every page has.
pub fn page(status: StatusCode, markup: Markup) -> Response {
    (
        status,
        [
            (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "same-origin"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ],
        Html(markup.into_string()),
    )
        .into_response()
}
