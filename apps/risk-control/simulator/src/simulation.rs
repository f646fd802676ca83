//! One population of customers over one population of terminals, by the day.

use std::ops::Range;

use crate::compromises;
use crate::population::{CustomerProfile, Population};
use crate::purchases::{Purchase, purchases};
use crate::reporting::{LONGEST_DELAY_DAYS, report_delay};
use crate::scenarios::{apply_scenarios, stolen_positions};
use crate::settings::{
    InvalidSettings, MICROSECONDS_PER_DAY, MICROSECONDS_PER_SECOND, SimulationSettings,
};
use crate::terminals::{Location, TerminalGrid, draw_terminals};
use crate::transaction::{SimulatedTransaction, TransactionId};

/// The last day that can be simulated; it keeps every time within `i64` microseconds.
pub const LAST_DAY: u32 = 10_000_000;

/// A simulated bank: who its customers are, and from that every day's transactions.
///
/// Holds only what is the same for all days (profiles, locations), so every method is a pure
/// function of the settings and its arguments, whatever was asked before.
pub struct Simulation {
    settings: SimulationSettings,
    terminals: Vec<Location>,
    population: Population,
    /// `0..customers`, the members when the whole population is one bank.
    everyone: Vec<u32>,
}

impl Simulation {
    /// Draws terminals and customers; fails when the settings make no sense.
    pub fn new(settings: SimulationSettings) -> Result<Self, InvalidSettings> {
        settings.check()?;
        let terminals = draw_terminals(settings.seed, settings.terminals);
        let grid = TerminalGrid::new(&terminals, settings.radius);
        let population = Population::draw(&settings, &grid);
        Ok(Self {
            everyone: (0..settings.customers()).collect(),
            settings,
            terminals,
            population,
        })
    }

    /// The settings it was made from.
    pub fn settings(&self) -> &SimulationSettings {
        &self.settings
    }

    /// All transactions of one day, by time and then by id.
    ///
    /// Answers for any day up to [`LAST_DAY`], also beyond the nominal length.
    ///
    /// # Panics
    /// When `day` is beyond [`LAST_DAY`].
    pub fn day(&self, day: u32) -> Vec<SimulatedTransaction> {
        self.day_of(&self.everyone, day)
    }

    /// One vector per day, as from [`Self::day`].
    pub fn days(&self, days: Range<u32>) -> impl Iterator<Item = Vec<SimulatedTransaction>> {
        days.map(|day| self.day(day))
    }

    /// The frauds of earlier days of which the bank learns on `day`, by time of report.
    ///
    /// # Panics
    /// When `day` is beyond [`LAST_DAY`].
    pub fn reported_on(&self, day: u32) -> Vec<SimulatedTransaction> {
        self.reported_on_of(&self.everyone, day)
    }

    /// The hidden habits of a customer.
    ///
    /// # Panics
    /// When there is no such customer.
    pub fn customer(&self, customer: u32) -> &CustomerProfile {
        self.population.profile(customer)
    }

    /// Terminals within the radius of a customer, ascending; may be empty in sparse settings.
    ///
    /// # Panics
    /// When there is no such customer.
    pub fn reachable_terminals(&self, customer: u32) -> &[u32] {
        self.population.reachable_terminals(customer)
    }

    /// Where the terminals are, by index.
    pub fn terminals(&self) -> &[Location] {
        &self.terminals
    }

    /// Terminals whose compromise begins on `day`.
    pub fn terminals_compromised_from(&self, day: u32) -> Vec<u32> {
        compromises::terminals_from(&self.settings, day)
    }

    /// Customers whose compromise begins on `day`.
    pub fn customers_compromised_from(&self, day: u32) -> Vec<u32> {
        compromises::customers_from(&self.settings, day)
    }

