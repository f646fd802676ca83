use super::{CONTEXT, NOW_US, given, item, upserted};
use crate::{
    CATALOGUE_PARTITION, ChangeOrder, Command, Event, ItemRecord, ORDER_KEPT_US, OrderCancelled,
    OrderChange, OrderLine, OrderPaid, OrderPlaced, OrderReturned, OrderShipped, OrderStatus,
    PartitionState, PlaceOrder, Rejection, RequestedLine, ShopperReference,
};

const CATALOGUE: u16 = CATALOGUE_PARTITION.0;

fn place(order_id: &str, lines: &[(&str, u32)]) -> Command {
    let line = |(item_id, quantity): &(&str, u32)| RequestedLine {
        item_id: (*item_id).into(),
        quantity: *quantity,
    };
    Command::PlaceOrder(PlaceOrder {
        order_id: order_id.into(),
        shopper: ShopperReference(7),
        lines: lines.iter().map(line).collect(),
        placed_at_us: NOW_US,
        session: None,
        surface: None,
        list_id: None,
    })
}

fn placed(order_id: &str, at_us: i64, lines: &[(&str, u32)]) -> Event {
    let line = |(item_id, quantity): &(&str, u32)| OrderLine {
        item_id: (*item_id).into(),
        quantity: *quantity,
        price_minor: 1_000,
    };
    Event::OrderPlaced(OrderPlaced {
        order_id: order_id.into(),
        shopper: ShopperReference(7),
        lines: lines.iter().map(line).collect(),
        placed_at_us: at_us,
        session: None,
        surface: None,
        list_id: None,
    })
}

fn change(order_id: &str, change: OrderChange) -> Command {
    Command::ChangeOrder(ChangeOrder {
        order_id: order_id.into(),
        change,
    })
}

/// A shop with three units of `a` and any number of `b`.
fn shop(events: impl IntoIterator<Item = Event>) -> Vec<Event> {
    let mut all = vec![
        upserted(0, item("a", Some(3))),
        upserted(1, item("b", None)),
    ];
    all.extend(events);
    all
}

fn paid() -> Event {
    Event::OrderPaid(OrderPaid {
        order_id: "o".into(),
        at_us: NOW_US,
    })
}

fn shipped() -> Event {
    Event::OrderShipped(OrderShipped {
        order_id: "o".into(),
        at_us: NOW_US,
    })
}

fn record(state: &PartitionState, item_id: &str) -> ItemRecord {
    let PartitionState::Catalogue(catalogue) = state else {
        panic!("orders are in the catalogue's partition");
    };
    catalogue.items[item_id].clone()
}

#[test]
fn an_order_reserves_all_of_its_units_at_the_prices_of_the_moment() {
    let lines = [("a", 2), ("b", 9)];
    let (events, state) = given(CATALOGUE, shop([]))
        .when(&CONTEXT, &place("o", &lines))
        .then_state();
    assert_eq!(events, [placed("o", NOW_US, &lines)]);
    assert_eq!(record(&state, "a").units_left(), Some(1));
    assert_eq!(record(&state, "b").units_left(), None);
}

#[test]
fn what_is_not_there_cannot_be_ordered() {
    let taken = || shop([placed("first", NOW_US, &[("a", 2)])]);
    let refused = |lines: &[(&str, u32)], rejection: Rejection| {
        given(CATALOGUE, taken())
            .when(&CONTEXT, &place("o", lines))
            .then_rejected(&rejection);
    };
    refused(
        &[("b", 1), ("a", 2)],
        Rejection::OutOfStock {
            item_id: "a".into(),
            available: 1,
        },
    );
    refused(
        &[("c", 1)],
        Rejection::UnknownItem {
            item_id: "c".into(),
        },
    );
    for lines in [&[][..], &[("a", 0)], &[("a", 1), ("a", 1)]] {
        refused(lines, Rejection::InvalidLines);
    }
    given(CATALOGUE, taken())
        .when(&CONTEXT, &place("first", &[("b", 1)]))
        .then_rejected(&Rejection::OrderExists);
}

