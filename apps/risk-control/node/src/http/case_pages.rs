//! The pages of cases, customers and terminals: read models into views.

use accord_console::Tone;
use accord_service::{Deadline, Principal, Problem, Role, Roles, StrictPath, StrictQuery};
use axum::{
    extract::{OriginalUri, State},
    http::StatusCode,
    response::Response,
};
use risk_control::{Disposition, Label};
use serde::Deserialize;

use super::{
    BankService, Service,
    cases::CaseListParameters,
    errors::query_problem,
    pages::{decision_row, encode_component, page, page_decision},
    transactions::PositionParameter,
};
use crate::{
    console::{
        self,
        case::{CaseTransaction, CaseView},
        case_actions::CaseActions,
        case_badges::{CaseStage, Finding, Severity},
        cases::{CaseFigures, CaseFilters, CaseRow, CasesView},
        lookups::{LinkGroup, LinkRow, LookupKind, LookupStatistics, LookupView},
        problem::ProblemView,
        transaction::HistoryEntry,
    },
    queries::{
        cases::{
            self as queried, CaseFilter, CaseHistoryRow, CaseOrder, CaseState, CaseTransactionRow,
            StateFilter,
        },
        lookups::{LinkedEntity, Statistics},
    },
};

const QUEUE_ROWS: u32 = 50;
const NEIGHBOURS: u32 = 10;
const CASES_OF_CUSTOMER: u32 = 10;

/// The filters as a form sends them: empty fields do not narrow.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CaseFilterForm {
    state: String,
    assignee: String,
    severity: String,
    overdue: String,
    customer: String,
    sort: String,
    cursor: Option<String>,
    position: Option<String>,
}

/// The queue.
pub(crate) async fn queue(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    StrictQuery(form): StrictQuery<CaseFilterForm>,
) -> Result<Response, Problem> {
    service.wait_for(form.position.as_deref(), deadline).await?;
    let now_us = service.node.clock().now_us();
    let counts = service
        .node
        .case_counts(now_us)
        .await
        .map_err(query_problem)?;
    let frame = service.frame(&principal, &uri);
    let mut view = CasesView {
        bulk_action: works_cases(&principal).then(|| format!("{}/v1/cases/bulk", frame.base_path)),
        frame,
        figures: CaseFigures {
            open: counts.open,
            unassigned: counts.unassigned,
            escalated: counts.escalated,
            overdue: counts.overdue,
            expected_loss_minor: counts.expected_loss_minor,
            currency: service.node.currency().to_owned(),
        },
        filters: form.filters(),
        filter_problem: None,
        rows: Vec::new(),
        next_href: None,
        now_us,
    };
    let parameters = form.parameters();
    let narrowed = service
        .case_filter(&parameters, &principal, now_us)
        .and_then(|filter| Ok((filter, parameters.order()?)));
    let (filter, order) = match narrowed {
        Ok(narrowed) => narrowed,
        Err(problem) => {
            let document = problem.into_document();
            view.filter_problem = document
                .errors
                .first()
                .map(|error| error.detail.clone())
                .or(document.detail);
            let markup = console::cases::cases(&view);
            return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, markup));
        }
    };
    if let Some(filter) = filter {
        let tag = parameters.cursor_tag();
        let cursor = form
            .cursor
            .as_deref()
            .map(|cursor| accord_service::cursor::decode_cursor::<2>(&tag, cursor))
            .transpose()?;
        let found = service
            .node
            .case_page(&filter, order, cursor, QUEUE_ROWS)
            .await
            .map_err(query_problem)?;
        view.next_href = found.rows.last().filter(|_| found.has_more).map(|row| {
            let cursor = accord_service::cursor::encode_cursor(&tag, order.cursor(row));
            form.href(&view.frame.cases_href(), &cursor)
        });
        view.rows = found
            .rows
            .into_iter()
            .map(|row| service.case_view_row(row, now_us))
            .collect();
    }
    Ok(page(StatusCode::OK, console::cases::cases(&view)))
}

