//! What a market holds up: the same events for the same seed, shared products, and structure that can be learned.

use std::collections::{BTreeMap, BTreeSet};

use accord_learning::{
    Histories,
    ease::{EaseLearner, EaseSettings},
    gram::GramPlan,
    item_weights::WeightedItem,
    train_centrally,
};
use recommendation_simulator::{
    Action, EventKind, InvalidSettings, Market, MarketSettings, ShopEvent,
};

const ANCHOR: usize = 0;
const EMBER: usize = 4;

fn market(seed: u64) -> Market {
    Market::new(MarketSettings::demonstration(seed, 0)).expect("the demonstration's settings")
}

fn days(market: &Market, merchant: usize, days: std::ops::Range<u32>) -> Vec<ShopEvent> {
    days.flat_map(|day| market.day(merchant, day)).collect()
}

#[test]
fn the_same_seed_gives_the_same_events_in_any_order_of_asking() {
    let (one, other) = (market(7), market(7));
    let later = one.day(EMBER, 20);
    let first = one.day(EMBER, 0);
    assert_eq!(other.day(EMBER, 0), first);
    assert_eq!(other.day(EMBER, 20), later);
    assert_eq!(other.items(EMBER), one.items(EMBER));
    assert_ne!(market(8).day(EMBER, 0), first);
    assert_ne!(first, later);
}

#[test]
fn event_ids_are_unique_and_events_are_in_order_of_time() {
    let market = market(1);
    let mut ids = BTreeSet::new();
    for merchant in [3, EMBER] {
        for day in 0..3 {
            let events = market.day(merchant, day);
            assert!(events.is_sorted_by_key(|event| event.occurred_at_us));
            for event in events {
                assert!(event.occurred_at_us >= market.day_us(day));
                assert!(ids.insert(event.event_id.clone()), "{}", event.event_id);
            }
        }
    }
}

#[test]
fn merchants_sell_some_of_the_same_products_under_ids_of_their_own() {
    let market = market(3);
    let codes = |merchant: usize| -> BTreeSet<&str> {
        let items = market.items(merchant).iter();
        items.map(|item| item.product_code.as_str()).collect()
    };
    for merchant in 0..market.merchants() {
        let items = market.items(merchant);
        let ids: BTreeSet<&str> = items.iter().map(|item| item.item_id.as_str()).collect();
        assert_eq!(ids.len(), items.len());
        assert_eq!(codes(merchant).len(), items.len());
        assert!(
            items
                .iter()
                .all(|item| item.price_minor > 0 && item.stock > 0)
        );
        assert!(
            items
                .iter()
                .all(|item| item.title.len() <= 200 && item.categories.len() == 2)
        );
        if merchant > 0 {
            let shared = codes(ANCHOR).intersection(&codes(merchant)).count();
            let share = shared as f64 / items.len() as f64;
            assert!((0.5..1.0).contains(&share), "{share} of {merchant}");
        }
    }
    let both: Vec<_> = market.items(ANCHOR).iter().collect();
    let other = market.items(1).iter();
    let prices: Vec<bool> = other
        .filter_map(|item| {
            let same = both
                .iter()
                .find(|one| one.product_code == item.product_code)?;
            assert_eq!(same.title, item.title);
            assert_ne!(same.item_id, item.item_id);
            Some(same.price_minor != item.price_minor)
        })
        .collect();
    let different = prices.iter().filter(|different| **different).count();
    assert!(
        different * 2 > prices.len(),
        "{different} of {}",
        prices.len()
    );
}

#[test]
fn a_few_items_get_much_of_the_attention_and_every_kind_of_event_happens() {
    let market = market(4);
    let events = days(&market, ANCHOR, 0..10);
    let mut kinds: BTreeMap<EventKind, usize> = BTreeMap::new();
    let mut views: BTreeMap<u32, usize> = BTreeMap::new();
    for event in &events {
        *kinds.entry(event.kind).or_default() += 1;
        if event.kind == EventKind::View {
            *views.entry(event.item).or_default() += 1;
        }
    }
    println!("{} events: {kinds:?}", events.len());
    assert_eq!(kinds.len(), 6);
    let funnel = [
        EventKind::View,
        EventKind::Cart,
        EventKind::Purchase,
        EventKind::Rating,
    ];
    assert!(funnel.is_sorted_by_key(|kind| std::cmp::Reverse(kinds[kind])));
    let mut counts: Vec<usize> = views.values().copied().collect();
    counts.sort_unstable_by_key(|count| std::cmp::Reverse(*count));
    let head: usize = counts[..counts.len() / 10].iter().sum();
    let share = head as f64 / kinds[&EventKind::View] as f64;
    assert!(
        (0.2..0.8).contains(&share),
        "a tenth of the items has {share} of the views"
    );
    let guests = events
        .iter()
        .filter(|event| event.shopper_id.is_none())
        .count();
    assert!(guests * 10 > events.len() && guests * 2 < events.len());
}

#[test]
fn new_items_arrive_and_nobody_finds_them_before() {
    let market = market(5);
    let items = market.items(ANCHOR);
    let arriving = items
        .iter()
        .filter(|item| item.available_from_day > 0)
        .count();
    assert!(arriving * 20 > items.len(), "{arriving} of {}", items.len());
    for day in [0, 60] {
        let events = market.day(ANCHOR, day);
        let mut found = events.iter().map(|event| &items[event.item as usize]);
        assert!(found.all(|item| item.available_from_day <= day));
    }
    let mut later = (100..105).flat_map(|day| market.day(ANCHOR, day));
    assert!(later.any(|event| items[event.item as usize].available_from_day > 60));
}

