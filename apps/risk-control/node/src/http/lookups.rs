//! `GET /v1/customers/{customer_id}` and `GET /v1/terminals/{terminal_id}`.

use accord_service::{Deadline, Problem, ProblemKind, StrictPath, StrictQuery};
use axum::{Json, extract::State};
use risk_control::Decision;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    BankService, Service,
    cases::wire::CaseSummary,
    errors::query_problem,
    transactions::{PositionParameter, time_text},
    wire::TransactionSummary,
};
use crate::queries::{
    cases::{CaseFilter, CaseOrder, StateFilter},
    lookups::{LinkedEntity, Statistics},
};

const CASES_SHOWN: u32 = 20;

/// Counts and sums over an entity's newest transactions, at most 5,000.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatisticsBody {
    pub transactions: u64,
    pub amount_minor: i64,
    pub amount_max_minor: i64,
    pub approved: u64,
    pub challenged: u64,
    pub reviewed: u64,
    pub declined: u64,
    pub confirmed_fraud: u64,
    pub confirmed_fraud_minor: i64,
    /// Event times.
    pub first_at: Option<String>,
    pub last_at: Option<String>,
    /// There are older transactions, which are not counted.
    pub truncated: bool,
}

/// Another entity that occurs in the same transactions.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkedEntityBody {
    pub id: String,
    pub transactions: u64,
    pub amount_minor: i64,
    pub confirmed_fraud: u64,
    pub last_at: String,
}

/// What is known of a customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerBody {
    pub customer_id: String,
    pub currency: String,
    pub statistics: StatisticsBody,
    /// At most 20 each, most frequent first.
    pub terminals: Vec<LinkedEntityBody>,
    pub cards: Vec<LinkedEntityBody>,
    pub devices: Vec<LinkedEntityBody>,
    /// The newest 20, open or closed.
    pub cases: Vec<CaseSummary>,
    /// The newest 20.
    pub recent_transactions: Vec<TransactionSummary>,
}

/// What is known of a terminal.
#[derive(Debug, Serialize, ToSchema)]
pub struct TerminalBody {
    pub terminal_id: String,
    pub currency: String,
    pub statistics: StatisticsBody,
    pub customer_count: u64,
    /// At most 20, most frequent first.
    pub customers: Vec<LinkedEntityBody>,
    /// The newest 20.
    pub recent_transactions: Vec<TransactionSummary>,
}

#[utoipa::path(
    get, path = "/v1/customers/{customer_id}", tag = "look-up",
    params(("customer_id" = String, Path, description = "Your number of the customer"), PositionParameter),
    responses(
        (status = 200, description = "Statistics, linked entities, cases and newest transactions", body = CustomerBody),
        (status = 404, description = "Nothing is known of this customer", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn customer(
    State(service): Service,
    deadline: Deadline,
    StrictPath(customer_id): StrictPath<String>,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Json<CustomerBody>, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    let lookup = service
        .node
        .customer_lookup(&customer_id)
        .await?
        .ok_or_else(|| nothing_known("customer"))?;
    let cases = service.cases_of_customer(lookup.customer).await?;
    Ok(Json(CustomerBody {
        customer_id,
        currency: service.node.currency().to_owned(),
        statistics: statistics(&lookup.statistics),
        terminals: linked(&lookup.terminals),
        cards: linked(&lookup.cards),
        devices: linked(&lookup.devices),
        cases,
        recent_transactions: lookup
            .recent
            .iter()
            .map(|row| service.summary(row))
            .collect(),
    }))
}

#[utoipa::path(
    get, path = "/v1/terminals/{terminal_id}", tag = "look-up",
    params(("terminal_id" = String, Path, description = "Your id of the terminal"), PositionParameter),
    responses(
        (status = 200, description = "Statistics, linked customers and newest transactions", body = TerminalBody),
        (status = 404, description = "Nothing is known of this terminal", body = accord_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn terminal(
    State(service): Service,
    deadline: Deadline,
    StrictPath(terminal_id): StrictPath<String>,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Json<TerminalBody>, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    let lookup = service
        .node
        .terminal_lookup(&terminal_id)
        .await?
        .ok_or_else(|| nothing_known("terminal"))?;
    Ok(Json(TerminalBody {
        terminal_id,
        currency: service.node.currency().to_owned(),
        statistics: statistics(&lookup.statistics),
        customer_count: lookup.customer_count,
        customers: linked(&lookup.customers),
        recent_transactions: lookup
            .recent
            .iter()
            .map(|row| service.summary(row))
            .collect(),
    }))
}

impl BankService {
    async fn cases_of_customer(&self, customer: u64) -> Result<Vec<CaseSummary>, Problem> {
        let filter = CaseFilter {
            state: StateFilter::Any,
            customer: Some(customer),
            ..CaseFilter::default()
        };
        let page = self
            .node
            .case_page(&filter, CaseOrder::Newest, None, CASES_SHOWN)
            .await
            .map_err(query_problem)?;
        let now_us = self.node.clock().now_us();
        Ok(page
            .rows
            .iter()
            .map(|row| self.case_summary(row, now_us))
            .collect())
    }
}

fn nothing_known(what: &str) -> Problem {
    Problem::new(ProblemKind::NotFound).detail(format!("Nothing is known of this {what}."))
}

fn statistics(statistics: &Statistics) -> StatisticsBody {
    let count = |decision: Decision| {
        let index = Decision::ALL.iter().position(|known| *known == decision);
        index.map_or(0, |index| statistics.decisions[index])
    };
    StatisticsBody {
        transactions: statistics.transactions,
        amount_minor: statistics.amount_minor,
        amount_max_minor: statistics.amount_max_minor,
        approved: count(Decision::Approve),
        challenged: count(Decision::Challenge),
        reviewed: count(Decision::Review),
        declined: count(Decision::Decline),
        confirmed_fraud: statistics.confirmed_fraud,
        confirmed_fraud_minor: statistics.confirmed_fraud_minor,
        first_at: statistics.first_us.map(time_text),
        last_at: statistics.last_us.map(time_text),
        truncated: statistics.truncated,
    }
}

fn linked(links: &[LinkedEntity]) -> Vec<LinkedEntityBody> {
    links
        .iter()
        .map(|link| LinkedEntityBody {
            id: link.id.clone(),
            transactions: link.transactions,
            amount_minor: link.amount_minor,
            confirmed_fraud: link.confirmed_fraud,
            last_at: time_text(link.last_us),
        })
        .collect()
}
