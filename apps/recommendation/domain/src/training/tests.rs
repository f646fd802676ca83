use super::*;
use crate::{
    events::{Event, InteractionRecorded, ItemUpserted, OrderPlaced, ShopperErased},
    ids::{SessionKey, ShopperReference, mix},
    interaction::{Interaction, InteractionKind},
    item::Item,
    order::OrderLine,
};

const HOUR_US: i64 = 3_600_000_000;

fn item(number: u32) -> Event {
    Event::ItemUpserted(ItemUpserted {
        number,
        item: Item {
            item_id: format!("i-{number}"),
            title: "T".into(),
            currency: "EUR".into(),
            ..Item::default()
        },
    })
}

fn did(shopper: u64, kind: InteractionKind, item: u32, at_us: i64) -> Event {
    Event::InteractionRecorded(InteractionRecorded {
        shopper: ShopperReference(shopper),
        interaction: Interaction::new(kind, &format!("i-{item}"), at_us),
    })
}

fn set(events: impl IntoIterator<Item = Event>) -> TrainingSet {
    let mut set = TrainingSet::default();
    for event in events {
        set.add(&event);
    }
    set
}

/// Shoppers who each like one of four kinds of items, twelve items of a kind.
fn shoppers(count: u64) -> impl Iterator<Item = Event> {
    let items = (0..48).map(item);
    let views = (0..count).flat_map(|shopper| {
        (0..8).map(move |step| {
            let draw = mix(shopper * 100 + step);
            let item = (shopper % 4) * 12 + draw % 12;
            let at_us = (shopper * 1_000 + step) as i64 * 60_000_000;
            did(shopper, InteractionKind::View, item as u32, at_us)
        })
    });
    items.chain(views)
}

#[test]
fn histories_sessions_and_baskets_are_cut_from_the_log() {
    use InteractionKind::{Cart, Impression, Purchase, Rating, Remove, View};
    let named = |item: u32, session: u64, at_us: i64| {
        let Event::InteractionRecorded(mut event) = did(2, View, item, at_us) else {
            unreachable!("it is an interaction");
        };
        event.interaction.session = Some(SessionKey(session));
        Event::InteractionRecorded(event)
    };
    let order = Event::OrderPlaced(OrderPlaced {
        order_id: "o".into(),
        shopper: ShopperReference(1),
        lines: [0, 2]
            .map(|item| OrderLine {
                item_id: format!("i-{item}"),
                quantity: 1,
                price_minor: 1,
            })
            .into(),
        placed_at_us: 2 * HOUR_US,
        session: None,
        surface: None,
        list_id: None,
    });
    let set = set([
        // An event that came before its item was described counts all the same.
        did(1, View, 1, 0),
        item(0),
        item(1),
        item(2),
        did(1, Impression, 2, 0),
        did(1, Cart, 0, 1),
        did(1, Remove, 0, 2),
        did(1, Rating, 2, 3),
        did(1, View, 99, 4),
        order,
        did(1, Purchase, 1, 3 * HOUR_US),
        named(0, 7, 0),
        named(1, 7, 9 * HOUR_US),
        named(2, 8, 9 * HOUR_US),
    ]);
    let all = set.histories(|_| true);
    let lists = |histories: &accord_learning::Histories| -> Vec<Vec<u32>> {
        histories.iter().map(|(_, items)| items.to_vec()).collect()
    };
    assert_eq!(lists(&all.histories), [vec![1, 0, 0, 2, 1], vec![0, 1, 2]]);
    assert_eq!(
        lists(&all.sessions),
        [vec![1, 0], vec![0, 2], vec![1], vec![0, 1], vec![2]]
    );
    assert_eq!(lists(&all.baskets), [vec![0, 2], vec![1]]);
}

#[test]
fn too_little_gives_no_model() {
    let nobody = set((0..3).map(item));
    let one = set((0..3)
        .map(item)
        .chain([did(1, InteractionKind::View, 0, 0)]));
    let nothing = set([1, 2].map(|shopper| did(shopper, InteractionKind::View, 0, 0)));
    for set in [TrainingSet::default(), nobody, one, nothing] {
        assert_eq!(train(&set, 1), Ok(None));
    }
}

#[test]
fn a_model_beats_popularity_on_held_out_shoppers_and_says_so() {
    let set = set(shoppers(600));
    let (model, card) = train(&set, 2).expect("trains").expect("enough");
    let (taste, popularity) = (card.validation.unwrap(), card.popularity.unwrap());
    assert!(card.validation_cases >= 20, "{card:?}");
    assert!(
        taste.recall_at_20 > popularity.recall_at_20 + 0.2,
        "{card:?}"
    );
    assert!(taste.ndcg_at_100 > popularity.ndcg_at_100, "{card:?}");
    assert_eq!((card.items, card.shoppers), (48, 600));
    assert_eq!(model.taste.item_count(), 48);
}

#[test]
fn the_same_log_gives_the_same_model_whatever_the_number_of_threads() {
    let set = set(shoppers(60));
    let hash = |threads| {
        let (model, _) = train(&set, threads).expect("trains").expect("enough");
        model.to_bytes()
    };
    assert!(hash(1) == hash(3));
}

#[test]
fn a_model_after_an_erasure_is_the_model_of_a_log_without_the_shopper() {
    const ERASED: u64 = 7;
    let erased = Event::ShopperErased(ShopperErased {
        shopper: ShopperReference(ERASED),
        at_us: 0,
    });
    let late = did(ERASED, InteractionKind::Purchase, 3, 0);
    let with = set(shoppers(60).chain([late, erased]));
    let is_theirs = |event: &Event| event.shopper() == Some(ShopperReference(ERASED));
    let without = set(shoppers(60).filter(|event| !is_theirs(event)));
    let all = set(shoppers(60));
    let model = |set: &TrainingSet| {
        let (model, _) = train(set, 2).expect("trains").expect("enough");
        model.to_bytes()
    };
    assert!(model(&with) == model(&without));
    assert!(model(&with) != model(&all));
}
