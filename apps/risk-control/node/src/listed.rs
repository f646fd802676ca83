//! Names on the lists, as fingerprints that nobody without the node's key can compute.

use accord_event_log::subject_keys::SubjectKeys;
use risk_control::{ListFingerprint, ListedKind, TransactionFingerprints};

use crate::{node::BankNode, personal::PersonalFields};

/// Last characters of a personal number that may be shown.
const HINT_CHARACTERS: usize = 4;

impl BankNode {
    /// What stands for this customer, terminal, card or device on the lists.
    pub(crate) fn list_fingerprint(&self, kind: ListedKind, value: &str) -> ListFingerprint {
        fingerprint(&self.shared.keys, kind, value)
    }

    pub(crate) fn list_fingerprints(
        &self,
        personal: &PersonalFields,
        terminal_id: &str,
    ) -> TransactionFingerprints {
        fingerprints(&self.shared.keys, personal, terminal_id)
    }
}

/// What stands for everything of a transaction that lists can name.
pub(crate) fn fingerprints(
    keys: &SubjectKeys,
    personal: &PersonalFields,
    terminal_id: &str,
) -> TransactionFingerprints {
    let optional = |kind, value: Option<&String>| value.map(|value| fingerprint(keys, kind, value));
    TransactionFingerprints {
        customer: Some(fingerprint(
            keys,
            ListedKind::Customer,
            &personal.customer_id,
        )),
        terminal: Some(fingerprint(keys, ListedKind::Terminal, terminal_id)),
        card: optional(ListedKind::Card, personal.card_id.as_ref()),
        device: optional(ListedKind::Device, personal.device_id.as_ref()),
    }
}

fn fingerprint(keys: &SubjectKeys, kind: ListedKind, value: &str) -> ListFingerprint {
    let purpose = match kind {
        ListedKind::Customer => "list-customer",
        ListedKind::Terminal => "list-terminal",
        ListedKind::Card => "list-card",
        ListedKind::Device => "list-device",
    };
    ListFingerprint(keys.pseudonym(purpose, value))
}

/// By which people recognise an entry: a terminal's id as it is, of anything personal the last four characters, and
/// never more than half of it.
pub fn hint(kind: ListedKind, value: &str) -> String {
    if kind == ListedKind::Terminal {
        return value.to_owned();
    }
    let length = value.chars().count();
    let shown = HINT_CHARACTERS.min(length / 2);
    let end: String = value.chars().skip(length - shown).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_shows_terminals_whole_and_the_end_of_what_is_personal() {
        for (kind, value, expected) in [
            (ListedKind::Terminal, "terminal-17", "terminal-17"),
            (ListedKind::Card, "4111111111111111", "…1111"),
            (ListedKind::Customer, "C-12", "…12"),
            (ListedKind::Device, "x", "…"),
            (ListedKind::Customer, "Zoë", "…ë"),
        ] {
            assert_eq!(hint(kind, value), expected);
        }
    }
}
