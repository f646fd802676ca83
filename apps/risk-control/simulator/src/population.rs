//! The customers and the terminals that each of them can reach.

use serde::Serialize;

use accord_random_stream::RandomStream;

use crate::purpose::Purpose;
use crate::settings::{CustomerMix, SimulationSettings};
use crate::terminals::{Location, TerminalGrid};

/// The hidden habits of one customer (handbook, section 3.2).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CustomerProfile {
    pub location: Location,
    /// Mean of the normal distribution of amounts, major currency units.
    pub mean_amount: f64,
    /// Standard deviation of the amounts: half of the mean.
    pub amount_deviation: f64,
    /// Mean of the Poisson number of transactions per day.
    pub transactions_per_day: f64,
}

impl CustomerProfile {
    fn draw(seed: u64, customer: u32, mix: &CustomerMix) -> Self {
        let mut stream = RandomStream::new(seed, Purpose::CustomerProfile, customer.into(), 0);
        let mut within = |range: &std::ops::Range<f64>| stream.uniform(range.start, range.end);
        let mean_amount = within(&mix.mean_amount);
        let transactions_per_day = within(&mix.transactions_per_day);
        Self {
            location: Location::draw(&mut stream),
            mean_amount,
            amount_deviation: mean_amount / 2.0,
            transactions_per_day,
        }
    }
}

/// All customers, with their reachable terminals laid out in one vector.
pub(crate) struct Population {
    profiles: Vec<CustomerProfile>,
    reachable: Vec<u32>,
    /// Customer `c` reaches `reachable[starts[c]..starts[c + 1]]`.
    starts: Vec<usize>,
}

impl Population {
    pub(crate) fn draw(settings: &SimulationSettings, grid: &TerminalGrid) -> Self {
        let mixes = settings
            .customer_groups
            .iter()
            .flat_map(|group| std::iter::repeat_n(&group.mix, group.customers as usize));
        let profiles: Vec<CustomerProfile> = (0..)
            .zip(mixes)
            .map(|(customer, mix)| CustomerProfile::draw(settings.seed, customer, mix))
            .collect();
        let mut reachable = Vec::new();
        let mut starts = vec![0];
        for profile in &profiles {
            reachable.extend(grid.within_radius(profile.location));
            starts.push(reachable.len());
        }
        Self {
            profiles,
            reachable,
            starts,
        }
    }

    pub(crate) fn profile(&self, customer: u32) -> &CustomerProfile {
        &self.profiles[customer as usize]
    }

    /// Terminals within the radius of the customer, ascending; may be empty.
    pub(crate) fn reachable_terminals(&self, customer: u32) -> &[u32] {
        let customer = customer as usize;
        &self.reachable[self.starts[customer]..self.starts[customer + 1]]
    }
}
