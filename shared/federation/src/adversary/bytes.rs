//! Bytes from anywhere: decoders and machines neither panic nor accept what no writer writes.
//!
//! `ACCORD_FUZZ_ROUNDS` (150) makes the search longer, `ACCORD_SEED` another one:
//!
//! ```sh
//! ACCORD_FUZZ_ROUNDS=100000 ACCORD_SEED=7 cargo test --release -p accord-federation --lib bytes
//! ```

use rand_core::Rng;

use super::table::{Table, party};
use crate::codec::Wire;
use crate::message::{CoordinatorMessage, ParticipantMessage};
use crate::participant::{VaultChange, VaultEntry};
use crate::{AgreedPlan, KeyedRng, Secret, Transcript};

/// Change it, or set `ACCORD_SEED`, to try other bytes.
fn seed() -> u8 {
    std::env::var("ACCORD_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(23)
}

/// How often every message is changed.
fn rounds() -> usize {
    std::env::var("ACCORD_FUZZ_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(150)
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
    for _ in 0..rounds() {
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
    for _ in 0..rounds() * 130 {
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

/// Tries to read bytes; says whether it went.
type Decoder = fn(&[u8]) -> bool;

/// Sound bytes for every decoder that reads what comes from elsewhere: messages, plans and transcripts from others, what
/// was sealed from the own disk.
fn decoders() -> Vec<(Decoder, Vec<Vec<u8>>)> {
    let (requests, replies) = corpus();
    let mut table = Table::new();
    table.open_batch();
    let mut vault = Vec::new();
    for step in 0..6 {
        if step == 3 {
            table.open_round();
        }
        for place in 0..5 {
            let request = table.request(place);
            let step = table.ask(place, &request).expect("follows");
            vault.extend(step.vault.iter().filter_map(|change| match change {
                VaultChange::Store(_, entry) => Some(entry.to_bytes()),
                _ => None,
            }));
            table.participants[place].apply(&step);
            table.deliver(place, step.reply.expect("answers"));
            if table.released().is_some() {
                break;
            }
        }
    }
    let agreed = table.consortium.agreed.clone();
    let mut transcript = Transcript::new(agreed.clone());
    transcript.keep_masked();
    for event in &table.events {
        transcript.record(event);
    }
    let bytes = |message: &CoordinatorMessage| message.to_bytes();
    vec![
        (
            |bytes| read::<CoordinatorMessage>(bytes).is_some(),
            requests.iter().map(bytes).collect(),
        ),
        (
            |bytes| read::<ParticipantMessage>(bytes).is_some(),
            replies.iter().map(Wire::to_bytes).collect(),
        ),
        (|bytes| read::<VaultEntry>(bytes).is_some(), vault),
        (
            |bytes| read::<Transcript>(bytes).is_some(),
            vec![transcript.to_bytes()],
        ),
        (
            |bytes| read::<AgreedPlan>(bytes).is_some(),
            vec![agreed.to_bytes()],
        ),
    ]
}

#[test]
fn what_a_writer_wrote_is_read_and_the_beginning_of_it_is_not() {
    for (decode, corpus) in decoders() {
        assert!(!corpus.is_empty());
        for bytes in corpus {
            assert!(decode(&bytes));
            for end in (0..bytes.len()).step_by(1 + bytes.len() / 200) {
                assert!(!decode(&bytes[..end]), "{end} of {} bytes", bytes.len());
            }
        }
    }
}

#[test]
fn every_decoder_survives_changed_spliced_and_inflated_bytes() {
    let seed = seed();
    println!("ACCORD_SEED={seed}");
    let mut rng = KeyedRng::new(&Secret::from_bytes([seed ^ 0x40; 32]));
    let decoders = decoders();
    let everything: Vec<&Vec<u8>> = decoders.iter().flat_map(|(_, corpus)| corpus).collect();
    for (decode, corpus) in &decoders {
        for bytes in corpus {
            for _ in 0..rounds() / 5 {
                decode(&mutated(bytes, &mut rng));
                // The beginning of one value and the end of another.
                let other = everything[rng.next_u32() as usize % everything.len()];
                let (cut, from) = (
                    rng.next_u32() as usize % bytes.len(),
                    rng.next_u32() as usize % other.len(),
                );
                decode(&[&bytes[..cut], &other[from..]].concat());
                // A length that claims to be enormous: what it claims is not there, so nothing is made room for.
                let mut inflated = bytes.clone();
                let place = rng.next_u32() as usize % inflated.len();
                let claim = [u32::MAX, 1 << 31, 1 << 24, 1 << 16][rng.next_u32() as usize % 4];
                for (byte, claimed) in inflated[place..].iter_mut().zip(claim.to_le_bytes()) {
                    *byte = claimed;
                }
                decode(&inflated);
            }
        }
    }
}
