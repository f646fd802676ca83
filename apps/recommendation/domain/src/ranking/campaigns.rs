//! What campaigns do to a list.

use super::{Workspace, candidates::Eligibility};
use crate::{
    campaign::CampaignEffect,
    context::Context,
    view::{LiveView, RunningCampaign},
};

/// The campaigns that act on a list, by what they do.
pub(super) struct Acting<'a> {
    /// Places in the view's campaigns of those that move scores, with their points.
    pub points: Vec<(usize, f64)>,
    /// With the place that each pins, from 1.
    pub pinning: Vec<(u16, &'a RunningCampaign)>,
    pub hiding: Vec<&'a RunningCampaign>,
}

impl<'a> Acting<'a> {
    pub fn of(view: &'a LiveView, context: Context, now_us: i64) -> Self {
        let mut acting = Self {
            points: Vec::new(),
            pinning: Vec::new(),
            hiding: Vec::new(),
        };
        for (index, running) in view.campaigns().all().iter().enumerate() {
            if !running.campaign.acts_in(context, now_us) {
                continue;
            }
            match running.campaign.effect {
                CampaignEffect::Pin { place } => acting.pinning.push((place, running)),
                CampaignEffect::Exclude => acting.hiding.push(running),
                effect @ (CampaignEffect::Boost { .. } | CampaignEffect::Bury { .. }) => {
                    acting.points.push((index, effect.points()));
                }
            }
        }
        acting.pinning.sort_by_key(|(place, _)| *place);
        acting
    }

    /// Without the campaigns that promote.
    pub fn only_hiding(self) -> Self {
        Self {
            points: Vec::new(),
            pinning: Vec::new(),
            hiding: self.hiding,
        }
    }
}

/// The best eligible item of each campaign that pins, in the order of places, each item once. Of two campaigns for one
/// place the one with the lower id has it, and the other the next.
pub(super) fn pins(
    pinning: &[(u16, &RunningCampaign)],
    eligibility: &Eligibility<'_>,
    workspace: &mut Workspace,
) -> Vec<(u16, u32)> {
    let mut pins: Vec<(u16, u32)> = Vec::new();
    for (place, running) in pinning {
        let free = |item: &u32| pins.iter().all(|(_, pinned)| pinned != item);
        let items: Vec<u32> = running.items().filter(free).collect();
        if let Some(best) = eligibility.best_of(items.into_iter(), workspace, 1).first() {
            pins.push((*place, *best));
        }
    }
    pins
}
