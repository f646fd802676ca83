use accord_learning::item_weights::ItemWeights;

use super::*;
use crate::{
    campaign::{Campaign, CampaignEffect},
    events::{CampaignEnded, CampaignSaved, Event, InteractionRecorded, ItemUpserted},
    interaction::{Interaction, InteractionKind},
    item::Item,
};

const SHOPPER: ShopperReference = ShopperReference(1);
const NOW_US: i64 = 1_800_000_000_000_000;
const ITEMS: u32 = 40;

/// Forty items in four categories, and a shopper who viewed some of them in turn.
fn view(viewed: &[u32]) -> LiveView {
    let item = |number: u32| {
        Event::ItemUpserted(ItemUpserted {
            number,
            item: Item {
                item_id: format!("i-{number}"),
                title: format!("Thing {number}"),
                price_minor: i64::from(number) * 100,
                currency: "EUR".into(),
                categories: vec![format!("c-{}", number % 4)],
                ..Item::default()
            },
        })
    };
    let view = |number: &u32| {
        Event::InteractionRecorded(InteractionRecorded {
            shopper: SHOPPER,
            interaction: Interaction::new(InteractionKind::View, &format!("i-{number}"), NOW_US),
        })
    };
    let mut live = LiveView::default();
    let events = (0..ITEMS).map(item).chain(viewed.iter().map(view));
    for (sequence, event) in (1..).zip(events) {
        live.fold(sequence, &event);
    }
    live
}

/// A model in which each item speaks for all others, differently.
fn model() -> RecommendationModel {
    let weights = |scale: f32| {
        let cell = |cell: u32| ((cell * 37 % 101) as f32 - 20.0) * scale;
        ItemWeights::dense(
            ITEMS as usize,
            (0..ITEMS).collect(),
            (0..ITEMS * ITEMS).map(cell).collect(),
        )
    };
    RecommendationModel {
        taste: weights(0.013),
        session: weights(0.007),
        together: weights(0.003),
    }
}

fn request(count: u16) -> ListRequest {
    ListRequest {
        count,
        exploration: Some(0.0),
        diversity: Some(0.0),
        ..ListRequest::default()
    }
}

fn make(view: &LiveView, model: Option<&RecommendationModel>, request: ListRequest) -> RankedList {
    make_by_chance(view, model, request, 7)
}

fn make_by_chance(
    view: &LiveView,
    model: Option<&RecommendationModel>,
    request: ListRequest,
    seed: u64,
) -> RankedList {
    let ingredients = Ingredients {
        view,
        model,
        settings: &ServingSettings::INITIAL,
        shopper: Some(SHOPPER),
        now_us: NOW_US,
        seed,
    };
    let checked = CheckedRequest::new(request).expect("a sound filter");
    recommend(&ingredients, &checked, &mut Workspace::default())
}

fn items(list: &RankedList) -> Vec<u32> {
    list.items.iter().map(|place| place.item).collect()
}

#[test]
fn shares_add_up_to_the_score_and_the_scores_are_in_order() {
    let (view, model) = (view(&[3, 17, 5, 3, 29]), model());
    for context in Context::ALL {
        let asked = ListRequest {
            context,
            items: vec!["i-8".into(), "i-11".into()],
            ..request(30)
        };
        let list = make(&view, Some(&model), asked);
        assert_eq!(list.items.len(), 30);
        for place in &list.items {
            let sum = place
                .shares
                .iter()
                .fold(0.0, |sum, share| sum + share.value);
            assert_eq!(sum.to_bits(), place.score.to_bits());
        }
        assert!(
            list.items
                .is_sorted_by(|above, below| above.score >= below.score)
        );
        assert!(!items(&list).contains(&8) && !items(&list).contains(&11));
    }
}

#[test]
fn the_order_of_scores_is_the_order_of_shares_over_all_items() {
    // The scores that rank and the shares that explain are computed apart: they must be the same numbers.
    let (view, model) = (view(&[3, 17, 5]), model());
    let list = make(&view, Some(&model), request(ITEMS as u16));
    let mut by_shares = list.items.clone();
    by_shares.sort_by(|above, below| {
        below
            .score
            .total_cmp(&above.score)
            .then(above.item.cmp(&below.item))
    });
    assert_eq!(list.items, by_shares);
}

