use accord_service::Role;
use axum::http::Method;
use serde_json::{Value, json};

use crate::shop::Shop;

fn order(order_id: &str, lines: &[(&str, u32)]) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .map(|(item_id, quantity)| json!({ "item_id": item_id, "quantity": quantity }))
        .collect();
    json!({ "order_id": order_id, "shopper_id": "ana", "lines": lines })
}

#[tokio::test]
async fn an_order_goes_its_way_and_is_found_at_its_position() {
    let shop = Shop::open().await;
    shop.sells("a", &[], Some(5)).await;
    let placed = shop.post("/v1/orders", order("o-1", &[("a", 2)])).await;
    let placed = placed.expect(201);
    assert_eq!(placed.body["total_minor"], 2_000);

    let refused = shop.post("/v1/orders/o-1/ship", json!({})).await;
    assert_eq!(refused.expect(409).body["status"], "placed");
    shop.post("/v1/orders/o-1/pay", json!({})).await.expect(200);
    let shipped = shop
        .post("/v1/orders/o-1/ship", json!({}))
        .await
        .expect(200);
    let position = shipped.text("/position").to_owned();
    let path = format!("/v1/orders/o-1?position={position}");
    let read = shop.get(&path).await.expect(200);
    assert_eq!(
        (&read.body["status"], &read.body["shopper_id"]),
        (&json!("shipped"), &json!("ana"))
    );
    let item = shop.get("/v1/items/a").await.expect(200);
    assert_eq!(
        (&item.body["stock"], &item.body["reserved"]),
        (&json!(3), &json!(0))
    );

    let list = format!("/v1/orders?status=shipped&shopper=ana&position={position}");
    let list = shop.get(&list).await.expect(200);
    assert_eq!(list.body["orders"].as_array().unwrap().len(), 1);
    shop.get("/v1/orders?status=placed").await.expect(200);
    shop.post("/v1/orders/o-2/pay", json!({})).await.expect(404);
}

#[tokio::test]
async fn an_order_sent_again_is_answered_as_before_and_another_under_its_id_is_refused() {
    let shop = Shop::open().await;
    shop.sells("a", &[], Some(5)).await;
    let first = shop
        .post("/v1/orders", order("o-1", &[("a", 2)]))
        .await
        .expect(201);
    let again = shop
        .post("/v1/orders", order("o-1", &[("a", 2)]))
        .await
        .expect(201);
    assert!(!first.replayed && again.replayed);
    assert_eq!(first.body, again.body);
    shop.post("/v1/orders", order("o-1", &[("a", 1)]))
        .await
        .expect(422);
    let item = shop.get("/v1/items/a").await.expect(200);
    assert_eq!(item.body["reserved"], 2);
}

#[tokio::test]
async fn an_order_that_cannot_be_filled_reserves_nothing() {
    let shop = Shop::open().await;
    shop.sells("a", &[], Some(5)).await;
    shop.sells("b", &[], Some(1)).await;
    let refused = shop
        .post("/v1/orders", order("o-1", &[("a", 2), ("b", 2)]))
        .await
        .expect(409);
    assert_eq!(
        (&refused.body["item_id"], &refused.body["available"]),
        (&json!("b"), &json!(1))
    );
    shop.post("/v1/orders", order("o-1", &[])).await.expect(422);
    let item = shop.get("/v1/items/a").await.expect(200);
    assert_eq!(item.body["reserved"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stock_is_never_oversold_however_many_buy_at_once() {
    let shop = Shop::open().await;
    shop.sells("a", &[], Some(10)).await;
    shop.sells("b", &[], Some(25)).await;
    let orders = (0..60).map(|number| {
        let lines: &[_] = if number % 2 == 0 {
            &[("a", 1), ("b", 1)]
        } else {
            &[("b", 1), ("a", 1)]
        };
        shop.post("/v1/orders", order(&format!("o-{number}"), lines))
    });
    let answers = futures::future::join_all(orders).await;
    let placed = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(placed, 10);
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 201 || answer.status == 409)
    );
    for (item, left) in [("a", 0), ("b", 15)] {
        let item = shop.get(&format!("/v1/items/{item}")).await.expect(200);
        let units = |name: &str| item.body[name].as_i64().unwrap();
        assert_eq!(units("stock") - units("reserved"), left);
    }
    assert!(!shop.list("shopper=eve").await.contains(&"a".to_owned()));
}

#[tokio::test]
async fn who_may_do_what_is_one_table() {
    let shop = Shop::open().await;
    shop.sells("a", &[], Some(5)).await;
    let send = async |role, status| {
        let body = Some(order(&format!("by-{status}"), &[("a", 1)]));
        shop.send(Method::POST, role, "/v1/orders", body)
            .await
            .expect(status);
    };
    send(Role::Storefront, 201).await;
    send(Role::Auditor, 403).await;
    let settings = shop.get("/v1/settings").await.expect(200).body;
    shop.send(
        Method::PUT,
        Role::Storefront,
        "/v1/settings",
        Some(settings),
    )
    .await
    .expect(403);
}
