//! The random choices of a power cut.

use super::PowerCut;

/// Random choices about one thing: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), or always "lost" in a strict cut.
pub struct Chance {
    state: Option<u64>,
}

impl Chance {
    /// The sequence of choices about this thing.
    pub fn of(cut: PowerCut, thing: &str) -> Self {
        let PowerCut::Torn { seed } = cut else {
            return Self { state: None };
        };
        // FNV-1a, so that each thing has its own sequence and none depends on the order of a hash map.
        let hash = thing
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        Self {
            state: Some(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ hash),
        }
    }

    /// A number below `bound`; zero in a strict cut.
    pub fn below(&mut self, bound: usize) -> usize {
        let Some(state) = &mut self.state else {
            return 0;
        };
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    /// True with a chance of `parts` in `of`; never in a strict cut.
    pub fn survives(&mut self, parts: usize, of: usize) -> bool {
        self.state.is_some() && self.below(of) < parts
    }

    /// The old length, the new one, or one between; the old one in a strict cut.
    pub fn length(&mut self, durable: usize, working: usize) -> usize {
        match self.below(3) {
            0 => durable,
            1 => working,
            _ => durable.min(working) + self.below(durable.abs_diff(working) + 1),
        }
    }
}
