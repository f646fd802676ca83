use serde_json::json;

use crate::shop::Shop;

#[tokio::test]
async fn an_item_is_described_read_changed_and_deleted() {
    let shop = Shop::open().await;
    let mug = json!({ "title": "Mug", "price_minor": 899, "stock": 3, "categories": ["kitchen"] });
    shop.put("/v1/items/mug", mug.clone()).await.expect(201);
    let again = shop.put("/v1/items/mug", mug).await.expect(200);
    assert_eq!(again.body["changed"], false);

    let read = shop.get("/v1/items/mug").await.expect(200);
    assert_eq!(read.body["price_minor"], 899);
    assert_eq!(read.body["currency"], "EUR");
    assert_eq!(read.body["sold"], true);

    shop.delete("/v1/items/mug").await.expect(200);
    let gone = shop.get("/v1/items/mug").await.expect(200);
    assert_eq!(
        (&gone.body["deleted"], &gone.body["sold"]),
        (&json!(true), &json!(false))
    );
    shop.delete("/v1/items/cup").await.expect(404);
    shop.get("/v1/items/cup").await.expect(404);
}

#[tokio::test]
async fn bad_descriptions_are_refused_field_by_field_and_change_nothing() {
    let shop = Shop::open().await;
    let check = async |body: serde_json::Value, pointer: &str| {
        let refused = shop.put("/v1/items/a", body).await.expect(422);
        assert_eq!(refused.text("/errors/0/pointer"), pointer);
    };
    check(json!({ "title": "", "price_minor": 1 }), "#/title").await;
    check(json!({ "title": "A", "price_minor": -1 }), "#/price_minor").await;
    check(
        json!({ "title": "A", "price_minor": 1, "currency": "USD" }),
        "#/currency",
    )
    .await;
    check(
        json!({ "title": "A", "price_minor": 1, "available_from": "soon" }),
        "#/available_from",
    )
    .await;
    shop.get("/v1/items/a").await.expect(404);
    assert_eq!(shop.node.reader().last().0, 0);
}

#[tokio::test]
async fn odd_ids_are_ids_like_others() {
    let shop = Shop::open().await;
    for id in ["a%2Fb", "%F0%9F%91%9F", "50%25%20off", "..", "a%3Fb%23c"] {
        shop.put(
            &format!("/v1/items/{id}"),
            json!({ "title": "Odd", "price_minor": 1 }),
        )
        .await
        .expect(201);
        shop.get(&format!("/v1/items/{id}")).await.expect(200);
    }
    assert_eq!(
        shop.get("/v1/items").await.expect(200).item_ids(),
        ["..", "50% off", "a/b", "a?b#c", "👟"]
    );
    shop.event("view", "ana", "a/b").await;
    assert_eq!(shop.list("shopper=ana&n=1&shows_seen=true").await.len(), 1);
}

#[tokio::test]
async fn items_are_listed_page_by_page() {
    let shop = Shop::open().await;
    for id in ["c", "a", "b"] {
        shop.sells(id, &[], None).await;
    }
    let first = shop.get("/v1/items?limit=2").await.expect(200);
    assert_eq!(first.item_ids(), ["a", "b"]);
    let after = first.text("/next_after").to_owned();
    let second = shop.get(&format!("/v1/items?limit=2&after={after}")).await;
    assert_eq!(second.expect(200).item_ids(), ["c"]);
    shop.get("/v1/items?limit=0").await.expect(422);
}
