//! A small area chart of one quantity over time, from zero upward.

use maud::{Markup, html};

use super::percentage;
use crate::number;

/// Values of equal intervals, oldest first; complete intervals only, lest the last one seem to fall.
pub struct AreaChart<'a> {
    /// What is shown, for screen readers.
    pub label: &'a str,
    pub values: &'a [u64],
    /// Words along the axis: position (0 oldest, 1 newest) and text.
    pub axis: &'a [(f64, &'a str)],
    /// Live field that holds an array of values.
    pub series: Option<&'a str>,
}

const PLOT_HEIGHT_PX: usize = 248;
const AXIS_HEIGHT_PX: usize = 24;

/// Share of the height that the highest value takes.
const HEADROOM: f64 = 0.92;

impl AreaChart<'_> {
    /// The chart's markup.
    pub fn render(&self) -> Markup {
        let line = line_path(self.values);
        let highest = self.values.iter().copied().max().unwrap_or(0);
        let highest_y = PLOT_HEIGHT_PX as f64 * (1.0 - HEADROOM);
        html! {
            svg class="chart area-chart" height=(PLOT_HEIGHT_PX + AXIS_HEIGHT_PX) role="img"
                aria-label=(self.label)
                data-chart=[self.series.map(|_| "area")] data-series=[self.series] {
                g class="count-line" {
                    line x1="0" x2="100%" y1=(highest_y) y2=(highest_y) {}
                    text x="100%" y=(highest_y) dy="-6" text-anchor="end" data-highest {
                        (number::integer(highest))
                    }
                }
                svg class="plot" width="100%" height=(PLOT_HEIGHT_PX) viewBox="0 0 100 100"
                    preserveAspectRatio="none" {
                    path class="area" d=(area_path(&line)) {}
                    path class="line" d=(line) {}
                }
                line class="axis" x1="0" x2="100%" y1=(PLOT_HEIGHT_PX) y2=(PLOT_HEIGHT_PX) {}
                g class="axis-labels" {
                    @for &(position, text) in self.axis {
                        text x=(percentage(position)) y=(PLOT_HEIGHT_PX + AXIS_HEIGHT_PX - 4)
                            text-anchor=(anchor(position)) { (text) }
                    }
                }
            }
        }
    }
}

/// Words at the ends stay inside the chart.
fn anchor(position: f64) -> &'static str {
    if position <= 0.0 {
        "start"
    } else if position >= 1.0 {
        "end"
    } else {
        "middle"
    }
}

/// The line through all values in a square of 100; empty where a line needs a second point.
fn line_path(values: &[u64]) -> String {
    if values.len() < 2 {
        return String::new();
    }
    let highest = values.iter().copied().max().unwrap_or(0).max(1) as f64;
    let step = 100.0 / (values.len() - 1) as f64;
    values
        .iter()
        .enumerate()
        .map(|(index, &value)| {
            let command = if index == 0 { 'M' } else { 'L' };
            let y = 100.0 - value as f64 / highest * HEADROOM * 100.0;
            format!("{command}{:.2} {y:.2}", index as f64 * step)
        })
        .collect()
}

fn area_path(line: &str) -> String {
    if line.is_empty() {
        String::new()
    } else {
        format!("{line}L100 100L0 100Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_in_proportion_to_the_values() {
        assert_eq!(
            line_path(&[0, 5, 10]),
            "M0.00 100.00L50.00 54.00L100.00 8.00"
        );
    }

    #[test]
    fn too_little_data_is_an_empty_chart() {
        for values in [&[][..], &[7]] {
            assert_eq!(line_path(values), "");
            assert_eq!(area_path(""), "");
        }
    }

    #[test]
    fn zeros_lie_on_the_axis() {
        assert_eq!(line_path(&[0, 0]), "M0.00 100.00L100.00 100.00");
    }

    #[test]
    fn the_highest_value_is_written_at_its_height() {
        let chart = AreaChart {
            label: "",
            values: &[3, 1_200],
            axis: &[],
            series: None,
        };
        assert!(chart.render().into_string().contains(">1,200</text>"));
    }

    #[test]
    fn words_of_the_axis_are_text() {
        let chart = AreaChart {
            label: "\"",
            values: &[],
            axis: &[(0.0, "<")],
            series: None,
        };
        let markup = chart.render().into_string();
        assert!(markup.contains(r#"aria-label="&quot;""#) && markup.contains(">&lt;</text>"));
    }
}
