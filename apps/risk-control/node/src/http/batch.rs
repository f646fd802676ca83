//! `POST /v1/transactions/batch`: decide many transactions in one request, one JSON document a line, each with an outcome
//! of its own.

use accord_service::{
    Deadline, FieldError, Principal, Problem, ProblemKind, body::read_body, json::parse_json,
    problem::ProblemDocument,
};
use axum::{
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    BankService, Service,
    assess::{checked, command_caller, decision_body},
    wire::{AssessTransactionBody, DecisionBody},
};
use crate::application::CommandCaller;

/// Largest body.
const BATCH_BYTES_MAX: usize = 1 << 20;
/// Lines of a body.
const BATCH_LINES_MAX: usize = 1_000;
/// Transactions of a batch that are under way at once.
const CONCURRENCY: usize = 64;
const CONTENT_TYPES: [&str; 3] = [
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
];

/// What became of one line.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchLine {
    /// From 1; empty lines are counted and have no outcome.
    pub line: usize,
    /// As a request of its own would have been answered: 201, or the status of the problem.
    pub status: u16,
    /// Decided before, under the same id and with the same content.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub replayed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ProblemDocument>,
}

#[utoipa::path(
    post, path = "/v1/transactions/batch", tag = "transactions",
    request_body(
        content = String, content_type = "application/x-ndjson",
        description = "One transaction a line, as for POST /v1/transactions, each with its transaction_id; at most 1,000 lines and 1 MiB"
    ),
    params(
        ("Request-Timeout" = Option<u64>, Header, description = "Milliseconds after which no further transaction is decided (default 2000)"),
    ),
    responses(
        (status = 200, description = "One outcome a line, in the order of the lines (application/x-ndjson). Sending the batch again repeats nothing", body = BatchLine),
        (status = 413, description = "The body or its number of lines is too large; nothing was decided", body = ProblemDocument),
        (status = 415, description = "Not newline-delimited JSON", body = ProblemDocument),
    )
)]
pub(crate) async fn assess_batch(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    request: Request,
) -> Result<Response, Problem> {
    require_lines(request.headers())?;
    let caller = command_caller(&principal, deadline, None);
    let body = read_body(request, BATCH_BYTES_MAX).await?;
    let lines: Vec<(usize, Bytes)> = body
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .map(|line| body.slice_ref(line))
        .zip(1..)
        .filter(|(line, _)| !line.iter().all(u8::is_ascii_whitespace))
        .map(|(line, number)| (number, line))
        .collect();
    if lines.len() > BATCH_LINES_MAX {
        return Err(Problem::new(ProblemKind::BodyTooLarge)
            .detail(format!("A batch has at most {BATCH_LINES_MAX} lines.")));
    }
    let decided: Vec<_> = lines
        .into_iter()
        .map(|(number, line)| service.decide_line(&caller, number, line))
        .collect();
    // In the order of the lines, whichever is decided first.
    let outcomes: Vec<BatchLine> = stream::iter(decided).buffered(CONCURRENCY).collect().await;
    let mut answer = Vec::new();
    for outcome in &outcomes {
        serde_json::to_writer(&mut answer, outcome).map_err(|error| Problem::internal(&error))?;
        answer.push(b'\n');
    }
    let content_type = [(header::CONTENT_TYPE, CONTENT_TYPES[0])];
    Ok((StatusCode::OK, content_type, answer).into_response())
}

fn require_lines(headers: &HeaderMap) -> Result<(), Problem> {
    let said = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|value| value.trim().to_ascii_lowercase());
    if said.is_some_and(|said| CONTENT_TYPES.contains(&said.as_str())) {
        Ok(())
    } else {
        Err(Problem::new(ProblemKind::UnsupportedMediaType)
            .detail("A batch is sent as application/x-ndjson: one JSON document a line."))
    }
}

impl BankService {
    async fn decide_line(&self, caller: &CommandCaller, line: usize, text: Bytes) -> BatchLine {
        match self.decided_line(caller, &text).await {
            Ok((decision, replayed)) => BatchLine {
                line,
                status: StatusCode::CREATED.as_u16(),
                replayed,
                decision: Some(decision),
                problem: None,
            },
            Err(problem) => BatchLine {
                line,
                status: problem.status().as_u16(),
                replayed: false,
                decision: None,
                problem: Some(problem.into_document()),
            },
        }
    }

    async fn decided_line(
        &self,
        caller: &CommandCaller,
        text: &[u8],
    ) -> Result<(DecisionBody, bool), Problem> {
        let body: AssessTransactionBody = parse_json(text)?;
        if body.transaction_id.is_none() {
            return Err(
                Problem::new(ProblemKind::InvalidField).field(FieldError::at_pointer(
                    "#/transaction_id",
                    "must be there: a batch that is sent again must repeat nothing",
                )),
            );
        }
        let request = checked(body, String::new)?;
        let assessment = self.node.assess(caller, request).await?;
        Ok((decision_body(&assessment)?, assessment.replayed))
    }
}
