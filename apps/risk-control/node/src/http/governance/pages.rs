//! The pages of governance: read models into views, forms into steps.

mod approvals;
mod back_tests;
mod lists;
pub(super) mod models;
pub(super) mod monitoring;
mod rules;

pub(super) use approvals::{
    activate, approvals, approve, discard, draft, reject, roll_back, submit,
};
pub(super) use back_tests::{show as back_test, start as start_back_test};
pub(super) use lists::{change_list, lists};
pub(super) use rules::{edit_rule, review, rules, save_rule, switch_off};
