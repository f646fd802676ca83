//! A bank's node: the risk domain behind HTTP, with its log, keys, read models and pages.
//!
//! - [`BankNode`] puts the parts together and is what everything else holds.
//! - `application` is one file for each thing that a caller can ask; it knows nothing of HTTP.
//! - `projections` and `queries` are the read side.
//! - `http` translates; `console` draws pages.

mod application;
mod back_test;
pub mod console;
mod history_import;
mod http;
mod latency;
mod listed;
mod models;
mod node;
mod personal;
mod policies;
mod projections;
mod queries;
mod re_derive;
mod rule_pack;
mod scoreboards;
mod upkeep;
mod webhooks;

pub use application::{
    AdviceRequest, AftermathRequest, ApplicationError, AssessRequest, Assessment, CaseAnswer,
    CaseRequest, CaseWork, CommandCaller, FederatedModel, GovernRequest, Governed, Happening,
    HistoricalLabel, HistoricalTransaction, LabelRequest, Labelled, LogMoment, NewWebhook,
    ReceivedModel, TrainingReport, WebhookRequest,
};
pub use back_test::{
    ALERTS_A_DAY_DEFAULT, BackTestError, BackTestJob, BackTestJobs, BackTestProgress,
    BackTestRequest, BackTestResult, BackTestState,
};
pub use history_import::{
    BadLine, HistoryFormat, HistoryImportError, HistoryImportProgress, HistoryImportReport,
    HistoryImportSettings, import_history,
};
pub use http::{
    ACCESS, BANK_ROUTES, Placement, openapi,
    pages::{capitalised, page, persona_switcher},
    router, wire,
};
pub use node::{BankNode, BankSettings, OpenError};
pub use personal::PersonalFields;
pub use policies::ActivePolicy;
pub use queries::{
    cases::{
        AssigneeFilter, CaseCounts, CaseFilter, CaseOrder, CasePage, CaseRow, CaseState,
        StateFilter,
    },
    overview::OverviewFigures,
};
pub use re_derive::{DerivationError, DerivationReport, Derived, DerivedDecision, re_derive};
pub use rule_pack::{RulePackError, starter_rules};
pub use webhooks::{WebhookReach, address::AddressFault};
