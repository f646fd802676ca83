use serde_json::json;

use crate::shop::Shop;

#[tokio::test]
async fn a_shopper_and_a_guest_of_one_name_are_two() {
    let shop = Shop::open().await;
    shop.sells("a", &[], None).await;
    shop.event("cart", "x", "a").await;
    let shopper = shop.get("/v1/shoppers/x").await.expect(200);
    assert_eq!(shopper.body["cart"], json!(["a"]));
    assert_eq!(shopper.body["guest"], false);
    shop.get("/v1/guests/x").await.expect(404);
    let body = json!({ "type": "view", "session_id": "x", "item_id": "a" });
    shop.post("/v1/events", body).await.expect(201);
    let guest = shop.get("/v1/guests/x").await.expect(200);
    assert_eq!(
        (&guest.body["guest"], &guest.body["cart"]),
        (&json!(true), &json!([]))
    );
}

#[tokio::test]
async fn an_event_sent_again_changes_nothing_and_another_under_its_id_is_refused() {
    let shop = Shop::open().await;
    shop.sells("a", &[], None).await;
    let event = |kind: &str| json!({ "event_id": "e-1", "type": kind, "shopper_id": "ana", "item_id": "a" });
    let first = shop.post("/v1/events", event("view")).await.expect(201);
    let again = shop.post("/v1/events", event("view")).await.expect(201);
    assert_eq!(
        (&first.body["replayed"], &again.body["replayed"]),
        (&json!(false), &json!(true))
    );
    shop.post("/v1/events", event("cart")).await.expect(422);
    let shopper = shop.get("/v1/shoppers/ana").await.expect(200);
    assert_eq!(shopper.body["events"], 1);
}

#[tokio::test]
async fn an_event_of_an_unknown_item_is_kept_and_said_so() {
    let shop = Shop::open().await;
    let body = json!({ "type": "view", "shopper_id": "ana", "item_id": "nowhere" });
    let answer = shop.post("/v1/events", body).await.expect(201);
    assert_eq!(answer.body["item_known"], false);
}

#[tokio::test]
async fn bad_events_are_refused_and_change_nothing() {
    let shop = Shop::open().await;
    let check = async |body: serde_json::Value, status: u16| {
        shop.post("/v1/events", body).await.expect(status);
    };
    check(json!({ "type": "view", "item_id": "a" }), 422).await;
    check(
        json!({ "type": "glance", "shopper_id": "ana", "item_id": "a" }),
        422,
    )
    .await;
    check(
        json!({ "type": "rating", "shopper_id": "ana", "item_id": "a", "rating": 6 }),
        422,
    )
    .await;
    check(
        json!({ "type": "view", "shopper_id": "ana", "item_id": "a", "rating": 3 }),
        422,
    )
    .await;
    check(
        json!({ "type": "view", "shopper_id": "ana", "item_id": "a", "quantity": 0 }),
        422,
    )
    .await;
    check(
        json!({ "type": "view", "shopper_id": "ana", "item_id": "a", "occurred_at": "2099-01-01T00:00:00Z" }),
        422,
    )
    .await;
    assert_eq!(shop.node.reader().last().0, 0);
}

#[tokio::test]
async fn each_line_of_a_batch_has_its_own_outcome() {
    let shop = Shop::open().await;
    shop.sells("a", &[], None).await;
    let lines = r#"{"event_id":"1","type":"view","shopper_id":"ana","item_id":"a"}
{"type":"view","item_id":"a"}
not json
{"event_id":"1","type":"view","shopper_id":"ana","item_id":"a"}
{"event_id":"2","type":"cart","shopper_id":"ana","item_id":"a"}
"#;
    let answer = shop.post_lines("/v1/events/batch", lines).await.expect(200);
    let statuses: Vec<_> = answer.body["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["status"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [201, 422, 400, 201, 201]);
    assert_eq!(
        (&answer.body["recorded"], &answer.body["refused"]),
        (&json!(3), &json!(2))
    );
    let shopper = shop.get("/v1/shoppers/ana").await.expect(200);
    assert_eq!(shopper.body["events"], 2);
    shop.post("/v1/events/batch", json!({})).await.expect(415);
}

#[tokio::test]
async fn a_restart_keeps_everything() {
    let shop = Shop::open().await;
    shop.sells("a", &["x"], Some(4)).await;
    shop.sells("b", &["x"], None).await;
    shop.event("view", "ana", "a").await;
    let order = json!({ "order_id": "o", "shopper_id": "ana", "lines": [{ "item_id": "a", "quantity": 3 }] });
    shop.post("/v1/orders", order.clone()).await.expect(201);
    let list = shop.list("shopper=ana").await;
    let history = shop.get("/v1/shoppers/ana").await.expect(200).body;

    let shop = shop.reopen().await;
    assert_eq!(shop.list("shopper=ana").await, list);
    assert_eq!(shop.get("/v1/shoppers/ana").await.expect(200).body, history);
    let item = shop.get("/v1/items/a").await.expect(200);
    assert_eq!(item.body["reserved"], 3);
    assert!(shop.post("/v1/orders", order).await.expect(201).replayed);
    shop.post("/v1/orders/o/cancel", json!({}))
        .await
        .expect(200);
}
