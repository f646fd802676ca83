//! From what a caller writes to what the domain checks, and back to words.

use accord_service::{FieldError, Problem, ProblemKind};
use risk_control::{
    Candidate, ContentFault, Decision, DraftContent, ListChange, ListEntry, ListFingerprint,
    ListName, ListedKind, Policy, Rule, RuleContent, RuleMode, Thresholds,
};

use super::wire::{
    DifferenceView, DraftBody, ListAction, ListChangeBody, ListNameBody, ListedKindBody, ModeName,
    OutcomeName, RuleBody, RuleView, ThresholdsBody,
};
use crate::{
    http::{BankService, assess::check_text_id, transactions::parse_time},
    listed::hint,
};

/// A draft's content, with the place in the body of each of its rules.
pub(super) struct CheckedDraft {
    pub title: String,
    pub content: DraftContent,
}

impl BankService {
    /// What a body makes of the active policy; everything that is wrong with it at once.
    pub(super) async fn draft_content(&self, body: &DraftBody) -> Result<CheckedDraft, Problem> {
        let active = self.node.active_policy().ok_or_else(|| {
            Problem::new(ProblemKind::ReadOnly).detail("No policy is active yet.")
        })?;
        let (rules, pointers) = effective_rules(&active.policy, body);
        let mut errors = Vec::new();
        for (index, id) in body.remove_rules.iter().enumerate() {
            if active.policy.rules.find(id).is_none() {
                errors.push(FieldError::at_pointer(
                    format!("#/remove_rules/{index}"),
                    format!("the active policy has no rule `{id}`"),
                ));
            }
        }
        let mut list_changes = Vec::with_capacity(body.list_changes.len());
        for (index, change) in body.list_changes.iter().enumerate() {
            match self.list_change(change) {
                Ok(change) => list_changes.push(change),
                Err((field, detail)) => errors.push(FieldError::at_pointer(
                    format!("#/list_changes/{index}/{field}"),
                    detail,
                )),
            }
        }
        let proposed = match &body.model {
            Some(model) if *model != active.policy.model => {
                let proposed = self.node.propose_model(model).await?;
                if proposed.is_none() {
                    errors.push(FieldError::at_pointer(
                        "#/model",
                        "no model of this hash was published with a card",
                    ));
                }
                proposed.map(|proposed| (model.clone(), proposed))
            }
            _ => None,
        };
        // Thresholds belong to a model: another one brings its own, unless somebody says otherwise.
        let standing = proposed
            .as_ref()
            .map_or(active.policy.thresholds, |(_, proposed)| {
                proposed.card.thresholds
            });
        let content = DraftContent {
            model: proposed.map(|(model, proposed)| (model, proposed.evidence)),
            thresholds: body.thresholds.map_or(standing, |thresholds| Thresholds {
                challenge: thresholds.challenge,
                review: thresholds.review,
                decline: thresholds.decline,
            }),
            rules,
            list_changes,
        };
        for fault in content.faults() {
            errors.push(field_error(&fault, &pointers));
        }
        if !errors.is_empty() {
            return Err(errors
                .into_iter()
                .fold(Problem::new(ProblemKind::InvalidField), Problem::field));
        }
        Ok(CheckedDraft {
            title: body.title.clone(),
            content,
        })
    }

    /// A change of a list, or the field that is wrong and why.
    pub(super) fn list_change(
        &self,
        body: &ListChangeBody,
    ) -> Result<ListChange, (&'static str, String)> {
        let (list, kind) = (list_name(body.list), listed_kind(body.kind));
        let fingerprint = match (&body.value, &body.fingerprint) {
            (Some(value), None) => {
                check_text_id(value).map_err(|detail| ("value", detail))?;
                self.node.list_fingerprint(kind, value)
            }
            (None, Some(fingerprint)) if body.action == ListAction::Remove => {
                ListFingerprint::parse(fingerprint)
                    .ok_or_else(|| ("fingerprint", "must have 16 hexadecimal digits".to_owned()))?
            }
            _ => {
                return Err((
                    "value",
                    "give a value, or to remove an entry its fingerprint instead".to_owned(),
                ));
            }
        };
        if body.action == ListAction::Remove {
            return Ok(ListChange::Remove {
                list,
                kind,
                fingerprint,
            });
        }
        let expires_at_us = body
            .expires_at
            .as_deref()
            .map(parse_time)
            .transpose()
            .map_err(|detail| ("expires_at", detail))?;
        if expires_at_us.is_some_and(|at_us| at_us <= self.node.clock().now_us()) {
            return Err(("expires_at", "must lie in the future".to_owned()));
        }
        Ok(ListChange::Add(ListEntry {
            list,
            kind,
            fingerprint,
            hint: hint(kind, body.value.as_deref().unwrap_or_default()),
            expires_at_us,
            comment: body.comment.clone().unwrap_or_default(),
        }))
    }
}

