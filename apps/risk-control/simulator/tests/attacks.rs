//! Attacks come on top of a network's days, the same ones whenever they are asked for.

use std::collections::{BTreeMap, HashSet};

use risk_control_simulator::{ATTACK_SLICE_SECONDS, Attack, Network};

const HOUR_US: i64 = 3_600_000_000;
const DAY_SLICES: std::ops::Range<u32> = 1_440..1_584;

fn network() -> Network {
    Network::demonstration(7)
}

#[test]
fn an_attack_is_the_same_whenever_it_is_asked_for_and_another_in_every_slice() {
    let (one, other) = (network(), network());
    for attack in Attack::ALL {
        let first = one.attack(attack, 2, 1_500);
        let _ = other.attack(attack, 2, 9);
        assert_eq!(other.attack(attack, 2, 1_500), first, "{attack:?}");
        assert_ne!(other.attack(attack, 2, 1_501), first, "{attack:?}");
        assert_ne!(other.attack(attack, 3, 1_500), first, "{attack:?}");
    }
}

#[test]
fn ids_are_unique_and_names_are_the_banks_own() {
    let network = network();
    let mut ids = HashSet::new();
    for attack in Attack::ALL {
        assert_eq!(Attack::parse(attack.name()), Some(attack));
        for bank in 0..network.banks().len() {
            for slice in 1_500..1_510 {
                for transaction in network.attack(attack, bank, slice) {
                    assert!(ids.insert(transaction.transaction_id()));
                    let members = network.banks()[bank].members().len() as u32;
                    assert!(transaction.customer < members);
                    let prefix = format!("{}-customer-", network.banks()[bank].name());
                    assert!(transaction.customer_id().starts_with(&prefix));
                }
            }
        }
    }
}

#[test]
fn everything_happens_near_its_slice_and_is_reported_later() {
    let network = network();
    let starts_at = network.simulation().settings().starts_at;
    for attack in Attack::ALL {
        for slice in DAY_SLICES {
            let begins_at = starts_at + i64::from(slice) * ATTACK_SLICE_SECONDS * 1_000_000;
            for transaction in network.attack(attack, 0, slice) {
                let after = transaction.occurred_at - begins_at;
                assert!((0..=HOUR_US).contains(&after), "{transaction:?}");
                assert!(transaction.reported_at > transaction.occurred_at);
                assert!(transaction.amount_minor >= 0);
            }
        }
    }
}

#[test]
fn tested_cards_are_many_tiny_purchases_on_one_device_of_a_stranger() {
    let network = network();
    for slice in 1_500..1_520 {
        let purchases = network.attack(Attack::CardTesting, 1, slice);
        let devices: HashSet<String> = purchases
            .iter()
            .map(|purchase| purchase.device_id())
            .collect();
        assert_eq!(devices.len(), 1);
        let tiny = purchases
            .iter()
            .filter(|purchase| purchase.amount_minor < 300)
            .count();
        assert!(tiny >= 12 && tiny + 1 == purchases.len(), "{purchases:?}");
    }
}

#[test]
fn an_account_is_taken_over_from_a_device_that_is_new() {
    let network = network();
    for slice in 1_500..1_520 {
        let purchases = network.attack(Attack::AccountTakeOver, 0, slice);
        let customers: HashSet<u32> = purchases.iter().map(|purchase| purchase.customer).collect();
        assert_eq!(customers.len(), 1);
        for purchase in &purchases {
            assert!(purchase.device_id().starts_with("stranger-device-"));
            let member = network.banks()[0].members()[purchase.customer as usize];
            let usual = network.simulation().customer(member).mean_amount * 100.0;
            assert!(purchase.amount_minor as f64 >= usual * 2.9, "{purchase:?}");
        }
    }
}

#[test]
fn mule_terminals_collect_from_every_bank_all_day() {
    let network = network();
    let mut by_terminal: BTreeMap<u32, HashSet<String>> = BTreeMap::new();
    for bank in 0..network.banks().len() {
        for slice in DAY_SLICES {
            for purchase in network.attack(Attack::MuleTerminals, bank, slice) {
                by_terminal
                    .entry(purchase.terminal)
                    .or_default()
                    .insert(purchase.bank.to_string());
            }
        }
    }
    assert_eq!(by_terminal.len(), 3);
    assert!(by_terminal.values().all(|banks| banks.len() == 5));
}