    /// One day of some customers only: `members` ascending, transactions name a customer by its
    /// place among them.
    pub(crate) fn day_of(&self, members: &[u32], day: u32) -> Vec<SimulatedTransaction> {
        assert!(day <= LAST_DAY, "day {day} is beyond {LAST_DAY}");
        let compromised_terminals = compromises::terminals_during(&self.settings, day);
        let stolen = self.stolen_purchases(members, day);
        let midnight = self.settings.starts_at + i64::from(day) * MICROSECONDS_PER_DAY;

        let mut transactions = Vec::new();
        for (place, &customer) in (0..).zip(members) {
            for (position, purchase) in (0..).zip(self.purchases(customer, day)) {
                let (amount_minor, fraud) = apply_scenarios(
                    &self.settings.fraud,
                    purchase.amount_minor,
                    compromised_terminals
                        .binary_search(&purchase.terminal)
                        .is_ok(),
                    stolen.times(customer, position),
                );
                let occurred_at = midnight + purchase.second * MICROSECONDS_PER_SECOND;
                transactions.push(SimulatedTransaction {
                    id: TransactionId {
                        day,
                        customer: place,
                        position,
                    },
                    occurred_at,
                    customer: place,
                    terminal: purchase.terminal,
                    amount_minor,
                    fraud,
                    reported_at: fraud.map(|_| {
                        occurred_at + report_delay(self.settings.seed, customer, day, position)
                    }),
                });
            }
        }
        transactions.sort_unstable_by_key(|transaction| (transaction.occurred_at, transaction.id));
        transactions
    }

    /// [`Self::reported_on`] for some customers only, named as in [`Self::day_of`].
    pub(crate) fn reported_on_of(&self, members: &[u32], day: u32) -> Vec<SimulatedTransaction> {
        assert!(day <= LAST_DAY, "day {day} is beyond {LAST_DAY}");
        let midnight = self.settings.starts_at + i64::from(day) * MICROSECONDS_PER_DAY;
        let during_day = midnight..midnight + MICROSECONDS_PER_DAY;
        let mut reports: Vec<(i64, SimulatedTransaction)> = (day.saturating_sub(LONGEST_DELAY_DAYS)
            ..day)
            .flat_map(|earlier| self.day_of(members, earlier))
            .filter_map(|transaction| Some((transaction.reported_at?, transaction)))
            .filter(|(reported_at, _)| during_day.contains(reported_at))
            .collect();
        reports.sort_unstable_by_key(|(reported_at, transaction)| (*reported_at, transaction.id));
        reports
            .into_iter()
            .map(|(_, transaction)| transaction)
            .collect()
    }

    fn purchases(&self, customer: u32, day: u32) -> impl Iterator<Item = Purchase> {
        purchases(
            self.settings.seed,
            customer,
            day,
            self.population.profile(customer),
            self.population.reachable_terminals(customer),
        )
    }

    /// The purchases of the day that use a stolen card.
    ///
    /// A compromise's third is drawn from the purchases of all its days, so those days are counted
    /// again here; with 42 compromises under way that is an eighth of the day's work, which is
    /// cheaper than a cache that would have to be right whatever the order of the calls.
    fn stolen_purchases(&self, members: &[u32], day: u32) -> StolenPurchases {
        let fraud = &self.settings.fraud;
        let mut stolen = Vec::new();
        for (customer, first_day) in compromises::customers_during(&self.settings, day) {
            if members.binary_search(&customer).is_err() {
                continue;
            }
            let count = |day| self.purchases(customer, day).count() as u32;
            let today = count(day);
            let before: u32 = (first_day..day).map(count).sum();
            let after: u32 = (day + 1..first_day + fraud.customer_days).map(count).sum();
            let all = before + today + after;
            stolen.extend(
                stolen_positions(self.settings.seed, fraud, customer, first_day, all)
                    .into_iter()
                    .filter(|position| (before..before + today).contains(position))
                    .map(|position| (customer, (position - before) as u16)),
            );
        }
        stolen.sort_unstable();
        StolenPurchases(stolen)
    }
}

/// (customer, position) of purchases with a stolen card, ascending, once per theft.
struct StolenPurchases(Vec<(u32, u16)>);

impl StolenPurchases {
    fn times(&self, customer: u32, position: u16) -> u32 {
        let start = self
            .0
            .partition_point(|&purchase| purchase < (customer, position));
        self.0[start..]
            .iter()
            .take_while(|&&purchase| purchase == (customer, position))
            .count() as u32
    }
}
