//! The OpenAPI description of a bank's node.

use utoipa::OpenApi;

use super::{
    aftermath, assess, batch, cases, export,
    governance::{drafts, lists, models, policies, rules},
    labels, lookups, overview, parked_labels, policy, read_models, stream, transactions, webhooks,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Accord risk control",
        description = "Transactions in, decisions with reasons out. Every answer to a command is durable when it is given.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact()
    ),
    paths(
        assess::assess,
        batch::assess_batch,
        transactions::list,
        transactions::show,
        labels::label,
        aftermath::reverse,
        aftermath::refund,
        aftermath::answer_challenge,
        aftermath::advise,
        parked_labels::list,
        parked_labels::discard,
        cases::list,
        cases::show,
        cases::work::assign,
        cases::work::release,
        cases::work::add_note,
        cases::work::escalate,
        cases::work::resolve,
        cases::work::reopen,
        cases::bulk::bulk,
        cases::settings::show,
        cases::settings::change,
        lookups::customer,
        lookups::terminal,
        export::transactions,
        webhooks::subscribe,
        webhooks::list,
        webhooks::show,
        webhooks::delete,
        webhooks::pause,
        webhooks::resume,
        webhooks::rotate_secret,
        webhooks::deliveries,
        webhooks::redeliver,
        overview::overview,
        policy::policy,
        stream::stream,
        read_models::list,
        read_models::rebuild,
        rules::list,
        rules::fields,
        rules::validate,
        rules::switch_off,
        rules::review,
        lists::list,
        policies::list,
        policies::show,
        policies::roll_back,
        drafts::list,
        drafts::create,
        drafts::show,
        drafts::revise,
        drafts::discard,
        drafts::submit,
        drafts::approve,
        drafts::reject,
        drafts::activate,
        models::list,
        models::training::train,
        models::show,
        models::start_shadow,
        models::end_shadow,
        models::comparison,
        models::frozen_comparison,
        models::training::list,
        models::training::show,
        models::training::cancel,
        models::waiting_roll_back,
        models::roll_back,
        models::review_roll_back,
        models::monitoring,
    ),
    tags(
        (name = "transactions", description = "Decide, look up, label"),
        (name = "cases", description = "What people look at, and what they find"),
        (name = "look-up", description = "Customers, terminals, exports"),
        (name = "webhooks", description = "Telling other systems"),
        (name = "overview", description = "Figures"),
        (name = "governance", description = "What decides"),
        (name = "models", description = "Candidates, cards, shadows, drift"),
        (name = "operations", description = "Keeping the node well"),
    )
)]
struct Description;

/// The description, for `/openapi.json`.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Description::openapi()
}
