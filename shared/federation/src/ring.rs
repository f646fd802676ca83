//! Sums modulo 2^k, and vectors of them packed into k/8 bytes a coordinate.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroize;

use crate::codec::{DecodeError, Reader, Wire, Writer};
use crate::hash::Hash;

/// The longest vector of one sum, in coordinates.
pub const DIMENSION_MAX: usize = 1 << 24;

/// The size of the ring: k bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RingBits {
    /// Z_2^32.
    Bits32,
    /// Z_2^40.
    Bits40,
    /// Z_2^48.
    Bits48,
    /// Z_2^64.
    Bits64,
}

impl RingBits {
    /// All, smallest first.
    pub const ALL: [Self; 4] = [Self::Bits32, Self::Bits40, Self::Bits48, Self::Bits64];

    /// The smallest ring whose two's complement holds every sum of at most `largest` in size.
    pub fn holding(largest: u128) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|bits| largest <= bits.largest_sum())
    }

    /// k.
    pub fn bits(self) -> u32 {
        match self {
            Self::Bits32 => 32,
            Self::Bits40 => 40,
            Self::Bits48 => 48,
            Self::Bits64 => 64,
        }
    }

    /// Bytes of a packed coordinate.
    pub fn bytes(self) -> usize {
        self.bits() as usize / 8
    }

    /// 2^(k−1) − 1.
    pub fn largest_sum(self) -> u128 {
        (1 << (self.bits() - 1)) - 1
    }

    /// The element as a signed number.
    fn signed(self, element: u64) -> i64 {
        let unused = 64 - self.bits();
        // Shifting the sign bit to the top and back repeats it over the unused bits.
        ((element << unused) as i64) >> unused
    }
}

impl Wire for RingBits {
    fn write(&self, writer: &mut Writer) {
        writer.u8(self.bits() as u8);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bits = u32::from(reader.u8()?);
        Self::ALL
            .into_iter()
            .find(|ring| ring.bits() == bits)
            .ok_or(DecodeError::NotCanonical("a ring size"))
    }
}

/// A number does not fit the ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("coordinate {coordinate} does not fit {bits} bits")]
pub struct DoesNotFit {
    /// The first coordinate that does not.
    pub coordinate: usize,
    /// k.
    pub bits: u32,
}

/// A vector over the ring while it is being summed: one word a coordinate, bits above k are meaningless.
#[derive(Clone, Zeroize)]
pub struct RingVector {
    words: Vec<u64>,
}

impl RingVector {
    /// All zero.
    pub fn zero(dimension: usize) -> Self {
        Self {
            words: vec![0; dimension],
        }
    }

    /// Signed numbers as ring elements, each of which must fit.
    pub fn from_signed(values: &[i64], bits: RingBits) -> Result<Self, DoesNotFit> {
        let largest = bits.largest_sum();
        let misfit = values
            .iter()
            .position(|value| u128::from(value.unsigned_abs()) > largest);
        if let Some(coordinate) = misfit {
            return Err(DoesNotFit {
                coordinate,
                bits: bits.bits(),
            });
        }
        Ok(Self {
            words: values.iter().map(|value| *value as u64).collect(),
        })
    }

    /// The elements as signed numbers of k bits.
    pub fn to_signed(&self, bits: RingBits) -> Vec<i64> {
        self.words.iter().map(|word| bits.signed(*word)).collect()
    }

    /// Number of coordinates.
    pub fn dimension(&self) -> usize {
        self.words.len()
    }

    /// The words, for masks.
    pub fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    /// Adds a packed vector of the same dimension.
    pub fn add(&mut self, packed: &PackedVector) {
        debug_assert_eq!(packed.dimension(), self.dimension());
        add_packed(&mut self.words, &packed.bytes, packed.bits, Sign::Plus);
    }

    /// The vector as it travels.
    pub fn pack(&self, bits: RingBits) -> PackedVector {
        let mut bytes = vec![0; self.words.len() * bits.bytes()];
        match bits {
            RingBits::Bits32 => pack_words::<4>(&self.words, &mut bytes),
            RingBits::Bits40 => pack_words::<5>(&self.words, &mut bytes),
            RingBits::Bits48 => pack_words::<6>(&self.words, &mut bytes),
            RingBits::Bits64 => pack_words::<8>(&self.words, &mut bytes),
        }
        PackedVector { bits, bytes }
    }
}

impl fmt::Debug for RingVector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RingVector({} hidden words)", self.words.len())
    }
}

/// Whether a mask is added or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Added.
    Plus,
    /// Taken away.
    Minus,
}

impl Sign {
    /// The other one.
    pub fn opposite(self) -> Self {
        match self {
            Self::Plus => Self::Minus,
            Self::Minus => Self::Plus,
        }
    }
}

