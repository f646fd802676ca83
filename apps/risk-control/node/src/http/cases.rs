//! Cases over HTTP: the queue, one case, and what can be done with them.

pub mod bulk;
pub mod settings;
pub mod wire;
pub mod work;

use accord_service::{
    Deadline, FieldError, Principal, Problem, ProblemKind, Role, Roles, StrictPath, StrictQuery,
    cursor::{decode_cursor, encode_cursor},
    idempotency,
    if_match::etag,
};
use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use risk_control::{CaseAuthority, CaseId, Disposition, Event, Severity};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    BankService, Service,
    assess::reason_bodies,
    errors::query_problem,
    transactions::{PositionParameter, time_text},
};
use crate::{
    application::ApplicationError,
    projections::priority,
    queries::cases::{
        AssigneeFilter, CASES_PAGE_MAX, CaseFilter, CaseOrder, CaseRow, CaseState,
        CaseTransactionRow, StateFilter,
    },
};
use wire::{
    CaseDetail, CaseFiguresBody, CaseHistoryBody, CaseList, CaseSummary, CaseTransactionBody,
};

const PAGE_ROWS_DEFAULT: u32 = 50;

/// What the queue is narrowed to, its order, and where it begins.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CaseListParameters {
    /// `open` (the default), `new`, `assigned`, `escalated`, `resolved`, `expired` or `any`.
    pub state: Option<String>,
    /// Id of who works it; `me` is the caller, `nobody` asks for free cases.
    pub assignee: Option<String>,
    /// `low`, `medium` or `high`.
    pub severity: Option<String>,
    /// `true`: only cases past their due time.
    pub overdue: Option<bool>,
    pub customer_id: Option<String>,
    /// `priority` (the default: expected loss and age), `due`, `age` or `newest`.
    pub sort: Option<String>,
    /// Rows in a page, 1 to 200 (50).
    pub limit: Option<u32>,
    /// From an earlier page of the same list.
    pub cursor: Option<String>,
    /// A position that the list must have reached.
    pub position: Option<String>,
}

