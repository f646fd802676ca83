//! Amounts of money in words: integer minor units and an ISO 4217 code.

/// Currencies whose minor unit is not a hundredth, by number of decimals (ISO 4217).
///
/// The script carries the same table; a test compares them.
const DECIMALS: [(u32, &str); 3] = [
    (
        0,
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    ),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

/// Writes an amount as `1,234.56 EUR`, with as many decimals as the currency has.
///
/// An unknown code is taken to have two decimals, as most do.
pub fn money(amount_minor: i64, currency: &str) -> String {
    let decimals = decimals(currency);
    let unit = 10_u64.pow(decimals);
    let magnitude = amount_minor.unsigned_abs();
    let sign = if amount_minor < 0 { "\u{2212}" } else { "" };
    let whole = crate::number::integer(magnitude / unit);
    if decimals == 0 {
        return format!("{sign}{whole} {currency}");
    }
    let fraction = magnitude % unit;
    let width = decimals as usize;
    format!("{sign}{whole}.{fraction:0width$} {currency}")
}

fn decimals(currency: &str) -> u32 {
    DECIMALS
        .iter()
        .find(|(_, codes)| codes.split(' ').any(|code| code == currency))
        .map_or(2, |&(decimals, _)| decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_the_decimals_of_its_currency() {
        for (amount_minor, currency, expected) in [
            (123_456, "EUR", "1,234.56 EUR"),
            (5, "EUR", "0.05 EUR"),
            (0, "EUR", "0.00 EUR"),
            (123_456, "JPY", "123,456 JPY"),
            (1_234_567, "KWD", "1,234.567 KWD"),
            (-123_456, "USD", "\u{2212}1,234.56 USD"),
            (i64::MIN, "JPY", "\u{2212}9,223,372,036,854,775,808 JPY"),
            (12_345, "ZZZ", "123.45 ZZZ"),
        ] {
            assert_eq!(money(amount_minor, currency), expected);
        }
    }

    #[test]
    fn the_script_has_the_same_table() {
        for (decimals, codes) in DECIMALS {
            let line = format!("[{decimals}, \"{codes}\"]");
            assert!(crate::assets::SCRIPT_TEXT.contains(&line), "{line}");
        }
    }
}
