//! Institutions that go away in the middle of things and come back.

use accord_federation::simulation::{Fate, Moment, Weather};
use accord_federation::{Parties, Party};

/// In about one round of six somebody goes away at some stage and stays away for a few rounds, one at a time.
pub struct DropOuts {
    seed: u64,
    parties: usize,
    away: Option<(Party, u32)>,
    asked: u64,
    /// How often somebody went away.
    pub count: u32,
}

impl DropOuts {
    /// The same seed, the same drop-outs.
    pub fn new(seed: u64, parties: usize) -> Self {
        Self {
            seed,
            parties,
            away: None,
            asked: 0,
            count: 0,
        }
    }

    fn away_at(&self, round: u32) -> Option<Party> {
        self.away
            .filter(|(_, until)| round < *until)
            .map(|(party, _)| party)
    }

    fn draw(&self, moment: Moment) -> u64 {
        let mut mixed = self.seed.wrapping_add(self.asked << 40)
            ^ (u64::from(moment.round) << 20)
            ^ ((moment.stage as u64) << 10)
            ^ moment.party.place() as u64;
        for multiplier in [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
            mixed = (mixed ^ (mixed >> 31)).wrapping_mul(multiplier);
        }
        mixed ^ (mixed >> 29)
    }
}

impl Weather for DropOuts {
    fn present(&self, round: u32, everybody: Parties) -> Parties {
        match self.away_at(round) {
            Some(party) => {
                let mut others = everybody;
                others.remove(party);
                others
            }
            None => everybody,
        }
    }

    fn fate(&mut self, moment: Moment) -> Fate {
        if let Some(party) = self.away_at(moment.round) {
            return if party == moment.party {
                Fate::Lost
            } else {
                Fate::Answered
            };
        }
        self.asked += 1;
        let draw = self.draw(moment);
        if draw.is_multiple_of(20 * self.parties as u64) {
            self.away = Some((moment.party, moment.round + 2 + (draw >> 32) as u32 % 4));
            self.count += 1;
            return Fate::Lost;
        }
        match draw % 97 {
            1 => Fate::DiesBeforeStoring,
            2 => Fate::DiesBeforeAnswering,
            _ => Fate::Answered,
        }
    }
}
