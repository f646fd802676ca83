//! Numbers in words: grouped integers, shares, scores and signed log-odds.

/// Writes an integer with commas between groups of three digits: `1,234,567`.
pub fn integer(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes `part` of `whole` as a percentage with two decimals, `0.42 %`, or a dash of nothing.
///
/// A share too small to show is written `< 0.01 %`, so that something is never shown as nothing.
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let percent = part as f64 / whole as f64 * 100.0;
    if part > 0 && percent < 0.005 {
        return "< 0.01 %".to_owned();
    }
    format!("{percent:.2} %")
}

/// Writes a probability between 0 and 1 with four decimals.
pub fn score(probability: f64) -> String {
    format!("{probability:.4}")
}

/// Writes a number with its sign and four decimals, `+1.8200`; a true minus sign keeps columns even.
pub fn signed(value: f64) -> String {
    let sign = if value < 0.0 { '\u{2212}' } else { '+' };
    format!("{sign}{:.4}", value.abs())
}

/// Writes a duration in microseconds: `184 µs`.
pub fn microseconds(duration_us: u64) -> String {
    format!("{} µs", integer(duration_us))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_in_threes() {
        for (value, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (123_456, "123,456"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(integer(value), expected);
        }
    }

    #[test]
    fn a_share_never_hides_something_as_nothing() {
        for (part, whole, expected) in [
            (0, 0, "–"),
            (0, 10, "0.00 %"),
            (1, 1_000_000, "< 0.01 %"),
            (1, 8, "12.50 %"),
            (8, 8, "100.00 %"),
        ] {
            assert_eq!(share(part, whole), expected);
        }
    }

    #[test]
    fn log_odds_always_carry_a_sign() {
        assert_eq!(signed(1.82), "+1.8200");
        assert_eq!(signed(-0.5), "\u{2212}0.5000");
        assert_eq!(signed(0.0), "+0.0000");
    }
}
