//! Banks of a network have customers of their own and terminals in common.

use std::collections::HashSet;

use risk_control_simulator::{
    BankProfile, BankTransaction, CustomerGroup, CustomerMix, FraudScenario, InvalidSettings,
    Network, SimulatedTransaction, Simulation, SimulationSettings,
};

/// Three banks of 100, 60 and 40 customers in the miniature world.
fn three_banks(seed: u64) -> Network {
    let bank = |name: &str, customers| BankProfile {
        name: name.to_owned(),
        customers: CustomerGroup {
            customers,
            mix: CustomerMix::handbook(),
        },
    };
    let banks = vec![bank("ash", 100), bank("beech", 60), bank("chestnut", 40)];
    Network::new(SimulationSettings::miniature(seed), banks).expect("the network is valid")
}

/// A bank's transactions with customers numbered through the network, without their ids.
fn through_network(network: &Network, bank: usize, day: u32) -> Vec<SimulatedTransaction> {
    let members = network.banks()[bank].members();
    network
        .day(bank, day)
        .into_iter()
        .map(|BankTransaction { transaction, .. }| SimulatedTransaction {
            customer: members[transaction.customer as usize],
            ..transaction
        })
        .collect()
}

/// Everything about a transaction except the id, which a bank numbers in its own way.
fn truth(transaction: &SimulatedTransaction) -> impl Ord + std::fmt::Debug + use<> {
    let SimulatedTransaction {
        id: _,
        occurred_at,
        customer,
        terminal,
        amount_minor,
        fraud,
        reported_at,
    } = *transaction;
    (
        occurred_at,
        customer,
        terminal,
        amount_minor,
        fraud,
        reported_at,
    )
}

fn check_banks_together_are_the_simulation(network: &Network, whole: &Simulation, day: u32) {
    let mut together: Vec<_> = (0..network.banks().len())
        .flat_map(|bank| through_network(network, bank, day))
        .map(|transaction| truth(&transaction))
        .collect();
    let mut expected: Vec<_> = whole.day(day).iter().map(truth).collect();
    together.sort();
    expected.sort();
    assert!(!expected.is_empty());
    assert_eq!(together, expected, "day {day}");
}

#[test]
fn the_banks_together_are_one_simulation() {
    let network = three_banks(1);
    for day in [0, 17, 500] {
        check_banks_together_are_the_simulation(&network, network.simulation(), day);
    }
}

#[test]
fn splitting_changes_who_serves_a_customer_and_nothing_else() {
    let settings = SimulationSettings::miniature(2);
    let plain = Simulation::new(settings.clone()).expect("valid");
    let network = Network::split(settings, 3, 99).expect("valid");
    for day in [0, 17, 500] {
        check_banks_together_are_the_simulation(&network, &plain, day);
    }
}

#[test]
fn a_split_deals_every_customer_to_one_of_equal_banks_at_random() {
    let members = |seed| -> Vec<Vec<u32>> {
        let network = Network::split(SimulationSettings::miniature(2), 3, seed).expect("valid");
        let banks = network.banks().iter();
        banks.map(|bank| bank.members().to_vec()).collect()
    };
    let dealt = members(1);
    assert_eq!(dealt.iter().map(Vec::len).collect::<Vec<_>>(), [67, 67, 66]);
    assert!(dealt.iter().all(|bank| bank.is_sorted()));
    let mut everyone = dealt.concat();
    everyone.sort_unstable();
    assert_eq!(everyone, (0..200).collect::<Vec<_>>());
    assert_eq!(dealt, members(1));
    assert_ne!(dealt, members(2));
}

#[test]
fn banks_have_different_customers_and_the_same_terminals() {
    let network = three_banks(3);
    let mut customers = HashSet::new();
    let mut transactions = HashSet::new();
    let mut terminals_of_banks = Vec::new();
    for bank in 0..3 {
        let of_bank: Vec<BankTransaction> = network.days(bank, 0..20).flatten().collect();
        let ids: HashSet<String> = of_bank.iter().map(BankTransaction::customer_id).collect();
        assert!(customers.is_disjoint(&ids));
        customers.extend(ids);
        for transaction in &of_bank {
            let id = transaction.transaction_id();
            assert!(transactions.insert(id), "{transaction:?} is not unique");
        }
        let terminals: HashSet<String> = of_bank.iter().map(BankTransaction::terminal_id).collect();
        terminals_of_banks.push(terminals);
    }
    let shared = &(&terminals_of_banks[0] & &terminals_of_banks[1]) & &terminals_of_banks[2];
    assert!(
        shared.len() > 200,
        "only {} terminals in common",
        shared.len()
    );
}

#[test]
fn a_compromised_terminal_is_so_for_every_bank_on_the_same_days() {
    let network = three_banks(4);
    let mut fraudulent_at_several = 0;
    for day in 0..60 {
        let of_banks = [0, 1, 2].map(|bank| network.day(bank, day));
        let compromised: HashSet<u32> = of_banks
            .iter()
            .flatten()
            .map(|each| each.transaction)
            .filter(|each| each.fraud == Some(FraudScenario::CompromisedTerminal))
            .map(|each| each.terminal)
            .collect();
        for terminal in compromised {
            let mut banks = 0;
            for transactions in &of_banks {
                let mut here = transactions
                    .iter()
                    .map(|each| each.transaction)
                    .filter(|each| each.terminal == terminal)
                    .peekable();
                banks += u32::from(here.peek().is_some());
                assert!(here.all(|each| each.fraud.is_some()), "day {day}");
            }
            fraudulent_at_several += u32::from(banks > 1);
        }
    }
    assert!(fraudulent_at_several > 20, "{fraudulent_at_several}");
}

