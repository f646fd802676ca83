//! How numbers are written in tables: whole, with a comma between thousands.

/// A whole number, such as `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A measured quantity: three significant digits are enough below a thousand, whole above.
pub fn measured(value: f64) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    if value < 0.0 {
        return format!("-{}", measured(-value));
    }
    match value {
        // The cast saturates, and what it cuts off was rounded away on purpose.
        _ if value >= 999.5 => grouped(value.round() as u64),
        _ if value >= 99.95 => format!("{value:.0}"),
        _ if value >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        for (number, written) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), written);
        }
    }

    #[test]
    fn small_quantities_keep_three_digits() {
        for (value, written) in [
            (0.0, "0.00"),
            (0.684, "0.68"),
            (9.996, "10.0"),
            (12.34, "12.3"),
            (99.96, "100"),
            (999.6, "1,000"),
            (95_104.4, "95,104"),
            (-3.0, "-3.00"),
            (f64::NAN, "-"),
        ] {
            assert_eq!(measured(value), written, "{value}");
        }
    }
}
