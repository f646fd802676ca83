use super::*;
use crate::{
    events::{ItemUpserted, OrderCancelled, ShopperErased, ShopperIntroduced},
    ids::SessionKey,
    interaction::Interaction,
    item::Item,
    order::OrderLine,
};

const SHOPPER: ShopperReference = ShopperReference(1);
const NOW_US: i64 = 1_800_000_000_000_000;

fn item(number: u32, item_id: &str, title: &str, categories: &[&str]) -> Event {
    Event::ItemUpserted(ItemUpserted {
        number,
        item: Item {
            item_id: item_id.into(),
            title: title.into(),
            currency: "EUR".into(),
            categories: categories.iter().map(|name| (*name).into()).collect(),
            ..Item::default()
        },
    })
}

fn did(kind: InteractionKind, item_id: &str) -> Event {
    Event::InteractionRecorded(InteractionRecorded {
        shopper: SHOPPER,
        interaction: Interaction {
            session: Some(SessionKey(9)),
            ..Interaction::new(kind, item_id, NOW_US)
        },
    })
}

fn ordered(order_id: &str, item_id: &str) -> Event {
    Event::OrderPlaced(OrderPlaced {
        order_id: order_id.into(),
        shopper: SHOPPER,
        lines: vec![OrderLine {
            item_id: item_id.into(),
            quantity: 1,
            price_minor: 1,
        }],
        placed_at_us: NOW_US,
        session: None,
        surface: None,
        list_id: None,
    })
}

fn view(events: impl IntoIterator<Item = Event>) -> LiveView {
    let mut view = LiveView::default();
    for (sequence, event) in (1..).zip(events) {
        view.fold(sequence, &event);
    }
    view
}

#[test]
fn an_event_that_was_folded_already_is_passed_over() {
    let mut view = view([item(0, "a", "A", &[]), did(InteractionKind::View, "a")]);
    view.fold(2, &did(InteractionKind::View, "a"));
    assert_eq!(view.through(), 2);
    assert_eq!(view.shopper(SHOPPER).unwrap().event_count(), 1);
}

#[test]
fn the_cart_holds_what_was_put_there_and_neither_taken_out_nor_bought() {
    use InteractionKind::{Cart, Remove, View};
    let view = view([
        item(0, "a", "A", &[]),
        item(1, "b", "B", &[]),
        item(2, "c", "C", &[]),
        did(Cart, "a"),
        did(Cart, "b"),
        did(Cart, "c"),
        did(Cart, "a"),
        did(View, "b"),
        did(Remove, "b"),
        ordered("o", "c"),
    ]);
    let history = view.shopper(SHOPPER).unwrap();
    assert_eq!(history.cart(), [0]);
    assert_eq!(history.last_purchase(), [2]);
}

#[test]
fn a_cancelled_order_takes_one_purchase_back() {
    let cancelled = |order_id: &str| {
        Event::OrderCancelled(OrderCancelled {
            order_id: order_id.into(),
            at_us: NOW_US,
        })
    };
    let twice = [
        item(0, "a", "A", &[]),
        ordered("o", "a"),
        ordered("p", "a"),
        cancelled("o"),
    ];
    let once = view(twice.clone());
    assert!(once.shopper(SHOPPER).unwrap().has_purchased(0));
    let never = view(twice.into_iter().chain([cancelled("p")]));
    assert!(!never.shopper(SHOPPER).unwrap().has_purchased(0));
}

#[test]
fn a_long_history_keeps_its_newest_events_and_every_purchase() {
    let begun = [
        item(0, "a", "A", &[]),
        item(1, "b", "B", &[]),
        did(InteractionKind::Purchase, "a"),
    ];
    let views = (0..10_000).map(|_| did(InteractionKind::View, "b"));
    let view = view(begun.into_iter().chain(views));
    let history = view.shopper(SHOPPER).unwrap();
    assert_eq!(history.newest_first().count(), HISTORY_ENTRIES_MAX);
    assert_eq!(history.event_count(), 10_001);
    assert!(history.has_purchased(0));
}

