//! What surrounds the pages of one bank.

use accord_console::{
    DemoClock, Header, HeaderInstitution, NavigationCount, NavigationLink, Page, PersonaSwitcher,
};
use maud::Markup;

/// One bank's name, place and header, the same for all of its pages.
#[derive(Debug, Clone, PartialEq)]
pub struct BankFrame {
    /// The bank's name.
    pub bank: String,
    /// Path under which the bank's pages and API lie, without a slash at the end: `/banks/north`.
    pub base_path: String,
    /// Where the word mark leads.
    pub home_href: String,
    pub clock: Option<DemoClock>,
    pub personas: Option<PersonaSwitcher>,
    /// Open cases, shown beside the link to them; live where the page has the overview's stream.
    pub open_cases: u64,
    /// Links of the footer: label and address.
    pub footer: Vec<(String, String)>,
}

/// A page of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Overview,
    Transactions,
    Cases,
    Rules,
    Lists,
    Approvals,
    Models,
    Monitoring,
}

impl Section {
    const ALL: [Self; 8] = [
        Self::Overview,
        Self::Transactions,
        Self::Cases,
        Self::Rules,
        Self::Lists,
        Self::Approvals,
        Self::Models,
        Self::Monitoring,
    ];

    fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Transactions => "Transactions",
            Self::Cases => "Cases",
            Self::Rules => "Rules",
            Self::Lists => "Lists",
            Self::Approvals => "Approvals",
            Self::Models => "Models",
            Self::Monitoring => "Monitoring",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Overview => "",
            Self::Transactions => "/transactions",
            Self::Cases => "/cases",
            Self::Rules => "/rules",
            Self::Lists => "/lists",
            Self::Approvals => "/approvals",
            Self::Models => "/models",
            Self::Monitoring => "/monitoring",
        }
    }
}

impl BankFrame {
    /// A whole document around `main`; `current` is marked in the navigation.
    pub fn page(
        &self,
        title: &str,
        current: Option<Section>,
        stream: Option<&str>,
        main: Markup,
    ) -> Markup {
        let header = self.header(current);
        let title = format!("{title} · {}", self.bank);
        Page {
            title: &title,
            header: &header,
            stream,
            main,
            footer: &self.footer,
        }
        .render()
    }

    /// Address of the page of the transaction with this id.
    pub fn transaction_href(&self, transaction_id: &str) -> String {
        format!(
            "{}/transactions/{}",
            self.base_path,
            path_segment(transaction_id)
        )
    }

    /// Address of a page or operation of this bank, by its path.
    pub fn href(&self, path: &str) -> String {
        format!("{}{path}", self.base_path)
    }

    /// Address of the editor of the rule with this id.
    pub fn rule_href(&self, id: &str) -> String {
        format!("{}/rules/edit?rule={}", self.base_path, path_segment(id))
    }

    /// Address of the page of a draft.
    pub fn draft_href(&self, draft: u64) -> String {
        format!("{}/approvals/{draft}", self.base_path)
    }

    /// Address of the page of a model.
    pub fn model_href(&self, model: &str) -> String {
        format!("{}/models/{}", self.base_path, path_segment(model))
    }

    /// Address of the list of transactions.
    pub fn transactions_href(&self) -> String {
        format!("{}{}", self.base_path, Section::Transactions.path())
    }

    /// Address of the queue of cases.
    pub fn cases_href(&self) -> String {
        format!("{}{}", self.base_path, Section::Cases.path())
    }

    /// Address of the page of the case with this id.
    pub fn case_href(&self, case_id: &str) -> String {
        format!("{}/cases/{}", self.base_path, path_segment(case_id))
    }

    /// Address of the page of the customer with this number.
    pub fn customer_href(&self, customer_id: &str) -> String {
        format!("{}/customers/{}", self.base_path, path_segment(customer_id))
    }

    /// Address of the page of the terminal with this id.
    pub fn terminal_href(&self, terminal_id: &str) -> String {
        format!("{}/terminals/{}", self.base_path, path_segment(terminal_id))
    }

    fn header(&self, current: Option<Section>) -> Header {
        let navigation = Section::ALL.map(|section| NavigationLink {
            label: section.label().to_owned(),
            href: format!("{}{}", self.base_path, section.path()),
            current: current == Some(section),
            count: (section == Section::Cases).then_some(NavigationCount {
                event: "overview",
                field: "open_cases",
                value: self.open_cases,
            }),
        });
        Header {
            home_href: self.home_href.clone(),
            institution: Some(HeaderInstitution {
                name: self.bank.clone(),
                href: self.base_path.clone(),
            }),
            navigation: navigation.into(),
            clock: self.clock,
            personas: self.personas.clone(),
        }
    }
}

#[cfg(test)]
impl BankFrame {
    /// The frame of a bank for tests.
    pub(super) fn example() -> Self {
        Self {
            bank: "North".to_owned(),
            base_path: "/banks/north".to_owned(),
            home_href: "/".to_owned(),
            clock: None,
            personas: None,
            open_cases: 7,
            footer: Vec::new(),
        }
    }
}

/// Percent-encodes all that RFC 3986 does not call unreserved.
pub(super) fn path_segment(text: &str) -> String {
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
        for (id, expected) in [
            ("T-1_a.~", "T-1_a.~"),
            ("../x", "..%2Fx"),
            ("a?b#c", "a%3Fb%23c"),
            ("é", "%C3%A9"),
        ] {
            assert_eq!(path_segment(id), expected);
        }
    }
}
