//! What random streams are used for.

/// What a stream is used for. The numbers are part of every simulated byte: never renumber.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    TerminalLocation = 1,
    CustomerProfile = 2,
    Purchases = 3,
    CompromisedTerminals = 4,
    CompromisedCustomers = 5,
    StolenPurchases = 6,
    ReportDelay = 7,
    BankAssignment = 8,
    CardTesting = 9,
    AccountTakeOver = 10,
    MuleTerminals = 11,
}

impl From<Purpose> for u64 {
    fn from(purpose: Purpose) -> Self {
        purpose as Self
    }
}
