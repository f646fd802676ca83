//! Where one score lies between the thresholds.

use maud::{Markup, html};

use super::histogram::score_axis_labels;
use super::log_odds_axis::SCORE_AXIS;
use super::{Threshold, percentage};
use crate::tone::Tone;

/// A scale in log-odds, cut at the thresholds, with a pin at the score.
pub struct ScoreScale<'a> {
    /// What is shown, for screen readers.
    pub label: &'a str,
    /// Probability, 0 to 1.
    pub score: f64,
    /// In ascending order.
    pub thresholds: &'a [Threshold<'a>],
}

const BAND_TOP_PX: usize = 22;
const BAND_HEIGHT_PX: usize = 12;
const AXIS_HEIGHT_PX: usize = 28;

impl ScoreScale<'_> {
    /// The scale's markup.
    pub fn render(&self) -> Markup {
        let height_px = BAND_TOP_PX + BAND_HEIGHT_PX + AXIS_HEIGHT_PX;
        html! {
            svg class="chart score-scale" height=(height_px) role="img" aria-label=(self.label) {
                @for (low, high, tone) in self.bands() {
                    rect class={ "bar " (tone.class()) } x=(percentage(low))
                        width=(percentage(high - low)) y=(BAND_TOP_PX) height=(BAND_HEIGHT_PX) {}
                }
                // A svg inside moves the pin, because a transform knows no percentages.
                svg class="pin" x=(percentage(SCORE_AXIS.position(self.score))) {
                    path d="M-8 2H8L0 14z" {}
                    line x1="0" x2="0" y1="12" y2=(BAND_TOP_PX + BAND_HEIGHT_PX + 4) {}
                }
                (score_axis_labels(height_px - 4))
            }
        }
    }

    /// Start, end and tone of each band between the thresholds.
    fn bands(&self) -> Vec<(f64, f64, Tone)> {
        let mut bands = Vec::with_capacity(self.thresholds.len() + 1);
        let (mut low, mut tone) = (0.0, Tone::Good);
        for threshold in self.thresholds {
            let high = SCORE_AXIS.position(threshold.at);
            bands.push((low, high, tone));
            (low, tone) = (high, threshold.tone);
        }
        bands.push((low, 1.0, tone));
        bands
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_meet_at_the_thresholds() {
        let scale = ScoreScale {
            label: "",
            score: 0.9,
            thresholds: &[
                Threshold {
                    label: "review",
                    at: 0.5,
                    tone: Tone::Attention,
                },
                Threshold {
                    label: "decline",
                    at: 1.0,
                    tone: Tone::Bad,
                },
            ],
        };
        let middle = 10.0 / 18.0;
        assert_eq!(
            scale.bands(),
            [
                (0.0, middle, Tone::Good),
                (middle, 1.0, Tone::Attention),
                (1.0, 1.0, Tone::Bad)
            ]
        );
    }

    #[test]
    fn a_score_that_is_no_number_is_drawn_at_the_low_end() {
        let scale = ScoreScale {
            label: "",
            score: f64::NAN,
            thresholds: &[],
        };
        let markup = scale.render().into_string();
        assert!(!markup.contains("NaN"), "{markup}");
        assert!(markup.contains(r#"class="pin" x="0.00%""#), "{markup}");
    }
}
