//! What happened to a transaction after it was decided, and transactions that were decided elsewhere.

use accord_service::{
    Deadline, FieldError, IdempotencyKey, Principal, Problem, ProblemKind, StrictJson, StrictPath,
    problem::ProblemDocument,
};
use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use risk_control::{ChallengeOutcome, Decision, ReversalCause, StandIn};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    BankService, Service,
    assess::{REPLAYED, check_text_id, checked, command_caller},
    transactions::parse_time,
    wire::AssessTransactionBody,
};
use crate::application::{AdviceRequest, AftermathRequest, Happening};

/// A transaction is taken back as a whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "cause": "merchant" }))]
pub struct ReversalBody {
    pub cause: CauseName,
    /// RFC 3339; absent: now.
    #[schema(format = DateTime)]
    pub happened_at: Option<String>,
}

/// Who took it back; `timeout`: nobody, an answer did not arrive in time.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CauseName {
    Merchant,
    Customer,
    Timeout,
}

/// Money is given back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "amount_minor": 1250 }))]
pub struct RefundBody {
    /// Minor units of the transaction's currency.
    pub amount_minor: i64,
    /// RFC 3339; absent: now.
    #[schema(format = DateTime)]
    pub happened_at: Option<String>,
}

/// How a challenge ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "outcome": "passed" }))]
pub struct ChallengeBody {
    pub outcome: OutcomeOfChallenge,
    /// RFC 3339; absent: now.
    #[schema(format = DateTime)]
    pub happened_at: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeOfChallenge {
    Passed,
    Failed,
    Abandoned,
}

/// A transaction that was decided elsewhere.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdviceBody {
    pub transaction: AssessTransactionBody,
    pub decision: AdvisedDecision,
    pub decided_by: StandInName,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdvisedDecision {
    Approve,
    Challenge,
    Review,
    Decline,
}

/// Who decided in this node's place.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StandInName {
    /// The card scheme.
    Scheme,
    /// The bank's processor or its core system.
    Processor,
    /// The terminal, which had no connection.
    Terminal,
}

/// It is in the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordedAnswer {
    pub transaction_id: String,
    pub position: String,
}

#[utoipa::path(
    post, path = "/v1/transactions/{transaction_id}/reversal", tag = "transactions",
    request_body = ReversalBody,
    params(
        ("transaction_id" = String, Path, description = "Your id of the transaction"),
        ("Idempotency-Key" = Option<String>, Header, description = "Sending it again under the same key changes nothing"),
    ),
    responses(
        (status = 201, description = "In the log", body = RecordedAnswer),
        (status = 404, description = "No such transaction", body = ProblemDocument),
        (status = 409, description = "It was reversed or refunded before", body = ProblemDocument),
    )
)]
pub(crate) async fn reverse(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    StrictPath(transaction_id): StrictPath<String>,
    StrictJson(body): StrictJson<ReversalBody>,
) -> Result<Response, Problem> {
    let happening = Happening::Reversed(match body.cause {
        CauseName::Merchant => ReversalCause::Merchant,
        CauseName::Customer => ReversalCause::Customer,
        CauseName::Timeout => ReversalCause::Timeout,
    });
    let said = Said(transaction_id, happening, body.happened_at);
    service.record(&principal, deadline, key, said).await
}

#[utoipa::path(
    post, path = "/v1/transactions/{transaction_id}/refunds", tag = "transactions",
    request_body = RefundBody,
    params(
        ("transaction_id" = String, Path, description = "Your id of the transaction"),
        ("Idempotency-Key" = Option<String>, Header, description = "Sending it again under the same key changes nothing"),
    ),
    responses(
        (status = 201, description = "In the log", body = RecordedAnswer),
        (status = 404, description = "No such transaction", body = ProblemDocument),
        (status = 409, description = "It was reversed", body = ProblemDocument),
        (status = 422, description = "More than is left of the amount", body = ProblemDocument),
    )
)]
pub(crate) async fn refund(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    StrictPath(transaction_id): StrictPath<String>,
    StrictJson(body): StrictJson<RefundBody>,
) -> Result<Response, Problem> {
    let happening = Happening::Refunded(body.amount_minor);
    let said = Said(transaction_id, happening, body.happened_at);
    service.record(&principal, deadline, key, said).await
}

