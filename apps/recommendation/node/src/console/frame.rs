//! What surrounds the pages of one merchant.

use accord_console::{DemoClock, Header, HeaderInstitution, NavigationLink, Page, PersonaSwitcher};
use maud::Markup;

/// One merchant's name, place and header, the same for all of its pages.
#[derive(Debug, Clone, PartialEq)]
pub struct MerchantFrame {
    /// The merchant's name.
    pub merchant: String,
    /// Path under which the merchant's pages and API lie, without a slash at the end: `/merchants/anchor`.
    pub base_path: String,
    /// Where the word mark leads.
    pub home_href: String,
    pub clock: Option<DemoClock>,
    pub personas: Option<PersonaSwitcher>,
    /// Links of the footer: label and address.
    pub footer: Vec<(String, String)>,
}

/// A page of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Overview,
    Window,
    Items,
    Orders,
}

impl Section {
    const ALL: [Self; 4] = [Self::Overview, Self::Window, Self::Items, Self::Orders];

    fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Window => "Shop window",
            Self::Items => "Items",
            Self::Orders => "Orders",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Overview => "",
            Self::Window => "/window",
            Self::Items => "/items",
            Self::Orders => "/orders",
        }
    }
}

impl MerchantFrame {
    /// A whole document around `main`; `current` is marked in the navigation.
    pub fn page(
        &self,
        title: &str,
        current: Option<Section>,
        stream: Option<&str>,
        main: Markup,
    ) -> Markup {
        let header = self.header(current);
        let title = format!("{title} · {}", self.merchant);
        Page {
            title: &title,
            header: &header,
            stream,
            main,
            footer: &self.footer,
        }
        .render()
    }

    /// Address of a page of the navigation.
    pub fn section_href(&self, section: Section) -> String {
        format!("{}{}", self.base_path, section.path())
    }

    /// Address of the page of the item with this id.
    pub fn item_href(&self, item_id: &str) -> String {
        format!("{}/items/{}", self.base_path, encoded(item_id))
    }

    /// Address of the shop window as a shopper sees it.
    pub fn window_href(&self, shopper_id: &str) -> String {
        format!("{}/window?shopper={}", self.base_path, encoded(shopper_id))
    }

    fn header(&self, current: Option<Section>) -> Header {
        let navigation = Section::ALL.map(|section| NavigationLink {
            label: section.label().to_owned(),
            href: self.section_href(section),
            current: current == Some(section),
            count: None,
        });
        Header {
            home_href: self.home_href.clone(),
            institution: Some(HeaderInstitution {
                name: self.merchant.clone(),
                href: self.base_path.clone(),
            }),
            navigation: navigation.into(),
            clock: self.clock,
            personas: self.personas.clone(),
        }
    }
}

#[cfg(test)]
impl MerchantFrame {
    /// The frame of a merchant for tests.
    pub(super) fn example() -> Self {
        Self {
            merchant: "Anchor".to_owned(),
            base_path: "/merchants/anchor".to_owned(),
            home_href: "/".to_owned(),
            clock: None,
            personas: None,
            footer: Vec::new(),
        }
    }
}

/// Percent-encodes all that RFC 3986 does not call unreserved.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_cannot_leave_their_segment() {
        let frame = MerchantFrame::example();
        for (id, expected) in [
            ("AN-1_a.~", "/merchants/anchor/items/AN-1_a.~"),
            ("../x", "/merchants/anchor/items/..%2Fx"),
            ("a?b#c", "/merchants/anchor/items/a%3Fb%23c"),
            ("é 🪴", "/merchants/anchor/items/%C3%A9%20%F0%9F%AA%B4"),
        ] {
            assert_eq!(frame.item_href(id), expected);
        }
    }
}
