//! A score cut into the shares that add up to it.

use maud::{Markup, html};

use super::percentage;

/// Colours there are for kinds of shares; kinds beyond begin again.
const COLOURS: usize = 6;

/// One share of a score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// Its kind, from 0, which decides the colour.
    pub kind: usize,
    /// What it adds to the score; negative shares are left out of the bar.
    pub value: f64,
}

/// A bar of shares, as long as `whole` allows: bars with the same `whole` compare. The numbers are to stand beside it.
pub fn share_bar(shares: &[Share], whole: f64) -> Markup {
    let mut start = 0.0;
    let parts: Vec<(usize, f64, f64)> = shares
        .iter()
        .filter(|share| share.value > 0.0 && whole > 0.0)
        .map(|share| {
            let begin = start;
            start += share.value / whole;
            (share.kind, begin, share.value / whole)
        })
        .collect();
    html! {
        svg class="chart share-bar" aria-hidden="true" {
            rect class="track" width="100%" height="100%" {}
            @for (kind, begin, width) in parts {
                rect class={ "bar " (share_class(kind)) } x=(percentage(begin)) width=(percentage(width)) height="100%" {}
            }
        }
    }
}

/// A patch in the colour of a kind of shares, for a legend.
pub fn share_patch(kind: usize) -> Markup {
    html! {
        svg class="share-patch" aria-hidden="true" viewBox="0 0 10 10" {
            rect class={ "bar " (share_class(kind)) } width="10" height="10" rx="2" {}
        }
    }
}

fn share_class(kind: usize) -> String {
    format!("share-{}", kind % COLOURS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_follow_each_other_and_negative_ones_take_no_room() {
        let shares = [(0, 1.0), (1, -0.5), (7, 2.0)].map(|(kind, value)| Share { kind, value });
        let markup = share_bar(&shares, 4.0).into_string();
        for expected in [
            r#"share-0" x="0.00%" width="25.00%""#,
            r#"share-1" x="25.00%" width="50.00%""#,
        ] {
            assert!(markup.contains(expected), "{expected} in {markup}");
        }
        assert_eq!(markup.matches("class=\"bar").count(), 2);
    }

    #[test]
    fn a_bar_of_nothing_is_an_empty_track() {
        let share = Share {
            kind: 0,
            value: 1.0,
        };
        for (shares, whole) in [
            (&[][..], 1.0),
            (&[share][..], 0.0),
            (&[share][..], f64::NAN),
        ] {
            let markup = share_bar(shares, whole).into_string();
            assert!(
                !markup.contains("NaN") && !markup.contains("\"bar"),
                "{markup}"
            );
        }
    }
}
