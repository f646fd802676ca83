use super::{CONTEXT, NOW_US, given};
use crate::{
    Command, EraseShopper, Event, Interaction, InteractionKind, InteractionRecorded,
    IntroduceShopper, Introduction, RecordInteraction, Rejection, ShopperErased, ShopperIntroduced,
    ShopperReference,
};

const SHOPPERS: u16 = 2;
const SHOPPER: ShopperReference = ShopperReference(42);

fn introduction() -> Introduction {
    Introduction {
        guest: false,
        personal: "sealed".into(),
    }
}

fn introduced() -> Event {
    Event::ShopperIntroduced(ShopperIntroduced {
        shopper: SHOPPER,
        guest: false,
        personal: "sealed".into(),
    })
}

fn view(occurred_at_us: i64) -> Interaction {
    Interaction::new(InteractionKind::View, "a", occurred_at_us)
}

fn record(interaction: Interaction) -> Command {
    Command::RecordInteraction(RecordInteraction {
        shopper: SHOPPER,
        introduction: introduction(),
        interaction,
    })
}

fn recorded(interaction: Interaction) -> Event {
    Event::InteractionRecorded(InteractionRecorded {
        shopper: SHOPPER,
        interaction,
    })
}

#[test]
fn the_first_interaction_introduces_the_shopper_and_later_ones_do_not() {
    given(SHOPPERS, vec![])
        .when(&CONTEXT, &record(view(NOW_US)))
        .then(&[recorded(view(NOW_US)), introduced()]);
    given(SHOPPERS, vec![recorded(view(NOW_US)), introduced()])
        .when(&CONTEXT, &record(view(NOW_US)))
        .then(&[recorded(view(NOW_US))]);
}

#[test]
fn a_shopper_is_introduced_once() {
    let command = Command::IntroduceShopper(IntroduceShopper {
        shopper: SHOPPER,
        introduction: introduction(),
    });
    given(SHOPPERS, vec![])
        .when(&CONTEXT, &command)
        .then(&[introduced()]);
    given(SHOPPERS, vec![introduced()])
        .when(&CONTEXT, &command)
        .then(&[]);
}

#[test]
fn the_past_can_be_recorded_and_the_future_cannot() {
    let minutes = 60_000_000;
    for (occurred_at_us, accepted) in [
        (0, true),
        (NOW_US + 10 * minutes, true),
        (NOW_US + 10 * minutes + 1, false),
    ] {
        let outcome =
            given(SHOPPERS, vec![introduced()]).when(&CONTEXT, &record(view(occurred_at_us)));
        if accepted {
            outcome.then(&[recorded(view(occurred_at_us))]);
        } else {
            outcome.then_rejected(&Rejection::OccurredInFuture);
        }
    }
}

#[test]
fn shoppers_are_in_partitions_of_their_own() {
    for partition in [0, 1] {
        given(partition, vec![])
            .when(&CONTEXT, &record(view(NOW_US)))
            .then_rejected(&Rejection::WrongPartition);
    }
}

#[test]
fn a_shopper_is_erased_once_and_nothing_is_recorded_after() {
    let erase = Command::EraseShopper(EraseShopper { shopper: SHOPPER });
    let erased = Event::ShopperErased(ShopperErased {
        shopper: SHOPPER,
        at_us: NOW_US,
    });
    given(SHOPPERS, vec![introduced()])
        .when(&CONTEXT, &erase)
        .then(std::slice::from_ref(&erased));
    given(SHOPPERS, vec![introduced(), erased.clone()])
        .when(&CONTEXT, &erase)
        .then(&[]);
    given(SHOPPERS, vec![])
        .when(&CONTEXT, &erase)
        .then_rejected(&Rejection::UnknownShopper);
    given(SHOPPERS, vec![introduced(), erased])
        .when(&CONTEXT, &record(view(NOW_US)))
        .then_rejected(&Rejection::Erased);
}