#[test]
fn somebody_unknown_gets_what_is_popular() {
    let mut view = view(&[9, 9, 9, 4]);
    let ingredients = Ingredients {
        view: &view,
        model: None,
        settings: &ServingSettings::INITIAL,
        shopper: Some(ShopperReference(99)),
        now_us: NOW_US,
        seed: 1,
    };
    let checked = CheckedRequest::new(request(3)).expect("no filter");
    let list = recommend(&ingredients, &checked, &mut Workspace::default());
    assert_eq!(items(&list), [9, 4, 0]);
    assert_eq!(list.items[0].reason.text(&view), "Popular now");
    assert_eq!(list.items[2].reason.text(&view), "New in the shop");
    view = LiveView::default();
    assert!(make(&view, Some(&model()), request(3)).items.is_empty());
}

#[test]
fn reasons_name_what_speaks_most() {
    let view = view(&[3]);
    let check =
        |source: fn(&mut RecommendationModel) -> &mut ItemWeights, context, expected: &str| {
            let mut model = RecommendationModel::empty();
            let mut weights = vec![0.0; (ITEMS * ITEMS) as usize];
            weights[3 * ITEMS as usize + 20] = 5.0;
            weights[8 * ITEMS as usize + 20] = 5.0;
            *source(&mut model) = ItemWeights::dense(ITEMS as usize, (0..ITEMS).collect(), weights);
            let asked = ListRequest {
                context,
                items: match context {
                    Context::Home => vec![],
                    _ => vec!["i-8".into()],
                },
                ..request(1)
            };
            let list = make(&view, Some(&model), asked);
            assert_eq!(items(&list), [20]);
            assert_eq!(list.items[0].reason.text(&view), expected);
        };
    check(
        |model| &mut model.taste,
        Context::Home,
        "Because you viewed Thing 3",
    );
    check(
        |model| &mut model.session,
        Context::Home,
        "Often next after Thing 3, which you viewed",
    );
    check(
        |model| &mut model.session,
        Context::Product,
        "Often looked at after Thing 8",
    );
    check(
        |model| &mut model.together,
        Context::Cart,
        "Often bought together with Thing 8",
    );
}

#[test]
fn a_filter_is_asked_about_as_many_items_as_it_takes() {
    let view = view(&[3]);
    let filtered = |filter: &str, count| {
        let asked = ListRequest {
            filter: Some(filter.into()),
            ..request(count)
        };
        let mut found = items(&make(&view, Some(&model()), asked));
        found.sort_unstable();
        found
    };
    assert_eq!(filtered("price > 36.5", 10), [37, 38, 39]);
    assert_eq!(filtered("category == 'c-1' && price < 10.0", 10), [1, 5, 9]);
    assert_eq!(filtered("stock > 0", 10), Vec::<u32>::new());
    assert_eq!(filtered("stock == null", 3).len(), 3);
    assert_eq!(filtered("false", 10), Vec::<u32>::new());
}

#[test]
fn diversity_spreads_a_list_over_categories() {
    let (view, mut model) = (view(&[3]), RecommendationModel::empty());
    // Everything of category 0 is liked most.
    let weights = (0..ITEMS * ITEMS)
        .map(|cell| if cell % 4 == 0 { 1.0 } else { 0.9 })
        .collect();
    model.taste = ItemWeights::dense(ITEMS as usize, (0..ITEMS).collect(), weights);
    let categories = |diversity| {
        let asked = ListRequest {
            diversity: Some(diversity),
            ..request(4)
        };
        let mut found: Vec<u32> = items(&make(&view, Some(&model), asked))
            .iter()
            .map(|item| item % 4)
            .collect();
        found.sort_unstable();
        found.dedup();
        found.len()
    };
    assert_eq!(categories(0.0), 1);
    assert_eq!(categories(0.5), 4);
}

