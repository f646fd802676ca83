//! Lists: whom the bank blocks, lets through or watches.
//!
//! Entries name customers, terminals, cards and devices by a keyed fingerprint, so the log holds no numbers of people.

mod change;
mod index;
mod registry;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

pub use change::{ListChange, ListEntry};
pub use index::ListIndex;
pub use registry::{ListRegistry, ListedEntry};

/// Most entries of all lists together.
pub const LIST_ENTRIES_MAX: usize = 100_000;
/// Most changes of lists in one draft.
pub const LIST_CHANGES_MAX: usize = 1_000;
/// Longest comment, in bytes.
pub const LIST_COMMENT_BYTES_MAX: usize = 200;
/// Longest hint, in bytes: a terminal's id, or the last characters of a number.
pub const LIST_HINT_BYTES_MAX: usize = 64;

/// Which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListName {
    /// Approved, whatever score and rules say; a block overrides it.
    Allow,
    /// Declined.
    Block,
    /// Decides nothing by itself; rules ask for it.
    Watch,
}

impl ListName {
    pub const ALL: [Self; 3] = [Self::Allow, Self::Block, Self::Watch];

    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Block => "block",
            Self::Watch => "watch",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.name() == name)
    }
}

/// What an entry names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListedKind {
    Customer,
    Terminal,
    Card,
    Device,
}

impl ListedKind {
    pub const ALL: [Self; 4] = [Self::Customer, Self::Terminal, Self::Card, Self::Device];

    pub fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Terminal => "terminal",
            Self::Card => "card",
            Self::Device => "device",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Every list with every kind, in the order of the bits of [`Memberships`].
pub const LISTINGS: [(ListName, ListedKind); 12] = {
    let mut listings = [(ListName::Allow, ListedKind::Customer); 12];
    let mut place = 0;
    // A constant cannot use an iterator.
    while place < listings.len() {
        listings[place] = (ListName::ALL[place / 4], ListedKind::ALL[place % 4]);
        place += 1;
    }
    listings
};

/// What stands for a customer, terminal, card or device on the lists: 64 bits of a keyed hash. Written as 16
/// hexadecimal digits where a person may read it, as a number elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListFingerprint(pub u64);

impl ListFingerprint {
    /// Reads the 16 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits
            .then(|| u64::from_str_radix(text, 16).ok())
            .flatten()
            .map(Self)
    }
}

impl std::fmt::Display for ListFingerprint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

impl Serialize for ListFingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for ListFingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return u64::deserialize(deserializer).map(Self);
        }
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("a fingerprint has 16 hex digits"))
    }
}

/// The fingerprints of one transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransactionFingerprints {
    pub customer: Option<ListFingerprint>,
    pub terminal: Option<ListFingerprint>,
    pub card: Option<ListFingerprint>,
    pub device: Option<ListFingerprint>,
}

/// Which lists a transaction is on, and by what. Written as a number: bit n stands for `LISTINGS[n]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Memberships(u16);

impl Memberships {
    pub fn add(&mut self, list: ListName, kind: ListedKind) {
        self.0 |= Self::bit(list, kind);
    }

    pub fn contains(self, list: ListName, kind: ListedKind) -> bool {
        self.0 & Self::bit(list, kind) != 0
    }

    /// Whether it is on a list by whatever kind.
    pub fn on(self, list: ListName) -> bool {
        ListedKind::ALL
            .into_iter()
            .any(|kind| self.contains(list, kind))
    }

    pub fn is_empty(&self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = (ListName, ListedKind)> {
        LISTINGS
            .into_iter()
            .filter(move |(list, kind)| self.contains(*list, *kind))
    }

    fn bit(list: ListName, kind: ListedKind) -> u16 {
        1 << (list as u16 * 4 + kind as u16)
    }
}
