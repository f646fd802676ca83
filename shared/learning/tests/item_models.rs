//! Item models as a whole: what they solve, and that the spread of shoppers over holders does not matter.

use accord_learning::ease::{self, EaseLearner, EaseSettings};
use accord_learning::gram::{GramLearner, GramPlan, SparseGram};
use accord_learning::ials::{IalsLearner, IalsPlan};
use accord_learning::item_weights::{ItemWeights, WeightedItem};
use accord_learning::popularity::{PopularityLearner, PopularityPlan};
use accord_learning::slist::{
    self, Past, SessionSums, SlistLearner, SlistPlan, SlistSettings, SparseLimits,
};
use accord_learning::{Histories, Learner, train_centrally, train_over_holders};
use proptest::prelude::*;

const ITEMS: usize = 40;

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct Generator(u64);

impl Generator {
    /// In 0..end.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }
}

/// Histories that wander among neighbouring items and repeat some.
fn histories(seed: u64, count: usize) -> Histories {
    let mut generator = Generator(seed);
    let mut histories = Histories::new(ITEMS);
    for _ in 0..count {
        let mut at = generator.below(ITEMS);
        let items: Vec<u32> = (0..generator.below(9))
            .map(|_| {
                at = (at + generator.below(4)) % ITEMS;
                at as u32
            })
            .collect();
        histories
            .push(generator.below(30) as u32, &items)
            .expect("known items");
    }
    histories
}

fn ease_learner() -> EaseLearner {
    let plan = GramPlan {
        length_exponent: 0.5,
        items_per_history_max: 5,
        items_max: 35,
        ..GramPlan::new(ITEMS)
    };
    let settings = EaseSettings {
        ridge: 2.0,
        dropout: 0.2,
        popularity_exponent: 0.1,
    };
    EaseLearner::new(plan, settings, 2).expect("a sound plan")
}

fn slist_plan(past: Past) -> SlistPlan {
    SlistPlan {
        past,
        event_decay: 1.5,
        session_decay_days: 20.0,
        newest_day: 25,
        events_per_session_max: 6,
        support_min: 2,
        ..SlistPlan::new(ITEMS)
    }
}

const SLIST_SETTINGS: SlistSettings = SlistSettings {
    similarity_share: 0.4,
    ridge: 0.5,
};

fn slist_learner(past: Past) -> SlistLearner {
    SlistLearner::new(slist_plan(past), SLIST_SETTINGS, 2).expect("a sound plan")
}

fn ials_learner() -> IalsLearner {
    let plan = IalsPlan {
        factors: 4,
        rounds: 3,
        ..IalsPlan::new(ITEMS)
    };
    IalsLearner::new(plan).expect("a sound plan")
}

fn popularity_learner() -> PopularityLearner {
    let plan = PopularityPlan {
        decay_days: 9.0,
        newest_day: 30,
        ..PopularityPlan::new(ITEMS)
    };
    PopularityLearner::new(plan).expect("a sound plan")
}

/// Trains in one place and over parts, of which one holds nothing and one a single history.
fn assert_spread_does_not_show<L>(
    learner: impl Fn() -> L,
    seed: u64,
    count: usize,
    holders: usize,
    hash: impl Fn(&L::Model) -> String,
) where
    L: Learner<Rows = Histories, Model: Clone>,
{
    let rows = histories(seed, count);
    let mut generator = Generator(!seed);
    let parts = rows.split(holders + 2, |row| {
        if row == 0 {
            0
        } else {
            2 + generator.below(holders)
        }
    });
    let parts: Vec<&Histories> = parts.iter().collect();
    let spread = train_over_holders(learner(), &parts).expect("trains over holders");
    let pooled = train_centrally(learner(), &rows).expect("trains in one place");
    assert_eq!(hash(&spread), hash(&pooled), "seed {seed}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_spread_of_shoppers_gives_the_same_models(seed in any::<u64>(), count in 0usize..120, holders in 1usize..5) {
        assert_spread_does_not_show(ease_learner, seed, count, holders, ItemWeights::content_hash);
        for past in [Past::LastEvent, Past::AllEvents] {
            assert_spread_does_not_show(|| slist_learner(past), seed, count, holders, ItemWeights::content_hash);
        }
        assert_spread_does_not_show(ials_learner, seed, count, holders, |model| model.content_hash());
        assert_spread_does_not_show(popularity_learner, seed, count, holders, |model| model.content_hash());
    }

    #[test]
    fn sums_made_in_one_place_are_those_of_the_learner(seed in any::<u64>(), count in 0usize..120) {
        let sessions = histories(seed, count);
        for past in [Past::LastEvent, Past::AllEvents] {
            let learnt = train_centrally(slist_learner(past), &sessions).expect("trains");
            let sums = SessionSums::of(&slist_plan(past), &sessions, 3).expect("a sound plan");
            let solved = slist::solve(&sums, &SLIST_SETTINGS, 1).expect("positive definite");
            prop_assert_eq!(learnt.content_hash(), solved.content_hash());
        }
    }
}

