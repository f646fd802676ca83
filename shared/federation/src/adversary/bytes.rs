//! Bytes from anywhere: decoders and machines neither panic nor accept what no writer writes.

use rand_core::Rng;

use super::table::{Table, party};
use crate::codec::Wire;
use crate::message::{CoordinatorMessage, ParticipantMessage};
use crate::participant::VaultEntry;
use crate::{AgreedPlan, KeyedRng, Secret, Transcript};

/// Change it, or set `ACCORD_SEED`, to try other bytes.
fn seed() -> u8 {
    std::env::var("ACCORD_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(23)
}

/// One of each message of a whole round.
fn corpus() -> (Vec<CoordinatorMessage>, Vec<ParticipantMessage>) {
    let mut table = Table::new();
    table.open_batch();
    let (mut requests, mut replies) = (Vec::new(), Vec::new());
    for step in 0..6 {
        if step == 3 {
            table.open_round();
        }
        let request = table.request(0);
        let reply = table.follow(0, &request);
        requests.push(request);
        replies.push(reply.clone());
        table.deliver(0, reply);
        table.exchange(&[1, 2, 3]);
        if step < 5 {
            table.exchange(&[4]);
        }
    }
    requests.push(table.request(0));
    (requests, replies)
}

fn mutated(bytes: &[u8], rng: &mut KeyedRng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=rng.next_u32() % 3 {
        let place = rng.next_u32() as usize % bytes.len().max(1);
        match rng.next_u32() % 5 {
            0 => bytes.truncate(place),
            1 => bytes.insert(place.min(bytes.len()), rng.next_u32() as u8),
            2 => bytes.extend_from_slice(&rng.next_u32().to_le_bytes()),
            3 if !bytes.is_empty() => {
                bytes[place] = [0, 1, 0x7f, 0xff][rng.next_u32() as usize % 4]
            }
            _ if !bytes.is_empty() => bytes[place] ^= 1 << (rng.next_u32() % 8),
            _ => {}
        }
    }
    bytes
}

/// What can be read is written exactly as it was.
fn read<T: Wire>(bytes: &[u8]) -> Option<T> {
    let value = T::from_bytes(bytes).ok()?;
    assert_eq!(value.to_bytes(), bytes);
    Some(value)
}

#[test]
fn mutated_messages_change_nothing() {
    let seed = seed();
    println!("ACCORD_SEED={seed}");
    let mut rng = KeyedRng::new(&Secret::from_bytes([seed; 32]));
    let (requests, replies) = corpus();
    let mut table = Table::in_round();
    let mut read_anyway = 0;
    for _ in 0..150 {
        for request in &requests {
            let bytes = mutated(&request.to_bytes(), &mut rng);
            let Some(message) = read::<CoordinatorMessage>(&bytes) else {
                continue;
            };
            read_anyway += 1;
            if message != *request {
                assert!(table.ask(0, &message).is_err(), "{message:?}");
            }
        }
        for reply in &replies {
            let bytes = mutated(&reply.to_bytes(), &mut rng);
            let Some(message) = read::<ParticipantMessage>(&bytes) else {
                continue;
            };
            read_anyway += 1;
            if message != *reply {
                let taken = table.coordinator.receive(party(0), message.clone());
                assert!(taken.is_err(), "{message:?}");
            }
        }
    }
    assert!(read_anyway > 50, "only {read_anyway} could be read");
}

#[test]
fn random_bytes_are_no_message() {
    let seed = seed();
    println!("ACCORD_SEED={seed}");
    let mut rng = KeyedRng::new(&Secret::from_bytes([seed ^ 0x80; 32]));
    for _ in 0..20_000 {
        let mut bytes = vec![0; rng.next_u32() as usize % 200];
        rng.fill_bytes(&mut bytes);
        if let Some(first) = bytes.first_mut() {
            *first %= 10;
        }
        read::<CoordinatorMessage>(&bytes);
        read::<ParticipantMessage>(&bytes);
        read::<VaultEntry>(&bytes);
        read::<Transcript>(&bytes);
        read::<AgreedPlan>(&bytes);
    }
}

#[test]
fn lengths_beyond_their_limits_are_refused_before_anything_is_read() {
    // A key advertisement that claims 2^32 − 1 keys.
    let mut bytes = vec![1];
    bytes.extend_from_slice(&0u32.to_le_bytes());
    bytes.extend_from_slice(&[0; 32]);
    bytes.extend_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(
        ParticipantMessage::from_bytes(&bytes).err(),
        Some(crate::codec::DecodeError::TooLong {
            what: "keys",
            actual: u32::MAX as usize,
            limit: 1_024
        })
    );
}
