use accord_service::openapi::check_openapi;
use recommendation_node::{ACCESS, openapi};

#[test]
fn every_route_is_described_and_everything_described_is_a_route() {
    let routes = ACCESS.rows().filter(|row| row.path.starts_with("/v1"));
    check_openapi(&openapi(), routes).unwrap();
}