/// Solves A·X = B by elimination, as a textbook does.
fn eliminate(mut a: Vec<Vec<f64>>, mut b: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    for pivot in 0..a.len() {
        let (own, own_b) = (a[pivot].clone(), b[pivot].clone());
        for row in 0..a.len() {
            if row != pivot {
                let factor = a[row][pivot] / own[pivot];
                a[row]
                    .iter_mut()
                    .zip(&own)
                    .for_each(|(cell, own)| *cell -= factor * own);
                b[row]
                    .iter_mut()
                    .zip(&own_b)
                    .for_each(|(cell, own)| *cell -= factor * own);
            }
        }
    }
    for (row, cells) in b.iter_mut().enumerate() {
        cells.iter_mut().for_each(|cell| *cell /= a[row][row]);
    }
    b
}

fn square() -> Vec<Vec<f64>> {
    vec![vec![0.0; ITEMS]; ITEMS]
}

fn assert_near(weights: &ItemWeights, expected: &[Vec<f64>], tolerance: f64) {
    for (from, row) in (0u32..).zip(expected) {
        for (to, expected) in (0u32..).zip(row) {
            let weight = f64::from(weights.weight(from, to));
            assert!(
                (weight - expected).abs() < tolerance,
                "{from} to {to}: {weight}, expected {expected}"
            );
        }
    }
}

#[test]
fn ease_solves_its_closed_form() {
    let rows = histories(11, 300);
    let (mut gram, mut identity) = (square(), square());
    for (_, items) in rows.iter() {
        for i in 0..ITEMS as u32 {
            for j in 0..ITEMS as u32 {
                if items.contains(&i) && items.contains(&j) {
                    gram[i as usize][j as usize] += 1.0;
                }
            }
        }
    }
    for item in 0..ITEMS {
        gram[item][item] += 3.0;
        identity[item][item] = 1.0;
    }
    let inverse = eliminate(gram, identity);
    let mut expected = square();
    for i in 0..ITEMS {
        for j in (0..ITEMS).filter(|j| *j != i) {
            expected[i][j] = -inverse[i][j] / inverse[j][j];
        }
    }
    let learner =
        EaseLearner::new(GramPlan::new(ITEMS), EaseSettings::plain(3.0), 1).expect("a sound plan");
    assert_near(
        &train_centrally(learner, &rows).expect("trains"),
        &expected,
        1e-6,
    );
}

#[test]
fn slist_solves_its_definition() {
    let rows = histories(12, 200);
    for past in [Past::LastEvent, Past::AllEvents] {
        let plan = SlistPlan {
            support_min: 1,
            events_per_session_max: 50,
            ..slist_plan(past)
        };
        let (mut left, mut right) = (square(), square());
        for (day, items) in rows.iter() {
            let age = f64::from(plan.newest_day.saturating_sub(day));
            let weight = (-age / plan.session_decay_days).exp();
            let distinct: std::collections::BTreeSet<u32> = items.iter().copied().collect();
            let x = vector(distinct.iter().map(|item| (*item, 1.0)));
            let similarity = SLIST_SETTINGS.similarity_share * weight;
            add_outer(&mut left, similarity, &x, &x);
            add_outer(&mut right, similarity, &x, &x);
            for cut in 1..items.len() {
                let decayed = |distance: usize| (-(distance as f64) / plan.event_decay).exp();
                let z = match past {
                    Past::LastEvent => vector([(items[cut - 1], 1.0)]),
                    Past::AllEvents => {
                        vector((0..cut).map(|place| (items[place], decayed(cut - 1 - place))))
                    }
                };
                let y =
                    vector((cut..items.len()).map(|place| (items[place], decayed(place - cut))));
                let share = (1.0 - SLIST_SETTINGS.similarity_share) * weight;
                add_outer(&mut left, share, &z, &z);
                add_outer(&mut right, share, &z, &y);
            }
        }
        for (item, row) in left.iter_mut().enumerate() {
            row[item] += SLIST_SETTINGS.ridge;
        }
        let expected = eliminate(left, right);
        let learner = SlistLearner::new(plan, SLIST_SETTINGS, 1).expect("a sound plan");
        assert_near(
            &train_centrally(learner, &rows).expect("trains"),
            &expected,
            1e-4,
        );
    }
}

/// A vector of sum 1; what is given for one item adds up.
fn vector(cells: impl IntoIterator<Item = (u32, f64)>) -> Vec<f64> {
    let mut vector = vec![0.0; ITEMS];
    for (item, value) in cells {
        vector[item as usize] += value;
    }
    let sum: f64 = vector.iter().sum();
    vector
        .iter()
        .map(|value| if sum > 0.0 { value / sum } else { 0.0 })
        .collect()
}