#[test]
fn chance_draws_the_same_from_the_same_seed_and_as_often_as_it_says() {
    let (view, model) = (view(&[3]), model());
    let asked = || ListRequest {
        exploration: Some(0.3),
        ..request(10)
    };
    let draw = |seed| make_by_chance(&view, Some(&model), asked(), seed);
    assert_eq!(draw(5), draw(5));
    let lists: Vec<RankedList> = (0..400).map(draw).collect();
    let first_best = make(&view, Some(&model), request(1)).items[0].item;
    let best = lists
        .iter()
        .filter(|list| list.items[0].item == first_best)
        .count();
    // 0.7 of the time by rule, and one in forty of the rest by luck: 283 of 400, standard deviation 9.
    assert!((240..=325).contains(&best), "{best}");
    for place in lists.iter().flat_map(|list| &list.items) {
        assert_eq!(place.explored, place.propensity < 0.5, "{place:?}");
    }
    // Of what could come to the first place the probabilities add up to one.
    let seen = |item| lists.iter().find(|list| list.items[0].item == item);
    let total: f64 = (0..ITEMS)
        .map(|item| seen(item).map_or(0.3 / f64::from(ITEMS), |list| list.items[0].propensity))
        .sum();
    assert!((total - 1.0).abs() < 1e-9, "{total}");
}

#[test]
fn seen_purchased_and_excluded_items_stay_away() {
    let mut view = view(&[3, 4]);
    let bought = Event::InteractionRecorded(InteractionRecorded {
        shopper: SHOPPER,
        interaction: Interaction::new(InteractionKind::Purchase, "i-5", NOW_US),
    });
    view.fold(view.through() + 1, &bought);
    let shown = |change: fn(&mut ListRequest)| {
        let mut asked = request(ITEMS as u16);
        change(&mut asked);
        let shown = items(&make(&view, Some(&model()), asked));
        [3, 5, 6].map(|item| shown.contains(&item))
    };
    assert_eq!(shown(|_| {}), [true, false, true]);
    assert_eq!(
        shown(|asked| asked.shows_purchased = Some(true)),
        [true, true, true]
    );
    assert_eq!(
        shown(|asked| asked.shows_seen = Some(false)),
        [false, false, true]
    );
    assert_eq!(
        shown(|asked| asked.exclude = vec!["i-6".into(), "?".into()]),
        [true, false, false]
    );
}

#[test]
fn related_items_leave_out_the_item_itself_and_what_nothing_speaks_for() {
    let view = view(&[]);
    let ingredients = Ingredients {
        view: &view,
        model: None,
        settings: &ServingSettings::INITIAL,
        shopper: None,
        now_us: NOW_US,
        seed: 0,
    };
    let related = |relation| {
        let mut workspace = Workspace::default();
        items(&related_items(
            &ingredients,
            relation,
            "i-1",
            50,
            &mut workspace,
        ))
    };
    // Of its category first; the others share no more than a word of their titles.
    let similar = related(Relation::Similar);
    assert_eq!(similar[..9], [5, 9, 13, 17, 21, 25, 29, 33, 37]);
    assert!(!similar.contains(&1));
    assert_eq!(related(Relation::BoughtTogether), Vec::<u32>::new());
}

/// The view once a campaign has begun for some items.
fn with_campaign(mut view: LiveView, effect: CampaignEffect, filter: &str) -> LiveView {
    let campaign = Campaign {
        campaign_id: format!("c-{}", view.campaigns().all().len()),
        version: 1,
        title: "Spring".into(),
        effect,
        filter: filter.into(),
        contexts: vec![Context::Home],
        from_us: None,
        until_us: Some(NOW_US + 1),
    };
    assert_eq!(campaign.faults(), []);
    let sequence = view.through() + 1;
    view.fold(sequence, &Event::CampaignSaved(CampaignSaved { campaign }));
    view
}

