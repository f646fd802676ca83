//! Sessions like this one, and what else was in them: the nearest-neighbour baselines of session recommendation.
//!
//! S-KNN and VS-KNN (Ludewig and Jannach, 2018, "Evaluation of session-based recommendation algorithms") keep sessions
//! as they are, so they are for one holder: nothing here is a sum that several could share.

use crate::deterministic::ln;
use crate::histories::Histories;

/// How neighbours are found and what they say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NeighbourSettings {
    /// Only the so many newest sessions that share an item are looked at.
    pub sample: usize,
    /// The so many most similar of them vote.
    pub neighbours: usize,
    /// How similarity and votes are weighted.
    pub kind: NeighbourKind,
}

/// The published variants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NeighbourKind {
    /// S-KNN: cosine of the two sets of items; a neighbour votes for each of its items with its similarity.
    Plain,
    /// VS-KNN: later items of the session count more, and a neighbour's vote fades with the distance from the session's
    /// end to the latest item that both share.
    Vector {
        /// What the place in the session counts.
        decay: PlaceDecay,
        /// A vote for an item in s of n sessions is multiplied by 1 + this · ln(n / s).
        rarity: f64,
    },
}

/// How much less the earlier items of a session count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceDecay {
    /// (place / length), and 1 / steps from the end.
    Linear,
    /// Both squared.
    Quadratic,
}

/// All sessions of one holder, by item. Sessions must be pushed oldest first.
#[derive(Debug, Clone)]
pub struct SessionNeighbours {
    /// The distinct items of each session, ascending.
    ends: Vec<usize>,
    items: Vec<u32>,
    /// For each item, its sessions, oldest first.
    sessions_of: Vec<Vec<u32>>,
    rarity: Vec<f64>,
}

impl SessionNeighbours {
    /// Indexes the sessions, the oldest first.
    pub fn new(sessions: &Histories) -> Self {
        let mut index = Self {
            ends: Vec::with_capacity(sessions.len()),
            items: Vec::new(),
            sessions_of: vec![Vec::new(); sessions.item_count()],
            rarity: Vec::new(),
        };
        let mut distinct = Vec::new();
        for (number, (_, items)) in (0..).zip(sessions.iter()) {
            distinct.clear();
            distinct.extend_from_slice(items);
            distinct.sort_unstable();
            distinct.dedup();
            for item in &distinct {
                index.sessions_of[*item as usize].push(number);
            }
            index.items.extend_from_slice(&distinct);
            index.ends.push(index.items.len());
        }
        let count = sessions.len() as f64;
        let rarity = |sessions: &Vec<u32>| ln(count.max(1.0) / sessions.len().max(1) as f64);
        index.rarity = index.sessions_of.iter().map(rarity).collect();
        index
    }

    /// Adds the votes for all items to `scores`, of one place for each item of the catalogue.
    pub fn add_scores(&self, session: &[u32], settings: &NeighbourSettings, scores: &mut [f64]) {
        let mut neighbours = self.similar(session, settings);
        let closer = |left: &Neighbour, right: &Neighbour| {
            right
                .similarity
                .total_cmp(&left.similarity)
                .then(right.session.cmp(&left.session))
        };
        if neighbours.len() > settings.neighbours {
            if settings.neighbours == 0 {
                return;
            }
            neighbours.select_nth_unstable_by(settings.neighbours - 1, closer);
            neighbours.truncate(settings.neighbours);
        }
        // Always the same order, so that sums come out the same.
        neighbours.sort_unstable_by(closer);
        for neighbour in neighbours {
            for item in self.items_of(neighbour.session) {
                let vote = match settings.kind {
                    NeighbourKind::Plain => neighbour.similarity,
                    NeighbourKind::Vector { decay, rarity } => {
                        let fade = decay.of_steps(neighbour.steps);
                        neighbour.similarity * fade * (1.0 + rarity * self.rarity[*item as usize])
                    }
                };
                scores[*item as usize] += vote;
            }
        }
    }

    fn items_of(&self, session: u32) -> &[u32] {
        let session = session as usize;
        let start = if session == 0 {
            0
        } else {
            self.ends[session - 1]
        };
        &self.items[start..self.ends[session]]
    }

