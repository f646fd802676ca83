//! Models: the list, one model, and the steps that a page takes with them.

use std::sync::Arc;

use accord_console::{Tone, money::money, number};
use accord_service::{Deadline, Principal, Problem, StrictPath, StrictQuery};
use axum::{
    extract::{OriginalUri, State},
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use risk_control::{
    Command, Comparison, DayComparison, DaySide, DraftPolicy, EndShadow, LearnerSettings, Measures,
    ModelCard, ModelOrigin, ReviewRollBack, RollBackModel, SHADOWS_MAX, Side, StartShadow,
};
use serde::{Deserialize, Serialize};

use super::super::{
    Step,
    form::{PageForm, belongs_on_the_page, form_key, fresh_key, in_words, see},
    models::training::{LogisticBody, TrainingBody, TreesBody, order},
    wire::DraftBody,
};
use crate::{
    application::{ApplicationError, TrainingJob, TrainingState},
    console::{
        model::{CardPart, ModelView},
        model_comparison::{ComparisonPart, SidePart},
        models::{
            JobLine, JobState, ModelLine, ModelsView, Role, RollBack, ShadowBlock, ShadowFigures,
            short,
        },
        transaction::HistoryEntry,
    },
    http::{
        BankService, Service,
        errors::query_problem,
        pages::{page, thresholds_of},
        transactions::{PositionParameter, time_text},
    },
    queries::{models::ModelRow, policy_drafts::GovernanceStep},
};

/// The list.
pub(in crate::http::governance) async fn list(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Response, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    service.models_page(&principal, &uri, None).await
}

/// One model.
pub(in crate::http::governance) async fn show(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    StrictPath(model): StrictPath<String>,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Response, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    service.model_page(&principal, &uri, &model, None).await
}

/// A training as the form posts it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http::governance) struct PostedTraining {
    learner: PostedLearner,
    trees: u32,
    depth: u32,
    purpose: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PostedLearner {
    Trees,
    Logistic,
}

/// Begins a training.
pub(in crate::http::governance) async fn train(
    State(service): Service,
    principal: Principal,
    OriginalUri(uri): OriginalUri,
    PageForm(posted): PageForm<PostedTraining>,
) -> Result<Response, Problem> {
    let body = TrainingBody {
        purpose: Some(posted.purpose),
        trees: matches!(posted.learner, PostedLearner::Trees).then_some(TreesBody {
            trees: Some(posted.trees),
            depth: Some(posted.depth),
            learning_rate: None,
            row_share: None,
            column_share: None,
            seed: None,
        }),
        logistic: matches!(posted.learner, PostedLearner::Logistic).then_some(LogisticBody {
            rounds_max: None,
            ridge: None,
        }),
    };
    let begun = order(&body, principal.person()).and_then(|order| {
        let actor: Arc<str> = Arc::from(principal.id());
        Ok(service
            .node
            .begin_training(order, &actor, principal.person())?)
    });
    match begun {
        Ok(_) => Ok(to_the_list(&service, &principal, &uri)),
        Err(problem) if belongs_on_the_page(&problem) => {
            service.models_page(&principal, &uri, Some(problem)).await
        }
        Err(problem) => Err(problem),
    }
}

/// Which training to cancel.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http::governance) struct PostedCancel {
    job: u64,
}

/// Cancels a training.
pub(in crate::http::governance) async fn cancel(
    State(service): Service,
    principal: Principal,
    OriginalUri(uri): OriginalUri,
    PageForm(posted): PageForm<PostedCancel>,
) -> Result<Response, Problem> {
    service.node.training_jobs().cancel(posted.job);
    Ok(to_the_list(&service, &principal, &uri))
}

/// A step with one model.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http::governance) struct PostedShadow {
    key: String,
    model: String,
    action: ShadowAction,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum ShadowAction {
    Start,
    End,
}

