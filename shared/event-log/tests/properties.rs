//! Laws of the small pure parts, over arbitrary values.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use accord_event_log::{
    EventMetadata, PartitionId, Position, Sequence,
    chain::ChainHead,
    commit::{CommitBuilder, inspect_event},
    journal::segment::{heads_from_bytes, heads_to_bytes},
    known_keys::{KeyHistory, KnownKeys},
    position::PositionError,
};
use proptest::prelude::*;
use uuid::Uuid;

/// Text with everything that JSON, SQL and C strings stumble over.
fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => any::<char>(),
        1 => proptest::sample::select(vec!['"', '\\', '\0', '\u{1f}', '\'', '\u{2028}', '\u{10ffff}', '😀']),
    ];
    proptest::collection::vec(character, 0..12).prop_map(String::from_iter)
}

fn uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn metadata() -> impl Strategy<Value = EventMetadata> {
    let named = (text(), any::<u16>(), text(), text(), any::<u64>());
    let placed = (any::<u16>(), any::<u64>());
    let asked = (
        uuid(),
        any::<u16>(),
        text(),
        any::<u64>(),
        proptest::option::of(uuid()),
        proptest::option::of(uuid()),
        proptest::option::of(text()),
    );
    (named, placed, asked).prop_map(|(named, placed, asked)| EventMetadata {
        sequence: Sequence::ZERO,
        partition: PartitionId(placed.0),
        offset: placed.1,
        event_type: Cow::Owned(named.0),
        schema_version: named.1,
        entity_type: Cow::Owned(named.2),
        entity_id: named.3,
        entity_version: named.4,
        recorded_at_us: 0,
        command_id: asked.0,
        index: asked.1,
        actor: Arc::from(asked.2),
        payload_hash: asked.3,
        correlation_id: asked.4,
        causation_id: asked.5,
        traceparent: asked.6.map(Arc::from),
    })
}

fn payload() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        text().prop_map(Into::into),
    ];
    let value = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            proptest::collection::hash_map(text(), inner, 0..4)
                .prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
        ]
    });
    value.prop_map(|value| value.to_string())
}

proptest! {
    #[test]
    fn every_event_comes_back_from_its_stored_form(
        events in proptest::collection::vec((metadata(), payload()), 1..5),
        first in 1..u64::MAX / 2,
        recorded_at_us in any::<i64>(),
    ) {
        let mut builder = CommitBuilder::new(Sequence(first), recorded_at_us);
        let mut heads: HashMap<PartitionId, ChainHead> = HashMap::new();
        for (metadata, payload) in &events {
            let stored = builder.encode(metadata, |buffer| buffer.extend_from_slice(payload.as_bytes()));
            let head = heads.entry(metadata.partition).or_default();
            *head = builder.link(metadata.partition, *head, stored);
        }
        let commit = builder.finish();
        prop_assert_eq!(commit.event_count, events.len() as u64);
        prop_assert_eq!(commit.last_sequence().0, first + events.len() as u64 - 1);
        let stored = commit.stored_events().unwrap();
        prop_assert_eq!(stored.len(), events.len());
        let mut chained: HashMap<PartitionId, ChainHead> = HashMap::new();
        for ((index, stored), (metadata, payload)) in (0..).zip(stored).zip(&events) {
            let sequence = Sequence(first + index);
            let (read, text) = inspect_event(stored.get(), sequence, recorded_at_us).unwrap();
            let expected = EventMetadata { sequence, recorded_at_us, ..metadata.clone() };
            prop_assert_eq!(read, expected);
            prop_assert_eq!(text.get(), payload);
            let head = chained.entry(metadata.partition).or_default();
            *head = head.extend(recorded_at_us, stored.get().as_bytes());
        }
        prop_assert_eq!(&chained, &heads, "the chain runs over the bytes that are stored");
        prop_assert_eq!(commit.heads.into_iter().collect::<HashMap<_, _>>(), heads);
    }

    #[test]
    fn every_event_of_a_command_has_an_identity_of_its_own(
        metadata in metadata(),
        other_index in any::<u16>(),
        other_command in uuid(),
    ) {
        let sibling = EventMetadata { index: other_index, ..metadata.clone() };
        prop_assert_eq!(metadata.event_id() == sibling.event_id(), metadata.index == other_index);
        let stranger = EventMetadata { command_id: other_command, ..metadata.clone() };
        prop_assert_eq!(
            metadata.event_id() == stranger.event_id(),
            metadata.command_id == other_command
        );
    }

    #[test]
    fn chain_heads_come_back_from_their_bytes(
        heads in proptest::collection::vec((any::<u16>(), any::<[u8; 32]>()), 0..8),
        cut in 1_usize..34,
    ) {
        let heads: Vec<_> = heads
            .into_iter()
            .map(|(partition, head)| (PartitionId(partition), ChainHead(head)))
            .collect();
        let bytes = heads_to_bytes(&heads);
        prop_assert_eq!(heads_from_bytes(&bytes), Some(heads.clone()));
        if !heads.is_empty() {
            prop_assert_eq!(heads_from_bytes(&bytes[..bytes.len() - cut]), None);
        }
    }

    #[test]
    fn a_position_comes_back_from_its_token_and_from_no_other(
        log in any::<[u8; 4]>(),
        other_log in any::<[u8; 4]>(),
        sequence in any::<u64>(),
        at in any::<proptest::sample::Index>(),
        replacement in proptest::char::range('!', '~'),
    ) {
        let position = Position { log, sequence: Sequence(sequence) };
        let token = position.to_token();
        prop_assert_eq!(Position::from_token(&token, log), Ok(position));
        if other_log != log {
            prop_assert_eq!(
                Position::from_token(&token, other_log),
                Err(PositionError::OtherLog)
            );
        }
        let mut characters: Vec<char> = token.chars().collect();
        characters[at.index(token.len())] = replacement;
        let changed = String::from_iter(characters);
        if changed != token {
            // A check of two bytes lets one made-up token in 65,536 pass, and then it names another place.
            prop_assert_ne!(Position::from_token(&changed, log), Ok(position));
        }
    }

    #[test]
    fn no_text_makes_a_position_by_accident(token in prop_oneof![text(), "[A-Za-z0-9_-]{19}"]) {
        prop_assert!(Position::from_token(&token, [0; 4]).is_err());
    }
}

