//! Charts as SVG: pure functions from numbers to markup.
//!
//! Horizontal positions are percentages, so that a chart takes the width it is
//! given while lines and letters keep their size. Numbers that are not finite are
//! drawn at the low end, never written out. What a chart shows also stands beside
//! it as text or is said in its label, because a picture is not read aloud.
//!
//! Charts with a `series` are redrawn by the script from that field of a live
//! event, by the same formulas as here.

pub mod area;
pub mod histogram;
pub mod lines;
pub mod log_odds_axis;
pub mod score_scale;
pub mod share_bar;
pub mod stacked_bar;
pub mod waterfall;

pub use area::AreaChart;
pub use histogram::Histogram;
pub use lines::{Line, LineChart};
pub use log_odds_axis::LogOddsAxis;
pub use score_scale::ScoreScale;
pub use share_bar::{Share, share_bar, share_patch};
pub use stacked_bar::{Part, StackedBar};
pub use waterfall::{Step, Waterfall};

use crate::tone::Tone;

/// A probability from which upward another meaning holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold<'a> {
    pub label: &'a str,
    /// Probability, 0 to 1.
    pub at: f64,
    /// Tone from here upward.
    pub tone: Tone,
}

/// Tone in force at a probability; below all thresholds it is [`Tone::Good`].
fn tone_at(thresholds: &[Threshold<'_>], probability: f64) -> Tone {
    thresholds
        .iter()
        .filter(|threshold| threshold.at <= probability)
        .max_by(|left, right| left.at.total_cmp(&right.at))
        .map_or(Tone::Good, |threshold| threshold.tone)
}

/// Writes a share of 1 as a percentage for an SVG attribute, kept between 0 % and 100 %.
fn percentage(share: f64) -> String {
    let share = if share.is_finite() {
        share.clamp(0.0, 1.0)
    } else {
        0.0
    };
    format!("{:.2}%", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_always_a_number() {
        for (share, expected) in [
            (0.125, "12.50%"),
            (-1.0, "0.00%"),
            (7.0, "100.00%"),
            (f64::NAN, "0.00%"),
            (f64::INFINITY, "0.00%"),
        ] {
            assert_eq!(percentage(share), expected);
        }
    }

    #[test]
    fn the_highest_threshold_reached_gives_the_tone() {
        let thresholds = [
            Threshold {
                label: "decline",
                at: 0.8,
                tone: Tone::Bad,
            },
            Threshold {
                label: "review",
                at: 0.3,
                tone: Tone::Attention,
            },
        ];
        for (probability, expected) in [
            (0.0, Tone::Good),
            (0.3, Tone::Attention),
            (0.79, Tone::Attention),
            (0.8, Tone::Bad),
        ] {
            assert_eq!(tone_at(&thresholds, probability), expected, "{probability}");
        }
    }
}
