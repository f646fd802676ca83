//! The three fraud scenarios, in their order; a later one overwrites an earlier one
//! (handbook, section 3.5).

use serde::{Deserialize, Serialize};

use accord_random_stream::RandomStream;

use crate::purpose::Purpose;
use crate::settings::FraudSettings;

/// Why a transaction is fraud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FraudScenario {
    /// The purchase was above the threshold. Not realistic; any sensible detector must find it.
    LargeAmount = 1,
    /// It was made at a compromised terminal.
    CompromisedTerminal = 2,
    /// The card's details are stolen and used for larger amounts.
    StolenCard = 3,
}

impl FraudScenario {
    /// The handbook's number of the scenario, 1 to 3.
    pub fn number(self) -> u8 {
        self as u8
    }
}

/// The amount and the scenario of a purchase, given what is compromised.
///
/// `thefts` is how many compromises of the customer's card chose this purchase, nearly always 0
/// or 1; each multiplies the amount. The threshold of the first scenario looks at the amount
/// before that: an amount that is large *because* the card was stolen belongs to the third.
pub(crate) fn apply_scenarios(
    fraud: &FraudSettings,
    purchase_amount_minor: i64,
    terminal_compromised: bool,
    thefts: u32,
) -> (i64, Option<FraudScenario>) {
    let mut scenario = None;
    if purchase_amount_minor > fraud.large_amount_minor {
        scenario = Some(FraudScenario::LargeAmount);
    }
    if terminal_compromised {
        scenario = Some(FraudScenario::CompromisedTerminal);
    }
    if thefts > 0 {
        scenario = Some(FraudScenario::StolenCard);
    }
    let factor = fraud.amount_factor.saturating_pow(thefts);
    (purchase_amount_minor.saturating_mul(factor), scenario)
}

/// Which of a compromised customer's purchases are fraud, as positions among all `purchases` of
/// the compromised days: a random third (one in `one_in`), rounded down.
pub(crate) fn stolen_positions(
    seed: u64,
    fraud: &FraudSettings,
    customer: u32,
    first_day: u32,
    purchases: u32,
) -> Vec<u32> {
    RandomStream::new(seed, Purpose::StolenPurchases, customer.into(), first_day)
        .distinct_below(purchases, purchases / fraud.one_in)
}

#[cfg(test)]
mod tests {
    use super::{FraudScenario, apply_scenarios};
    use crate::settings::FraudSettings;

    fn check(
        amount_minor: i64,
        terminal_compromised: bool,
        thefts: u32,
        expected: (i64, Option<FraudScenario>),
    ) {
        let fraud = FraudSettings::handbook();
        let outcome = apply_scenarios(&fraud, amount_minor, terminal_compromised, thefts);
        assert_eq!(
            outcome, expected,
            "amount {amount_minor}, terminal {terminal_compromised}, thefts {thefts}"
        );
    }

    #[test]
    fn a_later_scenario_overwrites_an_earlier_one() {
        use FraudScenario::{CompromisedTerminal, LargeAmount, StolenCard};
        check(10_000, false, 0, (10_000, None));
        check(22_000, false, 0, (22_000, None));
        check(22_001, false, 0, (22_001, Some(LargeAmount)));
        check(10_000, true, 0, (10_000, Some(CompromisedTerminal)));
        check(22_001, true, 0, (22_001, Some(CompromisedTerminal)));
        check(10_000, false, 1, (50_000, Some(StolenCard)));
        check(22_001, true, 1, (110_005, Some(StolenCard)));
        check(1_000, true, 2, (25_000, Some(StolenCard)));
    }
}