#[utoipa::path(
    post, path = "/v1/transactions/{transaction_id}/challenge", tag = "transactions",
    request_body = ChallengeBody,
    params(
        ("transaction_id" = String, Path, description = "Your id of the transaction"),
        ("Idempotency-Key" = Option<String>, Header, description = "Sending it again under the same key changes nothing"),
    ),
    responses(
        (status = 201, description = "In the log", body = RecordedAnswer),
        (status = 404, description = "No such transaction", body = ProblemDocument),
        (status = 409, description = "It was not challenged, or has been answered", body = ProblemDocument),
    )
)]
pub(crate) async fn answer_challenge(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    key: Option<IdempotencyKey>,
    StrictPath(transaction_id): StrictPath<String>,
    StrictJson(body): StrictJson<ChallengeBody>,
) -> Result<Response, Problem> {
    let happening = Happening::ChallengeAnswered(match body.outcome {
        OutcomeOfChallenge::Passed => ChallengeOutcome::Passed,
        OutcomeOfChallenge::Failed => ChallengeOutcome::Failed,
        OutcomeOfChallenge::Abandoned => ChallengeOutcome::Abandoned,
    });
    let said = Said(transaction_id, happening, body.happened_at);
    service.record(&principal, deadline, key, said).await
}

#[utoipa::path(
    post, path = "/v1/advices", tag = "transactions",
    request_body = AdviceBody,
    responses(
        (status = 201, description = "In the log; sent again: the same answer, with Idempotent-Replayed: true", body = RecordedAnswer),
        (status = 422, description = "A field is wrong, or the id was used with other content", body = ProblemDocument),
    )
)]
pub(crate) async fn advise(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    StrictJson(body): StrictJson<AdviceBody>,
) -> Result<Response, Problem> {
    if body.transaction.transaction_id.is_none() {
        return Err(
            Problem::new(ProblemKind::InvalidField).field(FieldError::at_pointer(
                "#/transaction/transaction_id",
                "must be there: it was decided elsewhere under this id",
            )),
        );
    }
    let transaction = checked(body.transaction, String::new)?;
    let transaction_id = transaction.transaction_id.clone();
    let request = AdviceRequest {
        transaction,
        decision: match body.decision {
            AdvisedDecision::Approve => Decision::Approve,
            AdvisedDecision::Challenge => Decision::Challenge,
            AdvisedDecision::Review => Decision::Review,
            AdvisedDecision::Decline => Decision::Decline,
        },
        decided_by: match body.decided_by {
            StandInName::Scheme => StandIn::Scheme,
            StandInName::Processor => StandIn::Processor,
            StandInName::Terminal => StandIn::Terminal,
        },
    };
    let caller = command_caller(&principal, deadline, None);
    let (position, replayed) = service.node.advise(&caller, request).await?;
    Ok(recorded(transaction_id, position.to_token(), replayed))
}

/// Of which transaction, what, and when.
struct Said(String, Happening, Option<String>);

impl BankService {
    async fn record(
        &self,
        principal: &Principal,
        deadline: Deadline,
        key: Option<IdempotencyKey>,
        Said(transaction_id, happening, happened_at): Said,
    ) -> Result<Response, Problem> {
        check_text_id(&transaction_id).map_err(|_| Problem::new(ProblemKind::NotFound))?;
        let happened_at_us =
            happened_at
                .as_deref()
                .map(parse_time)
                .transpose()
                .map_err(|detail| {
                    Problem::new(ProblemKind::InvalidField)
                        .field(FieldError::at_pointer("#/happened_at", detail))
                })?;
        let request = AftermathRequest {
            transaction_id: transaction_id.clone(),
            happening,
            happened_at_us,
            key: key.map(|key| key.as_str().to_owned()),
        };
        let caller = command_caller(principal, deadline, None);
        let (position, replayed) = self.node.record_aftermath(&caller, request).await?;
        Ok(recorded(transaction_id, position.to_token(), replayed))
    }
}

fn recorded(transaction_id: String, position: String, replayed: bool) -> Response {
    let answer = RecordedAnswer {
        transaction_id,
        position,
    };
    let mut response = (StatusCode::CREATED, Json(answer)).into_response();
    if replayed {
        response
            .headers_mut()
            .insert(REPLAYED.clone(), HeaderValue::from_static("true"));
    }
    response
}