/// Adds packed ring elements to words: plain loops over fixed widths, which compile to vector instructions.
pub(crate) fn add_packed(words: &mut [u64], packed: &[u8], bits: RingBits, sign: Sign) {
    match bits {
        RingBits::Bits32 => add_words::<4>(words, packed, sign),
        RingBits::Bits40 => add_words::<5>(words, packed, sign),
        RingBits::Bits48 => add_words::<6>(words, packed, sign),
        RingBits::Bits64 => add_words::<8>(words, packed, sign),
    }
}

fn add_words<const BYTES: usize>(words: &mut [u64], packed: &[u8], sign: Sign) {
    let (elements, _) = packed.as_chunks::<BYTES>();
    match sign {
        Sign::Plus => {
            for (word, element) in words.iter_mut().zip(elements) {
                *word = word.wrapping_add(widen(element));
            }
        }
        Sign::Minus => {
            for (word, element) in words.iter_mut().zip(elements) {
                *word = word.wrapping_sub(widen(element));
            }
        }
    }
}

fn widen<const BYTES: usize>(element: &[u8; BYTES]) -> u64 {
    let mut bytes = [0; 8];
    bytes[..BYTES].copy_from_slice(element);
    u64::from_le_bytes(bytes)
}

fn pack_words<const BYTES: usize>(words: &[u64], packed: &mut [u8]) {
    let (elements, _) = packed.as_chunks_mut::<BYTES>();
    for (word, element) in words.iter().zip(elements) {
        element.copy_from_slice(&word.to_le_bytes()[..BYTES]);
    }
}

/// A vector as it travels and is hashed: k/8 bytes a coordinate, little-endian.
#[derive(Clone, PartialEq, Eq)]
pub struct PackedVector {
    bits: RingBits,
    bytes: Vec<u8>,
}

impl PackedVector {
    /// The ring.
    pub fn bits(&self) -> RingBits {
        self.bits
    }

    /// Number of coordinates.
    pub fn dimension(&self) -> usize {
        self.bytes.len() / self.bits.bytes()
    }

    /// The packed coordinates.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the owner signs.
    pub fn hash(&self) -> Hash {
        Hash::of_vector(&self.bytes)
    }

    /// The coordinates as signed numbers of k bits.
    pub fn to_signed(&self) -> Vec<i64> {
        let mut words = RingVector::zero(self.dimension());
        words.add(self);
        words.to_signed(self.bits)
    }
}

impl fmt::Debug for PackedVector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "PackedVector({} coordinates of {} bits)",
            self.dimension(),
            self.bits.bits()
        )
    }
}

impl Wire for PackedVector {
    fn write(&self, writer: &mut Writer) {
        self.bits.write(writer);
        writer.bytes(&self.bytes);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bits = RingBits::read(reader)?;
        let bytes = reader.bytes("a vector", DIMENSION_MAX * bits.bytes())?;
        if bytes.len() % bits.bytes() != 0 {
            return Err(DecodeError::NotCanonical("a vector"));
        }
        Ok(Self {
            bits,
            bytes: bytes.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_bounds_of_every_ring_fit_and_one_beyond_does_not() {
        for bits in RingBits::ALL {
            let bound = i64::try_from(bits.largest_sum()).expect("63 bits");
            let values = [bound, -bound, 0, 1, -1];
            let vector = RingVector::from_signed(&values, bits).expect("fits");
            assert_eq!(vector.pack(bits).to_signed(), values);
            if bits == RingBits::Bits64 {
                continue;
            }
            for beyond in [bound + 1, -bound - 1] {
                assert_eq!(
                    RingVector::from_signed(&[0, beyond], bits).err(),
                    Some(DoesNotFit {
                        coordinate: 1,
                        bits: bits.bits()
                    })
                );
            }
        }
    }

    #[test]
    fn the_smallest_ring_is_found() {
        let check = |largest: u128, expected: Option<u32>| {
            assert_eq!(RingBits::holding(largest).map(RingBits::bits), expected);
        };
        check(0, Some(32));
        check((1 << 31) - 1, Some(32));
        check(1 << 31, Some(40));
        check(1 << 46, Some(48));
        check((1 << 63) - 1, Some(64));
        check(1 << 63, None);
    }

    proptest! {
        #[test]
        fn sums_of_packed_vectors_are_sums_modulo_the_ring(
            left in prop::collection::vec(any::<u64>(), 0..40),
            salt in any::<u64>(),
        ) {
            for bits in RingBits::ALL {
                let right: Vec<u64> = left.iter().map(|word| word.rotate_left(7) ^ salt).collect();
                let packed = RingVector { words: right.clone() }.pack(bits);
                prop_assert_eq!(PackedVector::from_bytes(&packed.to_bytes()), Ok(packed.clone()));
                let mut sum = RingVector { words: left.clone() };
                sum.add(&packed);
                let mask = u64::MAX >> (64 - bits.bits());
                for ((sum, left), right) in sum.words.iter().zip(&left).zip(&right) {
                    prop_assert_eq!(sum & mask, left.wrapping_add(*right) & mask);
                }
            }
        }
    }
}
