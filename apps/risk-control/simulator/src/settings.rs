//! What is simulated: the population, the terminals and the fraud.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Seconds in a simulated day; simulated time has no leap seconds and no daylight saving.
pub const SECONDS_PER_DAY: i64 = 86_400;

/// Microseconds in a second.
pub const MICROSECONDS_PER_SECOND: i64 = 1_000_000;

/// Microseconds in a simulated day.
pub const MICROSECONDS_PER_DAY: i64 = SECONDS_PER_DAY * MICROSECONDS_PER_SECOND;

/// Side of the square map on which customers and terminals lie.
pub const MAP_SIDE: f64 = 100.0;

/// 2018-04-01T00:00:00Z, the first day of the handbook's run, in epoch microseconds.
const HANDBOOK_STARTS_AT: i64 = 1_522_540_800 * MICROSECONDS_PER_SECOND;

/// Everything that the simulated transactions depend on.
///
/// Plain data; [`Simulation::new`](crate::Simulation::new) checks it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimulationSettings {
    /// Two simulations with the same settings but other seeds are independent.
    pub seed: u64,
    /// Midnight (UTC) at which day 0 begins, epoch microseconds.
    pub starts_at: i64,
    /// Nominal length in days. [`Simulation::day`](crate::Simulation::day) also answers beyond it.
    pub days: u32,
    /// Customers are numbered through all groups, in this order.
    pub customer_groups: Vec<CustomerGroup>,
    /// Number of terminals, placed uniformly on the map.
    pub terminals: u32,
    /// A customer uses the terminals nearer than this, in map units.
    pub radius: f64,
    /// The three fraud scenarios.
    pub fraud: FraudSettings,
}

/// Some customers with the same distributions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustomerGroup {
    /// Number of customers in the group.
    pub customers: u32,
    /// How their profiles are drawn.
    pub mix: CustomerMix,
}

/// The uniform distributions from which a customer's profile is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustomerMix {
    /// Mean amount of a customer's transactions, major currency units.
    pub mean_amount: Range<f64>,
    /// Mean number of transactions per day.
    pub transactions_per_day: Range<f64>,
}

/// Parameters of the three fraud scenarios (handbook, section 3.5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FraudSettings {
    /// Scenario 1: a genuine purchase above this amount counts as fraud, minor currency units.
    pub large_amount_minor: i64,
    /// Scenario 2: terminals compromised anew each day.
    pub terminals_per_day: u32,
    /// Scenario 2: days during which all transactions at a compromised terminal are fraud.
    pub terminal_days: u32,
    /// Scenario 3: customers compromised anew each day.
    pub customers_per_day: u32,
    /// Scenario 3: days during which a compromised customer's card is misused.
    pub customer_days: u32,
    /// Scenario 3: one in this many of the customer's transactions in those days is fraud.
    pub one_in: u32,
    /// Scenario 3: the amount of such a transaction is multiplied by this.
    pub amount_factor: i64,
}

impl SimulationSettings {
    /// The plain setting of the handbook: 5,000 customers, 10,000 terminals, radius 5, 183 days
    /// from 2018-04-01.
    ///
    /// Two things differ from the published run: the random numbers, and that the last day also has
    /// newly compromised terminals and customers, because here it is not the last.
    pub fn handbook(seed: u64) -> Self {
        Self {
            seed,
            starts_at: HANDBOOK_STARTS_AT,
            days: 183,
            customer_groups: vec![CustomerGroup {
                customers: 5_000,
                mix: CustomerMix::handbook(),
            }],
            terminals: 10_000,
            radius: 5.0,
            fraud: FraudSettings::handbook(),
        }
    }

    /// A small world for quick looks and tests: 200 customers, 400 terminals, 30 days.
    ///
    /// A customer reaches about as many terminals as in the handbook's setting, but as many
    /// terminals and customers are compromised per day, so fraud is far more frequent.
    pub fn miniature(seed: u64) -> Self {
        Self {
            days: 30,
            customer_groups: vec![CustomerGroup {
                customers: 200,
                mix: CustomerMix::handbook(),
            }],
            terminals: 400,
            radius: 25.0,
            ..Self::handbook(seed)
        }
    }

