//! How scores are spread: log-odds across, counts on a logarithmic scale upward.
//!
//! Nearly all scores are close to zero and the few that matter are rare, so that
//! both axes are logarithmic: across, each bin has the same width in log-odds;
//! upward, a bar's height is ln(1 + n) / ln(1 + top), where `top` is the power of
//! ten that holds the largest count. Nothing has no height, one can be seen, and
//! a thousand does not hide ten.

use maud::{Markup, html};

use super::log_odds_axis::{SCORE_AXIS, SCORE_TICKS};
use super::{Threshold, percentage, tone_at};

/// Counts of scores by bins of [`SCORE_AXIS`], with thresholds as vertical lines.
pub struct Histogram<'a> {
    /// What is shown, for screen readers.
    pub label: &'a str,
    /// Counts of equally wide bins, the lowest scores first.
    pub counts: &'a [u64],
    pub thresholds: &'a [Threshold<'a>],
    /// Live field that holds an array of as many counts.
    pub series: Option<&'a str>,
}

/// Powers of ten with a line of their own, as far as the counts reach.
const COUNT_TICKS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/// Room above the bars for the thresholds' names, and below for the axis, in pixels.
const PLOT_TOP_PX: usize = 58;
const PLOT_HEIGHT_PX: usize = 190;
const AXIS_HEIGHT_PX: usize = 24;

impl Histogram<'_> {
    /// The chart's markup.
    pub fn render(&self) -> Markup {
        let top = top_of_scale(self.counts.iter().copied().max().unwrap_or(0));
        let height_px = PLOT_TOP_PX + PLOT_HEIGHT_PX + AXIS_HEIGHT_PX;
        html! {
            svg class="chart histogram" height=(height_px) role="img" aria-label=(self.label)
                data-chart=[self.series.map(|_| "histogram")] data-series=[self.series] {
                svg class="plot" y=(PLOT_TOP_PX) width="100%" height=(PLOT_HEIGHT_PX) {
                    (count_lines(top))
                    (self.bars(top))
                    line class="axis" x1="0" x2="100%" y1="100%" y2="100%" {}
                }
                (self.threshold_lines())
                (score_axis_labels(height_px - 4))
            }
        }
    }

    fn bars(&self, top: u64) -> Markup {
        let bins = self.counts.len();
        html! {
            @for (bin, &count) in self.counts.iter().enumerate() {
                @let height = height(count, top);
                @let tone = tone_at(self.thresholds, SCORE_AXIS.centre(bin, bins));
                // A tenth of the bin is left free on either side.
                rect class={ "bar " (tone.class()) } data-bin=(bin)
                    x=(percentage((bin as f64 + 0.1) / bins as f64))
                    width=(percentage(0.8 / bins as f64))
                    y=(percentage(1.0 - height)) height=(percentage(height)) {}
            }
        }
    }

    /// Each name on a line of its own, because thresholds may lie close together.
    fn threshold_lines(&self) -> Markup {
        html! {
            @for (index, threshold) in self.thresholds.iter().enumerate() {
                @let position = SCORE_AXIS.position(threshold.at);
                @let x = percentage(position);
                @let label_y = 14 + index * 18;
                // Beyond two thirds the name stands before its line, lest it leave the chart.
                @let (anchor, dx) = if position > 0.66 { ("end", "-6") } else { ("start", "6") };
                g class={ "threshold " (threshold.tone.class()) } {
                    line x1=(x) x2=(x) y1=(label_y - 10) y2=(PLOT_TOP_PX + PLOT_HEIGHT_PX) {}
                    text x=(x) y=(label_y) dx=(dx) text-anchor=(anchor) {
                        (threshold.label) " ≥ " (threshold.at)
                    }
                }
            }
        }
    }
}

/// The power of ten that holds `count`, at least ten.
fn top_of_scale(count: u64) -> u64 {
    let mut top = 10_u64;
    while top < count {
        top = top.saturating_mul(10);
    }
    top
}

fn height(count: u64, top: u64) -> f64 {
    (count as f64).ln_1p() / (top as f64).ln_1p()
}

/// Lines of all powers of ten are there from the start, so that the script need only move them.
fn count_lines(top: u64) -> Markup {
    html! {
        @for tick in COUNT_TICKS {
            @let y = percentage(1.0 - height(tick, top));
            g class="count-line" data-tick=(tick) visibility=[(tick > top).then_some("hidden")] {
                line x1="0" x2="100%" y1=(y) y2=(y) {}
                text x="100%" y=(y) dy="-4" text-anchor="end" { (crate::number::integer(tick)) }
            }
        }
    }
}

/// Probabilities along the axis of scores, at the height of `y` pixels.
pub(super) fn score_axis_labels(y: usize) -> Markup {
    html! {
        g class="axis-labels" {
            @for (index, tick) in SCORE_TICKS.into_iter().enumerate() {
                // The outermost are left out where there is little room.
                @let is_end = index == 0 || index + 1 == SCORE_TICKS.len();
                text class=[is_end.then_some("axis-end")] x=(percentage(SCORE_AXIS.position(tick)))
                    y=(y) text-anchor="middle" { (tick) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::Tone;

    fn render(counts: &[u64], thresholds: &[Threshold<'_>]) -> String {
        Histogram {
            label: "Scores",
            counts,
            thresholds,
            series: None,
        }
        .render()
        .into_string()
    }

    /// Heights of the bars in percent, in order.
    fn heights(markup: &str) -> Vec<f64> {
        markup
            .split("data-bin=")
            .skip(1)
            .map(|bar| {
                let (_, from_height) = bar.split_once(" height=\"").expect("a bar has a height");
                let (height, _) = from_height
                    .split_once('%')
                    .expect("a height is a percentage");
                height.parse().expect("a height is a number")
            })
            .collect()
    }

    #[test]
    fn heights_are_logarithms_of_one_more_than_the_count() {
        let heights = heights(&render(&[0, 1, 9, 99, 100], &[]));
        let top = 101_f64.ln();
        for (height, count) in heights.iter().zip([0.0_f64, 1.0, 9.0, 99.0, 100.0]) {
            assert!(
                (height - count.ln_1p() / top * 100.0).abs() < 0.006,
                "{height} for {count}"
            );
        }
        assert_eq!(heights[4], 100.0);
    }

    #[test]
    fn no_data_and_no_scores_are_drawn_without_nonsense() {
        for counts in [&[][..], &[0; 36], &[u64::MAX; 2]] {
            let markup = render(counts, &[]);
            assert!(
                !markup.contains("NaN") && !markup.contains("inf"),
                "{markup}"
            );
        }
    }

    #[test]
    fn bars_take_the_tone_of_their_scores() {
        let thresholds = [Threshold {
            label: "decline",
            at: 0.5,
            tone: Tone::Bad,
        }];
        let markup = render(&[1; 36], &thresholds);
        assert_eq!(
            markup.matches("bar tone-bad").count(),
            16,
            "bins above log-odds 0"
        );
        assert_eq!(markup.matches("bar tone-good").count(), 20);
    }

    #[test]
    fn names_of_thresholds_are_text() {
        let thresholds = [Threshold {
            label: "<i>",
            at: 0.5,
            tone: Tone::Bad,
        }];
        assert!(render(&[1], &thresholds).contains("&lt;i&gt; ≥ 0.5"));
    }
}
