//! Attacks that a presenter switches on and off while the traffic runs: their purchases on top of the customers' own, and
//! later their reports.
//!
//! What is switched on lives as long as the process. After a restart nothing is under attack, and frauds of an attack
//! that were not reported yet stay unreported, as some do.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use accord_service::Shutdown;
use risk_control::{Label, LabelSource};
use risk_control_node::{
    ApplicationError, AssessRequest, BankNode, CommandCaller, LabelRequest, PersonalFields,
};
use risk_control_simulator::{
    ATTACK_SLICE_SECONDS, Attack, AttackTransaction, MICROSECONDS_PER_SECOND, Network,
};

use super::{Demo, state::DemoState};

const SLICE_US: i64 = ATTACK_SLICE_SECONDS * MICROSECONDS_PER_SECOND;
const DEADLINE: Duration = Duration::from_secs(10);
/// However fast the demo's clock runs.
const PAUSE_MIN: Duration = Duration::from_millis(50);
/// Reports that wait for their time, at most; beyond that a fraud stays unreported.
const REPORTS_MAX: usize = 50_000;

/// Which attacks are under way.
#[derive(Debug, Default)]
pub struct Attacks {
    under_way: [AtomicBool; Attack::ALL.len()],
}

impl Attacks {
    pub fn is_under_way(&self, attack: Attack) -> bool {
        self.under_way[attack as usize].load(Ordering::Relaxed)
    }

    pub fn switch(&self, attack: Attack, on: bool) {
        self.under_way[attack as usize].store(on, Ordering::Relaxed);
    }
}

/// Starts one task for each bank.
pub fn start(demo: &Arc<Demo>, network: &Arc<Network>, state: &DemoState, shutdown: &Shutdown) {
    for (index, bank) in demo.banks.iter().enumerate() {
        let target = Target {
            demo: Arc::clone(demo),
            bank: bank.clone(),
            index,
            network: Arc::clone(network),
            starts_at_us: state.starts_at_us,
        };
        let shutdown = shutdown.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = target.run() => {}
                () = shutdown.begun() => {}
            }
        });
    }
}

/// A bank that may be attacked.
struct Target {
    demo: Arc<Demo>,
    bank: BankNode,
    index: usize,
    network: Arc<Network>,
    starts_at_us: i64,
}

/// By the time at which each is due.
type Due = BTreeMap<(i64, String), AttackTransaction>;

impl Target {
    async fn run(self) {
        let (mut purchases, mut reports) = (Due::new(), Due::new());
        let mut planned_through = self.slice_at(self.bank.clock().now_us());
        loop {
            let now_us = self.bank.clock().now_us();
            let slice = self.slice_at(now_us);
            // A clock that ran fast while nothing was under way has nothing to make up for.
            planned_through = planned_through.max(slice.saturating_sub(1));
            while planned_through < slice {
                planned_through += 1;
                self.plan(planned_through, now_us, &mut purchases);
            }
            while let Some(next) = purchases.first_entry()
                && next.key().0 <= now_us
            {
                let ((_, id), purchase) = next.remove_entry();
                // Switched off, an attack ends at once.
                if self.demo.attacks.is_under_way(purchase.attack)
                    && self.purchase(&purchase).await
                    && reports.len() < REPORTS_MAX
                {
                    reports.insert((purchase.reported_at, id), purchase);
                }
            }
            while let Some(next) = reports.first_entry()
                && next.key().0 <= now_us
            {
                let ((known_at_us, _), fraud) = next.remove_entry();
                self.report(&fraud, known_at_us).await;
            }
            let next_us = [purchases.first_key_value(), reports.first_key_value()]
                .into_iter()
                .flatten()
                .map(|((at_us, _), _)| *at_us)
                .chain([self.begin_of(slice + 1)])
                .min()
                .unwrap_or(now_us);
            tokio::join!(
                self.bank.clock().sleep_until(next_us),
                tokio::time::sleep(PAUSE_MIN)
            );
        }
    }

    fn slice_at(&self, at_us: i64) -> u32 {
        u32::try_from((at_us - self.starts_at_us).div_euclid(SLICE_US)).unwrap_or(0)
    }

    fn begin_of(&self, slice: u32) -> i64 {
        self.starts_at_us + i64::from(slice) * SLICE_US
    }

    fn plan(&self, slice: u32, now_us: i64, purchases: &mut Due) {
        for attack in Attack::ALL {
            if !self.demo.attacks.is_under_way(attack) {
                continue;
            }
            for purchase in self.network.attack(attack, self.index, slice) {
                if purchase.occurred_at >= now_us {
                    let key = (purchase.occurred_at, purchase.transaction_id());
                    purchases.insert(key, purchase);
                }
            }
        }
    }

    /// Whether it was decided.
    async fn purchase(&self, purchase: &AttackTransaction) -> bool {
        let request = AssessRequest {
            transaction_id: purchase.transaction_id(),
            personal: PersonalFields {
                customer_id: purchase.customer_id(),
                card_id: Some(purchase.card_id()),
                device_id: Some(purchase.device_id()),
                ip_address: None,
            },
            terminal_id: purchase.terminal_id(),
            amount_minor: purchase.amount_minor,
            currency: "EUR".to_owned(),
            occurred_at_us: Some(purchase.occurred_at),
        };
        let decided = self.bank.assess(&caller(), request).await;
        if let Err(error) = &decided {
            tracing::warn!(bank = self.bank.name(), %error, "an attack was refused");
        }
        decided.is_ok()
    }

    async fn report(&self, fraud: &AttackTransaction, known_at_us: i64) {
        let request = LabelRequest {
            transaction_id: fraud.transaction_id(),
            label: Label::Fraud,
            source: LabelSource::Chargeback,
            known_at_us: Some(known_at_us),
            note: None,
            key: Some(fraud.transaction_id()),
        };
        match self.bank.label(&caller(), request).await {
            Ok(_) | Err(ApplicationError::UnknownTransaction) => {}
            Err(error) => {
                tracing::warn!(bank = self.bank.name(), %error, "a report was refused");
            }
        }
    }
}

fn caller() -> CommandCaller {
    CommandCaller {
        actor: Arc::from("simulator"),
        deadline: Instant::now() + DEADLINE,
        traceparent: None,
    }
}