/// Starts or ends a shadow.
pub(in crate::http::governance) async fn shadow(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    PageForm(posted): PageForm<PostedShadow>,
) -> Result<Response, Problem> {
    let key = form_key(&posted.key)?;
    let (model, by) = (posted.model.clone(), principal.person().to_owned());
    let (operation, command) = match posted.action {
        ShadowAction::Start => (
            "shadow start",
            Command::StartShadow(StartShadow { model, by }),
        ),
        ShadowAction::End => ("shadow end", Command::EndShadow(EndShadow { model, by })),
    };
    let step = Step {
        principal: &principal,
        deadline,
        key: Some(&key),
        operation,
        content: &posted,
        command,
    };
    let href = service.frame(&principal, &uri).href("/models");
    service.step_to(&principal, &uri, step, &href).await
}

/// Which model to propose.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http::governance) struct PostedProposal {
    key: String,
    model: String,
}

/// Drafts a policy with another model.
pub(in crate::http::governance) async fn promote(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    PageForm(posted): PageForm<PostedProposal>,
) -> Result<Response, Problem> {
    let key = form_key(&posted.key)?;
    let body = DraftBody {
        title: format!("Let model {} decide", short(&posted.model)),
        model: Some(posted.model.clone()),
        thresholds: None,
        rules: None,
        put_rules: Vec::new(),
        remove_rules: Vec::new(),
        list_changes: Vec::new(),
    };
    let drafted = match service.draft_content(&body).await {
        Ok(checked) => {
            let step = Step {
                principal: &principal,
                deadline,
                key: Some(&key),
                operation: "policy draft",
                content: &body,
                command: Command::DraftPolicy(DraftPolicy {
                    title: checked.title,
                    content: checked.content,
                    by: principal.person().to_owned(),
                }),
            };
            service.govern(step).await
        }
        Err(problem) => Err(problem),
    };
    match drafted {
        Ok(governed) => {
            let draft = governed.draft().unwrap_or_default();
            let href = service.frame(&principal, &uri).draft_href(draft);
            Ok(see(&href, &governed))
        }
        Err(problem) if belongs_on_the_page(&problem) => {
            service.models_page(&principal, &uri, Some(problem)).await
        }
        Err(problem) => Err(problem),
    }
}

/// Why the previous model is put back.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http::governance) struct PostedRollBack {
    key: String,
    reason: String,
}

/// Puts the previous model back.
pub(in crate::http::governance) async fn roll_back(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    PageForm(posted): PageForm<PostedRollBack>,
) -> Result<Response, Problem> {
    let key = form_key(&posted.key)?;
    let step = Step {
        principal: &principal,
        deadline,
        key: Some(&key),
        operation: "model roll-back",
        content: &posted,
        command: Command::RollBackModel(RollBackModel {
            reason: posted.reason.clone(),
            by: principal.person().to_owned(),
        }),
    };
    let href = service.frame(&principal, &uri).href("/models");
    service.step_to(&principal, &uri, step, &href).await
}

/// What a second person found.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http::governance) struct PostedReview {
    key: String,
    reason: String,
    confirmed: bool,
}

/// Confirms a roll-back or undoes it.
pub(in crate::http::governance) async fn review_roll_back(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    PageForm(posted): PageForm<PostedReview>,
) -> Result<Response, Problem> {
    let key = form_key(&posted.key)?;
    let step = Step {
        principal: &principal,
        deadline,
        key: Some(&key),
        operation: "model roll-back review",
        content: &posted,
        command: Command::ReviewRollBack(ReviewRollBack {
            confirmed: posted.confirmed,
            reason: posted.reason.clone(),
            by: principal.person().to_owned(),
        }),
    };
    let href = service.frame(&principal, &uri).href("/models");
    service.step_to(&principal, &uri, step, &href).await
}

fn to_the_list(service: &BankService, principal: &Principal, uri: &Uri) -> Response {
    let href = service.frame(principal, uri).href("/models");
    (StatusCode::SEE_OTHER, [(header::LOCATION, href)]).into_response()
}

