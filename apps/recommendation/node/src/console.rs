//! The shop pages: what a merchandiser and a visitor of the demo look at.
//!
//! Each page is a function from a view, plain data filled by the caller, to a whole document. Nothing here queries, waits
//! or knows the domain's types. Every page works without a script; the events that keep the overview live are
//! [`overview::ShopFigures`] and [`event_table::EventRow`], sent as JSON (see [`accord_console::live`]).

pub mod event_table;
pub mod frame;
mod instant;
pub mod items;
pub mod offer;
pub mod orders;
pub mod overview;
pub mod window;

#[cfg(test)]
mod tests {
    use super::*;

    /// What the content security policy of the console forbids is in no page, and neither is markup from data.
    #[test]
    fn no_page_has_inline_code_or_style() {
        for page in [
            overview::overview(&overview::OverviewView::example()),
            window::window(&window::WindowView::example()),
            items::items(&items::ItemsView::example()),
            items::item(&items::ItemView::example()),
            orders::orders(&orders::OrdersView::example()),
        ] {
            let page = page.into_string();
            assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
            assert_eq!(page.matches("<script").count(), 1, "{page}");
            for forbidden in [
                " style=",
                " onclick=",
                "<style",
                "javascript:",
                "<lamp>",
                "<Lamp>",
                "<hammock>",
                "<plain>",
            ] {
                assert!(!page.contains(forbidden), "{forbidden} in {page}");
            }
        }
    }
}
