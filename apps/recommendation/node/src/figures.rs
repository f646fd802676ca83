//! What went on in the shop, as pages and live events show it.

use crate::{console::overview::ShopFigures, node::MerchantNode};

impl MerchantNode {
    /// Figures of the last day of the node's clock.
    pub fn shop_figures(&self) -> ShopFigures {
        let now_us = self.clock().now_us();
        let figures = self.view().activity().figures(now_us);
        let sums = figures.sums;
        ShopFigures {
            simulated_now_us: now_us,
            shoppers: figures.shoppers,
            views: sums.views,
            carts: sums.carts,
            buyers: figures.buyers,
            orders: sums.orders,
            revenue_minor: sums.revenue_minor,
            currency: self.currency().to_owned(),
            lists: sums.lists,
            list_clicks: sums.list_clicks,
            throughput: figures.throughput,
        }
    }
}
