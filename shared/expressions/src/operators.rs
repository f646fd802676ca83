//! CEL's names of operators and functions, and what becomes of them.

use crate::program::{Arithmetic, Comparison, TextTest};

pub(crate) fn comparison(function: &str) -> Option<Comparison> {
    Some(match function {
        "_==_" => Comparison::Equal,
        "_!=_" => Comparison::NotEqual,
        "_<_" => Comparison::Less,
        "_<=_" => Comparison::LessOrEqual,
        "_>_" => Comparison::Greater,
        "_>=_" => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

pub(crate) fn arithmetic(function: &str) -> Option<Arithmetic> {
    Some(match function {
        "_+_" => Arithmetic::Add,
        "_-_" => Arithmetic::Subtract,
        "_*_" => Arithmetic::Multiply,
        "_/_" => Arithmetic::Divide,
        "_%_" => Arithmetic::Remainder,
        _ => return None,
    })
}

pub(crate) fn text_test(function: &str) -> Option<TextTest> {
    Some(match function {
        "startsWith" => TextTest::StartsWith,
        "endsWith" => TextTest::EndsWith,
        "contains" => TextTest::Contains,
        _ => return None,
    })
}

/// Functions that conditions may call, for suggestions.
pub(crate) const FUNCTIONS: [&str; 5] = ["startsWith", "endsWith", "contains", "size", "double"];

/// How an operator is written.
pub(crate) fn written(function: &str) -> &str {
    function.trim_matches('_')
}

impl Comparison {
    /// The comparison that says the same with its sides exchanged.
    pub(crate) fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same @ (Self::Equal | Self::NotEqual) => same,
        }
    }

    pub(crate) fn is_ordering(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }
}
