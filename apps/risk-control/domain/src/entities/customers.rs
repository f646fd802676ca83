//! How many different customers used an entity lately.

use serde::{Deserialize, Serialize};

/// Customers remembered of one entity; where more use it, counts stay at this number.
pub const CUSTOMERS_MAX: usize = 64;

/// The customers who used an entity last, each with the time of the newest use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentCustomers {
    customers: Vec<(u64, i64)>,
}

impl RecentCustomers {
    /// A customer used the entity. Where all places are taken, the one who was away longest is forgotten.
    pub fn add(&mut self, customer: u64, at_us: i64) {
        if let Some((_, last)) = self
            .customers
            .iter_mut()
            .find(|(known, _)| *known == customer)
        {
            *last = at_us.max(*last);
            return;
        }
        if self.customers.len() < CUSTOMERS_MAX {
            self.customers.push((customer, at_us));
        } else if let Some(oldest) = self.customers.iter_mut().min_by_key(|(_, last)| *last)
            && oldest.1 < at_us
        {
            *oldest = (customer, at_us);
        }
    }

    /// Customers other than `customer` whose newest use lies after `after_us`.
    pub fn others_since(&self, customer: u64, after_us: i64) -> u64 {
        let others = self
            .customers
            .iter()
            .filter(|(known, last)| *known != customer && *last > after_us);
        others.count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_customer_counts_once_from_the_newest_use() {
        let mut customers = RecentCustomers::default();
        for (customer, at_us) in [(1, 10), (2, 20), (1, 30), (3, 5), (1, 15)] {
            customers.add(customer, at_us);
        }
        assert_eq!(customers.others_since(9, 0), 3);
        assert_eq!(customers.others_since(9, 10), 2);
        assert_eq!(customers.others_since(1, 10), 1);
        assert_eq!(customers.others_since(9, 29), 1);
    }

    #[test]
    fn the_number_is_bounded_and_the_newest_stay() {
        let mut customers = RecentCustomers::default();
        for customer in 0..1_000_u64 {
            customers.add(customer, customer.cast_signed());
        }
        assert_eq!(customers.others_since(5_000, 0), CUSTOMERS_MAX as u64);
        assert_eq!(customers.others_since(5_000, 989), 10);
    }
}