/// The rules that a body means, and where in the body each is written.
fn effective_rules(active: &Policy, body: &DraftBody) -> (Vec<RuleContent>, Vec<String>) {
    let mut rules: Vec<(RuleContent, String)> = match &body.rules {
        Some(rules) => rules
            .iter()
            .enumerate()
            .map(|(index, rule)| (rule_content(rule), format!("#/rules/{index}")))
            .collect(),
        None => active
            .rules
            .rules()
            .iter()
            .map(|rule| (RuleContent::from(rule), "#/rules".to_owned()))
            .collect(),
    };
    rules.retain(|(rule, _)| !body.remove_rules.contains(&rule.id));
    for (index, put) in body.put_rules.iter().enumerate() {
        let written = (rule_content(put), format!("#/put_rules/{index}"));
        match rules.iter_mut().find(|(rule, _)| rule.id == put.id) {
            Some(place) => *place = written,
            None => rules.push(written),
        }
    }
    rules.into_iter().unzip()
}

/// A fault of the content, at the place where the caller wrote it.
fn field_error(fault: &ContentFault, rule_pointers: &[String]) -> FieldError {
    let in_rule = fault.pointer.strip_prefix("/rules/").and_then(|rest| {
        let (index, field) = rest.split_once('/')?;
        let pointer = rule_pointers.get(index.parse::<usize>().ok()?)?;
        Some(format!("{pointer}/{field}"))
    });
    let pointer = in_rule.unwrap_or_else(|| format!("#{}", fault.pointer));
    FieldError::at_pointer(pointer, fault.message.clone())
}

fn rule_content(body: &RuleBody) -> RuleContent {
    RuleContent {
        id: body.id.clone(),
        condition: body.condition.clone(),
        outcome: match body.outcome {
            OutcomeName::Approve => Decision::Approve,
            OutcomeName::Challenge => Decision::Challenge,
            OutcomeName::Review => Decision::Review,
            OutcomeName::Decline => Decision::Decline,
        },
        mode: match body.mode {
            ModeName::Active => RuleMode::Active,
            ModeName::Shadow => RuleMode::Shadow,
            ModeName::Off => RuleMode::Off,
        },
        reason: body.reason.clone(),
    }
}

fn list_name(body: ListNameBody) -> ListName {
    match body {
        ListNameBody::Allow => ListName::Allow,
        ListNameBody::Block => ListName::Block,
        ListNameBody::Watch => ListName::Watch,
    }
}

fn listed_kind(body: ListedKindBody) -> ListedKind {
    match body {
        ListedKindBody::Customer => ListedKind::Customer,
        ListedKindBody::Terminal => ListedKind::Terminal,
        ListedKindBody::Card => ListedKind::Card,
        ListedKindBody::Device => ListedKind::Device,
    }
}

pub(super) fn rule_view(rule: &Rule) -> RuleView {
    RuleView {
        id: rule.id.to_string(),
        version: rule.version,
        condition: rule.condition.clone(),
        outcome: rule.outcome.name(),
        mode: rule.mode.name(),
        reason: rule.reason.clone(),
    }
}

pub(super) fn thresholds_body(thresholds: &Thresholds) -> ThresholdsBody {
    ThresholdsBody {
        challenge: thresholds.challenge,
        review: thresholds.review,
        decline: thresholds.decline,
    }
}

/// What a candidate changes of a policy, in words.
pub(super) fn differences(before: &Policy, candidate: &Candidate) -> Vec<DifferenceView> {
    let mut differences = Vec::new();
    let mut differ = |subject: String, before: Option<String>, after: Option<String>| {
        if before != after {
            differences.push(DifferenceView {
                subject,
                before,
                after,
            });
        }
    };
    differ(
        "model".to_owned(),
        Some(before.model.clone()),
        Some(candidate.model.clone()),
    );
    let thresholds = |of: &Thresholds| {
        [
            ("challenge", of.challenge),
            ("review", of.review),
            ("decline", of.decline),
        ]
    };
    for ((name, before), (_, after)) in thresholds(&before.thresholds)
        .into_iter()
        .zip(thresholds(&candidate.thresholds))
    {
        differ(
            format!("threshold {name}"),
            Some(before.to_string()),
            Some(after.to_string()),
        );
    }
    for rule in before.rules.rules() {
        let after = candidate.rules.find(&rule.id).map(rule_in_words);
        differ(
            format!("rule {}", rule.id),
            Some(rule_in_words(rule)),
            after,
        );
    }
    for rule in candidate.rules.rules() {
        if before.rules.find(&rule.id).is_none() {
            differ(format!("rule {}", rule.id), None, Some(rule_in_words(rule)));
        }
    }
    for change in &candidate.list_changes {
        let (list, kind, fingerprint) = change.place();
        let subject = format!("{} list", list.name());
        match change {
            ListChange::Add(entry) => differ(
                subject,
                None,
                Some(format!("{} {}", kind.name(), entry.hint)),
            ),
            ListChange::Remove { .. } => differ(
                subject,
                Some(format!("{} {fingerprint}", kind.name())),
                None,
            ),
        }
    }
    differences
}

fn rule_in_words(rule: &Rule) -> String {
    format!(
        "{} · {} · {} · {}",
        rule.mode.name(),
        rule.outcome.name(),
        rule.condition,
        rule.reason
    )
}