fn add_outer(matrix: &mut [Vec<f64>], factor: f64, left: &[f64], right: &[f64]) {
    for (row, left) in matrix.iter_mut().zip(left) {
        for (cell, right) in row.iter_mut().zip(right) {
            *cell += factor * left * right;
        }
    }
}

#[test]
fn sparse_solutions_with_all_items_in_support_are_the_dense_ones() {
    let mut rows = histories(13, 300);
    // One history of everything, so that every item is coupled to every other.
    let everything: Vec<u32> = (0..ITEMS as u32).collect();
    rows.push(20, &everything).expect("known items");
    let plan = GramPlan::new(ITEMS);
    let settings = EaseSettings {
        ridge: 2.0,
        dropout: 0.3,
        popularity_exponent: 0.2,
    };
    let gram = train_centrally(GramLearner::new(plan.clone()).expect("a sound plan"), &rows)
        .expect("trains");
    let dense = ease::solve(&gram, &settings, 1).expect("positive definite");
    let pairs = SparseGram::of(&plan, &rows, 2).expect("a sound plan");
    let sparse = ease::solve_sparse(&pairs, &settings, ITEMS, 2).expect("sound settings");
    assert_same(&dense, &sparse, 1e-5);

    let plan = SlistPlan {
        events_per_session_max: ITEMS,
        ..slist_plan(Past::AllEvents)
    };
    let sums = SessionSums::of(&plan, &rows, 1).expect("a sound plan");
    let dense = slist::solve(&sums, &SLIST_SETTINGS, 1).expect("positive definite");
    let limits = SparseLimits {
        support_max: ITEMS,
        weights_max: ITEMS,
        wanted: None,
    };
    let sparse = slist::solve_sparse(&sums, &SLIST_SETTINGS, &limits, 2).expect("sound settings");
    assert_same(&dense, &sparse, 1e-5);

    let wanted: Vec<bool> = (0..ITEMS).map(|item| item == 7).collect();
    let limits = SparseLimits {
        wanted: Some(&wanted),
        ..limits
    };
    let trial = slist::solve_sparse(&sums, &SLIST_SETTINGS, &limits, 1).expect("sound settings");
    for to in 0..ITEMS as u32 {
        assert_eq!(trial.weight(7, to), sparse.weight(7, to));
        assert_eq!(trial.weight(8, to), 0.0);
    }
}

fn assert_same(dense: &ItemWeights, sparse: &ItemWeights, tolerance: f32) {
    for from in 0..ITEMS as u32 {
        for to in 0..ITEMS as u32 {
            let (dense, sparse) = (dense.weight(from, to), sparse.weight(from, to));
            assert!(
                (dense - sparse).abs() < tolerance,
                "{from} to {to}: {dense}, sparse {sparse}"
            );
        }
    }
}

#[test]
fn a_closed_unit_is_asked_for_again() {
    let rows = histories(14, 80);
    let mut learner = ease_learner();
    let answer = learner.answer(&rows, &mut ()).expect("answers");
    learner.absorb(&answer).expect("a total");
    let asked = learner.next_query().expect("rows");
    learner.close_unit();
    let again = learner.next_query().expect("the unit begins again");
    assert_eq!(
        (again.name.as_str(), again.unit),
        ("gram/supports", asked.unit + 1)
    );
    assert_eq!(
        train_centrally(learner, &rows)
            .expect("trains")
            .content_hash(),
        train_centrally(ease_learner(), &rows)
            .expect("trains")
            .content_hash()
    );
}

#[test]
fn impossible_totals_are_refused_and_change_nothing() {
    let mut learner = slist_learner(Past::LastEvent);
    let before = learner.progress_hash();
    assert!(learner.absorb(&[1; ITEMS - 1]).is_err());
    let mut total = [1; ITEMS];
    total[3] = -1;
    assert!(learner.absorb(&total).is_err());
    assert_eq!(learner.progress_hash(), before);
}

#[test]
fn shares_of_factors_add_up_to_the_score() {
    let rows = histories(15, 200);
    let model = train_centrally(ials_learner(), &rows).expect("trains");
    let history = [3, 4, 9];
    let mut scores = [0.0; ITEMS];
    model.add_scores(&history, &mut scores);
    assert!(
        scores[5] > scores[25],
        "5 goes with 3 and 4, 25 does not: {scores:?}"
    );
    for (item, score) in (0..).zip(scores) {
        let sum: f64 = model.shares(&history, item).iter().sum();
        assert!((sum - score).abs() < 1e-9, "item {item}: {sum}, {score}");
    }
}

#[test]
fn ease_recommends_what_goes_together() {
    let model = train_centrally(ease_learner(), &histories(16, 400)).expect("trains");
    let mut scores = [0.0; ITEMS];
    model.add_scores(&WeightedItem::all(&[10, 11]), &mut scores);
    assert!(
        scores[12] > scores[30],
        "12 goes with 10 and 11, 30 does not: {scores:?}"
    );
}
