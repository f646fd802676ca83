use super::{CONTEXT, given};
use crate::{
    Campaign, CampaignEffect, CampaignEnded, CampaignSaved, Command, EndCampaign, Event, Rejection,
    SaveCampaign,
};

const CONTROL: u16 = 0;

fn campaign(version: u32) -> Campaign {
    Campaign {
        campaign_id: "spring".into(),
        version,
        title: "Spring".into(),
        effect: CampaignEffect::Boost { points: 0.5 },
        filter: "category == 'garden'".into(),
        contexts: vec![],
        from_us: None,
        until_us: None,
    }
}

fn save(campaign: Campaign) -> Command {
    Command::SaveCampaign(SaveCampaign { campaign })
}

fn saved(version: u32) -> Event {
    Event::CampaignSaved(CampaignSaved {
        campaign: campaign(version),
    })
}

#[test]
fn versions_of_a_campaign_follow_one_another() {
    given(CONTROL, vec![])
        .when(&CONTEXT, &save(campaign(1)))
        .then(&[saved(1)]);
    given(CONTROL, vec![saved(1)])
        .when(&CONTEXT, &save(campaign(2)))
        .then(&[saved(2)]);
    for version in [1, 3] {
        given(CONTROL, vec![saved(1)])
            .when(&CONTEXT, &save(campaign(version)))
            .then_rejected(&Rejection::StaleCampaign);
    }
}

#[test]
fn a_campaign_is_ended_once() {
    let end = Command::EndCampaign(EndCampaign {
        campaign_id: "spring".into(),
    });
    let ended = Event::CampaignEnded(CampaignEnded {
        campaign_id: "spring".into(),
    });
    given(CONTROL, vec![saved(1)])
        .when(&CONTEXT, &end)
        .then(std::slice::from_ref(&ended));
    given(CONTROL, vec![saved(1), ended])
        .when(&CONTEXT, &end)
        .then_rejected(&Rejection::UnknownCampaign);
}

#[test]
fn what_a_campaign_may_say_is_checked_field_by_field() {
    let check = |change: fn(&mut Campaign), field: &str| {
        let mut campaign = campaign(1);
        change(&mut campaign);
        let faults = campaign.faults();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].field, field);
        given(CONTROL, vec![])
            .when(&CONTEXT, &save(campaign))
            .then_rejected(&Rejection::InvalidCampaign(faults));
    };
    check(|campaign| campaign.campaign_id.clear(), "campaign_id");
    check(|campaign| campaign.title.clear(), "title");
    check(|campaign| campaign.filter = "prize > 1.0".into(), "filter");
    check(
        |campaign| campaign.effect = CampaignEffect::Pin { place: 0 },
        "place",
    );
    check(
        |campaign| campaign.effect = CampaignEffect::Bury { points: 11.0 },
        "points",
    );
    check(
        |campaign| (campaign.from_us, campaign.until_us) = (Some(2), Some(1)),
        "until",
    );
}

#[test]
fn campaigns_have_a_limit() {
    let many = (0..crate::CAMPAIGNS_MAX).map(|number| {
        Event::CampaignSaved(CampaignSaved {
            campaign: Campaign {
                campaign_id: format!("c-{number}"),
                ..campaign(1)
            },
        })
    });
    given(CONTROL, many.collect())
        .when(&CONTEXT, &save(campaign(1)))
        .then_rejected(&Rejection::TooManyCampaigns);
}
