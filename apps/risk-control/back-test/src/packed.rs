//! Columns as bytes: integers as their distance from the smallest one in as few bytes as the largest distance needs,
//! fractions as integers where they are thousandths or millionths of one, texts by their place in a table.

use accord_learning::{MISSING, is_missing};

/// How a column's values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Packing {
    /// Smallest value.
    base: i64,
    /// Bytes of a value: 0, 1, 2, 4 or 8.
    width: u8,
    /// What fractions were multiplied by; 0: they are the bits of a floating-point number.
    scale: u32,
}

/// Numbers of which these are whole multiples of 1/scale are written as integers.
const SCALES: [u32; 4] = [1, 100, 1_000, 1_000_000];
/// Whole numbers beyond this are not exact in floating point.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

pub fn pack_integers(values: &[i64], bytes: &mut Vec<u8>) -> Packing {
    let base = values.iter().copied().min().unwrap_or(0);
    let widest = values
        .iter()
        .map(|value| value.wrapping_sub(base).cast_unsigned())
        .max()
        .unwrap_or(0);
    let width = match widest {
        0 => 0,
        1..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    };
    for value in values {
        let distance = value.wrapping_sub(base).cast_unsigned().to_le_bytes();
        bytes.extend_from_slice(&distance[..usize::from(width)]);
    }
    Packing {
        base,
        width,
        scale: 1,
    }
}

/// `None` where the bytes are not `rows` values.
pub fn unpack_integers(packing: Packing, bytes: &[u8], rows: usize) -> Option<Vec<i64>> {
    let base = packing.base;
    let add = |distance: u64| base.wrapping_add(distance.cast_signed());
    let width = usize::from(packing.width);
    if bytes.len() != rows.checked_mul(width)? {
        return None;
    }
    Some(match width {
        0 => vec![base; rows],
        1 => bytes.iter().map(|byte| add(u64::from(*byte))).collect(),
        2 => wide::<2>(bytes)
            .map(|value| add(u64::from(u16::from_le_bytes(value))))
            .collect(),
        4 => wide::<4>(bytes)
            .map(|value| add(u64::from(u32::from_le_bytes(value))))
            .collect(),
        8 => wide::<8>(bytes)
            .map(|value| add(u64::from_le_bytes(value)))
            .collect(),
        _ => return None,
    })
}

fn wide<const WIDTH: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; WIDTH]> {
    bytes.as_chunks::<WIDTH>().0.iter().copied()
}

/// Fractions, among them missing ones.
pub fn pack_fractions(values: &[f64], bytes: &mut Vec<u8>) -> Packing {
    for scale in SCALES {
        if let Some(whole) = whole_multiples(values, scale) {
            return Packing {
                scale,
                ..pack_integers(&whole, bytes)
            };
        }
    }
    let bits: Vec<i64> = values
        .iter()
        .map(|value| value.to_bits().cast_signed())
        .collect();
    Packing {
        scale: 0,
        ..pack_integers(&bits, bytes)
    }
}

/// `None` where the bytes are not `rows` values.
pub fn unpack_fractions(packing: Packing, bytes: &[u8], rows: usize) -> Option<Vec<f64>> {
    let integers = unpack_integers(packing, bytes, rows)?;
    let scale = f64::from(packing.scale);
    Some(match packing.scale {
        0 => integers
            .into_iter()
            .map(|bits| f64::from_bits(bits.cast_unsigned()))
            .collect(),
        _ => integers
            .into_iter()
            .map(|whole| match whole {
                MISSING_WHOLE => MISSING,
                whole => whole as f64 / scale,
            })
            .collect(),
    })
}

/// Stands for a missing value among whole numbers: below all of them, but not so far that values need more bytes than
/// they would without it.
const MISSING_WHOLE: i64 = -2_000;

fn whole_multiples(values: &[f64], scale: u32) -> Option<Vec<i64>> {
    let factor = f64::from(scale);
    values
        .iter()
        .map(|value| {
            if is_missing(*value) {
                return Some(MISSING_WHOLE);
            }
            let scaled = (value * factor).round();
            let whole = scaled as i64;
            let same = scaled.abs() < EXACT_MAX
                && whole != MISSING_WHOLE
                && (whole as f64 / factor).to_bits() == value.to_bits();
            same.then_some(whole)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64], width: u8) {
        let mut bytes = Vec::new();
        let packing = pack_fractions(values, &mut bytes);
        assert_eq!(packing.width, width, "{values:?}");
        let back = unpack_fractions(packing, &bytes, values.len()).unwrap();
        let bits = |values: &[f64]| {
            values
                .iter()
                .map(|value| value.to_bits())
                .collect::<Vec<_>>()
        };
        assert_eq!(bits(&back), bits(values), "{values:?}");
        assert_eq!(
            unpack_fractions(packing, &bytes, values.len() + 1).is_some(),
            width == 0
        );
    }

    #[test]
    fn fractions_come_back_to_the_bit_in_as_few_bytes_as_they_need() {
        check(&[], 0);
        check(&[3.0, 3.0, 3.0], 0);
        check(&[0.0, 1.0, 255.0], 1);
        check(&[0.25, 17.5], 2);
        check(&[0.123, MISSING, 1.0], 2);
        check(&[0.000_001, 0.999_999], 4);
        // As a whole number it would be mistaken for a missing one.
        check(&[-2_000.0, 0.0], 4);
        check(&[0.1 + 0.2, 1.0 / 3.0], 8);
        check(&[-0.0, 1e300, f64::INFINITY], 8);
    }

    #[test]
    fn integers_come_back_whatever_their_range() {
        for values in [
            vec![],
            vec![7],
            vec![i64::MIN, i64::MAX, 0],
            vec![-1, 65_534],
            vec![1_700_000_000_000_000, 1_700_000_000_000_001],
        ] {
            let mut bytes = Vec::new();
            let packing = pack_integers(&values, &mut bytes);
            assert_eq!(unpack_integers(packing, &bytes, values.len()), Some(values));
        }
    }
}