    /// Customers in all groups together.
    pub fn customers(&self) -> u32 {
        self.customer_groups
            .iter()
            .fold(0, |sum, group| sum.saturating_add(group.customers))
    }

    pub(crate) fn check(&self) -> Result<(), InvalidSettings> {
        if self.starts_at % MICROSECONDS_PER_DAY != 0
            || self.starts_at.unsigned_abs() > LATEST_START
        {
            return Err(InvalidSettings::Start);
        }
        if !(1..=LARGEST_POPULATION).contains(&self.customers()) {
            return Err(InvalidSettings::Customers);
        }
        if !(1..=LARGEST_POPULATION).contains(&self.terminals) {
            return Err(InvalidSettings::Terminals);
        }
        if !(self.radius.is_finite() && self.radius > 0.0) {
            return Err(InvalidSettings::Radius);
        }
        for CustomerGroup { mix, .. } in &self.customer_groups {
            check_range(&mix.mean_amount, LARGEST_MEAN_AMOUNT, "mean_amount")?;
            check_range(
                &mix.transactions_per_day,
                MOST_TRANSACTIONS_PER_DAY,
                "transactions_per_day",
            )?;
        }
        let fraud = &self.fraud;
        if fraud.terminals_per_day > self.terminals || fraud.customers_per_day > self.customers() {
            return Err(InvalidSettings::CompromisedPerDay);
        }
        if fraud.terminal_days.max(fraud.customer_days) > LONGEST_COMPROMISE_DAYS {
            return Err(InvalidSettings::CompromiseDays);
        }
        if fraud.one_in == 0 || fraud.amount_factor < 1 {
            return Err(InvalidSettings::StolenCard);
        }
        Ok(())
    }
}

impl CustomerMix {
    /// The handbook's customers: mean amount from U(5, 100), transactions per day from U(0, 4).
    pub fn handbook() -> Self {
        Self {
            mean_amount: 5.0..100.0,
            transactions_per_day: 0.0..4.0,
        }
    }
}

impl FraudSettings {
    /// The handbook's scenarios.
    pub fn handbook() -> Self {
        Self {
            large_amount_minor: 22_000,
            terminals_per_day: 2,
            terminal_days: 28,
            customers_per_day: 3,
            customer_days: 14,
            one_in: 3,
            amount_factor: 5,
        }
    }
}

/// Why settings cannot be simulated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSettings {
    #[error("the start must be midnight UTC, and within 100,000 years of 1970")]
    Start,
    #[error("there must be between 1 and {LARGEST_POPULATION} customers")]
    Customers,
    #[error("there must be between 1 and {LARGEST_POPULATION} terminals")]
    Terminals,
    #[error("the radius must be finite and positive")]
    Radius,
    #[error("{name} must be a range of finite numbers from 0 to {limit}")]
    Range { name: &'static str, limit: u32 },
    #[error("no more terminals or customers can be compromised per day than there are")]
    CompromisedPerDay,
    #[error("a compromise lasts at most {LONGEST_COMPROMISE_DAYS} days")]
    CompromiseDays,
    #[error("one_in and amount_factor must be at least 1")]
    StolenCard,
    #[error("there must be between 1 and as many banks as customers, each with a name of its own")]
    Banks,
}

/// Keeps all times of a simulation within `i64` microseconds.
const LATEST_START: u64 = 100_000 * 366 * MICROSECONDS_PER_DAY as u64;

/// Far above any experiment; a mistyped number is refused instead of filling the memory.
const LARGEST_POPULATION: u32 = 1_000_000;

/// Keeps amounts exact in `f64` minor units, also after repeated theft.
const LARGEST_MEAN_AMOUNT: u32 = 1_000_000;

/// A day looks this far back, and for stolen cards ahead, so its cost grows with it.
const LONGEST_COMPROMISE_DAYS: u32 = 366;

/// Keeps `exp(-rate)`, the start of the Poisson inversion, far from underflow.
const MOST_TRANSACTIONS_PER_DAY: u32 = 100;

fn check_range(range: &Range<f64>, limit: u32, name: &'static str) -> Result<(), InvalidSettings> {
    let ordered = 0.0 <= range.start && range.start <= range.end;
    if ordered && range.end <= f64::from(limit) {
        Ok(())
    } else {
        Err(InvalidSettings::Range { name, limit })
    }
}
