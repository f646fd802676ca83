//! Several banks whose customers use the same terminals.
//!
//! A network is one [`Simulation`] whose customers are dealt to banks. A bank's day is the whole
//! simulation's day restricted to the bank's customers. It follows that
//!
//! - a terminal that is compromised is so for every bank, on the same days;
//! - customers are compromised over all banks together, each equally likely, so a bank is hit in
//!   proportion to its size (three a day among 5,000, as in the handbook's setting);
//! - all banks together see exactly what one bank with all the customers would see, which makes a
//!   pooled model the fair yardstick for a federated one.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use crate::bank::{Bank, BankProfile, BankTransaction, demonstration_banks};
use accord_random_stream::RandomStream;

use crate::purpose::Purpose;
use crate::settings::{InvalidSettings, SimulationSettings};
use crate::simulation::Simulation;
use crate::transaction::SimulatedTransaction;

/// Banks over one population of terminals.
pub struct Network {
    simulation: Simulation,
    banks: Vec<Bank>,
}

impl Network {
    /// The five banks of [`demonstration_banks`] in the handbook's world: 10,000 terminals, 183
    /// days from 2018-04-01.
    pub fn demonstration(seed: u64) -> Self {
        Self::new(SimulationSettings::handbook(seed), demonstration_banks())
            .expect("the demonstration's settings are constants that a test checks")
    }

    /// Any banks in any world; their customers take the place of those in `world`.
    ///
    /// Fails when the settings make no sense, or when there is no bank or two have the same name.
    pub fn new(
        world: SimulationSettings,
        profiles: Vec<BankProfile>,
    ) -> Result<Self, InvalidSettings> {
        let names: HashSet<&str> = profiles.iter().map(|bank| bank.name.as_str()).collect();
        if profiles.is_empty() || names.len() < profiles.len() {
            return Err(InvalidSettings::Banks);
        }
        let (names, customer_groups) = profiles
            .into_iter()
            .map(|profile| (profile.name, profile.customers))
            .unzip::<_, _, Vec<_>, Vec<_>>();
        let simulation = Simulation::new(SimulationSettings {
            customer_groups,
            ..world
        })?;
        let groups = &simulation.settings().customer_groups;
        let mut next_customer = 0;
        let banks = names
            .into_iter()
            .zip(groups)
            .map(|(name, group)| {
                let first = next_customer;
                next_customer += group.customers;
                Bank {
                    name: name.into(),
                    members: (first..next_customer).collect(),
                }
            })
            .collect();
        Ok(Self { simulation, banks })
    }

    /// The customers of `settings` dealt at random to banks of equal size, `bank-0`, `bank-1`, ….
    ///
    /// Sizes differ by at most one. `seed` decides who goes where and nothing else: the
    /// transactions are those of `Simulation::new(settings)`.
    pub fn split(
        settings: SimulationSettings,
        banks: u32,
        seed: u64,
    ) -> Result<Self, InvalidSettings> {
        let simulation = Simulation::new(settings)?;
        let customers = simulation.settings().customers();
        if !(1..=customers).contains(&banks) {
            return Err(InvalidSettings::Banks);
        }
        let shuffled = shuffled_customers(customers, seed);
        let banks = (0..banks as usize)
            .map(|bank| {
                let dealt = shuffled.iter().skip(bank).step_by(banks as usize);
                let mut members: Vec<u32> = dealt.copied().collect();
                members.sort_unstable();
                Bank {
                    name: format!("bank-{bank}").into(),
                    members,
                }
            })
            .collect();
        Ok(Self { simulation, banks })
    }

    /// The banks, by the index that [`Self::day`] takes.
    pub fn banks(&self) -> &[Bank] {
        &self.banks
    }

    /// All banks as one: the same transactions, customers numbered through the network.
    pub fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    /// One bank's transactions of one day, by time and then by id; a pure function of the settings
    /// and the arguments, like [`Simulation::day`].
    ///
    /// # Panics
    /// When there is no such bank, or `day` is beyond [`LAST_DAY`](crate::LAST_DAY).
    pub fn day(&self, bank: usize, day: u32) -> Vec<BankTransaction> {
        let bank = &self.banks[bank];
        named(bank, self.simulation.day_of(&bank.members, day))
    }

    /// One vector per day, as from [`Self::day`].
    pub fn days(
        &self,
        bank: usize,
        days: Range<u32>,
    ) -> impl Iterator<Item = Vec<BankTransaction>> {
        days.map(move |day| self.day(bank, day))
    }

    /// The bank's frauds of earlier days of which it learns on `day`, by time of report.
    ///
    /// # Panics
    /// As [`Self::day`].
    pub fn reported_on(&self, bank: usize, day: u32) -> Vec<BankTransaction> {
        let bank = &self.banks[bank];
        named(bank, self.simulation.reported_on_of(&bank.members, day))
    }
}

fn named(bank: &Bank, transactions: Vec<SimulatedTransaction>) -> Vec<BankTransaction> {
    transactions
        .into_iter()
        .map(|transaction| BankTransaction {
            bank: Arc::clone(&bank.name),
            transaction,
        })
        .collect()
}

/// Customers `0..customers` in random order (Fisher and Yates).
fn shuffled_customers(customers: u32, seed: u64) -> Vec<u32> {
    let mut stream = RandomStream::new(seed, Purpose::BankAssignment, 0, 0);
    let mut shuffled: Vec<u32> = (0..customers).collect();
    for remaining in (1..customers).rev() {
        let chosen = stream.below(remaining + 1);
        shuffled.swap(remaining as usize, chosen as usize);
    }
    shuffled
}
