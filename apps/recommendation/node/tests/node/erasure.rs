use serde_json::json;

use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_shopper_is_forgotten_and_the_model_is_that_of_a_log_without() {
    let (with, without) = (Shop::open().await, Shop::open().await);
    for shop in [&with, &without] {
        for number in 0..6 {
            shop.sells(&format!("i-{number}"), &[], None).await;
        }
        for shopper in 0..4 {
            for step in 0..3 {
                let item = format!("i-{}", (shopper + step) % 6);
                shop.event("view", &format!("s-{shopper}"), &item).await;
            }
        }
    }
    for item in ["i-0", "i-5", "i-3"] {
        with.event("view", "ana", item).await;
    }
    let before = with.post("/v1/models", json!({})).await.expect(201);
    let list = with
        .get("/v1/recommendations?shopper=ana")
        .await
        .expect(200);
    let order = json!({ "order_id": "o", "shopper_id": "ana", "lines": [{ "item_id": "i-1", "quantity": 1 }] });
    let position = with.post("/v1/orders", order).await.expect(201);

    // A list is recorded a moment after its answer.
    while with
        .node
        .list(list.text("/list_id"))
        .await
        .unwrap()
        .is_none()
    {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let receipt = with.delete("/v1/shoppers/ana").await.expect(200);
    assert_eq!(receipt.body["model_before"], before.body["model"]);
    // The references of shoppers are random, and the histories are summed: the hash does not depend on them.
    let expected = without.post("/v1/models", json!({})).await.expect(201);
    assert_eq!(receipt.body["model_after"], expected.body["model"]);
    assert_ne!(receipt.body["model_after"], before.body["model"]);

    with.get("/v1/shoppers/ana").await.expect(404);
    with.delete("/v1/shoppers/ana").await.expect(404);
    let with = with.reopen().await;
    let gone = with
        .get(&format!("/v1/lists/{}", list.text("/list_id")))
        .await;
    assert!(gone.expect(410).body["erased_by_event"].as_u64().unwrap() > 0);
    let order = with
        .get(&format!(
            "/v1/orders/o?position={}",
            position.text("/position")
        ))
        .await;
    assert!(order.expect(200).body.get("shopper_id").is_none());
    // Somebody of the same id is somebody new.
    with.event("view", "ana", "i-2").await;
    let again = with.get("/v1/shoppers/ana").await.expect(200);
    assert_eq!(again.body["events"], 1);
}