/// Learns from visits, then hides the last item of later ones.
#[test]
fn an_item_model_finds_what_popularity_does_not() {
    let market = market(6);
    let item_count = market.items(ANCHOR).len();
    let mut training = Histories::new(item_count);
    let mut popularity = vec![0.0; item_count];
    for session in sessions(&days(&market, ANCHOR, 0..25)) {
        session
            .iter()
            .for_each(|item| popularity[*item as usize] += 1.0);
        training.push(0, &session).expect("known items");
    }
    let plan = GramPlan::new(item_count);
    let learner = EaseLearner::new(plan, EaseSettings::plain(50.0), 1).expect("a sound plan");
    let model = train_centrally(learner, &training).expect("trains");
    let (mut cases, mut found, mut found_by_popularity) = (0, 0, 0);
    for session in sessions(&days(&market, ANCHOR, 25..28)) {
        let Some((target, known)) = session.split_last().filter(|(_, known)| known.len() > 1)
        else {
            continue;
        };
        let mut scores = vec![0.0; item_count];
        model.add_scores(&WeightedItem::all(known), &mut scores);
        cases += 1;
        found += usize::from(is_among_best(20, *target, known, &scores));
        found_by_popularity += usize::from(is_among_best(20, *target, known, &popularity));
    }
    println!("{cases} cases, {found} found by EASE, {found_by_popularity} by popularity");
    assert!(cases > 300);
    assert!(found > 2 * found_by_popularity);
}

fn sessions(events: &[ShopEvent]) -> Vec<Vec<u32>> {
    let mut sessions: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for event in events.iter().filter(|event| event.kind == EventKind::View) {
        let session = sessions.entry(&event.session_id).or_default();
        if !session.contains(&event.item) {
            session.push(event.item);
        }
    }
    sessions.into_values().collect()
}

fn is_among_best(count: usize, target: u32, known: &[u32], scores: &[f64]) -> bool {
    let better = (0_u32..).zip(scores).filter(|(item, score)| {
        let own = scores[target as usize];
        !known.contains(item) && (**score > own || (**score == own && *item < target))
    });
    better.count() < count
}

/// The same visits, once with a list of what the shopper likes and once with what nobody is looking for.
#[test]
fn shoppers_take_more_from_a_list_that_suits_them_and_most_from_its_top() {
    let market = market(9);
    let mut liked = Vec::new();
    for mut visit in market.visits(ANCHOR, 0) {
        let mut viewed = Vec::new();
        while let Some(step) = visit.next(&market, &[]) {
            if let Action::View { item } = step.action {
                viewed.push(item);
            }
        }
        viewed.truncate(8);
        liked.push(viewed);
    }
    let taken = |lists: &dyn Fn(usize) -> Vec<u32>| {
        let mut places = [0_usize; 8];
        for (number, mut visit) in market.visits(ANCHOR, 0).into_iter().enumerate() {
            let list = lists(number);
            while let Some(step) = visit.next(&market, &list) {
                if let Some(place) = step.taken_from {
                    places[place] += 1;
                    assert!(step.looked_at.contains(&place));
                }
            }
        }
        places
    };
    let suiting = taken(&|number| liked[number].clone());
    let of_another = taken(&|number| liked[(number + 1) % liked.len()].clone());
    let sum = |places: &[usize]| places.iter().sum::<usize>();
    println!("suiting {suiting:?}, of another shopper {of_another:?}");
    assert!(sum(&suiting) > 2 * sum(&of_another));
    assert!(sum(&suiting[..2]) > sum(&suiting[4..6]));
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let check = |expected: Option<InvalidSettings>, change: &dyn Fn(&mut MarketSettings)| {
        let mut settings = MarketSettings::demonstration(1, 0);
        change(&mut settings);
        let shown = format!("{settings:?}");
        assert_eq!(Market::new(settings).err(), expected, "{shown}");
    };
    let merchant = |what| {
        let name = "anchor".to_owned();
        Some(InvalidSettings::Merchant { name, what })
    };
    check(None, &|_| ());
    check(None, &|settings| settings.merchants[0].shoppers = 0);
    check(None, &|settings| settings.arrival_days = 0);
    check(Some(InvalidSettings::Start), &|settings| {
        settings.starts_at_us = 1
    });
    check(Some(InvalidSettings::Start), &|settings| {
        settings.starts_at_us = i64::MIN
    });
    check(Some(InvalidSettings::Products), &|settings| {
        settings.products = 0
    });
    check(Some(InvalidSettings::Products), &|settings| {
        settings.products = 50_001
    });
    check(Some(InvalidSettings::Arrivals), &|settings| {
        settings.arriving_share = f64::NAN
    });
    check(Some(InvalidSettings::Merchants), &|settings| {
        settings.merchants.clear()
    });
    check(Some(InvalidSettings::Merchants), &|settings| {
        settings.merchants[1].name = "anchor".to_owned();
    });
    check(
        merchant("between 1 item and as many as there are products"),
        &|settings| settings.merchants[0].items = 1_501,
    );
    check(merchant("between 0 and 50 visits a day"), &|settings| {
        settings.merchants[0].visits_per_day = 0.0..f64::INFINITY;
    });
    check(
        merchant("between 0 and 10 guests for each visit"),
        &|settings| {
            settings.merchants[0].guests_per_visit = -1.0;
        },
    );
    check(merchant("a price level between 0.1 and 10"), &|settings| {
        settings.merchants[0].price_level = f64::NAN;
    });
    check(merchant("departments that exist"), &|settings| {
        settings.merchants[0].focus = vec!["Kitchn".to_owned()];
    });
}
