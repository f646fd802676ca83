//! The order in which messages arrive does not matter.

use accord_federation::coordinator::{Coordinator, CoordinatorEvent};
use accord_federation::participant::{Answer, Participant};
use accord_federation::{Hash, KeyedRng, Parties, Party};
use accord_learning::Learner;
use rand_core::Rng;

use crate::support::{Sums, consortium, plain_sum, seed, vectors};

#[test]
fn every_arrival_order_gives_the_same_sum() {
    let learner = Sums::new(&["sum/one"], 4);
    let consortium = consortium(4, &learner);
    let all = vectors(4, 1, 4);
    let query = learner.next_query().expect("one query");
    let model = Hash::of("model", &[learner.progress_hash().as_bytes()]);
    for order_seed in 0..6 {
        let mut rng = KeyedRng::new(&seed(order_seed));
        let mut coordinator =
            Coordinator::new(consortium.agreed.clone(), consortium.coordinator.clone())
                .expect("the coordinator");
        let mut participants: Vec<Participant> = consortium
            .institutions
            .iter()
            .map(|identity| {
                Participant::new(consortium.agreed.clone(), identity.clone())
                    .expect("in the roster")
            })
            .collect();
        let everybody = Parties::first(4);
        coordinator.open_batch(everybody).expect("opens");
        let mut released = None;
        let mut opened = false;
        while released.is_none() {
            if !opened && coordinator.batch_members() == everybody {
                coordinator
                    .open_round(&query, model, everybody)
                    .expect("opens");
                opened = true;
            }
            // One participant at random, so that phases overlap and answers come in any order.
            let place = (rng.next_u32() % 4) as usize;
            let party = Party::new(place).expect("small");
            let Some(request) = coordinator.request_for(party, 0) else {
                continue;
            };
            let answer = Answer {
                query: &query,
                model,
                values: &all[place][0],
            };
            let step = participants[place]
                .decide(&request, Some(&answer), &mut rng)
                .expect("follows");
            participants[place].apply(&step);
            let reply = step.reply.expect("answers");
            let events = coordinator.receive(party, reply.clone()).expect("taken");
            if released.is_none() && !events.iter().any(CoordinatorEvent::ends_round) {
                // The same message again changes nothing, or comes too late.
                assert!(
                    coordinator
                        .receive(party, reply)
                        .map_or_else(|fault| fault.culprit().is_none(), |again| again.is_empty())
                );
            }
            released = events.into_iter().find_map(|event| match event {
                CoordinatorEvent::SumReleased { release } => Some(release),
                _ => None,
            });
        }
        let total = released.expect("released").total.to_signed();
        assert_eq!(total, plain_sum(&all, 0, everybody), "order {order_seed}");
    }
}