#[test]
fn a_boost_adds_its_points_as_a_share_and_a_burial_takes_them() {
    let plain = make(&view(&[3]), Some(&model()), request(ITEMS as u16));
    let score = |list: &RankedList, item: u32| {
        let place = list.items.iter().find(|place| place.item == item);
        place.expect("it is in the list").clone()
    };
    for (effect, points) in [
        (CampaignEffect::Boost { points: 4.0 }, 4.0),
        (CampaignEffect::Bury { points: 4.0 }, -4.0),
    ] {
        let view = with_campaign(view(&[3]), effect, "category == 'c-2'");
        let list = make(&view, Some(&model()), request(ITEMS as u16));
        for item in 0..ITEMS {
            let (before, after) = (score(&plain, item), score(&list, item));
            let moved = after.shares.iter().any(|share| share.campaign == Some(0));
            assert_eq!(moved, item % 4 == 2);
            let expected = before.score + if moved { points } else { 0.0 };
            assert!((after.score - expected).abs() < 1e-12);
        }
        assert!(
            list.items
                .is_sorted_by(|above, below| above.score >= below.score)
        );
        let first = &list.items[0];
        assert_eq!(first.item % 4 == 2, points > 0.0);
    }
}

#[test]
fn a_pin_puts_the_best_of_its_items_in_its_place() {
    let pin = |place| CampaignEffect::Pin { place };
    let view = with_campaign(view(&[3]), pin(2), "price > 20.0 && category == 'c-1'");
    let view = with_campaign(view, pin(2), "category == 'c-1'");
    let list = make(&view, Some(&model()), request(6));
    let pinned: Vec<(usize, u32)> = (1..)
        .zip(&list.items)
        .filter(|(_, place)| place.pinned)
        .map(|(place, item)| (place, item.item))
        .collect();
    let plain = make(
        &with_filter("price > 20.0 && category == 'c-1'"),
        Some(&model()),
        request(6),
    );
    assert_eq!(pinned.len(), 2);
    assert_eq!(pinned[0], (2, plain.items[0].item));
    assert_eq!((pinned[1].0, pinned[1].1 % 4), (3, 1));
    let mut distinct = items(&list);
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), 6);
}

/// The view in which only some items are shown.
fn with_filter(filter: &str) -> LiveView {
    with_campaign(view(&[3]), CampaignEffect::Exclude, &format!("!({filter})"))
}

#[test]
fn a_campaign_acts_in_its_contexts_and_its_time_only_and_until_it_is_ended() {
    let mut view = with_campaign(view(&[3]), CampaignEffect::Exclude, "true");
    let shown = |view: &LiveView, context, now_us| {
        let ingredients = Ingredients {
            view,
            model: None,
            settings: &ServingSettings::INITIAL,
            shopper: None,
            now_us,
            seed: 0,
        };
        let checked = CheckedRequest::new(ListRequest {
            context,
            ..request(3)
        });
        let checked = checked.expect("no filter");
        recommend(&ingredients, &checked, &mut Workspace::default())
            .items
            .len()
    };
    assert_eq!(shown(&view, Context::Home, NOW_US), 0);
    assert_eq!(shown(&view, Context::Cart, NOW_US), 3);
    assert_eq!(shown(&view, Context::Home, NOW_US + 1), 3);
    let ended = Event::CampaignEnded(CampaignEnded {
        campaign_id: "c-0".into(),
    });
    view.fold(view.through() + 1, &ended);
    assert_eq!(shown(&view, Context::Home, NOW_US), 3);
}

#[test]
fn a_campaign_follows_new_descriptions_of_items() {
    let mut view = with_campaign(view(&[3]), CampaignEffect::Exclude, "price > 35.0");
    let about = |view: &LiveView| view.campaigns().all()[0].items().collect::<Vec<_>>();
    assert_eq!(about(&view), [36, 37, 38, 39]);
    let cheaper = Event::ItemUpserted(ItemUpserted {
        number: 37,
        item: Item {
            item_id: "i-37".into(),
            title: "Thing 37".into(),
            price_minor: 100,
            currency: "EUR".into(),
            ..Item::default()
        },
    });
    view.fold(view.through() + 1, &cheaper);
    assert_eq!(about(&view), [36, 38, 39]);
}
