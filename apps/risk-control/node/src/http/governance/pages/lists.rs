//! Lists: entries, and drafts of changes.

use accord_service::{Deadline, Principal, Problem, StrictQuery};
use axum::{
    extract::{OriginalUri, State},
    http::StatusCode,
    response::Response,
};
use risk_control::{Command, DraftPolicy};
use serde::{Deserialize, Serialize};

use super::super::{
    Step,
    form::{PageForm, belongs_on_the_page, form_key, fresh_key, see},
    lists::ENTRIES_SHOWN_MAX,
    wire::{DraftBody, ListAction, ListChangeBody, ListNameBody, ListedKindBody},
};
use crate::{
    console::{
        form_field::FieldFault,
        lists::{ListEntryRow, ListForm, ListsView},
    },
    http::{
        BankService, Service, errors::query_problem, pages::page, transactions::PositionParameter,
    },
};

/// Who is on which list.
pub(in crate::http::governance) async fn lists(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    StrictQuery(parameters): StrictQuery<PositionParameter>,
) -> Result<Response, Problem> {
    service
        .wait_for(parameters.position.as_deref(), deadline)
        .await?;
    service
        .lists_page(&principal, &uri, ListForm::default(), None)
        .await
}

/// A change of a list as the page posts it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http::governance) struct PostedListChange {
    key: String,
    action: ListAction,
    list: ListNameBody,
    kind: ListedKindBody,
    #[serde(default)]
    value: String,
    #[serde(default)]
    fingerprint: String,
    #[serde(default)]
    expires_at: String,
    #[serde(default)]
    comment: String,
}

/// Makes a draft of one change.
pub(in crate::http::governance) async fn change_list(
    State(service): Service,
    principal: Principal,
    deadline: Deadline,
    OriginalUri(uri): OriginalUri,
    PageForm(posted): PageForm<PostedListChange>,
) -> Result<Response, Problem> {
    let key = form_key(&posted.key)?;
    let body = posted.draft();
    let drafted = match service.draft_content(&body).await {
        Ok(checked) => {
            let command = Command::DraftPolicy(DraftPolicy {
                title: checked.title,
                content: checked.content,
                by: principal.person().to_owned(),
            });
            let step = Step {
                principal: &principal,
                deadline,
                key: Some(&key),
                operation: "policy draft",
                content: &body,
                command,
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
            service
                .lists_page(&principal, &uri, posted.form(), Some(problem))
                .await
        }
        Err(problem) => Err(problem),
    }
}

impl PostedListChange {
    fn draft(&self) -> DraftBody {
        let filled = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        let (list, kind) = (name(&self.list), name(&self.kind));
        let title = match self.action {
            ListAction::Add => format!("Put a {kind} on the {list} list"),
            ListAction::Remove => format!("Take a {kind} off the {list} list"),
        };
        DraftBody {
            title,
            model: None,
            thresholds: None,
            rules: None,
            put_rules: Vec::new(),
            remove_rules: Vec::new(),
            list_changes: vec![ListChangeBody {
                action: self.action,
                list: self.list,
                kind: self.kind,
                value: filled(&self.value),
                fingerprint: filled(&self.fingerprint),
                // A form's time has neither seconds nor a zone; the pages show UTC.
                expires_at: filled(&self.expires_at).map(|text| match text.len() {
                    16 => format!("{text}:00Z"),
                    19 => format!("{text}Z"),
                    _ => text,
                }),
                comment: filled(&self.comment),
            }],
        }
    }

    fn form(self) -> ListForm {
        ListForm {
            list: name(&self.list),
            kind: name(&self.kind),
            value: self.value,
            expires_at: self.expires_at,
            comment: self.comment,
        }
    }
}

/// The name under which a choice is posted.
fn name(choice: &impl Serialize) -> String {
    let value = serde_json::json!(choice);
    value.as_str().unwrap_or_default().to_owned()
}

impl BankService {
    async fn lists_page(
        &self,
        principal: &Principal,
        uri: &axum::http::Uri,
        form: ListForm,
        refused: Option<Problem>,
    ) -> Result<Response, Problem> {
        let status = refused.as_ref().map_or(StatusCode::OK, Problem::status);
        let rows = self
            .node
            .list_entries(None, ENTRIES_SHOWN_MAX)
            .await
            .map_err(query_problem)?;
        let now_us = self.node.clock().now_us();
        let document = refused.map(Problem::into_document);
        let mut faults = Vec::new();
        for error in document.iter().flat_map(|document| &document.errors) {
            let place = error.pointer.as_deref().unwrap_or_default();
            faults.push(FieldFault {
                field: place.rsplit('/').next().unwrap_or_default().to_owned(),
                message: error.detail.clone(),
            });
        }
        let problem = document
            .filter(|document| document.errors.is_empty())
            .map(|document| document.detail.unwrap_or(document.title));
        let view = ListsView {
            frame: self.frame(principal, uri),
            entries: rows
                .into_iter()
                .map(|row| ListEntryRow {
                    has_expired: row.expires_at_us.is_some_and(|at_us| at_us <= now_us),
                    list: row.list,
                    kind: row.kind,
                    fingerprint: row.fingerprint,
                    hint: row.hint,
                    expires_at_us: row.expires_at_us,
                    comment: row.comment,
                    added_at_us: row.added_at_us,
                })
                .collect(),
            form,
            faults,
            problem,
            key: fresh_key(),
        };
        Ok(page(status, crate::console::lists::lists(&view)))
    }
}
