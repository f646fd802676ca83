//! A measurement set against its limit, with the floor it has to meet.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::number::measured;
use crate::report::Tabular;

/// `value` as a share of `of`, for example requests per second of the bare HTTP ceiling's.
///
/// Both are in the same unit. Serialises with the quotient and the verdict spelled out, so that a
/// reader of the JSON need not compute them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(into = "RatioDocument", from = "RatioDocument")]
pub struct Ratio {
    /// What was measured.
    pub value: f64,
    /// What it is compared with.
    pub of: f64,
    /// The smallest share that is good enough, where one was promised.
    pub floor: Option<f64>,
}

/// Whether a ratio is as large as promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The share is at least the floor.
    Met,
    /// The share is below the floor, or cannot be told because there is nothing to compare with.
    NotMet,
    /// Nothing was promised.
    NoFloor,
}

impl Ratio {
    /// The share, where there is something to compare with: `of` must be a positive number.
    pub fn share(&self) -> Option<f64> {
        let comparable = self.value.is_finite() && self.of.is_finite() && self.of > 0.0;
        comparable.then(|| self.value / self.of)
    }

    /// Whether the floor is met; a share that cannot be told meets no floor.
    pub fn verdict(&self) -> Verdict {
        match (self.floor, self.share()) {
            (None, _) => Verdict::NoFloor,
            (Some(floor), Some(share)) if share >= floor => Verdict::Met,
            (Some(_), _) => Verdict::NotMet,
        }
    }

    fn written_share(&self) -> String {
        self.share()
            .map_or_else(|| "-".to_owned(), |share| format!("{share:.3}"))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Met => "met",
            Self::NotMet => "NOT MET",
            Self::NoFloor => "-",
        })
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, of) = (measured(self.value), measured(self.of));
        write!(formatter, "{} ({value} of {of})", self.written_share())?;
        match self.floor {
            Some(floor) => write!(formatter, ", floor {floor:.3}: {}", self.verdict()),
            None => Ok(()),
        }
    }
}

impl Tabular for Ratio {
    const HEADINGS: &'static [&'static str] = &["value", "of", "share", "floor", "verdict"];

    fn cells(&self) -> Vec<String> {
        vec![
            measured(self.value),
            measured(self.of),
            self.written_share(),
            self.floor
                .map_or_else(|| "-".to_owned(), |floor| format!("{floor:.3}")),
            self.verdict().to_string(),
        ]
    }
}

#[derive(Serialize, Deserialize)]
struct RatioDocument {
    value: f64,
    of: f64,
    #[serde(default, skip_deserializing)]
    share: Option<f64>,
    #[serde(default)]
    floor: Option<f64>,
    #[serde(default, skip_deserializing)]
    verdict: Option<Verdict>,
}

impl From<Ratio> for RatioDocument {
    fn from(ratio: Ratio) -> Self {
        Self {
            value: ratio.value,
            of: ratio.of,
            share: ratio.share(),
            floor: ratio.floor,
            verdict: Some(ratio.verdict()),
        }
    }
}

impl From<RatioDocument> for Ratio {
    fn from(document: RatioDocument) -> Self {
        Self {
            value: document.value,
            of: document.of,
            floor: document.floor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: f64, of: f64, floor: Option<f64>, verdict: Verdict, written: &str) {
        let ratio = Ratio { value, of, floor };
        assert_eq!(ratio.verdict(), verdict, "{ratio:?}");
        assert_eq!(ratio.to_string(), written);
    }

    #[test]
    fn verdict_and_rendering() {
        use Verdict::{Met, NoFloor, NotMet};
        check(
            65_000.0,
            100_000.0,
            Some(0.5),
            Met,
            "0.650 (65,000 of 100,000), floor 0.500: met",
        );
        check(
            49_999.0,
            100_000.0,
            Some(0.5),
            NotMet,
            "0.500 (49,999 of 100,000), floor 0.500: NOT MET",
        );
        check(
            1.0,
            2.0,
            Some(0.5),
            Met,
            "0.500 (1.00 of 2.00), floor 0.500: met",
        );
        check(3.0, 4.0, None, NoFloor, "0.750 (3.00 of 4.00)");
    }

    #[test]
    fn nothing_to_compare_with_meets_no_floor() {
        check(
            5.0,
            0.0,
            Some(0.1),
            Verdict::NotMet,
            "- (5.00 of 0.00), floor 0.100: NOT MET",
        );
        check(5.0, 0.0, None, Verdict::NoFloor, "- (5.00 of 0.00)");
        check(
            f64::NAN,
            1.0,
            Some(0.1),
            Verdict::NotMet,
            "- (- of 1.00), floor 0.100: NOT MET",
        );
    }

    #[test]
    fn json_spells_out_share_and_verdict_and_reads_back() {
        let ratio = Ratio {
            value: 3.0,
            of: 4.0,
            floor: Some(0.5),
        };
        let json = serde_json::to_value(ratio).expect("a ratio serialises");
        assert_eq!(
            json,
            serde_json::json!({"value": 3.0, "of": 4.0, "share": 0.75, "floor": 0.5, "verdict": "met"})
        );
        assert_eq!(
            serde_json::from_value::<Ratio>(json).expect("and reads back"),
            ratio
        );
    }
}
