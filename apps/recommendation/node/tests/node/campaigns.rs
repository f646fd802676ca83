use serde_json::json;

use crate::shop::Shop;

#[tokio::test]
async fn a_campaign_is_begun_seen_changed_and_ended() {
    let shop = Shop::open().await;
    for number in 0..4 {
        shop.sells(&format!("g-{number}"), &["garden"], None).await;
        shop.sells(&format!("k-{number}"), &["kitchen"], None).await;
    }
    let campaign = |version: u32, effect| json!({ "version": version, "title": "Kitchens", "effect": effect, "filter": "category == 'kitchen'", "contexts": ["home"] });
    let boost = campaign(1, json!({ "boost": { "points": 2.0 } }));
    shop.put("/v1/campaigns/kitchens", boost.clone())
        .await
        .expect(200);
    shop.put("/v1/campaigns/kitchens", boost).await.expect(412);
    let listed = shop.get("/v1/campaigns").await.expect(200);
    assert_eq!(listed.body[0]["items"], 4);

    let path = "/v1/recommendations?shopper=ana&n=4&exploration=0&diversity=0";
    let list = shop.get(path).await.expect(200);
    assert_eq!(list.item_ids(), ["k-0", "k-1", "k-2", "k-3"]);
    assert_eq!(list.text("/items/0/reason"), "Picked by the shop");
    assert_eq!(list.text("/items/0/shares/0/campaign_id"), "kitchens");

    let exclude = campaign(2, json!({ "exclude": {} }));
    shop.put("/v1/campaigns/kitchens", exclude)
        .await
        .expect(200);
    let list = shop.list("shopper=ana&n=8").await;
    assert!(list.iter().all(|item| item.starts_with("g-")), "{list:?}");

    let shop = shop.reopen().await;
    assert_eq!(shop.list("shopper=ana&n=8").await, list);
    shop.delete("/v1/campaigns/kitchens").await.expect(200);
    shop.delete("/v1/campaigns/kitchens").await.expect(404);
    assert_eq!(shop.list("shopper=ana&n=8").await.len(), 8);
}

#[tokio::test]
async fn a_campaign_that_makes_no_sense_is_refused_with_the_place() {
    let shop = Shop::open().await;
    let body = json!({ "version": 1, "title": "T", "effect": { "pin": { "place": 0 } }, "filter": "prize > 1.0" });
    let refused = shop.put("/v1/campaigns/c", body).await.expect(422);
    let pointers = [
        refused.text("/errors/0/pointer"),
        refused.text("/errors/1/pointer"),
    ];
    assert_eq!(pointers, ["#/place", "#/filter"]);
}