#[test]
fn a_guest_is_known_as_one() {
    let view = view([Event::ShopperIntroduced(ShopperIntroduced {
        shopper: SHOPPER,
        guest: true,
        personal: String::new(),
    })]);
    assert!(view.shopper(SHOPPER).unwrap().guest);
}

#[test]
fn likeness_is_the_share_of_rare_terms_and_follows_new_descriptions() {
    let mut view = view([
        item(0, "a", "Red running shoe", &["shoes"]),
        item(1, "b", "Blue running shoe", &["shoes"]),
        item(2, "c", "Teapot", &["kitchen"]),
    ]);
    let catalogue = view.catalogue();
    assert!(catalogue.likeness(0, 1) > 0.5 && catalogue.likeness(0, 1) < 1.0);
    assert_eq!(catalogue.likeness(0, 2), 0.0);
    let mut likeness = vec![0.0; 3];
    let mut found = Vec::new();
    catalogue.each_alike(0, &mut likeness, &mut Vec::new(), |item, alike| {
        found.push((item, alike));
    });
    assert_eq!(found, [(1, catalogue.likeness(0, 1))]);
    assert_eq!(likeness, [0.0; 3]);

    view.fold(4, &item(1, "b", "Saucepan", &["kitchen"]));
    assert_eq!(view.catalogue().likeness(0, 1), 0.0);
    assert!(view.catalogue().likeness(2, 1) > 0.0);
}

#[test]
fn a_trend_is_more_attention_than_usual() {
    let days = |days: i64| NOW_US - days * DAY_US;
    let viewed = |item_id: &str, at_us: i64| {
        Event::InteractionRecorded(InteractionRecorded {
            shopper: SHOPPER,
            interaction: Interaction::new(InteractionKind::View, item_id, at_us),
        })
    };
    let usual = (0..60).flat_map(|day| (0..10).map(move |_| ("steady", days(day))));
    let rising = (0..40).map(|_| ("rising", days(0)));
    let items = [item(0, "steady", "S", &[]), item(1, "rising", "R", &[])];
    let views = usual
        .chain(rising)
        .map(|(item_id, at_us)| viewed(item_id, at_us));
    let view = view(items.into_iter().chain(views));
    assert!(
        (view.trend(0, NOW_US) - 1.0).abs() < 0.5,
        "{}",
        view.trend(0, NOW_US)
    );
    assert!(view.trend(1, NOW_US) > 3.0, "{}", view.trend(1, NOW_US));
    assert!(view.trend(1, NOW_US + 30 * DAY_US) < 1.1);
}

#[test]
fn an_erased_shopper_leaves_the_view_as_it_would_be_without() {
    let others = |sequence: u64| {
        let Event::InteractionRecorded(event) = did(InteractionKind::View, "a") else {
            unreachable!("it is an interaction");
        };
        let other = InteractionRecorded {
            shopper: ShopperReference(2 + sequence),
            ..event
        };
        Event::InteractionRecorded(other)
    };
    let items = || [item(0, "a", "A", &[]), item(1, "b", "B", &[])];
    let without = view(items().into_iter().chain((0..5).map(others)));
    let erased = Event::ShopperErased(ShopperErased {
        shopper: SHOPPER,
        at_us: NOW_US,
    });
    let theirs = [
        did(InteractionKind::View, "a"),
        did(InteractionKind::Cart, "b"),
        ordered("o", "b"),
    ];
    let events = items().into_iter().chain(theirs).chain((0..5).map(others));
    let view = view(events.chain([erased, ordered("p", "b")]));
    assert!(view.shopper(SHOPPER).is_none());
    assert_eq!(view.erasure(SHOPPER).unwrap().sequence, 11);
    assert_eq!(view.erased_shoppers().collect::<Vec<_>>(), [SHOPPER]);
    for number in [0, 1] {
        let counts = [&view, &without].map(|view| view.popularity().at(number, NOW_US));
        assert!((counts[0] - counts[1]).abs() < 1e-9, "{counts:?}");
    }
}
