//! Golden fixtures: the bytes of every event version ever written. A fixture is never changed.

use accord_decider::LoggedDecider;

use crate::{
    Campaign, CampaignEffect, CampaignEnded, CampaignSaved, Event, InteractionKind, Item,
    ItemUpserted, ListRequest, ListServed, ListedItem, ModelActivated, ModelCard, ModelPublished,
    OrderLine, OrderPlaced, OrderReturned, Recommendation, ServingSettings, ServingSettingsChanged,
    ShopperErased, ShopperIntroduced, ShopperReference, Surface, events::InteractionRecorded,
    ids::SessionKey, interaction::Interaction,
};

/// The event is written as this text, and the text is read as this event.
#[track_caller]
fn check(event: &Event, event_type: &str, entity_id: &str, payload: &str) {
    let described = Recommendation::describe(event);
    assert_eq!(
        (
            described.event_type,
            &*described.entity_id,
            described.schema_version
        ),
        (event_type, entity_id, 1)
    );
    let mut written = Vec::new();
    Recommendation::encode(event, &mut written);
    assert_eq!(std::str::from_utf8(&written), Ok(payload));
    let read = Recommendation::decode(event_type, 1, entity_id, payload);
    assert_eq!(read.as_ref().ok(), Some(event));
}

const SHOPPER: ShopperReference = ShopperReference(0xabc);

#[test]
fn shoppers() {
    check(
        &Event::ShopperIntroduced(ShopperIntroduced {
            shopper: SHOPPER,
            guest: true,
            personal: "c2VhbGVk".into(),
        }),
        "ShopperIntroduced",
        "0000000000000abc",
        r#"{"guest":true,"personal":"c2VhbGVk"}"#,
    );
    let view = Interaction {
        kind: InteractionKind::View,
        item_id: "a".into(),
        occurred_at_us: 5,
        quantity: None,
        price_minor: None,
        rating: None,
        session: None,
        surface: None,
        list_id: None,
    };
    check(
        &Event::InteractionRecorded(InteractionRecorded {
            shopper: SHOPPER,
            interaction: view.clone(),
        }),
        "InteractionRecorded",
        "0000000000000abc",
        r#"{"kind":"view","item_id":"a","occurred_at_us":5}"#,
    );
    check(
        &Event::InteractionRecorded(InteractionRecorded {
            shopper: SHOPPER,
            interaction: Interaction {
                kind: InteractionKind::Rating,
                quantity: Some(2),
                price_minor: Some(300),
                rating: Some(4),
                session: Some(SessionKey(1)),
                surface: Some(Surface::AfterPurchase),
                list_id: Some("l".into()),
                ..view
            },
        }),
        "InteractionRecorded",
        "0000000000000abc",
        r#"{"kind":"rating","item_id":"a","occurred_at_us":5,"quantity":2,"price_minor":300,"rating":4,"session":"0000000000000001","surface":"after_purchase","list_id":"l"}"#,
    );
}

#[test]
fn erasures() {
    check(
        &Event::ShopperErased(ShopperErased {
            shopper: SHOPPER,
            at_us: 5,
        }),
        "ShopperErased",
        "0000000000000abc",
        r#"{"at_us":5}"#,
    );
}

#[test]
fn lists() {
    check(
        &Event::ListServed(ListServed {
            shopper: SHOPPER,
            list_id: "l".into(),
            served_at_us: 9,
            through: 8,
            model: None,
            seed: 7,
            request: ListRequest {
                context: Surface::Product,
                items: vec!["a".into()],
                count: 2,
                filter: Some("price < 5.0".into()),
                ..ListRequest::default()
            },
            items: vec![ListedItem {
                item_id: "b".into(),
                propensity: 0.95,
            }],
        }),
        "ListServed",
        "0000000000000abc",
        r#"{"list_id":"l","served_at_us":9,"through":8,"seed":7,"request":{"context":"product","items":["a"],"count":2,"filter":"price < 5.0"},"items":[{"item_id":"b","propensity":0.95}]}"#,
    );
}

#[test]
fn items_and_orders() {
    check(
        &Event::ItemUpserted(ItemUpserted {
            number: 3,
            item: Item {
                item_id: "a/b".into(),
                product_code: Some("4006381333931".into()),
                title: "Pen".into(),
                price_minor: 199,
                currency: "EUR".into(),
                stock: Some(10),
                categories: vec!["office".into()],
                ..Item::default()
            },
        }),
        "ItemUpserted",
        "a/b",
        r#"{"number":3,"item_id":"a/b","product_code":"4006381333931","title":"Pen","price_minor":199,"currency":"EUR","stock":10,"categories":["office"]}"#,
    );
    check(
        &Event::OrderPlaced(OrderPlaced {
            order_id: "o".into(),
            shopper: SHOPPER,
            lines: vec![OrderLine {
                item_id: "a".into(),
                quantity: 2,
                price_minor: 199,
            }],
            placed_at_us: 5,
            session: None,
            surface: None,
            list_id: None,
        }),
        "OrderPlaced",
        "o",
        r#"{"order_id":"o","shopper":"0000000000000abc","lines":[{"item_id":"a","quantity":2,"price_minor":199}],"placed_at_us":5}"#,
    );
    check(
        &Event::OrderReturned(OrderReturned {
            order_id: "o".into(),
            at_us: 5,
            restocked: true,
        }),
        "OrderReturned",
        "o",
        r#"{"order_id":"o","at_us":5,"restocked":true}"#,
    );
}

#[test]
fn governance() {
    check(
        &Event::CampaignSaved(CampaignSaved {
            campaign: Campaign {
                campaign_id: "c".into(),
                version: 1,
                title: "Spring".into(),
                effect: CampaignEffect::Pin { place: 2 },
                filter: "true".into(),
                contexts: vec![Surface::Home],
                from_us: Some(1),
                until_us: None,
            },
        }),
        "CampaignSaved",
        "c",
        r#"{"campaign":{"campaign_id":"c","version":1,"title":"Spring","effect":{"pin":{"place":2}},"filter":"true","contexts":["home"],"from_us":1,"until_us":null}}"#,
    );
    check(
        &Event::CampaignEnded(CampaignEnded {
            campaign_id: "c".into(),
        }),
        "CampaignEnded",
        "c",
        r#"{"campaign_id":"c"}"#,
    );
    check(
        &Event::ModelActivated(ModelActivated { model: "m".into() }),
        "ModelActivated",
        "m",
        r#"{"model":"m"}"#,
    );
    check(
        &Event::ServingSettingsChanged(ServingSettingsChanged {
            settings: ServingSettings::INITIAL,
        }),
        "ServingSettingsChanged",
        "settings",
        r#"{"settings":{"version":0,"taste":1.0,"session":1.0,"together":1.0,"content":0.3,"popularity":0.2,"diversity":0.2,"exploration":0.05,"shows_purchased":false}}"#,
    );
    check(
        &Event::ModelPublished(ModelPublished {
            model: "m".into(),
            card: ModelCard::default(),
        }),
        "ModelPublished",
        "m",
        r#"{"model":"m","card":{"trained_through":0,"items":0,"shoppers":0,"sessions":0,"baskets":0,"settings":"","validation":null,"popularity":null,"validation_cases":0}}"#,
    );
}

#[test]
fn what_no_version_wrote_is_not_read() {
    for (event_type, version) in [("ItemUpserted", 2), ("ItemVanished", 1)] {
        assert!(Recommendation::decode(event_type, version, "a", "{}").is_err());
    }
}
