//! The few meanings that colour carries, each with a shape of its own.
//!
//! Colour alone says nothing to one reader in twenty, so that a tone always
//! comes with its shape and, wherever there is room, with a word. The colours
//! themselves are tokens of the stylesheet; a test holds them apart under the
//! three kinds of colour blindness.

use maud::{Markup, html};

/// A meaning shown by colour and shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// All is well: a disc with a tick.
    Good,
    /// Something must be shown first: a diamond with an exclamation mark.
    Check,
    /// A person should look: a triangle with a bar.
    Attention,
    /// Refused or broken: an octagon with a cross.
    Bad,
    /// No judgement: a ring.
    Neutral,
}

impl Tone {
    /// Every tone.
    pub const ALL: [Self; 5] = [
        Self::Good,
        Self::Check,
        Self::Attention,
        Self::Bad,
        Self::Neutral,
    ];

    /// Class of the stylesheet that sets the tone's colours for an element and its descendants.
    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "tone-good",
            Self::Check => "tone-check",
            Self::Attention => "tone-attention",
            Self::Bad => "tone-bad",
            Self::Neutral => "tone-neutral",
        }
    }

    /// The tone's shape, hidden from screen readers because a word stands beside it.
    pub fn shape(self) -> Markup {
        let (outline, sign) = match self {
            Self::Good => (
                "M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1z",
                "M4.8 8.2l2.2 2.2 4.2-4.6",
            ),
            Self::Check => ("M8 .4L15.6 8 8 15.6.4 8z", "M8 4.6v4.2M8 11.2v.2"),
            Self::Attention => ("M8 1.2l7.4 13.2H.6z", "M5.6 11h4.8"),
            Self::Bad => (
                "M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z",
                "M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2",
            ),
            Self::Neutral => ("M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11z", ""),
        };
        html! {
            svg class={ "shape " (self.class()) } viewBox="0 0 16 16" aria-hidden="true" {
                path class="shape-outline" d=(outline) {}
                path class="shape-sign" d=(sign) {}
            }
        }
    }
}