#[utoipa::path(
    get, path = "/v1/cases", tag = "cases", params(CaseListParameters),
    responses(
        (status = 200, description = "A page of the queue, most urgent first", body = CaseList),
        (status = 422, description = "A parameter is wrong", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn list(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    StrictQuery(parameters): StrictQuery<CaseListParameters>,
) -> Result<Json<CaseList>, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    let now_us = service.node.clock().now_us();
    let limit = parameters.limit.unwrap_or(PAGE_ROWS_DEFAULT);
    if !(1..=CASES_PAGE_MAX).contains(&limit) {
        let detail = format!("must be between 1 and {CASES_PAGE_MAX}");
        return Err(invalid("limit", &detail));
    }
    let counts = service
        .node
        .case_counts(now_us)
        .await
        .map_err(query_problem)?;
    let figures = CaseFiguresBody {
        open: counts.open,
        unassigned: counts.unassigned,
        escalated: counts.escalated,
        overdue: counts.overdue,
        expected_loss_minor: counts.expected_loss_minor,
    };
    let order = parameters.order()?;
    let Some(filter) = service.case_filter(&parameters, &principal, now_us)? else {
        return Ok(Json(CaseList {
            cases: Vec::new(),
            next_cursor: None,
            figures,
        }));
    };
    let tag = parameters.cursor_tag();
    let cursor = parameters
        .cursor
        .as_deref()
        .map(|cursor| decode_cursor::<2>(&tag, cursor))
        .transpose()?;
    let page = service
        .node
        .case_page(&filter, order, cursor, limit)
        .await
        .map_err(query_problem)?;
    Ok(Json(CaseList {
        next_cursor: page
            .rows
            .last()
            .filter(|_| page.has_more)
            .map(|row| encode_cursor(&tag, order.cursor(row))),
        cases: page
            .rows
            .iter()
            .map(|row| service.case_summary(row, now_us))
            .collect(),
        figures,
    }))
}

#[utoipa::path(
    get, path = "/v1/cases/{case_id}", tag = "cases",
    params(("case_id" = String, Path, description = "Id of the case"), PositionParameter),
    responses(
        (status = 200, description = "The case with its transactions and history; its version is the ETag", body = CaseDetail),
        (status = 404, description = "No such case", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn show(
    State(service): Service,
    deadline: Deadline,
    StrictPath(case_id): StrictPath<String>,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Response, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    let row = service.settled_case(&case_id, deadline).await?;
    let transactions = service
        .node
        .case_transactions(row.case)
        .await
        .map_err(query_problem)?;
    let mut bodies = Vec::with_capacity(transactions.len());
    for transaction in &transactions {
        bodies.push(service.case_transaction(transaction).await?);
    }
    let history = service
        .node
        .case_history(row.case)
        .await
        .map_err(query_problem)?;
    let detail = CaseDetail {
        summary: service.case_summary(&row, service.node.clock().now_us()),
        transactions: bodies,
        history: history
            .into_iter()
            .map(|entry| CaseHistoryBody {
                kind: entry.kind,
                recorded_at: time_text(entry.recorded_at_us),
                actor: entry.actor,
                assignee: entry.assignee,
                disposition: entry.disposition,
                note: entry.note,
            })
            .collect(),
    };
    Ok(([(header::ETAG, etag(row.version))], Json(detail)).into_response())
}

/// What the caller's roles allow in case work.
pub(crate) fn authority(principal: &Principal) -> CaseAuthority {
    let supervisors = Roles::of(&[Role::Approver, Role::Administrator]);
    if principal.roles().intersects(supervisors) {
        CaseAuthority::Supervisor
    } else {
        CaseAuthority::Analyst
    }
}

/// The id in an address; one that cannot be an id names no case.
pub(crate) fn case_id(text: &str) -> Result<CaseId, Problem> {
    CaseId::parse(text).ok_or_else(|| ApplicationError::UnknownCase.into())
}

impl CaseListParameters {
    pub(crate) fn order(&self) -> Result<CaseOrder, Problem> {
        let Some(name) = self.sort.as_deref() else {
            return Ok(CaseOrder::default());
        };
        CaseOrder::ALL
            .into_iter()
            .find(|order| order.name() == name)
            .ok_or_else(|| invalid("sort", "must be priority, due, age or newest"))
    }

    /// A cursor belongs to its filters and order: the tag is made from them.
    pub(crate) fn cursor_tag(&self) -> String {
        let filters = format!(
            "{:?}",
            (
                &self.state,
                &self.assignee,
                &self.severity,
                self.overdue,
                &self.customer_id,
                &self.sort,
            )
        );
        format!(
            "cases-{:016x}",
            idempotency::payload_hash(filters.as_bytes())
        )
    }

    fn state_filter(&self) -> Result<StateFilter, Problem> {
        Ok(match self.state.as_deref() {
            None | Some("open") => StateFilter::Open,
            Some("any") => StateFilter::Any,
            Some(name) => CaseState::ALL
                .into_iter()
                .find(|state| state.name() == name)
                .map(StateFilter::Is)
                .ok_or_else(|| {
                    invalid(
                        "state",
                        "must be open, new, assigned, escalated, resolved, expired or any",
                    )
                })?,
        })
    }
}

impl BankService {
    /// The filter that the parameters mean; `None` where they name a customer whom this node does not know.
    pub(crate) fn case_filter(
        &self,
        parameters: &CaseListParameters,
        principal: &Principal,
        now_us: i64,
    ) -> Result<Option<CaseFilter>, Problem> {
        let customer = match &parameters.customer_id {
            None => None,
            Some(customer_id) => match self.node.customer_reference(customer_id) {
                None => return Ok(None),
                known => known,
            },
        };
        Ok(Some(CaseFilter {
            state: parameters.state_filter()?,
            assignee: parameters.assignee.as_deref().map(|name| match name {
                "nobody" => AssigneeFilter::Nobody,
                "me" => AssigneeFilter::Is(principal.id().to_owned()),
                id => AssigneeFilter::Is(id.to_owned()),
            }),
            severity: parameters
                .severity
                .as_deref()
                .map(|name| {
                    Severity::ALL
                        .into_iter()
                        .find(|severity| severity.name() == name)
                        .ok_or_else(|| invalid("severity", "must be low, medium or high"))
                })
                .transpose()?,
            due_before_us: (parameters.overdue == Some(true)).then_some(now_us),
            customer,
        }))
    }

    /// A case by the id in an address. One that was opened a moment ago is waited for.
    pub(crate) async fn settled_case(
        &self,
        text: &str,
        deadline: Deadline,
    ) -> Result<CaseRow, Problem> {
        let case = case_id(text)?;
        let last = self.node.reader().last();
        if let Some(row) = self.node.case_row(case).await.map_err(query_problem)? {
            return Ok(row);
        }
        self.node
            .wait_until_projected(last, deadline.instant())
            .await?;
        let row = self.node.case_row(case).await.map_err(query_problem)?;
        row.ok_or_else(|| ApplicationError::UnknownCase.into())
    }

    pub(crate) fn case_summary(&self, row: &CaseRow, now_us: i64) -> CaseSummary {
        CaseSummary {
            case_id: row.case.to_string(),
            state: row.state.name(),
            severity: row.severity.name(),
            escalated: row.escalated,
            assignee: row.assignee.clone(),
            customer_id: row.customer_id.clone(),
            alerts: row.alerts,
            amount_minor: row.amount_minor,
            expected_loss_minor: row.expected_loss_minor,
            currency: self.node.currency().to_owned(),
            reason: row.reason.clone(),
            opened_at: time_text(row.opened_at_us),
            due_at: time_text(row.due_at_us),
            overdue: row.state.is_open() && row.due_at_us < now_us,
            priority: row.state.is_open().then(|| priority(row.rank, now_us)),
            version: row.version,
            disposition: row.disposition.map(Disposition::name),
            closed_at: row.closed_at_us.map(time_text),
            resolved_by: row.resolved_by.clone(),
            undo_until: row.undo_until_us.map(time_text),
        }
    }

    async fn case_transaction(
        &self,
        row: &CaseTransactionRow,
    ) -> Result<CaseTransactionBody, Problem> {
        let recorded = self
            .node
            .transaction_event(row.transaction.sequence)
            .await?;
        let reasons = match &recorded.event {
            Event::TransactionAssessed(event) => reason_bodies(event),
            _ => Vec::new(),
        };
        Ok(CaseTransactionBody {
            transaction: self.summary(&row.transaction),
            expected_loss_minor: row.expected_loss_minor,
            raised_at: time_text(row.raised_at_us),
            reasons,
        })
    }
}

pub(super) fn invalid(parameter: &'static str, detail: &str) -> Problem {
    Problem::new(ProblemKind::InvalidField)
        .field(FieldError::at_parameter(parameter, detail.to_owned()))
}
