use serde_json::json;

use crate::shop::Shop;

/// Two aisles of six items each.
async fn aisles() -> Shop {
    let shop = Shop::open().await;
    for aisle in ["garden", "kitchen"] {
        for number in 0..6 {
            shop.sells(&format!("{aisle}-{number}"), &[aisle], Some(10))
                .await;
        }
    }
    shop
}

#[tokio::test]
async fn the_last_acknowledged_event_changes_the_next_list() {
    let shop = aisles().await;
    let first = shop.list("shopper=ana&n=3&diversity=0").await;
    assert!(first.iter().all(|item| item.starts_with("garden")));
    shop.event("view", "ana", "kitchen-2").await;
    let path = "/v1/recommendations?shopper=ana&n=3&diversity=0&exploration=0";
    let list = shop.get(path).await.expect(200);
    assert!(
        list.item_ids()
            .iter()
            .all(|item| item.starts_with("kitchen"))
    );
    let like =
        shop.get("/v1/recommendations?shopper=ana&n=3&shows_seen=false&diversity=0&exploration=0");
    let like = like.await.expect(200);
    assert_eq!(like.item_ids(), ["kitchen-0", "kitchen-1", "kitchen-3"]);
    assert_eq!(
        like.text("/items/0/reason"),
        "Similar to Item kitchen-2, which you viewed"
    );
    let item = &like.body["items"][0];
    let shares = item["shares"].as_array().unwrap();
    let sum = shares
        .iter()
        .fold(0.0, |sum, share| sum + share["value"].as_f64().unwrap());
    assert_eq!(sum, item["score"].as_f64().unwrap());
}

#[tokio::test]
async fn what_is_deleted_or_out_of_stock_or_bought_is_not_shown() {
    let shop = aisles().await;
    shop.event("view", "ana", "kitchen-0").await;
    shop.delete("/v1/items/kitchen-1").await.expect(200);
    let order =
        json!({ "shopper_id": "eve", "lines": [{ "item_id": "kitchen-2", "quantity": 10 }] });
    shop.post("/v1/orders", order).await.expect(201);
    shop.event("purchase", "ana", "kitchen-3").await;
    shop.put(
        "/v1/items/kitchen-4",
        json!({ "title": "Later", "price_minor": 1, "available_from": "2099-01-01T00:00:00Z" }),
    )
    .await
    .expect(201);
    let shown = shop.list("shopper=ana&n=50").await;
    for gone in ["kitchen-1", "kitchen-2", "kitchen-3", "kitchen-4"] {
        assert!(!shown.contains(&gone.to_owned()), "{gone} in {shown:?}");
    }
    assert_eq!(shown.len(), 8);
    let again = shop.list("shopper=ana&n=50&shows_purchased=true").await;
    assert!(again.contains(&"kitchen-3".to_owned()));
}

#[tokio::test]
async fn a_cancelled_order_is_no_purchase() {
    let shop = aisles().await;
    let order = json!({ "order_id": "o", "shopper_id": "ana", "lines": [{ "item_id": "garden-0", "quantity": 10 }] });
    shop.post("/v1/orders", order).await.expect(201);
    assert!(
        !shop
            .list("shopper=ana&n=50")
            .await
            .contains(&"garden-0".to_owned())
    );
    shop.post("/v1/orders/o/cancel", json!({}))
        .await
        .expect(200);
    assert!(
        shop.list("shopper=ana&n=50")
            .await
            .contains(&"garden-0".to_owned())
    );
}

#[tokio::test]
async fn filters_exclusions_and_lengths_are_kept() {
    let shop = aisles().await;
    let body = json!({
        "shopper_id": "ana", "count": 50, "exploration": 0.0,
        "filter": "category == 'garden' && price >= 10.0 && stock > 5",
        "exclude": ["garden-1", "garden-2", "nothing"],
    });
    let list = shop.post("/v1/recommendations", body).await.expect(200);
    assert_eq!(
        list.item_ids(),
        ["garden-0", "garden-3", "garden-4", "garden-5"]
    );
    assert!(list.body["note"].as_str().unwrap().starts_with("fewer"));
    let nothing = shop
        .get("/v1/recommendations?shopper=ana&filter=price%3E99999.0")
        .await;
    let nothing = nothing.expect(200);
    assert_eq!(nothing.item_ids(), Vec::<String>::new());
    assert!(
        nothing.body["note"]
            .as_str()
            .unwrap()
            .starts_with("no item")
    );
    let wrong = shop
        .get("/v1/recommendations?shopper=ana&filter=prize%3E1.0")
        .await;
    let detail = wrong.expect(422).text("/errors/0/detail").to_owned();
    assert!(detail.contains("did you mean `price`?"), "{detail}");
    for query in [
        "n=0",
        "n=201",
        "diversity=2",
        "exploration=0.6",
        "context=moon",
        "context=product",
    ] {
        shop.get(&format!("/v1/recommendations?shopper=ana&{query}"))
            .await
            .expect(422);
    }
    shop.get("/v1/recommendations").await.expect(422);
}

#[tokio::test]
async fn an_empty_catalogue_gives_empty_lists() {
    let shop = Shop::open().await;
    for context in ["home", "cart", "after_purchase", "product&item=a"] {
        let query = format!("session=s&context={context}");
        assert_eq!(shop.list(&query).await, Vec::<String>::new());
    }
    assert_eq!(
        shop.get("/v1/trending").await.expect(200).item_ids(),
        Vec::<String>::new()
    );
    shop.get("/v1/items/a/similar").await.expect(404);
    shop.post("/v1/models", json!({})).await.expect(409);
}