impl CaseFilterForm {
    fn filters(&self) -> CaseFilters {
        CaseFilters {
            state: self.state.clone(),
            assignee: self.assignee.clone(),
            severity: self.severity.clone(),
            overdue: self.overdue == "true",
            customer: self.customer.clone(),
            sort: self.sort.clone(),
        }
    }

    /// The parameters of the API's list that mean the same.
    fn parameters(&self) -> CaseListParameters {
        let filled = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        CaseListParameters {
            state: filled(&self.state),
            assignee: filled(&self.assignee),
            severity: filled(&self.severity),
            overdue: (self.overdue == "true").then_some(true),
            customer_id: filled(&self.customer),
            sort: filled(&self.sort),
            limit: None,
            cursor: None,
            position: None,
        }
    }

    fn href(&self, list: &str, cursor: &str) -> String {
        let fields = [
            ("state", &self.state),
            ("assignee", &self.assignee),
            ("severity", &self.severity),
            ("overdue", &self.overdue),
            ("customer", &self.customer),
            ("sort", &self.sort),
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

/// One case.
pub(crate) async fn case(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    StrictPath(case_id): StrictPath<String>,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Response, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    let row = service.settled_case(&case_id, deadline).await?;
    let case = row.case;
    let node = &service.node;
    let transactions = node.case_transactions(case).await.map_err(query_problem)?;
    let history = node.case_history(case).await.map_err(query_problem)?;
    let neighbours = node
        .customer_transactions(case.customer.0, node.progress().through.next(), NEIGHBOURS)
        .await
        .map_err(query_problem)?;
    let mut alerted = Vec::with_capacity(transactions.len());
    for transaction in &transactions {
        alerted.push(service.alerted_transaction(transaction).await?);
    }
    let now_us = node.clock().now_us();
    let mut entries: Vec<HistoryEntry> = transactions.iter().map(alert_entry).collect();
    entries.extend(history.iter().map(history_entry));
    entries.sort_by_key(|entry| entry.at_us);
    let frame = service.frame(&principal, &uri);
    let view = CaseView {
        actions: works_cases(&principal).then(|| CaseActions {
            base: format!("{}/v1/cases/{case}", frame.base_path),
            me: principal.id().to_owned(),
        }),
        frame,
        case: service.case_view_row(row, now_us),
        transactions: alerted,
        history: entries,
        neighbours: neighbours
            .iter()
            .map(|row| decision_row(&service, row))
            .collect(),
        now_us,
    };
    Ok(page(StatusCode::OK, console::case::case(&view)))
}

/// One customer.
pub(crate) async fn customer(
    State(service): Service,
    principal: Principal,
    OriginalUri(uri): OriginalUri,
    StrictPath(customer_id): StrictPath<String>,
) -> Result<Response, Problem> {
    let frame = service.frame(&principal, &uri);
    let Some(lookup) = service.node.customer_lookup(&customer_id).await? else {
        return Ok(nothing_known(&frame, "customer"));
    };
    let filter = CaseFilter {
        state: StateFilter::Any,
        customer: Some(lookup.customer),
        ..CaseFilter::default()
    };
    let cases = service
        .node
        .case_page(&filter, CaseOrder::Newest, None, CASES_OF_CUSTOMER)
        .await
        .map_err(query_problem)?;
    let now_us = service.node.clock().now_us();
    let encoded = encode_component(&customer_id);
    let terminals = links(&lookup.terminals, |id| Some(frame.terminal_href(id)));
    let view = LookupView {
        kind: LookupKind::Customer,
        statistics: service.lookup_statistics(&lookup.statistics),
        links: vec![
            group("Terminals", "Terminal", terminals),
            group("Cards", "Card", links(&lookup.cards, |_| None)),
            group("Devices", "Device", links(&lookup.devices, |_| None)),
        ],
        cases: cases
            .rows
            .into_iter()
            .map(|row| service.case_view_row(row, now_us))
            .collect(),
        recent: lookup
            .recent
            .iter()
            .map(|row| decision_row(&service, row))
            .collect(),
        list_href: format!("{}?customer={encoded}", frame.transactions_href()),
        export_href: format!(
            "{}/v1/exports/transactions.csv?customer_id={encoded}",
            frame.base_path
        ),
        id: customer_id,
        frame,
    };
    Ok(page(StatusCode::OK, console::lookups::lookup(&view)))
}

/// One terminal.
pub(crate) async fn terminal(
    State(service): Service,
    principal: Principal,
    OriginalUri(uri): OriginalUri,
    StrictPath(terminal_id): StrictPath<String>,
) -> Result<Response, Problem> {
    let frame = service.frame(&principal, &uri);
    let Some(lookup) = service.node.terminal_lookup(&terminal_id).await? else {
        return Ok(nothing_known(&frame, "terminal"));
    };
    let encoded = encode_component(&terminal_id);
    let customers = links(&lookup.customers, |id| Some(frame.customer_href(id)));
    let view = LookupView {
        kind: LookupKind::Terminal,
        statistics: service.lookup_statistics(&lookup.statistics),
        links: vec![group("Most frequent customers", "Customer", customers)],
        cases: Vec::new(),
        recent: lookup
            .recent
            .iter()
            .map(|row| decision_row(&service, row))
            .collect(),
        list_href: format!("{}?terminal={encoded}", frame.transactions_href()),
        export_href: format!(
            "{}/v1/exports/transactions.csv?terminal_id={encoded}",
            frame.base_path
        ),
        id: terminal_id,
        frame,
    };
    Ok(page(StatusCode::OK, console::lookups::lookup(&view)))
}

fn nothing_known(frame: &console::frame::BankFrame, what: &str) -> Response {
    let view = ProblemView {
        status: 404,
        title: format!("No such {what}"),
        detail: Some(format!("{} has no transaction of this {what}.", frame.bank)),
        back_href: frame.transactions_href(),
        correlation_id: None,
    };
    page(StatusCode::NOT_FOUND, console::problem::problem(&view))
}

/// Whether the caller may do something with cases.
fn works_cases(principal: &Principal) -> bool {
    let workers = Roles::of(&[Role::Analyst, Role::Approver, Role::Administrator]);
    principal.roles().intersects(workers)
}

fn group(title: &'static str, column: &'static str, links: Vec<LinkRow>) -> LinkGroup {
    LinkGroup {
        title,
        column,
        links,
    }
}

fn links(entities: &[LinkedEntity], href: impl Fn(&str) -> Option<String>) -> Vec<LinkRow> {
    entities
        .iter()
        .map(|entity| LinkRow {
            href: href(&entity.id),
            id: entity.id.clone(),
            transactions: entity.transactions,
            amount_minor: entity.amount_minor,
            confirmed_fraud: entity.confirmed_fraud,
            last_us: entity.last_us,
        })
        .collect()
}

fn alert_entry(row: &CaseTransactionRow) -> HistoryEntry {
    HistoryEntry {
        at_us: row.raised_at_us,
        tone: Tone::Attention,
        title: format!("Alert: {}", row.transaction.decision.name()),
        detail: Some(row.transaction.transaction_id.clone()),
        actor: None,
    }
}

fn history_entry(row: &CaseHistoryRow) -> HistoryEntry {
    let finding = row
        .disposition
        .as_deref()
        .and_then(Disposition::parse)
        .map(finding);
    let (tone, title) = match row.kind.as_str() {
        "CaseAssigned" => (
            Tone::Check,
            format!(
                "Assigned to {}",
                row.assignee.as_deref().unwrap_or("nobody")
            ),
        ),
        "CaseReleased" => (Tone::Neutral, "Given back".to_owned()),
        "CaseNoted" => (Tone::Neutral, "Note".to_owned()),
        "CaseEscalated" => (Tone::Attention, "Escalated".to_owned()),
        "CaseResolved" => finding.map_or((Tone::Good, "Resolved".to_owned()), |finding| {
            (finding.tone(), format!("Resolved: {}", finding.title()))
        }),
        "CaseReopened" => (Tone::Attention, "Resolution undone".to_owned()),
        "CaseExpired" => (Tone::Neutral, "Expired".to_owned()),
        other => (Tone::Neutral, other.to_owned()),
    };
    let note = match (&row.note, row.has_note) {
        (Some(note), _) => Some(note.clone()),
        (None, true) => Some("(the note was erased)".to_owned()),
        (None, false) => None,
    };
    HistoryEntry {
        at_us: row.recorded_at_us,
        tone,
        title,
        detail: note,
        actor: Some(row.actor.clone()),
    }
}

fn finding(disposition: Disposition) -> Finding {
    match disposition {
        Disposition::ConfirmedFraud => Finding::Fraud,
        Disposition::Genuine => Finding::Genuine,
        Disposition::Inconclusive => Finding::Inconclusive,
    }
}

impl BankService {
    fn case_view_row(&self, row: queried::CaseRow, now_us: i64) -> CaseRow {
        CaseRow {
            case_id: row.case.to_string(),
            version: row.version,
            stage: match row.state {
                CaseState::New => CaseStage::New,
                CaseState::Assigned => CaseStage::Assigned,
                CaseState::Escalated => CaseStage::Escalated,
                CaseState::Resolved => {
                    CaseStage::Resolved(row.disposition.map_or(Finding::Inconclusive, finding))
                }
                CaseState::Expired => CaseStage::Expired,
            },
            severity: match row.severity {
                risk_control::Severity::Low => Severity::Low,
                risk_control::Severity::Medium => Severity::Medium,
                risk_control::Severity::High => Severity::High,
            },
            priority: row
                .state
                .is_open()
                .then(|| crate::projections::priority(row.rank, now_us)),
            assignee: row.assignee,
            customer_id: row.customer_id,
            alerts: row.alerts,
            amount_minor: row.amount_minor,
            expected_loss_minor: row.expected_loss_minor,
            currency: self.node.currency().to_owned(),
            opened_at_us: row.opened_at_us,
            due_at_us: row.due_at_us,
            reason: row.reason,
        }
    }

    async fn alerted_transaction(
        &self,
        row: &CaseTransactionRow,
    ) -> Result<CaseTransaction, Problem> {
        let transaction = &row.transaction;
        let recorded = self.node.transaction_event(transaction.sequence).await?;
        let reasons = match &recorded.event {
            risk_control::Event::TransactionAssessed(event) => super::assess::reason_bodies(event),
            _ => Vec::new(),
        };
        Ok(CaseTransaction {
            transaction_id: transaction.transaction_id.clone(),
            occurred_at_us: transaction.occurred_at_us,
            terminal_id: transaction.terminal_id.clone(),
            amount_minor: transaction.amount_minor,
            currency: transaction.currency.clone(),
            decision: page_decision(transaction.decision),
            score: transaction.score.unwrap_or(f64::NAN),
            expected_loss_minor: row.expected_loss_minor,
            reasons: reasons.into_iter().map(|reason| reason.text).collect(),
            label: transaction.label.map(|label| match label {
                Label::Fraud => (Tone::Bad, "Fraud".to_owned()),
                Label::Genuine => (Tone::Good, "Genuine".to_owned()),
            }),
        })
    }

    fn lookup_statistics(&self, statistics: &Statistics) -> LookupStatistics {
        LookupStatistics {
            transactions: statistics.transactions,
            truncated: statistics.truncated,
            amount_minor: statistics.amount_minor,
            amount_max_minor: statistics.amount_max_minor,
            currency: self.node.currency().to_owned(),
            decisions: statistics.decisions,
            confirmed_fraud: statistics.confirmed_fraud,
            confirmed_fraud_minor: statistics.confirmed_fraud_minor,
            first_us: statistics.first_us,
            last_us: statistics.last_us,
        }
    }
}
