//! How long a list takes: 20,000 items, a history of 30, a filter, 5,000 items with weights.
//!
//! `cargo run --release -p recommendation --example ranking_speed`

use std::time::Instant;

use accord_learning::item_weights::ItemWeights;
use recommendation::{
    CheckedRequest, Event, Ingredients, Interaction, InteractionKind, InteractionRecorded, Item,
    ItemUpserted, ListRequest, LiveView, RecommendationModel, ServingSettings, ShopperReference,
    Workspace, recommend,
};

const ITEMS: u32 = 20_000;
const MODELLED: u32 = 5_000;
const HISTORY: u32 = 30;
const LISTS: usize = 2_000;
const NOW_US: i64 = 1_800_000_000_000_000;

fn main() {
    let view = view();
    let model = RecommendationModel {
        taste: weights(0.000_7),
        session: weights(0.000_3),
        together: weights(0.000_1),
    };
    for filter in [None, Some("price < 150.0 && categories.contains(\"c-1\")")] {
        let checked = CheckedRequest::new(ListRequest {
            count: 20,
            filter: filter.map(str::to_owned),
            ..ListRequest::default()
        })
        .expect("a sound filter");
        let mut workspace = Workspace::default();
        let mut micros: Vec<u128> = (0..LISTS)
            .map(|seed| {
                let ingredients = Ingredients {
                    view: &view,
                    model: Some(&model),
                    settings: &ServingSettings::INITIAL,
                    shopper: Some(ShopperReference(1)),
                    now_us: NOW_US,
                    seed: seed as u64,
                };
                let begun = Instant::now();
                let list = recommend(&ingredients, &checked, &mut workspace);
                let took = begun.elapsed().as_micros();
                assert_eq!(list.items.len(), 20);
                took
            })
            .collect();
        micros.sort_unstable();
        println!(
            "filter {}: median {} µs, 99th percentile {} µs",
            filter.unwrap_or("none"),
            micros[LISTS / 2],
            micros[LISTS * 99 / 100]
        );
    }
}

fn view() -> LiveView {
    let item = |number: u32| {
        Event::ItemUpserted(ItemUpserted {
            number,
            item: Item {
                item_id: format!("i-{number}"),
                title: format!(
                    "Word{} thing{} number {number}",
                    number % 700,
                    number % 1_300
                ),
                price_minor: i64::from(number % 30_000),
                currency: "EUR".into(),
                stock: Some(5),
                categories: vec![format!("c-{}", number % 20), format!("d-{}", number % 200)],
                ..Item::default()
            },
        })
    };
    let viewed = |step: u32| {
        Event::InteractionRecorded(InteractionRecorded {
            shopper: ShopperReference(1),
            interaction: Interaction::new(
                InteractionKind::View,
                &format!("i-{}", step * 97),
                NOW_US,
            ),
        })
    };
    let mut view = LiveView::default();
    let events = (0..ITEMS).map(item).chain((0..HISTORY).map(viewed));
    for (sequence, event) in (1..).zip(events) {
        view.fold(sequence, &event);
    }
    view
}

fn weights(scale: f32) -> ItemWeights {
    let weight = |cell: u32| (cell.wrapping_mul(2_654_435_761) >> 16) as f32 % 1_000.0 * scale;
    ItemWeights::dense(
        ITEMS as usize,
        (0..MODELLED).collect(),
        (0..MODELLED * MODELLED).map(weight).collect(),
    )
}
