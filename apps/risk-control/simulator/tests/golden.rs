//! The same seed gives the same bytes on every platform and in every later version.
//!
//! If one of these fails, every stored experiment and every resumed stream has changed; change the
//! expectation only when that is meant.

use risk_control_simulator::{
    Network, SimulatedTransaction, Simulation, SimulationSettings, write_handbook_csv,
};

#[test]
fn the_first_rows_of_the_handbooks_setting() {
    let first = handbook().day(0).into_iter().take(5);
    check_csv(
        first,
        "TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD,TX_FRAUD_SCENARIO
0,2018-04-01 00:01:25,4127,8463,13.97,0,0
1,2018-04-01 00:02:53,4797,3796,34.90,0,0
2,2018-04-01 00:03:58,1779,831,21.67,0,0
3,2018-04-01 00:07:41,2305,2618,26.97,0,0
4,2018-04-01 00:09:44,264,3099,63.24,0,0
",
    );
}

#[test]
fn frauds_far_beyond_the_nominal_length() {
    let frauds = handbook()
        .day(20_000)
        .into_iter()
        .filter(|each| each.fraud.is_some());
    check_csv(
        frauds.take(5),
        "TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD,TX_FRAUD_SCENARIO
0,2073-01-02 00:15:23,4467,6562,11.74,1,2
1,2073-01-02 00:31:22,2634,6449,49.76,1,2
2,2073-01-02 01:43:36,4114,9307,282.85,1,3
3,2073-01-02 02:10:28,4131,7766,73.63,1,2
4,2073-01-02 02:23:50,4203,6763,42.35,1,2
",
    );
}

#[test]
fn every_byte_of_some_days() {
    let simulation = handbook();
    let days = [0, 30, 182, 20_000];
    let hashes = days.map(|day| hash(simulation.day(day)));
    assert_eq!(
        hashes,
        [
            0x9715_aef8_2a93_1bb4,
            0x1730_fc44_d0ab_cb50,
            0xd724_d383_9e41_e3d1,
            0x0050_50d1_5d3a_556a
        ]
    );
}

#[test]
fn every_byte_of_a_day_of_the_demonstration() {
    let network = Network::demonstration(1);
    let hashes = [0, 1, 2, 3, 4].map(|bank| {
        let day = network.day(bank, 30).into_iter();
        hash(day.map(|each| each.transaction).collect())
    });
    assert_eq!(
        hashes,
        [
            0x69ba_366e_2ec3_ea56,
            0xce7d_5718_aa82_3ad3,
            0xf645_426c_a535_24c6,
            0x5788_9a8c_0526_af4f,
            0x5752_4653_0cc4_3dae
        ]
    );
}

#[test]
fn who_is_dealt_to_which_bank() {
    let network = Network::split(SimulationSettings::miniature(1), 5, 1).expect("valid");
    let first: Vec<&[u32]> = network
        .banks()
        .iter()
        .map(|bank| &bank.members()[..4])
        .collect();
    assert_eq!(
        first,
        [
            [0, 3, 6, 10],
            [7, 11, 13, 15],
            [1, 20, 22, 25],
            [4, 8, 24, 27],
            [2, 5, 9, 14]
        ]
    );
}

fn handbook() -> Simulation {
    Simulation::new(SimulationSettings::handbook(1)).expect("the handbook's settings are valid")
}

fn check_csv(transactions: impl Iterator<Item = SimulatedTransaction>, expected: &str) {
    let mut text = Vec::new();
    write_handbook_csv(&mut text, transactions).expect("a vector takes every byte");
    assert_eq!(String::from_utf8_lossy(&text), expected);
}

/// FNV-1a, 64 bits, over all fields.
fn hash(transactions: Vec<SimulatedTransaction>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for transaction in transactions {
        let fields = [
            transaction.occurred_at,
            transaction.customer.into(),
            transaction.terminal.into(),
            transaction.amount_minor,
            transaction.fraud.map_or(0, |fraud| fraud.number().into()),
            transaction.reported_at.unwrap_or(0),
        ];
        for byte in fields.iter().flat_map(|field| field.to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}
