use accord_service::Role;
use serde_json::json;

use crate::shop::Shop;

/// Two aisles, and two shoppers of whom something is known.
async fn shop() -> Shop {
    let shop = Shop::open().await;
    for aisle in ["garden", "kitchen"] {
        for number in 0..4 {
            shop.sells(&format!("{aisle}-{number}"), &[aisle], Some(10))
                .await;
        }
    }
    shop.event("view", "ana", "garden-1").await;
    shop.event("cart", "eve <script>", "kitchen-2").await;
    let order = json!({
        "order_id": "o-1", "shopper_id": "ana", "lines": [{ "item_id": "garden-1", "quantity": 2 }],
    });
    shop.post("/v1/orders", order).await.expect(201);
    shop.projected().await;
    shop
}

#[tokio::test]
async fn what_a_shopper_does_in_the_window_changes_the_list_that_the_window_shows_next() {
    let shop = shop().await;
    let offers = async |path: &str| {
        let (status, page) = shop.page(Role::Administrator, path).await;
        assert_eq!(status, 200, "{page}");
        let list = page.split("Recommended now").nth(1).unwrap().to_owned();
        list.split("What is known of").next().unwrap().to_owned()
    };
    let before = offers("/window?shopper=kim").await;
    let deed = "kind=view&item=kitchen-3&shopper=kim&guest=&surface=home&filter=";
    let (status, location) = shop.form(Role::Administrator, "/window", deed).await;
    assert_eq!(status, 303);
    assert!(
        location.contains("shopper=kim") && location.contains("item=kitchen-3"),
        "{location}"
    );
    let after = offers(&location).await;
    assert!(!before.contains("Similar to Item kitchen-3"), "{before}");
    assert!(after.contains("Similar to Item kitchen-3"), "{after}");
    let deed = "kind=purchase&item=kitchen-3&shopper=kim&guest=&surface=product&filter=";
    let (status, location) = shop.form(Role::Administrator, "/window", deed).await;
    assert_eq!(status, 303);
    assert!(location.contains("surface=after_purchase"), "{location}");
    shop.projected().await;
    let orders = shop.get("/v1/orders").await.expect(200);
    assert_eq!(orders.body["orders"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_new_guest_gets_a_session_and_what_everybody_likes() {
    let shop = shop().await;
    let (status, _) = shop.page(Role::Merchandiser, "/window").await;
    assert_eq!(status, 200);
    let request = shop.page(Role::Merchandiser, "/window?guest=new").await;
    assert_eq!(request.0, 303);
    let (status, page) = shop
        .page(Role::Merchandiser, "/window?shopper=window-1&guest=true")
        .await;
    assert_eq!(status, 200);
    assert!(page.contains("Item garden-1"), "{page}");
    // A merchandiser looks; only the storefront acts.
    assert!(!page.contains("name=\"kind\""), "{page}");
    let deed = "kind=view&item=garden-1&shopper=window-1&guest=true";
    assert_eq!(shop.form(Role::Merchandiser, "/window", deed).await.0, 403);
}

#[tokio::test]
async fn bad_input_on_pages_is_told_and_changes_nothing() {
    let shop = shop().await;
    let check = async |path: &str, expected: u16, text: &str| {
        let (status, page) = shop.page(Role::Administrator, path).await;
        assert_eq!(status, expected, "{path}: {page}");
        assert!(page.contains(text), "{text} in {path}: {page}");
    };
    check(
        "/window?shopper=ana&filter=prize+%3C+2.0",
        422,
        "did you mean",
    )
    .await;
    check("/window?shopper=ana&surface=attic", 422, "surface").await;
    check("/window?shopper=ana&colour=red", 422, "colour").await;
    check("/items/nothing", 404, "no such item").await;
    check("/orders?status=lost", 422, "status").await;
    let forms = [
        ("kind=steal&item=garden-1&shopper=ana", 422),
        ("kind=view&item=&shopper=ana", 422),
        ("kind=view&item=garden-1&shopper=", 422),
        ("kind=purchase&item=nothing&shopper=ana", 409),
    ];
    let events = shop.node.reader().last();
    for (fields, expected) in forms {
        let (status, _) = shop.form(Role::Administrator, "/window", fields).await;
        assert!(status == expected || status == 400, "{fields}: {status}");
    }
    assert_eq!(shop.node.reader().last(), events);
}

#[tokio::test]
async fn pages_show_what_is_there_and_never_markup_from_data() {
    let shop = shop().await;
    for (path, expected) in [
        ("/", "Item garden-1"),
        ("/items", "kitchen-3"),
        ("/items?query=garden", "garden-0"),
        ("/items/garden-1", "2 reserved"),
        ("/orders", "o-1"),
        ("/orders?status=placed", "o-1"),
        (
            "/window?shopper=eve+%3Cscript%3E&surface=cart",
            "Item kitchen-2",
        ),
    ] {
        let (status, page) = shop.page(Role::Administrator, path).await;
        assert_eq!(status, 200, "{path}");
        assert!(page.contains(expected), "{expected} in {path}: {page}");
        assert!(!page.contains("<script>"), "{path}");
    }
    let (_, page) = shop.page(Role::Administrator, "/items?query=garden").await;
    assert!(!page.contains("kitchen-0"));
    let overview = shop.node.shop_figures();
    assert_eq!(
        (overview.shoppers, overview.buyers, overview.orders),
        (2, 1, 1)
    );
    assert_eq!(
        (overview.views, overview.carts, overview.revenue_minor),
        (1, 1, 2_000)
    );
}