impl BankService {
    /// Takes a step and shows where it led, or why it was refused.
    async fn step_to<C: Serialize>(
        &self,
        principal: &Principal,
        uri: &Uri,
        step: Step<'_, C>,
        href: &str,
    ) -> Result<Response, Problem> {
        match self.govern(step).await {
            Ok(governed) => Ok(see(href, &governed)),
            Err(problem) if belongs_on_the_page(&problem) => {
                self.models_page(principal, uri, Some(problem)).await
            }
            Err(problem) => Err(problem),
        }
    }

    async fn models_page(
        &self,
        principal: &Principal,
        uri: &Uri,
        refused: Option<Problem>,
    ) -> Result<Response, Problem> {
        let status = refused.as_ref().map_or(StatusCode::OK, Problem::status);
        let (mut champion, mut shadows, mut others) = (None, Vec::new(), Vec::new());
        for row in self.node.model_rows().await.map_err(query_problem)? {
            let line = self.model_line(&row);
            match line.role {
                Role::Champion => champion = Some(line),
                Role::Shadow => {
                    let comparison = self.node.comparison(&row.model).await?;
                    let figures =
                        comparison.map(|comparison| figures(&comparison, self.node.currency()));
                    shadows.push(ShadowBlock { line, figures });
                }
                Role::Former | Role::Candidate => others.push(line),
            }
        }
        let jobs = self.node.training_jobs().list();
        let view = ModelsView {
            frame: self.frame(principal, uri),
            champion,
            shadows,
            shadows_max: SHADOWS_MAX,
            others,
            jobs: jobs.into_iter().map(job_line).collect(),
            roll_back: self.roll_back_part(principal).await?,
            problem: refused.map(in_words),
            key: fresh_key(),
        };
        Ok(page(status, crate::console::models::models(&view)))
    }

    async fn model_page(
        &self,
        principal: &Principal,
        uri: &Uri,
        model: &str,
        refused: Option<Problem>,
    ) -> Result<Response, Problem> {
        let status = refused.as_ref().map_or(StatusCode::OK, Problem::status);
        let row = self.model_row(model).await?;
        let history = self
            .node
            .governance_history("model", model)
            .await
            .map_err(query_problem)?;
        let comparison = self.node.comparison(model).await?;
        let view = ModelView {
            frame: self.frame(principal, uri),
            model: row.model.clone(),
            role: self.role(&row),
            card: row.card.as_ref().map(card_part),
            comparison: comparison.map(|comparison| {
                let lede = format!("As of event {} of the log", comparison.through);
                comparison_part(&comparison, lede, self.node.currency())
            }),
            history: history.iter().map(history_entry).collect(),
            problem: refused.map(in_words),
            key: fresh_key(),
        };
        Ok(page(status, crate::console::model::model(&view)))
    }

    async fn roll_back_part(&self, principal: &Principal) -> Result<RollBack, Problem> {
        if let Some(row) = self.node.rolled_back().await.map_err(query_problem)? {
            return Ok(RollBack::Waiting {
                own: row.person == principal.person(),
                model: row.model,
                restored: row.restored,
                reason: row.reason,
                person: row.person,
                at_us: row.rolled_back_at_us,
            });
        }
        Ok(if self.node.has_earlier_model() {
            RollBack::Possible
        } else {
            RollBack::Nowhere
        })
    }

    fn role(&self, row: &ModelRow) -> Role {
        use super::super::models::ModelRole;
        match self.model_role(row) {
            ModelRole::Champion => Role::Champion,
            ModelRole::Shadow => Role::Shadow,
            ModelRole::Former => Role::Former,
            ModelRole::Candidate => Role::Candidate,
        }
    }

    fn model_line(&self, row: &ModelRow) -> ModelLine {
        let test = row.card.as_ref().and_then(|card| card.held_out.as_ref());
        ModelLine {
            model: row.model.clone(),
            role: self.role(row),
            words: row
                .card
                .as_ref()
                .map_or("without a card".to_owned(), learner_and_origin),
            rows: row.training_rows,
            frauds: row.training_frauds,
            average_precision: measure(test.and_then(|test| test.model.average_precision)),
            published_at_us: row.published_at_us,
        }
    }