#[tokio::test]
async fn a_list_is_recorded_with_the_propensities_of_its_places() {
    let shop = aisles().await;
    let list = shop
        .get("/v1/recommendations?shopper=ana&n=4&exploration=0.5")
        .await;
    let list = list.expect(200);
    assert_eq!(list.body["recorded"], true);
    let unrecorded = shop
        .get("/v1/recommendations?shopper=ana&record=false")
        .await;
    assert_eq!(unrecorded.expect(200).body["recorded"], false);
    for item in list.body["items"].as_array().unwrap() {
        let propensity = item["propensity"].as_f64().unwrap();
        let explored = item["explored"].as_bool().unwrap();
        assert!(propensity > 0.0 && (propensity < 0.5) == explored, "{item}");
    }
    let shop = shop.reopen().await;
    let recorded = shop
        .node
        .list(list.text("/list_id"))
        .await
        .unwrap()
        .unwrap();
    let ids: Vec<_> = recorded
        .items
        .iter()
        .map(|item| item.item_id.clone())
        .collect();
    assert_eq!(ids, list.item_ids());
}

#[tokio::test]
async fn a_past_list_is_made_again_exactly() {
    let shop = aisles().await;
    shop.event("view", "ana", "kitchen-2").await;
    let list = shop
        .get("/v1/recommendations?shopper=ana&n=6&exploration=0.5")
        .await;
    let list = list.expect(200);
    // What happens later must not matter.
    shop.event("view", "ana", "garden-3").await;
    shop.delete("/v1/items/kitchen-0").await.expect(200);
    let shop = shop.reopen().await;
    let path = format!("/v1/lists/{}/replay", list.text("/list_id"));
    let replayed = shop.get(&path).await.expect(200);
    assert_eq!(replayed.body["identical"], true);
    assert_eq!(replayed.item_ids(), list.item_ids());
    for (again, before) in replayed.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .zip(list.body["items"].as_array().unwrap())
    {
        assert_eq!(
            (&again["score"], &again["reason"]),
            (&before["score"], &before["reason"])
        );
    }
    let served = shop
        .get(&format!("/v1/lists/{}", list.text("/list_id")))
        .await;
    assert_eq!(served.expect(200).item_ids(), list.item_ids());
    shop.get("/v1/lists/unknown/replay").await.expect(404);
}

#[tokio::test]
async fn what_trends_and_what_was_viewed_is_told() {
    let shop = aisles().await;
    for shopper in 0..20 {
        shop.event("view", &format!("s-{shopper}"), "kitchen-5")
            .await;
    }
    assert_eq!(
        shop.get("/v1/trending").await.expect(200).item_ids(),
        ["kitchen-5"]
    );
    shop.event("view", "ana", "garden-1").await;
    shop.event("view", "ana", "garden-2").await;
    shop.event("view", "ana", "garden-1").await;
    let viewed = shop
        .get("/v1/shoppers/ana/recently-viewed")
        .await
        .expect(200);
    assert_eq!(viewed.item_ids(), ["garden-1", "garden-2"]);
    shop.delete("/v1/items/garden-1").await.expect(200);
    let viewed = shop
        .get("/v1/shoppers/ana/recently-viewed")
        .await
        .expect(200);
    assert_eq!(viewed.item_ids(), ["garden-2"]);
    let nobody = shop
        .get("/v1/shoppers/nobody/recently-viewed")
        .await
        .expect(200);
    assert_eq!(nobody.item_ids(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_is_trained_on_the_log_and_found_again_after_a_restart() {
    let shop = aisles().await;
    for shopper in 0..12 {
        let aisle = if shopper % 2 == 0 {
            "garden"
        } else {
            "kitchen"
        };
        let name = format!("s-{shopper}");
        for step in 0..3 {
            let item = format!("{aisle}-{}", (shopper + step) % 6);
            shop.event("view", &name, &item).await;
        }
        let lines = json!([{ "item_id": format!("{aisle}-0"), "quantity": 1 }, { "item_id": format!("{aisle}-1"), "quantity": 1 }]);
        if shopper < 4 {
            shop.post("/v1/orders", json!({ "shopper_id": name, "lines": lines }))
                .await
                .expect(201);
        }
    }
    let trained = shop.post("/v1/models", json!({})).await.expect(201);
    assert_eq!(
        (
            &trained.body["items"],
            &trained.body["shoppers"],
            &trained.body["baskets"]
        ),
        (&json!(12), &json!(12), &json!(4))
    );
    let together = shop
        .get("/v1/items/garden-0/bought-together")
        .await
        .expect(200);
    assert_eq!(together.item_ids(), ["garden-1"]);
    let list = shop.list("shopper=s-3&n=5").await;
    let shop = shop.reopen().await;
    assert_eq!(shop.list("shopper=s-3&n=5").await, list);
    let models = shop.get("/v1/models").await.expect(200);
    assert_eq!(models.body["models"][0]["active"], true);
    assert_eq!(models.body["models"][0]["model"], trained.body["model"]);
    let reason = shop
        .get("/v1/recommendations?shopper=s-3&context=product&item=kitchen-0&n=1&exploration=0")
        .await;
    assert!(reason.expect(200).body["model"].is_string());
    shop.post("/v1/models/unknown/activate", json!({}))
        .await
        .expect(404);
}
