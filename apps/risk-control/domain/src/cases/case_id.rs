//! Identity of a case.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::CustomerReference;

/// A case of a customer. The customer's reference leads to the partition, the number counts the partition's cases.
/// Written as `0123456789abcdef-17`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CaseId {
    pub customer: CustomerReference,
    /// From 1, in the order in which the partition's cases were opened.
    pub number: u64,
}

impl fmt::Display for CaseId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.customer, self.number)
    }
}

impl CaseId {
    /// Reads what [`fmt::Display`] writes, and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let (customer, number) = text.split_once('-')?;
        let id = Self {
            customer: CustomerReference::parse(customer)?,
            number: number.parse().ok()?,
        };
        (id.to_string() == text).then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_only_as_it_is_written() {
        let id = CaseId {
            customer: CustomerReference(0xabc),
            number: 17,
        };
        assert_eq!(id.to_string(), "0000000000000abc-17");
        assert_eq!(CaseId::parse("0000000000000abc-17"), Some(id));
        for wrong in [
            "",
            "17",
            "abc-17",
            "0000000000000abc-",
            "0000000000000abc-017",
            "0000000000000ABC-17",
            "0000000000000abc-17 ",
        ] {
            assert_eq!(CaseId::parse(wrong), None, "{wrong}");
        }
    }
}