/// What is done to the memory of keys, in order.
#[derive(Clone, Debug)]
enum KeyStep {
    Remember { key: u16, payload_hash: u64 },
    Snapshot,
    Resize { capacity: usize },
}

fn key_step() -> impl Strategy<Value = KeyStep> {
    prop_oneof![
        20 => (0_u16..60, any::<u64>())
            .prop_map(|(key, payload_hash)| KeyStep::Remember { key, payload_hash }),
        1 => Just(KeyStep::Snapshot),
        1 => (0_usize..20).prop_map(|capacity| KeyStep::Resize { capacity }),
    ]
}

/// Keys as a list of everything that is known exactly, newest last, and a map of everything that ever was.
struct Reference {
    capacity: usize,
    window: Vec<(u16, Sequence, u64)>,
    archived: HashMap<u16, Sequence>,
}

impl Reference {
    fn remember(&mut self, key: u16, sequence: Sequence, payload_hash: u64) {
        if self.window.iter().all(|(known, ..)| *known != key) {
            self.window.push((key, sequence, payload_hash));
        }
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.window.len() > self.capacity.max(1) {
            let (key, sequence, _) = self.window.remove(0);
            self.archived.insert(key, sequence);
        }
    }

    fn expected(&self, key: u16) -> KeyHistory {
        if let Some((_, sequence, payload_hash)) =
            self.window.iter().find(|(known, ..)| *known == key)
        {
            return KeyHistory::Decided {
                sequence: *sequence,
                payload_hash: *payload_hash,
            };
        }
        if self.archived.contains_key(&key) {
            return KeyHistory::PerhapsArchived {
                through: self.archived.values().copied().max().unwrap(),
            };
        }
        // So few keys in a filter made for 65,536 give no false alarm.
        KeyHistory::New
    }
}

fn command_id(key: u16) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &key.to_be_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_memory_of_keys_is_a_map_that_forgets_details_but_no_key(
        capacity in 0_usize..20,
        steps in proptest::collection::vec(key_step(), 1..150),
    ) {
        let mut keys = KnownKeys::new(capacity);
        let mut reference = Reference { capacity, window: Vec::new(), archived: HashMap::new() };
        for (index, step) in (1..).zip(steps) {
            match step {
                KeyStep::Remember { key, payload_hash } => {
                    keys.remember(command_id(key), Sequence(index), payload_hash);
                    reference.remember(key, Sequence(index), payload_hash);
                }
                KeyStep::Snapshot => {
                    let bytes = postcard::to_stdvec(&keys).unwrap();
                    keys = postcard::from_bytes(&bytes).unwrap();
                }
                KeyStep::Resize { capacity } => {
                    keys.set_capacity(capacity);
                    reference.capacity = capacity;
                    reference.shrink();
                }
            }
            for key in 0..62 {
                prop_assert_eq!(keys.look_up(&command_id(key)), reference.expected(key), "key {}", key);
            }
        }
    }
}
