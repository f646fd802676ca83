//! Tables of records, which become short lists on narrow screens.

use maud::{Markup, html};

/// One column: its title and its place, wide and narrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub title: &'static str,
    pub align: Align,
    pub narrow: Narrow,
}

/// Where a cell's content stands in a wide table; numbers stand at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Start,
    End,
}

/// Where a cell goes when a record is shown as three short lines on a narrow screen.
///
/// At most one column of a table may take each place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Narrow {
    TopStart,
    TopEnd,
    MiddleStart,
    MiddleEnd,
    BottomStart,
    BottomEnd,
    Hidden,
}

impl Column {
    /// Classes of the column's heading and of each of its cells.
    pub fn class(self) -> String {
        let align = match self.align {
            Align::Start => "align-start",
            Align::End => "align-end",
        };
        let narrow = match self.narrow {
            Narrow::TopStart => "narrow-top-start",
            Narrow::TopEnd => "narrow-top-end",
            Narrow::MiddleStart => "narrow-middle-start",
            Narrow::MiddleEnd => "narrow-middle-end",
            Narrow::BottomStart => "narrow-bottom-start",
            Narrow::BottomEnd => "narrow-bottom-end",
            Narrow::Hidden => "narrow-hidden",
        };
        format!("{align} {narrow}")
    }

    /// One cell of the column.
    pub fn cell(self, content: Markup) -> Markup {
        html! { td class=(self.class()) { (content) } }
    }
}

/// A table of records. `body` is the `tbody`, its rows made of [`Column::cell`]s in the
/// order of `columns`; the caption is read by screen readers only.
pub fn record_table(caption: &str, columns: &[Column], body: &Markup) -> Markup {
    html! {
        table class="records" {
            caption class="visually-hidden" { (caption) }
            thead {
                tr {
                    @for column in columns {
                        th scope="col" class=(column.class()) { (column.title) }
                    }
                }
            }
            (body)
        }
    }
}
