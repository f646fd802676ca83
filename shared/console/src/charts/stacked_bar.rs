//! One bar cut into its parts, for a whole and its shares.

use maud::{Markup, html};

use super::percentage;
use crate::tone::Tone;

/// A bar whose parts add up to all of it. Its numbers are to stand beside it as text.
pub struct StackedBar<'a> {
    pub parts: &'a [Part<'a>],
    /// Live field that holds an object of counts by the parts' keys.
    pub series: Option<&'a str>,
}

/// One part of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// Name of the part in the live field.
    pub key: &'a str,
    pub value: u64,
    pub tone: Tone,
}

impl StackedBar<'_> {
    /// The bar's markup; of nothing it is an empty track.
    pub fn render(&self) -> Markup {
        let whole: u128 = self.parts.iter().map(|part| u128::from(part.value)).sum();
        let share = |value: u128| {
            if whole == 0 {
                0.0
            } else {
                value as f64 / whole as f64
            }
        };
        let starts = self.parts.iter().scan(0_u128, |sum, part| {
            let start = *sum;
            *sum += u128::from(part.value);
            Some(start)
        });
        let chart = self.series.map(|_| "stacked-bar");
        html! {
            svg class="chart stacked-bar" aria-hidden="true" data-chart=[chart] data-series=[self.series] {
                rect class="track" width="100%" height="100%" {}
                @for (part, start) in self.parts.iter().zip(starts) {
                    rect class={ "bar " (part.tone.class()) } data-part=(part.key)
                        x=(percentage(share(start)))
                        width=(percentage(share(u128::from(part.value)))) height="100%" {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(values: &[u64]) -> String {
        let parts: Vec<Part<'_>> = values
            .iter()
            .map(|&value| Part {
                key: "key",
                value,
                tone: Tone::Good,
            })
            .collect();
        StackedBar {
            parts: &parts,
            series: None,
        }
        .render()
        .into_string()
    }

    #[test]
    fn parts_follow_each_other_in_proportion() {
        let markup = render(&[3, 1, 4]);
        for expected in [
            r#"x="0.00%" width="37.50%""#,
            r#"x="37.50%" width="12.50%""#,
            r#"x="50.00%" width="50.00%""#,
        ] {
            assert!(markup.contains(expected), "{expected} in {markup}");
        }
    }

    #[test]
    fn nothing_is_an_empty_track() {
        for values in [&[][..], &[0, 0]] {
            let markup = render(values);
            assert!(
                !markup.contains("NaN") && !markup.contains("inf"),
                "{markup}"
            );
            assert!(markup.contains(r#"class="track""#), "{markup}");
        }
    }

    #[test]
    fn counts_too_large_to_add_in_64_bits_are_still_shares() {
        assert!(render(&[u64::MAX, u64::MAX]).contains(r#"x="50.00%" width="50.00%""#));
    }
}
