//! Live traffic: each bank's customers go on buying, and its frauds go on being reported, on the demo's clock.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use accord_service::Shutdown;
use futures::{StreamExt, stream};
use risk_control::{Label, LabelSource};
use risk_control_node::{ApplicationError, AssessRequest, BankNode, CommandCaller, LabelRequest};
use risk_control_simulator::{BankTransaction, MICROSECONDS_PER_DAY, Network};

use super::{Demo, history::personal, state::DemoState};

/// Requests of one bank that are under way at once.
const CONCURRENCY: usize = 64;
/// Happenings taken up together.
const DUE_MAX: usize = 512;
const DEADLINE: Duration = Duration::from_secs(10);
/// After a restart the traffic goes back this far, in case the last requests did not arrive; those that did are known.
const REPEAT_US: i64 = 600_000_000;

enum Happening {
    Purchase(BankTransaction),
    Report(BankTransaction),
}

/// Starts one task for each bank. `resumed_at_us` is where the demo's clock began: what fell due while the banks were
/// being prepared happens first.
pub fn start(
    demo: &Arc<Demo>,
    network: &Arc<Network>,
    state: &DemoState,
    resumed_at_us: i64,
    shutdown: &Shutdown,
) {
    for (index, bank) in demo.banks.iter().enumerate() {
        let traffic = Traffic {
            bank: bank.clone(),
            index,
            network: Arc::clone(network),
            starts_at_us: state.starts_at_us,
            from_us: (resumed_at_us - REPEAT_US).max(state.live_from_us),
        };
        let shutdown = shutdown.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = traffic.run() => {}
                () = shutdown.begun() => {}
            }
        });
    }
}

struct Traffic {
    bank: BankNode,
    index: usize,
    network: Arc<Network>,
    starts_at_us: i64,
    from_us: i64,
}

impl Traffic {
    async fn run(self) {
        let first = (self.from_us - self.starts_at_us).div_euclid(MICROSECONDS_PER_DAY);
        let mut day = u32::try_from(first).unwrap_or(0);
        loop {
            let Some(happenings) = self.day(day).await else {
                return;
            };
            let mut rest = happenings.as_slice();
            while let Some(((at_us, _), _)) = rest.split_first() {
                self.bank.clock().sleep_until(*at_us).await;
                let now_us = self.bank.clock().now_us();
                let due = rest
                    .partition_point(|(at_us, _)| *at_us <= now_us)
                    .clamp(1, DUE_MAX);
                let (due, later) = rest.split_at(due);
                stream::iter(due)
                    .for_each_concurrent(CONCURRENCY, |(at_us, happening)| {
                        self.happen(*at_us, happening)
                    })
                    .await;
                rest = later;
            }
            day += 1;
        }
    }

    /// Everything of one day that has not happened yet, in order of time; `None` once the runtime stops.
    async fn day(&self, day: u32) -> Option<Vec<(i64, Happening)>> {
        let (network, index, from_us) = (Arc::clone(&self.network), self.index, self.from_us);
        tokio::task::spawn_blocking(move || {
            let purchases = network.day(index, day).into_iter().map(|purchase| {
                (
                    purchase.transaction.occurred_at,
                    Happening::Purchase(purchase),
                )
            });
            let reports = network
                .reported_on(index, day)
                .into_iter()
                .filter_map(|report| {
                    Some((report.transaction.reported_at?, Happening::Report(report)))
                });
            let mut happenings: Vec<_> = purchases
                .chain(reports)
                .filter(|(at_us, _)| *at_us >= from_us)
                .collect();
            happenings.sort_by_key(|(at_us, _)| *at_us);
            happenings
        })
        .await
        .ok()
    }

    async fn happen(&self, at_us: i64, happening: &Happening) {
        let caller = CommandCaller {
            actor: Arc::from("simulator"),
            deadline: Instant::now() + DEADLINE,
            traceparent: None,
        };
        let happened = match happening {
            Happening::Purchase(purchase) => self
                .bank
                .assess(&caller, assess_request(purchase))
                .await
                .map(|_| ()),
            Happening::Report(report) => {
                let request = LabelRequest {
                    transaction_id: report.transaction_id(),
                    label: Label::Fraud,
                    source: LabelSource::Chargeback,
                    known_at_us: Some(at_us),
                    note: None,
                    key: Some(report.transaction_id()),
                };
                self.bank.label(&caller, request).await.map(|_| ())
            }
        };
        match happened {
            // A purchase that never arrived is not reported; one that arrived twice was decided once.
            Ok(()) | Err(ApplicationError::UnknownTransaction) => {}
            Err(error) => {
                tracing::warn!(bank = self.bank.name(), %error, "simulated traffic was refused");
            }
        }
    }
}

fn assess_request(purchase: &BankTransaction) -> AssessRequest {
    AssessRequest {
        transaction_id: purchase.transaction_id(),
        personal: personal(purchase),
        terminal_id: purchase.terminal_id(),
        amount_minor: purchase.transaction.amount_minor,
        currency: "EUR".to_owned(),
        occurred_at_us: Some(purchase.transaction.occurred_at),
    }
}
