//! Lines of a few quantities over time, with gaps where nothing is known, and a band within which all is well.

use maud::{Markup, html};

use super::percentage;

/// Values of equal intervals, oldest first.
pub struct LineChart<'a> {
    /// What is shown, for screen readers.
    pub label: &'a str,
    /// At most two: the first is drawn strongly.
    pub lines: &'a [Line<'a>],
    /// The values between which all is well.
    pub band: Option<(f64, f64)>,
    /// The lowest and highest value that are on the chart in any case.
    pub range: (f64, f64),
    /// Words along the axis: position (0 oldest, 1 newest) and text.
    pub axis: &'a [(f64, &'a str)],
    /// Writes a value at the scale's ends.
    pub format: fn(f64) -> String,
}

/// One quantity.
pub struct Line<'a> {
    pub name: &'a str,
    pub values: &'a [Option<f64>],
}

const PLOT_HEIGHT_PX: usize = 150;
const AXIS_HEIGHT_PX: usize = 24;
/// A value stands between these shares of the height, so that neither end is cut.
const MARGIN: f64 = 0.08;

impl LineChart<'_> {
    /// The chart's markup, with its legend.
    pub fn render(&self) -> Markup {
        let scale = self.scale();
        html! {
            figure class="line-chart" {
                @if self.lines.len() > 1 {
                    figcaption class="legend" {
                        @for (index, line) in self.lines.iter().enumerate() {
                            span class={ "legend-line series-" (index) } { (line.name) }
                        }
                    }
                }
                svg class="chart" height=(PLOT_HEIGHT_PX + AXIS_HEIGHT_PX) role="img" aria-label=(self.label) {
                    svg class="plot" width="100%" height=(PLOT_HEIGHT_PX) viewBox="0 0 100 100"
                        preserveAspectRatio="none" {
                        @if let Some((low, high)) = self.band {
                            @let (top, bottom) = (scale.y(high), scale.y(low));
                            rect class="band" x="0" width="100" y=(number(top)) height=(number(bottom - top)) {}
                        }
                        @for (index, line) in self.lines.iter().enumerate().rev() {
                            path class={ "series series-" (index) } d=(path(line.values, &scale)) {}
                        }
                    }
                    line class="axis" x1="0" x2="100%" y1=(PLOT_HEIGHT_PX) y2=(PLOT_HEIGHT_PX) {}
                    text x="100%" y="10" text-anchor="end" { ((self.format)(scale.high)) }
                    text x="100%" y=(PLOT_HEIGHT_PX - 4) text-anchor="end" { ((self.format)(scale.low)) }
                    g class="axis-labels" {
                        @for &(position, text) in self.axis {
                            text x=(percentage(position)) y=(PLOT_HEIGHT_PX + AXIS_HEIGHT_PX - 4)
                                text-anchor=(if position <= 0.0 { "start" } else { "end" }) { (text) }
                        }
                    }
                }
            }
        }
    }

    fn scale(&self) -> Scale {
        let values = self
            .lines
            .iter()
            .flat_map(|line| line.values.iter().flatten());
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold(self.range, |(low, high), &value| {
                (low.min(value), high.max(value))
            });
        Scale {
            low,
            high: if high > low { high } else { low + 1.0 },
        }
    }
}

struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// From the top, in a square of 100.
    fn y(&self, value: f64) -> f64 {
        let share = if value.is_finite() {
            ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
        } else {
            0.0
        };
        100.0 * (1.0 - MARGIN - share * (1.0 - 2.0 * MARGIN))
    }
}

/// Begins anew after every gap; a value between two gaps is a short stroke.
fn path(values: &[Option<f64>], scale: &Scale) -> String {
    let step = 100.0 / values.len().saturating_sub(1).max(1) as f64;
    let mut path = String::new();
    let mut pen_down = false;
    for (index, value) in values.iter().enumerate() {
        let Some(value) = value else {
            pen_down = false;
            continue;
        };
        let (x, y) = (index as f64 * step, scale.y(*value));
        let command = if pen_down { 'L' } else { 'M' };
        path.push_str(&format!("{command}{} {}", number(x), number(y)));
        let alone = !pen_down && values.get(index + 1).copied().flatten().is_none();
        if alone {
            path.push_str(&format!("h{}", number(step / 4.0)));
        }
        pen_down = true;
    }
    path
}

fn number(value: f64) -> String {
    format!("{value:.2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALE: Scale = Scale {
        low: 0.0,
        high: 1.0,
    };

    #[test]
    fn a_gap_breaks_the_line() {
        let values = [Some(0.0), Some(1.0), None, Some(0.5)];
        assert_eq!(
            path(&values, &SCALE),
            "M0.00 92.00L33.33 8.00M100.00 50.00h8.33"
        );
        assert_eq!(path(&[None, None], &SCALE), "");
        assert_eq!(path(&[], &SCALE), "");
    }

    #[test]
    fn whatever_the_numbers_the_chart_has_a_scale() {
        for values in [&[][..], &[Some(f64::NAN)], &[Some(2.0), Some(-3.0)]] {
            let chart = LineChart {
                label: "x",
                lines: &[Line { name: "a", values }],
                band: Some((0.9, 1.1)),
                range: (0.0, 0.0),
                axis: &[(0.0, "then"), (1.0, "now")],
                format: |value| format!("{value:.1}"),
            };
            let markup = chart.render().into_string();
            assert!(!markup.contains("NaN"), "{markup}");
        }
    }
}
