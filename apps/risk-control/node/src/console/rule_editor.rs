//! One rule: its editor, the fields that it may use, and the switch that needs no approval beforehand.

use accord_console::Tone;
use accord_console::notice::notice;
use maud::{Markup, html};

use super::form_field::{FieldFault, faults_of, select_field, text_field};
use super::frame::{BankFrame, Section};

/// All that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleEditorView {
    pub frame: BankFrame,
    /// As it was entered, or as it is.
    pub rule: RuleForm,
    pub is_new: bool,
    /// Whether it is in force, so that it can be switched off.
    pub is_on: bool,
    pub faults: Vec<FieldFault>,
    /// Why the last step was refused, where no field is to blame.
    pub problem: Option<String>,
    pub key: String,
    /// Name, type and description of each field.
    pub fields: Vec<(String, String, String)>,
}

/// The editor's fields, named as they are posted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleForm {
    pub id: String,
    pub condition: String,
    pub outcome: String,
    pub mode: String,
    pub reason: String,
    pub title: String,
}

/// The page.
pub fn rule_editor(view: &RuleEditorView) -> Markup {
    let heading = if view.is_new {
        "New rule".to_owned()
    } else {
        format!("Rule {}", view.rule.id)
    };
    let main = html! {
        div class="page-heading" {
            div {
                h1 { (heading) }
                p class="lede" { "Saving makes a draft. It decides once someone else has approved it." }
            }
        }
        @if let Some(problem) = &view.problem {
            (notice(Tone::Attention, "Not saved", &html! { (problem) }))
        }
        div class="columns columns-wide-narrow" {
            div class="stack" {
                (editor(view))
                @if view.is_on { (switch_off(view)) }
            }
            section aria-labelledby="fields" {
                div class="section-heading" { h2 id="fields" { "Fields" } }
                (fields(view))
            }
        }
    };
    view.frame.page(&heading, Some(Section::Rules), None, main)
}

fn editor(view: &RuleEditorView) -> Markup {
    let rule = &view.rule;
    let faulty = view.faults.iter().any(|fault| fault.field == "condition");
    html! {
        form class="form panel" method="post" action=(view.frame.href("/rules/edit")) {
            input type="hidden" name="key" value=(view.key);
            @if view.is_new {
                (text_field("id", "Id: lower-case letters, digits and dashes", &rule.id, true, &view.faults))
            } @else {
                input type="hidden" name="id" value=(rule.id);
            }
            div class="field" {
                label for="condition" { "Condition, in the Common Expression Language" }
                textarea class="code-area" id="condition" name="condition" rows="4" maxlength="1000" spellcheck="false"
                    required aria-invalid=[faulty.then_some("true")] data-validate=(view.frame.href("/v1/rules/validate")) { (rule.condition) }
                div data-validation role="status" aria-live="polite" { (faults_of(&view.faults, "condition")) }
            }
            div class="filters" {
                (select_field("outcome", "Outcome", &rule.outcome, &[
                    ("challenge", "Challenge"), ("review", "Review"), ("decline", "Decline"),
                    ("approve", "Approve: lifts the score"),
                ]))
                (select_field("mode", "Mode", &rule.mode, &[
                    ("shadow", "Shadow: recorded, decides nothing"), ("active", "Active"), ("off", "Off"),
                ]))
            }
            (text_field("reason", "Reason, for the analyst", &rule.reason, true, &view.faults))
            (text_field("title", "What this change is for", &rule.title, true, &view.faults))
            div class="filters-actions" { button type="submit" { "Save as draft" } }
        }
    }
}

fn switch_off(view: &RuleEditorView) -> Markup {
    html! {
        section class="panel" aria-labelledby="switch-off" {
            div class="section-heading" {
                h2 id="switch-off" { "Switch it off now" }
                p { "At once and without approval; a second person must look at it afterwards." }
            }
            form class="filters" method="post" action=(view.frame.href("/rules/switch-off")) {
                input type="hidden" name="key" value=(view.key);
                input type="hidden" name="rule" value=(view.rule.id);
                div class="field field-wide" {
                    label for="switch-off-reason" { "Why" }
                    input id="switch-off-reason" name="reason" type="text" required autocomplete="off";
                }
                div class="filters-actions" { button type="submit" { "Switch off" } }
            }
        }
    }
}

fn fields(view: &RuleEditorView) -> Markup {
    html! {
        table class="features" {
            caption class="visually-hidden" { "Fields that a condition may use" }
            thead { tr { th scope="col" { "Field" } th scope="col" { "Type" } } }
            tbody {
                @for (name, field_type, description) in &view.fields {
                    tr {
                        td { code { (name) } br; span class="muted small" { (description) } }
                        td { (field_type) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
impl RuleEditorView {
    pub(super) fn example() -> Self {
        Self {
            frame: BankFrame::example(),
            rule: RuleForm {
                id: "large".to_owned(),
                condition: "amuont > <b>".to_owned(),
                outcome: "review".to_owned(),
                mode: "shadow".to_owned(),
                reason: "Large".to_owned(),
                title: "Large amounts".to_owned(),
            },
            is_new: false,
            is_on: true,
            faults: vec![FieldFault {
                field: "condition".to_owned(),
                message: "there is no field `amuont`".to_owned(),
            }],
            problem: None,
            key: "k".to_owned(),
            fields: vec![(
                "amount".to_owned(),
                "double".to_owned(),
                "Amount".to_owned(),
            )],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_stands_beneath_its_field_and_the_input_is_kept() {
        let page = rule_editor(&RuleEditorView::example()).into_string();
        let condition = page.find("amuont &gt; &lt;b&gt;").unwrap();
        let fault = page.find("there is no field").unwrap();
        assert!(condition < fault, "{page}");
        assert!(
            page.contains(r#"<option value="review" selected>"#),
            "{page}"
        );
    }
}
