//! Fields of forms that the server checks: each with what is wrong with it beneath.

use maud::{Markup, html};

/// What is wrong with a field, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    pub field: String,
    pub message: String,
}

/// The faults of one field.
pub fn faults_of(faults: &[FieldFault], name: &str) -> Markup {
    html! {
        @for fault in faults.iter().filter(|fault| fault.field == name) {
            p class="form-error" { (fault.message) }
        }
    }
}

/// A line of text.
pub fn text_field(
    name: &str,
    label: &str,
    value: &str,
    required: bool,
    faults: &[FieldFault],
) -> Markup {
    let faulty = faults.iter().any(|fault| fault.field == name);
    html! {
        div class="field" {
            label for=(name) { (label) }
            input id=(name) name=(name) type="text" autocomplete="off" spellcheck="false" value=(value)
                required[required] aria-invalid=[faulty.then_some("true")];
            (faults_of(faults, name))
        }
    }
}

/// A choice of one value.
pub fn select_field(name: &str, label: &str, value: &str, choices: &[(&str, &str)]) -> Markup {
    html! {
        div class="field" {
            label for=(name) { (label) }
            select id=(name) name=(name) {
                @for (choice, title) in choices {
                    option value=(choice) selected[*choice == value] { (title) }
                }
            }
        }
    }
}

/// A button that posts by itself.
pub fn post_button(action: &str, label: &str, quiet: bool, hidden: &[(&str, &str)]) -> Markup {
    let class = if quiet { "button-quiet" } else { "" };
    html! {
        form method="post" action=(action) {
            @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
            button class=(class) type="submit" { (label) }
        }
    }
}
