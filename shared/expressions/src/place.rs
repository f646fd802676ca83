//! From an offset in the text to a line and a column.

use crate::fault::Fault;

/// A fault at an offset, counted in characters from 0.
pub(crate) fn fault_at(source: &str, offset: usize, message: String) -> Fault {
    let before = source.chars().take(offset);
    let (mut line, mut column) = (1, 1);
    for character in before {
        if character == '\n' {
            line += 1;
            column = 1;
        } else {
            column += 1;
        }
    }
    Fault {
        line,
        column,
        message,
    }
}