    /// A frozen comparison for the page of a draft.
    pub(super) async fn frozen_comparison_part(
        &self,
        hash: &str,
    ) -> Result<Option<ComparisonPart>, ApplicationError> {
        let frozen = self.node.frozen_comparison(hash).await?;
        Ok(frozen.map(|comparison| {
            let lede = format!(
                "As it was when the draft was made, at event {} of the log",
                comparison.through
            );
            comparison_part(&comparison, lede, self.node.currency())
        }))
    }
}

fn learner_and_origin(card: &ModelCard) -> String {
    let learner = match card.learner {
        LearnerSettings::Trees(_) => "Trees",
        LearnerSettings::Logistic(_) => "Logistic regression",
    };
    match &card.origin {
        ModelOrigin::Simulated => format!("{learner}, trained on simulated transactions"),
        ModelOrigin::Local { by } => format!("{learner}, trained here for {by}"),
        ModelOrigin::Federated { job, institutions } => {
            format!("{learner}, trained by {institutions} institutions (job {job})")
        }
    }
}

fn job_line(job: TrainingJob) -> JobLine {
    let learner = match job.order.learner {
        LearnerSettings::Trees(_) => "Trees",
        LearnerSettings::Logistic(_) => "Logistic regression",
    };
    JobLine {
        job: job.number,
        words: format!("{learner} for {}", job.by),
        state: match job.state {
            TrainingState::Running => JobState::Running((job.progress * 100.0) as u32),
            TrainingState::Done(model) => JobState::Done(model),
            TrainingState::Cancelled => JobState::Cancelled,
            TrainingState::Failed(why) => JobState::Failed(why),
        },
        started_at_us: job.started_at_us,
    }
}

fn figures(comparison: &Comparison, currency: &str) -> ShadowFigures {
    let (champion, challenger) = (&comparison.champion_side, &comparison.challenger_side);
    ShadowFigures {
        transactions: number::integer(comparison.transactions),
        decided_alike: number::share(comparison.decided_alike(), comparison.transactions),
        average_precision: measure(challenger.measures.average_precision),
        champion_average_precision: measure(champion.measures.average_precision),
        fraud_stopped: money(challenger.fraud_stopped_minor, currency),
        champion_fraud_stopped: money(champion.fraud_stopped_minor, currency),
        genuine_stopped: number::integer(challenger.genuine_stopped),
        champion_genuine_stopped: number::integer(champion.genuine_stopped),
    }
}

fn card_part(card: &ModelCard) -> CardPart {
    let training = &card.training;
    let mut facts = vec![
        ("Learner", learner_and_origin(card)),
        ("Settings", settings(&card.learner)),
        ("Feature set", card.feature_set.name().to_owned()),
        (
            "Trained on",
            format!(
                "{} transactions, {} of them frauds",
                number::integer(training.rows),
                number::integer(training.frauds)
            ),
        ),
        ("Label delay", format!("{} days", training.label_delay_days)),
    ];
    if let (Some(first_us), Some(last_us)) = (training.first_us, training.last_us) {
        let period = format!("{} to {}", date(first_us), date(last_us));
        facts.push(("Period", period));
    }
    if training.through > 0 {
        facts.push(("Log", format!("through event {}", training.through)));
    }
    let thresholds = &card.thresholds;
    facts.push((
        "Thresholds",
        format!(
            "challenge from {}, review from {}, decline from {}",
            thresholds.challenge, thresholds.review, thresholds.decline
        ),
    ));
    let test = card.held_out.as_ref();
    CardPart {
        purpose: card.purpose.clone(),
        facts,
        held_out: test.map(|test| format!("{} to {}", date(test.first_us), date(test.last_us))),
        measures: test.map_or_else(Vec::new, |test| {
            let champion = test.champion.as_ref().map(|champion| champion.measures);
            measures(champion.as_ref(), &test.model)
        }),
        limits: card.limits.clone(),
    }
}

