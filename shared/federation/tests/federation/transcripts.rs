//! What an auditor sees, and the bytes that must never change unnoticed.

use accord_federation::codec::Wire;
use accord_federation::simulation::{Fair, Simulation, Stage};
use accord_federation::{Entry, Hash, Parties, Transcript, replay};
use accord_learning::Learner;

use crate::support::{Leaving, Sums, consortium, party, seed, vectors};

fn learner() -> Sums {
    Sums::new(&["sum/a/1", "sum/a/2", "sum/b"], 8)
}

/// Five institutions (t = 4), eight coordinates of 40 bits, one of the five drops out.
fn recorded(keep_masked: bool) -> Transcript {
    let all = vectors(5, 3, 8);
    let rows: Vec<_> = all.iter().collect();
    let mut simulation =
        Simulation::new(consortium(5, &learner()), learner(), &rows, &seed(6)).expect("sound");
    if keep_masked {
        simulation = simulation.keep_masked();
    }
    let gone: Parties = [party(1)].into_iter().collect();
    simulation
        .run(&mut Leaving::new(gone, Stage::Input, 0))
        .expect("finishes");
    simulation.transcript().clone()
}

#[test]
fn a_sound_transcript_holds_and_says_what_is_trusted() {
    for (keep_masked, recomputed) in [(false, 0), (true, 3)] {
        let transcript = recorded(keep_masked);
        let bytes = transcript.to_bytes();
        let read = Transcript::from_bytes(&bytes).expect("reads back");
        let findings = read.verify().expect("holds");
        assert_eq!(findings.sums, 3);
        assert_eq!(findings.sums_recomputed, recomputed);
        assert_eq!(findings.institutions, 5);
        let learnt = replay(&read, learner()).expect("follows");
        assert_eq!(learnt.model().map(Vec::len), Some(3));
    }
}

#[test]
fn the_protocol_is_the_same_to_the_byte() {
    // Everything in it is determined by the seeds. If this changes, old transcripts no longer verify: raise
    // PROTOCOL_VERSION.
    let hash = Hash::of("golden", &[&recorded(true).to_bytes()]);
    assert_eq!(hash.to_string(), GOLDEN);
}

const GOLDEN: &str = "b104851237441d09abdca5601e3bf9902b4a7c2c6a7639ea862514694287fc62";

#[test]
fn a_transcript_that_was_touched_does_not_hold() {
    let sound = recorded(true);
    let check = |what: &str, change: &dyn Fn(&mut Vec<Entry>) -> bool| {
        let mut touched = sound.clone();
        assert!(change(&mut touched.entries), "{what}: nothing to touch");
        assert!(touched.verify().is_err(), "{what}");
    };
    let place = |entries: &[Entry], kind: fn(&Entry) -> bool| entries.iter().position(kind);
    check("a member of the survivors is left out", &|entries| {
        let Some(at) = place(entries, |entry| matches!(entry, Entry::Survivors(_))) else {
            return false;
        };
        entries[at] = Entry::Survivors(Parties::first(4));
        true
    });
    check("too few signatures", &|entries| {
        entries.iter_mut().any(|entry| match entry {
            Entry::Agreement(signatures) => {
                signatures.truncate(3);
                true
            }
            _ => false,
        })
    });
    check("another total", &|entries| {
        let totals: Vec<_> = entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Release(release) => Some(release.total.clone()),
                _ => None,
            })
            .collect();
        entries.iter_mut().any(|entry| match entry {
            Entry::Release(release) => {
                release.total = totals[1].clone();
                true
            }
            _ => false,
        })
    });
    check("a masked vector of somebody else", &|entries| {
        let other = entries.iter().rev().find_map(|entry| match entry {
            Entry::Input(_, _, vector) => vector.clone(),
            _ => None,
        });
        entries.iter_mut().any(|entry| match entry {
            Entry::Input(_, _, vector) => {
                *vector = other.clone();
                true
            }
            _ => false,
        })
    });
    check("a round is left out", &|entries| {
        let Some(at) = place(entries, |entry| matches!(entry, Entry::Opening(_))) else {
            return false;
        };
        entries.remove(at);
        true
    });
    check("an opened share was never signed", &|entries| {
        let Some(at) = place(entries, |entry| matches!(entry, Entry::Unmasking(..))) else {
            return false;
        };
        let Entry::Unmasking(who, _, _) = &entries[at] else {
            return false;
        };
        let who = *who;
        let other = entries.iter().rev().find_map(|entry| match entry {
            Entry::Unmasking(_, stub, _) => Some(*stub),
            _ => None,
        });
        entries[at] = Entry::Unmasking(who, other.expect("a last one"), None);
        true
    });
}

#[test]
fn every_byte_of_a_transcript_counts() {
    let bytes = recorded(false).to_bytes();
    let mut refused = 0;
    let mut tried = 0;
    for place in (0..bytes.len()).step_by(bytes.len() / 60) {
        let mut touched = bytes.clone();
        touched[place] ^= 1;
        tried += 1;
        let holds =
            Transcript::from_bytes(&touched).is_ok_and(|transcript| transcript.verify().is_ok());
        refused += usize::from(!holds);
    }
    assert_eq!(refused, tried);
}

#[test]
fn another_learner_does_not_fit_the_transcript() {
    let transcript = recorded(false);
    let mut other = learner();
    other.dimension = 9;
    assert!(replay(&transcript, other).is_err());
    // With nobody missing there is nothing special to it either.
    let all = vectors(5, 3, 8);
    let rows: Vec<_> = all.iter().collect();
    let mut simulation =
        Simulation::new(consortium(5, &learner()), learner(), &rows, &seed(6)).expect("sound");
    simulation.run(&mut Fair).expect("finishes");
    assert_eq!(
        simulation.transcript().verify().map(|found| found.sums),
        Ok(3)
    );
}
