use super::*;
use crate::PublishModel;

fn publish(published: ModelPublished) -> Command {
    Command::PublishModel(PublishModel {
        published,
        shadow_by: None,
    })
}

#[test]
fn a_model_is_published_under_its_hash() {
    let (events, state) = given_control([published("other")])
        .when(&without_models(NOON), &publish(publication(MODEL)))
        .then_state();
    assert_eq!(events, [published(MODEL)]);
    let PartitionState::Control(control) = state else {
        panic!("the control partition became another");
    };
    let offset = control.models.get(MODEL).map(|model| model.published_at);
    assert_eq!(offset, Some(2));
}

#[test]
fn a_published_model_is_not_published_again_whatever_is_said_of_its_training() {
    let otherwise = ModelPublished {
        training_rows: 5,
        ..publication(MODEL)
    };
    for again in [publication(MODEL), otherwise] {
        given_control([published(MODEL)])
            .when(&at(NOON), &publish(again))
            .then(&[]);
    }
}
