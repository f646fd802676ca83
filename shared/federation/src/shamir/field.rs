//! GF(2^8) with the polynomial x^8 + x^4 + x^3 + x^2 + 1, without branches or tables.

/// The polynomial without its highest term.
const REDUCTION: u8 = 0x1d;

/// The product. The time it takes depends on nothing.
#[inline]
pub fn multiply(left: u8, right: u8) -> u8 {
    let (mut left, mut right) = (left, right);
    let mut product = 0;
    for _ in 0..8 {
        product ^= left & (right & 1).wrapping_neg();
        left = (left << 1) ^ (REDUCTION & (left >> 7).wrapping_neg());
        right >>= 1;
    }
    product
}

/// The inverse, x^254; that of 0 is 0.
pub fn invert(value: u8) -> u8 {
    let mut power = value;
    let mut inverse = 1;
    // 254 = 2 + 4 + 8 + 16 + 32 + 64 + 128.
    for _ in 0..7 {
        power = multiply(power, power);
        inverse = multiply(inverse, power);
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_field() {
        for left in 0..=255u8 {
            assert_eq!(multiply(left, 1), left);
            assert_eq!(multiply(left, invert(left)), u8::from(left != 0));
            for right in 0..=255u8 {
                let product = multiply(left, right);
                assert_eq!(product, multiply(right, left));
                assert_eq!(multiply(left, right ^ 0x53), product ^ multiply(left, 0x53));
            }
        }
    }

    #[test]
    fn the_polynomial_is_the_stated_one() {
        assert_eq!(multiply(0x80, 2), REDUCTION);
    }
}
