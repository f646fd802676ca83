//! Simulated analysts: two at each bank take cases from the top of the queue, call the customer and write down what they
//! hear; what is beyond them goes to a supervisor. They know what the simulation knows, once they have called.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use accord_service::Shutdown;
use risk_control::{CaseAuthority, CaseId, Disposition};
use risk_control_node::{
    ApplicationError, AssigneeFilter, BankNode, CaseFilter, CaseOrder, CaseRequest, CaseRow,
    CaseState, CaseWork, CommandCaller, StateFilter,
};
use risk_control_simulator::Network;

use super::Demo;

const ANALYSTS: [&str; 2] = ["bea", "carl"];
const SUPERVISOR: &str = "dora";
/// Between two steps of a bank's analysts, on the demo's clock: taking a case is one, resolving it another.
const STEP_US: i64 = 15 * 60_000_000;
/// However fast the demo's clock runs.
const PAUSE_MIN: Duration = Duration::from_millis(200);
/// The newest cases are left to whoever watches the demo.
const LEFT_ALONE_US: i64 = 6 * 3_600_000_000;
/// How long an escalated case waits for the supervisor.
const SUPERVISOR_AFTER_US: i64 = 24 * 3_600_000_000;
/// Of so many cases one goes to the supervisor.
const ESCALATED_ONE_IN: u64 = 12;
const DEADLINE: Duration = Duration::from_secs(10);

/// Starts one task for each bank.
pub fn start(demo: &Arc<Demo>, network: &Arc<Network>, shutdown: &Shutdown) {
    for (index, bank) in demo.banks.iter().enumerate() {
        let desk = Desk {
            bank: bank.clone(),
            index,
            network: Arc::clone(network),
        };
        let shutdown = shutdown.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = desk.run() => {}
                () = shutdown.begun() => {}
            }
        });
    }
}

struct Desk {
    bank: BankNode,
    index: usize,
    network: Arc<Network>,
}

impl Desk {
    async fn run(self) {
        loop {
            let next = self.bank.clock().now_us() + STEP_US;
            if let Err(error) = self.step().await {
                tracing::warn!(bank = self.bank.name(), %error, "a simulated analyst was refused");
            }
            tokio::join!(
                self.bank.clock().sleep_until(next),
                tokio::time::sleep(PAUSE_MIN)
            );
        }
    }

    /// Somebody does the next thing: resolves what was taken, or takes what is most urgent.
    async fn step(&self) -> Result<(), ApplicationError> {
        let now_us = self.bank.clock().now_us();
        for analyst in ANALYSTS {
            let taken = CaseFilter {
                assignee: Some(AssigneeFilter::Is(analyst.to_owned())),
                ..CaseFilter::default()
            };
            if let Some(case) = self.first(&taken, CaseOrder::Age).await? {
                return self.finish(&case, analyst).await;
            }
        }
        let escalated = CaseFilter {
            state: StateFilter::Is(CaseState::Escalated),
            ..CaseFilter::default()
        };
        if let Some(case) = self.first(&escalated, CaseOrder::Age).await?
            && case.opened_at_us < now_us - SUPERVISOR_AFTER_US
        {
            return self.resolve(&case, SUPERVISOR).await;
        }
        let waiting = CaseFilter {
            state: StateFilter::Is(CaseState::New),
            ..CaseFilter::default()
        };
        if let Some(case) = self.first(&waiting, CaseOrder::Priority).await?
            && case.opened_at_us < now_us - LEFT_ALONE_US
        {
            let analyst = ANALYSTS[usize::from(case.case.number.is_multiple_of(2))];
            let assignee = analyst.to_owned();
            return self
                .work(&case, analyst, CaseWork::Assign { assignee })
                .await;
        }
        Ok(())
    }

    async fn first(
        &self,
        filter: &CaseFilter,
        order: CaseOrder,
    ) -> Result<Option<CaseRow>, ApplicationError> {
        let page = self.bank.case_page(filter, order, None, 1).await?;
        Ok(page.rows.into_iter().next())
    }

    async fn finish(&self, case: &CaseRow, analyst: &str) -> Result<(), ApplicationError> {
        if case.case.number.is_multiple_of(ESCALATED_ONE_IN) {
            let note = "The customer cannot be reached, and there is much to lose.".to_owned();
            let work = CaseWork::Escalate { note: Some(note) };
            return self.work(case, analyst, work).await;
        }
        self.resolve(case, analyst).await
    }

    async fn resolve(&self, case: &CaseRow, by: &str) -> Result<(), ApplicationError> {
        let (disposition, note) = if self.is_fraud(case.case).await? {
            (
                Disposition::ConfirmedFraud,
                "Called the customer, who did not make this purchase. Card blocked.",
            )
        } else {
            (
                Disposition::Genuine,
                "Called the customer, who confirmed the purchase.",
            )
        };
        let work = CaseWork::Resolve {
            disposition,
            note: Some(note.to_owned()),
        };
        self.work(case, by, work).await
    }

    /// What the customer says: whether any transaction of the case was a fraud of the simulation.
    async fn is_fraud(&self, case: CaseId) -> Result<bool, ApplicationError> {
        for row in self.bank.case_transactions(case).await? {
            let id = row.transaction.transaction_id;
            // Whatever an attack did is a fraud.
            if id.starts_with(&format!("{}-attack-", self.bank.name())) {
                return Ok(true);
            }
            // The simulation's ids end in day, customer and position; what a visitor sent has none of these.
            let Some(day) = id
                .rsplit('-')
                .nth(2)
                .and_then(|day| day.parse::<u32>().ok())
            else {
                continue;
            };
            let (network, index) = (Arc::clone(&self.network), self.index);
            let is_fraud = tokio::task::spawn_blocking(move || {
                network.day(index, day).into_iter().any(|purchase| {
                    purchase.transaction_id() == id && purchase.transaction.fraud.is_some()
                })
            })
            .await
            .unwrap_or(false);
            if is_fraud {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn work(&self, case: &CaseRow, by: &str, work: CaseWork) -> Result<(), ApplicationError> {
        let caller = CommandCaller {
            actor: Arc::from(by),
            deadline: Instant::now() + DEADLINE,
            traceparent: None,
        };
        let request = CaseRequest {
            case: case.case,
            expected_version: Some(case.version),
            authority: if by == SUPERVISOR {
                CaseAuthority::Supervisor
            } else {
                CaseAuthority::Analyst
            },
            work,
            key: None,
        };
        match self.bank.work_case(&caller, request).await {
            // Another alert or a visitor was faster; the next step sees it.
            Ok(_) | Err(ApplicationError::Rejected(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
