//! Given / when / then: a test reads as the specification of one decision.

use std::fmt::Debug;

use crate::Decider;

/// Starts a specification from a state and the events that happened so far.
pub fn given<D: Decider>(
    initial: D::State,
    events: impl IntoIterator<Item = D::Event>,
) -> Specification<D> {
    let mut state = initial;
    for event in events {
        D::evolve(&mut state, &event);
    }
    Specification { state }
}

/// A state that waits for a command.
pub struct Specification<D: Decider> {
    state: D::State,
}

impl<D: Decider> Specification<D>
where
    D::Event: Debug + PartialEq,
    D::Rejection: Debug + PartialEq,
{
    /// Decides one command over the given state.
    pub fn when(self, context: &D::Context, command: &D::Command) -> Outcome<D> {
        let decided = D::decide(&self.state, context, command);
        Outcome {
            state: self.state,
            decided,
        }
    }
}

/// What a command led to.
pub struct Outcome<D: Decider> {
    state: D::State,
    decided: Result<Vec<D::Event>, D::Rejection>,
}

impl<D: Decider> Outcome<D>
where
    D::Event: Debug + PartialEq,
    D::Rejection: Debug + PartialEq,
{
    /// The command leads to exactly these events.
    #[track_caller]
    pub fn then(self, expected: &[D::Event]) {
        match self.decided {
            Ok(events) => assert_eq!(events, expected),
            Err(rejection) => panic!("expected events, but it was rejected: {rejection:?}"),
        }
    }

    /// The command is refused for this reason.
    #[track_caller]
    pub fn then_rejected(self, expected: &D::Rejection) {
        match self.decided {
            Ok(events) => panic!("expected a rejection, but it led to {events:?}"),
            Err(rejection) => assert_eq!(&rejection, expected),
        }
    }

    /// The events, and the state once they are folded, for checks that look closer.
    #[track_caller]
    pub fn then_state(mut self) -> (Vec<D::Event>, D::State) {
        let events = self.decided.unwrap_or_else(|rejection| {
            panic!("expected events, but it was rejected: {rejection:?}")
        });
        for event in &events {
            D::evolve(&mut self.state, event);
        }
        (events, self.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A till that may not go below zero: the smallest decider that can refuse.
    struct Till;

    impl Decider for Till {
        type State = i64;
        type Command = i64;
        type Event = i64;
        type Context = ();
        type Rejection = &'static str;

        fn decide(state: &i64, (): &(), command: &i64) -> Result<Vec<i64>, &'static str> {
            if state + command < 0 {
                return Err("the till would be overdrawn");
            }
            Ok(vec![*command])
        }

        fn evolve(state: &mut i64, event: &i64) {
            *state += event;
        }
    }

    #[test]
    fn a_fold_of_past_events_is_what_a_command_meets() {
        given::<Till>(0, [5, 7]).when(&(), &-12).then(&[-12]);
        given::<Till>(0, [5, 7])
            .when(&(), &-13)
            .then_rejected(&"the till would be overdrawn");
        let (events, state) = given::<Till>(0, [5]).when(&(), &2).then_state();
        assert_eq!((events, state), (vec![2], 7));
    }
}