#[test]
fn customers_are_compromised_in_proportion_to_the_banks_sizes() {
    let network = Network::demonstration(5);
    let mut compromised = [0.0; 5];
    let days = 4_000;
    for day in 0..days {
        for customer in network.simulation().customers_compromised_from(day) {
            let bank = network
                .banks()
                .iter()
                .position(|bank| bank.members().binary_search(&customer).is_ok())
                .expect("every customer has a bank");
            compromised[bank] += 1.0;
        }
    }
    let all = f64::from(3 * days);
    for (count, size) in compromised.iter().zip([2_000, 1_300, 800, 550, 350]) {
        let expected = all * f64::from(size) / 5_000.0;
        assert!(
            (count / expected - 1.0).abs() < 0.15,
            "{count} of {expected}"
        );
    }
}

#[test]
fn the_demonstration_has_five_banks_with_customers_of_their_own_kind() {
    let network = Network::demonstration(6);
    let simulation = network.simulation();
    // Bank, customers, mean amount (major units) and transactions per customer and day.
    let expected = [
        ("alder", 2_000, 52.5, 2.0),
        ("birch", 1_300, 32.5, 2.25),
        ("cedar", 800, 70.0, 1.25),
        ("dogwood", 550, 20.0, 2.5),
        ("elm", 350, 50.0, 0.75),
    ];
    for (bank, (name, customers, mean_amount, rate)) in network.banks().iter().zip(expected) {
        assert_eq!((bank.name(), bank.members().len()), (name, customers));
        let mean_of = |value: &dyn Fn(u32) -> f64| {
            bank.members().iter().map(|&c| value(c)).sum::<f64>() / customers as f64
        };
        let amount = mean_of(&|customer| simulation.customer(customer).mean_amount);
        let per_day = mean_of(&|customer| simulation.customer(customer).transactions_per_day);
        assert!((amount / mean_amount - 1.0).abs() < 0.1, "{name}: {amount}");
        assert!((per_day / rate - 1.0).abs() < 0.15, "{name}: {per_day}");
    }
    // The hidden rates show in the transactions.
    let per_customer = |bank: usize| {
        network.day(bank, 10).len() as f64 / network.banks()[bank].members().len() as f64
    };
    assert!(per_customer(3) > 1.5 * per_customer(2));
    assert!(per_customer(2) > per_customer(4));
}

#[test]
fn a_bank_learns_of_its_own_frauds_only() {
    let network = three_banks(7);
    let mut reports: Vec<_> = (0..3)
        .flat_map(|bank| network.reported_on(bank, 30))
        .collect();
    reports.sort_by_key(|report| report.transaction.reported_at);
    let times: Vec<_> = reports
        .iter()
        .map(|report| report.transaction.reported_at)
        .collect();
    let expected: Vec<_> = network
        .simulation()
        .reported_on(30)
        .iter()
        .map(|report| report.reported_at)
        .collect();
    assert!(!expected.is_empty());
    assert_eq!(times, expected);

    let of_ash: HashSet<String> = network
        .days(0, 16..30)
        .flatten()
        .filter(|each| each.transaction.fraud.is_some())
        .map(|each| each.transaction_id())
        .collect();
    for report in network.reported_on(0, 30) {
        assert!(of_ash.contains(&report.transaction_id()), "{report:?}");
    }
}

#[test]
fn ids_name_the_bank_except_for_terminals() {
    let network = three_banks(8);
    let transaction = network
        .day(1, 42)
        .into_iter()
        .find(|each| each.transaction.customer == 17)
        .expect("customer 17 buys something on day 42");
    assert_eq!(transaction.customer_id(), "beech-customer-00017");
    assert_eq!(transaction.card_id(), "beech-card-00017");
    assert_eq!(transaction.device_id(), "beech-device-00017");
    let prefix = "beech-transaction-00042-00017-";
    assert!(transaction.transaction_id().starts_with(prefix));
    assert_eq!(
        transaction.terminal_id(),
        format!("terminal-{:05}", transaction.transaction.terminal)
    );
}

#[test]
fn impossible_networks_are_refused() {
    let settings = SimulationSettings::miniature(9);
    let split = |banks| Network::split(settings.clone(), banks, 1).err();
    assert_eq!(split(0), Some(InvalidSettings::Banks));
    assert_eq!(split(201), Some(InvalidSettings::Banks));
    assert_eq!(split(200), None);

    let twin = BankProfile {
        name: "twin".to_owned(),
        customers: settings.customer_groups[0].clone(),
    };
    let of_banks = |banks| Network::new(settings.clone(), banks).err();
    assert_eq!(of_banks(vec![]), Some(InvalidSettings::Banks));
    assert_eq!(
        of_banks(vec![twin.clone(), twin.clone()]),
        Some(InvalidSettings::Banks)
    );
    assert_eq!(of_banks(vec![twin]), None);
}