#[test]
fn an_item_outside_its_window_cannot_be_ordered() {
    let mut early = item("a", None);
    early.available_from_us = Some(NOW_US + 1);
    given(CATALOGUE, vec![upserted(0, early)])
        .when(&CONTEXT, &place("o", &[("a", 1)]))
        .then_rejected(&Rejection::NotAvailable {
            item_id: "a".into(),
        });
}

#[test]
fn an_order_goes_from_placed_to_paid_to_shipped_to_returned() {
    let cancelled = Event::OrderCancelled(OrderCancelled {
        order_id: "o".into(),
        at_us: NOW_US,
    });
    let returned = Event::OrderReturned(OrderReturned {
        order_id: "o".into(),
        at_us: NOW_US,
        restocked: true,
    });
    let back = OrderChange::Return { restocked: true };
    let table: [(&[Event], OrderChange, Result<Event, OrderStatus>); 7] = [
        (&[], OrderChange::Pay, Ok(paid())),
        (&[], OrderChange::Ship, Err(OrderStatus::Placed)),
        (&[paid()], OrderChange::Ship, Ok(shipped())),
        (&[paid()], OrderChange::Cancel, Ok(cancelled)),
        (
            &[paid(), shipped()],
            OrderChange::Cancel,
            Err(OrderStatus::Shipped),
        ),
        (&[paid()], back, Err(OrderStatus::Paid)),
        (&[paid(), shipped()], back, Ok(returned)),
    ];
    for (happened, step, expected) in table {
        let begun = std::iter::once(placed("o", NOW_US, &[("a", 2)]));
        let events = shop(begun.chain(happened.iter().cloned()));
        let outcome = given(CATALOGUE, events).when(&CONTEXT, &change("o", step));
        match expected {
            Ok(event) => outcome.then(&[event]),
            Err(status) => outcome.then_rejected(&Rejection::OrderCannotChange { status }),
        }
    }
    given(CATALOGUE, shop([]))
        .when(&CONTEXT, &change("o", OrderChange::Pay))
        .then_rejected(&Rejection::UnknownOrder);
}

#[test]
fn a_step_that_was_taken_already_says_nothing() {
    let events = shop([placed("o", NOW_US, &[("a", 1)]), paid()]);
    given(CATALOGUE, events)
        .when(&CONTEXT, &change("o", OrderChange::Pay))
        .then(&[]);
}

#[test]
fn units_are_freed_by_cancelling_gone_by_shipping_and_back_by_returning() {
    let check = |happened: Vec<Event>, step, stock, left| {
        let events = shop(std::iter::once(placed("o", NOW_US, &[("a", 2)])).chain(happened));
        let (_, state) = given(CATALOGUE, events)
            .when(&CONTEXT, &change("o", step))
            .then_state();
        let record = record(&state, "a");
        assert_eq!(
            (record.stock, record.units_left()),
            (Some(stock), Some(left))
        );
    };
    check(vec![], OrderChange::Pay, 3, 1);
    check(vec![], OrderChange::Cancel, 3, 3);
    check(vec![paid()], OrderChange::Ship, 1, 1);
    let back = |restocked| OrderChange::Return { restocked };
    check(vec![paid(), shipped()], back(true), 3, 3);
    check(vec![paid(), shipped()], back(false), 1, 1);
}

#[test]
fn a_new_description_does_not_free_reserved_units() {
    let events = shop([
        placed("o", NOW_US, &[("a", 2)]),
        upserted(0, item("a", Some(2))),
    ]);
    given(CATALOGUE, events)
        .when(&CONTEXT, &place("p", &[("a", 1)]))
        .then_rejected(&Rejection::OutOfStock {
            item_id: "a".into(),
            available: 0,
        });
}

#[test]
fn an_order_that_nobody_finished_is_let_go_after_sixty_days() {
    let long_ago = NOW_US - ORDER_KEPT_US - 1;
    let (_, state) = given(CATALOGUE, shop([placed("o", long_ago, &[("a", 3)])]))
        .when(&CONTEXT, &place("p", &[("b", 1)]))
        .then_state();
    assert_eq!(record(&state, "a").units_left(), Some(3));
}