    fn similar(&self, session: &[u32], settings: &NeighbourSettings) -> Vec<Neighbour> {
        // Of repeated items the latest place counts.
        let mut own: Vec<(u32, usize)> = session.iter().copied().zip(1..).collect();
        own.sort_unstable_by_key(|(item, place)| (*item, std::cmp::Reverse(*place)));
        own.dedup_by_key(|(item, _)| *item);
        let mut found: Vec<(u32, usize)> = Vec::new();
        for (item, place) in &own {
            let sessions = &self.sessions_of[*item as usize];
            let newest = &sessions[sessions.len().saturating_sub(settings.sample)..];
            found.extend(newest.iter().map(|session| (*session, *place)));
        }
        // Newest first, and within a session the latest shared item first.
        found.sort_unstable_by(|left, right| right.cmp(left));
        let mut neighbours = Vec::new();
        for shared in found
            .chunk_by(|left, right| left.0 == right.0)
            .take(settings.sample)
        {
            let (number, latest) = shared[0];
            let similarity = match settings.kind {
                NeighbourKind::Plain => {
                    shared.len() as f64 / ((own.len() * self.items_of(number).len()) as f64).sqrt()
                }
                NeighbourKind::Vector { decay, .. } => shared
                    .iter()
                    .map(|(_, place)| decay.of_place(*place, session.len()))
                    .sum(),
            };
            neighbours.push(Neighbour {
                session: number,
                similarity,
                steps: session.len() - latest + 1,
            });
        }
        neighbours
    }
}

struct Neighbour {
    session: u32,
    similarity: f64,
    /// From the end of the session to the latest shared item, the last item being one step away.
    steps: usize,
}

impl PlaceDecay {
    fn of_place(self, place: usize, length: usize) -> f64 {
        self.shaped(place as f64 / length as f64)
    }

    fn of_steps(self, steps: usize) -> f64 {
        self.shaped(1.0 / steps as f64)
    }

    fn shaped(self, share: f64) -> f64 {
        match self {
            Self::Linear => share,
            Self::Quadratic => share * share,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions() -> SessionNeighbours {
        let mut sessions = Histories::new(5);
        for items in [&[0, 1][..], &[1, 2, 2], &[0, 1, 3], &[4]] {
            sessions.push(0, items).expect("known items");
        }
        SessionNeighbours::new(&sessions)
    }

    fn scores(session: &[u32], sample: usize, neighbours: usize, kind: NeighbourKind) -> [f64; 5] {
        let mut scores = [0.0; 5];
        let settings = NeighbourSettings {
            sample,
            neighbours,
            kind,
        };
        sessions().add_scores(session, &settings, &mut scores);
        scores
    }

    fn assert_near(actual: [f64; 5], expected: [f64; 5]) {
        let near = actual
            .iter()
            .zip(expected)
            .all(|(actual, expected)| (actual - expected).abs() < 1e-12);
        assert!(near, "{actual:?}, expected {expected:?}");
    }

    #[test]
    fn plain_neighbours_vote_with_their_cosine() {
        let [pair, triple] = [1.0 / 2f64.sqrt(), 1.0 / 3f64.sqrt()];
        assert_near(
            scores(&[0], 9, 9, NeighbourKind::Plain),
            [pair + triple, pair + triple, 0.0, triple, 0.0],
        );
        // Only the nearest votes.
        assert_near(
            scores(&[0], 9, 1, NeighbourKind::Plain),
            [pair, pair, 0.0, 0.0, 0.0],
        );
        // Only the newest is looked at.
        assert_near(
            scores(&[0], 1, 9, NeighbourKind::Plain),
            [triple, triple, 0.0, triple, 0.0],
        );
        assert_near(scores(&[], 9, 9, NeighbourKind::Plain), [0.0; 5]);
        assert_near(scores(&[0], 9, 0, NeighbourKind::Plain), [0.0; 5]);
    }

    #[test]
    fn later_items_count_more_in_vector_neighbours() {
        let kind = NeighbourKind::Vector {
            decay: PlaceDecay::Linear,
            rarity: 0.0,
        };
        // Session 3 then 2. [0 1 3] shares the first: similarity 1/2, two steps away. [1 2] shares the last: 1, one step.
        assert_near(scores(&[3, 2], 9, 9, kind), [0.25, 1.25, 1.0, 0.25, 0.0]);
        let kind = NeighbourKind::Vector {
            decay: PlaceDecay::Quadratic,
            rarity: 0.0,
        };
        assert_near(
            scores(&[3, 2], 9, 9, kind),
            [0.0625, 1.0625, 1.0, 0.0625, 0.0],
        );
    }

    #[test]
    fn rare_items_get_larger_votes() {
        let kind = NeighbourKind::Vector {
            decay: PlaceDecay::Linear,
            rarity: 2.0,
        };
        let boost = |sessions: f64| 1.0 + 2.0 * (4.0 / sessions).ln();
        assert_near(
            scores(&[2], 9, 9, kind),
            [0.0, boost(3.0), boost(1.0), 0.0, 0.0],
        );
    }
}
