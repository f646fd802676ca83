//! The risk pages: what an analyst and a visitor of the demo look at.
//!
//! Each page is a function from a view, plain data filled by the caller, to a
//! whole document. Nothing here queries, waits or knows the domain's types.
//! Every text is complete without a script; the events that keep the pages live
//! are [`overview::OverviewFigures`], [`decision_table::DecisionRow`] and
//! [`institutions::InstitutionsFigures`], sent as JSON (see [`accord_console::live`]).

pub mod approvals;
pub mod back_test;
pub mod case;
pub mod case_actions;
pub mod case_badges;
pub mod cases;
pub mod decision;
pub mod decision_table;
pub mod explanation;
pub mod form_field;
pub mod frame;
mod instant;
pub mod institutions;
pub mod label_form;
pub mod lists;
pub mod login;
pub mod lookups;
pub mod model;
pub mod model_comparison;
pub mod models;
pub mod monitoring;
pub mod overview;
pub mod problem;
pub mod rule_editor;
pub mod rules;
pub mod transaction;
pub mod transactions;

#[cfg(test)]
mod tests {
    use super::*;

    /// What the content security policy of the console forbids is in no page.
    #[test]
    fn no_page_has_inline_code_or_style() {
        let problem_view = problem::ProblemView {
            status: 404,
            title: "<Not found>".to_owned(),
            detail: None,
            back_href: "/".to_owned(),
            correlation_id: None,
        };
        let login_view = login::LoginView {
            action: "/login".to_owned(),
            return_to: "/".to_owned(),
            problem: Some("<unknown>".to_owned()),
        };
        for page in [
            overview::overview(&overview::OverviewView::example()),
            transaction::transaction(&transaction::TransactionView::example()),
            cases::cases(&cases::CasesView::example()),
            case::case(&case::CaseView::example()),
            lookups::lookup(&lookups::LookupView::example()),
            problem::problem(&problem_view),
            login::login(&login_view),
            rules::rules(&rules::RulesView::example()),
            rule_editor::rule_editor(&rule_editor::RuleEditorView::example()),
            lists::lists(&lists::ListsView::example()),
            approvals::approvals(&approvals::ApprovalsView::example()),
            approvals::draft(&approvals::DraftView::example()),
            models::models(&models::ModelsView::example()),
            model::model(&model::ModelView::example()),
            monitoring::monitoring(&monitoring::MonitoringView::example()),
        ] {
            let page = page.into_string();
            assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
            assert_eq!(page.matches("<script").count(), 1, "{page}");
            for forbidden in [
                " style=",
                " onclick=",
                " onchange=",
                "<style",
                "javascript:",
            ] {
                assert!(!page.contains(forbidden), "{forbidden} in {page}");
            }
        }
    }
}
