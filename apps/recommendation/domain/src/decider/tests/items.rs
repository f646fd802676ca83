use super::{CONTEXT, given, item, upserted};
use crate::{
    CATALOGUE_PARTITION, Command, DeleteItem, Event, Item, ItemDeleted, Rejection, UpsertItem,
};

const CATALOGUE: u16 = CATALOGUE_PARTITION.0;

fn upsert(item: Item) -> Command {
    Command::UpsertItem(UpsertItem { item })
}

fn delete(item_id: &str) -> Command {
    Command::DeleteItem(DeleteItem {
        item_id: item_id.into(),
    })
}

fn deleted(item_id: &str, number: u32) -> Event {
    Event::ItemDeleted(ItemDeleted {
        item_id: item_id.into(),
        number,
    })
}

#[test]
fn items_are_numbered_in_the_order_of_first_description() {
    given(CATALOGUE, vec![upserted(0, item("a", None))])
        .when(&CONTEXT, &upsert(item("b", None)))
        .then(&[upserted(1, item("b", None))]);
}

#[test]
fn a_new_description_keeps_the_number_and_the_same_one_says_nothing() {
    let described = || vec![upserted(0, item("a", Some(3)))];
    given(CATALOGUE, described())
        .when(&CONTEXT, &upsert(item("a", Some(3))))
        .then(&[]);
    let dearer = Item {
        price_minor: 2_000,
        ..item("a", Some(3))
    };
    given(CATALOGUE, described())
        .when(&CONTEXT, &upsert(dearer.clone()))
        .then(&[upserted(0, dearer)]);
}

#[test]
fn a_deleted_item_comes_back_under_its_number() {
    let gone = || vec![upserted(0, item("a", None)), deleted("a", 0)];
    given(CATALOGUE, gone())
        .when(&CONTEXT, &upsert(item("a", None)))
        .then(&[upserted(0, item("a", None))]);
    given(CATALOGUE, gone())
        .when(&CONTEXT, &delete("a"))
        .then(&[]);
    given(CATALOGUE, gone())
        .when(&CONTEXT, &delete("b"))
        .then_rejected(&Rejection::UnknownItem {
            item_id: "b".into(),
        });
}

#[test]
fn what_an_item_may_say_is_checked_field_by_field() {
    let check = |change: fn(&mut Item), expected: &[&str]| {
        let mut item = item("a/b ✓", Some(1));
        change(&mut item);
        let pointers: Vec<_> = item.faults().iter().map(|fault| fault.pointer).collect();
        assert_eq!(pointers, expected);
    };
    check(|_| {}, &[]);
    check(|item| item.item_id.clear(), &["#/item_id"]);
    check(|item| item.item_id = "a\nb".into(), &["#/item_id"]);
    check(|item| item.title = "  ".into(), &["#/title"]);
    check(|item| item.price_minor = -1, &["#/price_minor"]);
    check(
        |item| (item.available_from_us, item.available_until_us) = (Some(2), Some(2)),
        &["#/available_until"],
    );
    check(
        |item| item.categories = vec![String::new()],
        &["#/categories"],
    );
}