fn settings(learner: &LearnerSettings) -> String {
    match learner {
        LearnerSettings::Trees(trees) => format!(
            "{} trees of {} levels, learning rate {}, {} bins, seed {}",
            trees.trees, trees.depth, trees.learning_rate, trees.bins, trees.seed
        ),
        LearnerSettings::Logistic(logistic) => format!(
            "at most {} rounds, ridge {}",
            logistic.rounds_max, logistic.ridge
        ),
    }
}

/// The date of an instant.
fn date(at_us: i64) -> String {
    time_text(at_us).chars().take(10).collect()
}

fn measure(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.3}"))
}

/// What, the champion, this model.
fn measures(champion: Option<&Measures>, model: &Measures) -> Vec<(String, String, String)> {
    let both = |what: &str, of: fn(&Measures) -> String| {
        let of_champion = champion.map_or("–".to_owned(), of);
        (what.to_owned(), of_champion, of(model))
    };
    vec![
        both("Transactions", |of| number::integer(of.rows)),
        both("Frauds", |of| number::integer(of.frauds)),
        both("AUC", |of| measure(of.auc)),
        both("Average precision", |of| measure(of.average_precision)),
        both("Card precision at 100", |of| measure(of.card_precision)),
        both("Calibration slope", |of| measure(of.calibration_slope)),
        both("Calibration intercept", |of| {
            measure(of.calibration_intercept)
        }),
    ]
}

fn comparison_part(comparison: &Comparison, lede: String, currency: &str) -> ComparisonPart {
    let (champion, challenger) = (&comparison.champion_side, &comparison.challenger_side);
    let mut rows = measures(Some(&champion.measures), &challenger.measures);
    let mut both = |what: &str, of: &dyn Fn(&Side) -> String| {
        rows.push((what.to_owned(), of(champion), of(challenger)));
    };
    both("Mean score", &|side| {
        side.mean_score
            .map_or("–".to_owned(), |mean| format!("{mean:.4}"))
    });
    both("Fraud stopped", &|side| {
        money(side.fraud_stopped_minor, currency)
    });
    both("Fraud missed", &|side| {
        money(side.fraud_missed_minor, currency)
    });
    both("Genuine transactions stopped", &|side| {
        number::integer(side.genuine_stopped)
    });
    both("Genuine amount stopped", &|side| {
        money(side.genuine_stopped_minor, currency)
    });
    let part = |side: &Side, of: fn(&DayComparison) -> &DaySide| SidePart {
        scores: side.scores.clone(),
        thresholds: thresholds_of(&side.thresholds),
        average_precision: comparison
            .days
            .iter()
            .map(|day| of(day).average_precision)
            .collect(),
        alerts: comparison
            .days
            .iter()
            .map(|day| Some(of(day).alerts as f64))
            .collect(),
    };
    ComparisonPart {
        lede: format!(
            "{lede}; measured on transactions until {}{}",
            date(comparison.mature_until_us),
            if comparison.unseen {
                ", of which neither model was trained on any"
            } else {
                ", which flatters whichever was trained on them: there are too few others yet"
            }
        ),
        transactions: number::integer(comparison.transactions),
        decided_alike: number::share(comparison.decided_alike(), comparison.transactions),
        measures: rows,
        decisions: comparison.decisions,
        champion: part(champion, |day| &day.champion),
        challenger: part(challenger, |day| &day.challenger),
        days_us: comparison.days.iter().map(|day| day.day_us).collect(),
    }
}

fn history_entry(step: &GovernanceStep) -> HistoryEntry {
    let (tone, title) = match step.step.as_str() {
        "shadow_started" => (Tone::Check, "Scores in shadow"),
        "shadow_ended" => (Tone::Neutral, "Taken out of shadow"),
        "rolled_back" => (Tone::Bad, "Taken off, previous model put back"),
        "confirmed" => (Tone::Good, "Roll-back confirmed"),
        _ => (Tone::Attention, "Roll-back undone"),
    };
    HistoryEntry {
        at_us: step.recorded_at_us,
        tone,
        title: title.to_owned(),
        detail: step.detail.clone(),
        actor: Some(step.person.clone()),
    }
}
