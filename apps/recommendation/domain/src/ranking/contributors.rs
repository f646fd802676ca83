//! Who speaks for items: what a shopper did, what a page is about, and what everybody wants.

use std::collections::HashMap;

use accord_learning::item_weights::{ItemWeights, WeightedItem};

use super::{Share, Workspace};
use crate::{
    context::Context,
    interaction::InteractionKind,
    model::RecommendationModel,
    settings::ServingSettings,
    view::{HistoryEntry, LiveView, ShopperHistory},
};

/// Items of a history that speak for others.
const TASTE_ITEMS_MAX: usize = 100;
/// Places after which an item of the history counts half.
const TASTE_HALF_PLACES: f64 = 50.0;
/// Items of a session that speak for the next.
const SESSION_ITEMS_MAX: usize = 10;
/// A pause after which a new session begins, in microseconds.
pub(crate) const SESSION_PAUSE_US: i64 = 1_800_000_000;
/// Items whose likes are looked for.
const CONTENT_ITEMS_MAX: usize = 5;

/// Where a share comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// What shoppers with this history like.
    Taste,
    /// What shoppers go on to from these items.
    Session,
    /// What is in baskets with these items.
    Together,
    /// What has the same categories and words.
    Content,
    /// What everybody wants.
    Popularity,
    /// What the shop wants to be seen, or not.
    Campaign,
}

impl Source {
    /// The name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Taste => "taste",
            Self::Session => "session",
            Self::Together => "together",
            Self::Content => "content",
            Self::Popularity => "popularity",
            Self::Campaign => "campaign",
        }
    }
}

/// What the sources count in a context, as a factor of the settings.
struct Emphasis {
    taste: f64,
    session: f64,
    together: f64,
    content: f64,
    popularity: f64,
}

impl Emphasis {
    /// A home page is about the shopper, a product page about its item, a cart about what goes with it.
    fn of(context: Context) -> Self {
        match context {
            Context::Home => Self {
                taste: 1.0,
                session: 1.0,
                together: 0.0,
                content: 1.0,
                popularity: 1.0,
            },
            Context::Product => Self {
                taste: 0.3,
                session: 1.0,
                together: 0.5,
                content: 2.0,
                popularity: 0.3,
            },
            Context::Cart | Context::AfterPurchase => Self {
                taste: 0.5,
                session: 0.5,
                together: 2.0,
                content: 0.5,
                popularity: 0.5,
            },
        }
    }
}

struct Contributor {
    source: Source,
    item: u32,
    weight: f64,
}

/// Everybody who speaks for items, in the order in which their shares are summed.
pub(super) struct Contributors {
    contributors: Vec<Contributor>,
    popularity: f64,
    /// Places in the view's campaigns of those that move scores, with their points.
    campaigns: Vec<(usize, f64)>,
}

impl Contributors {
    pub fn of(
        settings: &ServingSettings,
        context: Context,
        history: &ShopperHistory,
        anchors: &[u32],
        campaigns: Vec<(usize, f64)>,
    ) -> Self {
        let emphasis = Emphasis::of(context);
        let mut contributors = Vec::new();
        let mut add = |source, counts: f64, items: &[(u32, f64)]| {
            let counted = items.iter().map(|(item, weight)| Contributor {
                source,
                item: *item,
                weight: weight * counts,
            });
            contributors.extend(counted.filter(|contributor| contributor.weight != 0.0));
        };
        let taste = taste_items(history);
        let session = session_items(history, anchors);
        let subject: Vec<(u32, f64)> = if anchors.is_empty() {
            session.clone()
        } else {
            anchors.iter().map(|item| (*item, 1.0)).collect()
        };
        add(Source::Taste, settings.taste * emphasis.taste, &taste);
        add(
            Source::Session,
            settings.session * emphasis.session,
            &session,
        );
        add(
            Source::Together,
            settings.together * emphasis.together,
            &subject,
        );
        let alike = &subject[..subject.len().min(CONTENT_ITEMS_MAX)];
        add(Source::Content, settings.content * emphasis.content, alike);
        Self {
            contributors,
            popularity: settings.popularity * emphasis.popularity,
            campaigns,
        }
    }

    /// Scores every item of the catalogue.
    pub fn score(
        &self,
        view: &LiveView,
        model: Option<&RecommendationModel>,
        workspace: &mut Workspace,
    ) {
        let items = view.catalogue().len();
        let Workspace {
            scores,
            likeness,
            touched,
            ..
        } = workspace;
        scores.clear();
        scores.resize(items, 0.0);
        likeness.resize(items.max(likeness.len()), 0.0);
        for contributor in &self.contributors {
            let Contributor { item, weight, .. } = *contributor;
            match weights_of(model, contributor.source) {
                // A model of a larger catalogue than the view's is one of another time: it says nothing here.
                Some(weights) if weights.item_count() <= items => {
                    weights.add_scores(&[WeightedItem { item, weight }], scores);
                }
                Some(_) => {}
                None if contributor.source == Source::Content => {
                    view.catalogue()
                        .each_alike(item, likeness, touched, |other, alike| {
                            scores[other as usize] += weight * alike;
                        });
                }
                None => {}
            }
        }
        let most = most_popular(view);
        if self.popularity > 0.0 && most > 0.0 {
            for (score, value) in scores.iter_mut().zip(view.popularity().values()) {
                *score += self.popularity * popularity_of(*value, most);
            }
        }
        for (place, points) in &self.campaigns {
            for item in view.campaigns().all()[*place].items() {
                scores[item as usize] += points;
            }
        }
    }

    /// What every contributor adds to the score of an item, without those that add nothing; summed in their order they
    /// are the score, to the bit.
    pub fn shares(
        &self,
        view: &LiveView,
        model: Option<&RecommendationModel>,
        to: u32,
    ) -> Vec<Share> {
        let items = view.catalogue().len();
        let mut shares = Vec::new();
        let mut add = |source, because, value: f64| {
            if value != 0.0 {
                shares.push(Share {
                    source,
                    because,
                    campaign: None,
                    value,
                });
            }
        };
        for contributor in &self.contributors {
            let Contributor {
                item,
                weight,
                source,
            } = *contributor;
            let value = match weights_of(model, source) {
                Some(weights) if weights.item_count() <= items => {
                    weight * f64::from(weights.weight(item, to))
                }
                None if source == Source::Content && item != to => {
                    weight * view.catalogue().likeness(item, to)
                }
                _ => 0.0,
            };
            add(source, Some(item), value);
        }
        let most = most_popular(view);
        let value = view.popularity().values().get(to as usize);
        if let Some(value) = value.filter(|_| most > 0.0) {
            let value = self.popularity * popularity_of(*value, most);
            add(Source::Popularity, None, value);
        }
        for (place, points) in &self.campaigns {
            if view.campaigns().all()[*place].is_about(to) {
                shares.push(Share {
                    source: Source::Campaign,
                    because: None,
                    campaign: Some(*place),
                    value: *points,
                });
            }
        }
        shares
    }
}

fn weights_of(model: Option<&RecommendationModel>, source: Source) -> Option<&ItemWeights> {
    let model = model?;
    match source {
        Source::Taste => Some(&model.taste),
        Source::Session => Some(&model.session),
        Source::Together => Some(&model.together),
        Source::Content | Source::Popularity | Source::Campaign => None,
    }
}

fn most_popular(view: &LiveView) -> f64 {
    let values = view.popularity().values().iter();
    values.fold(0.0, |most: f64, value| most.max(*value))
}

/// Popularity between 0 and 1. The root keeps the few most popular items from drowning the others.
fn popularity_of(value: f64, most: f64) -> f64 {
    (value / most).sqrt()
}

/// The items that a shopper likes, newest first, with what each counts: by the strongest thing that was done with it,
/// and by how long ago that is in items.
fn taste_items(history: &ShopperHistory) -> Vec<(u32, f64)> {
    let mut places: HashMap<u32, usize> = HashMap::new();
    let mut liked: Vec<(u32, f64)> = Vec::new();
    for entry in history.newest_first() {
        let counts = liking(entry);
        if counts == 0.0 {
            continue;
        }
        match places.get(&entry.item) {
            Some(place) => liked[*place].1 = liked[*place].1.max(counts),
            None if liked.len() == TASTE_ITEMS_MAX => break,
            None => {
                places.insert(entry.item, liked.len());
                liked.push((entry.item, counts));
            }
        }
    }
    for (place, (_, counts)) in liked.iter_mut().enumerate() {
        *counts *= (-(place as f64) / TASTE_HALF_PLACES).exp2();
    }
    liked
}

/// What one event says of liking an item.
fn liking(entry: &HistoryEntry) -> f64 {
    match entry.kind {
        InteractionKind::View => 1.0,
        InteractionKind::Cart => 1.5,
        InteractionKind::Purchase => 2.0,
        InteractionKind::Rating => match entry.rating {
            Some(5) => 2.0,
            Some(4) => 1.5,
            Some(3) => 0.5,
            _ => 0.0,
        },
        InteractionKind::Impression | InteractionKind::Remove => 0.0,
    }
}

/// The last items of the present session, newest first, what the page is about before all; each step back counts less,
/// as the session model was trained.
fn session_items(history: &ShopperHistory, anchors: &[u32]) -> Vec<(u32, f64)> {
    let mut items: Vec<u32> = anchors
        .iter()
        .rev()
        .copied()
        .take(SESSION_ITEMS_MAX)
        .collect();
    let mut later: Option<&HistoryEntry> = None;
    for entry in history.newest_first().filter(|entry| liking(entry) > 0.0) {
        if items.len() >= SESSION_ITEMS_MAX
            || later.is_some_and(|later| is_other_session(entry, later))
        {
            break;
        }
        later = Some(entry);
        if !items.contains(&entry.item) {
            items.push(entry.item);
        }
    }
    let fading = |place: usize| (-(place as f64)).exp();
    let weighted = items.into_iter().enumerate();
    weighted
        .map(|(place, item)| (item, fading(place)))
        .collect()
}

/// Whether a pause, or another name, lies between two events.
pub(crate) fn is_other_session(earlier: &HistoryEntry, later: &HistoryEntry) -> bool {
    match (earlier.session, later.session) {
        (Some(earlier), Some(later)) => earlier != later,
        _ => (later.at_us - earlier.at_us).abs() > SESSION_PAUSE_US,
    }
}

/// Items that a shopper has looked at or done more with, ascending.
pub(super) fn seen_items(history: &ShopperHistory) -> Vec<u32> {
    let shown = |entry: &&HistoryEntry| entry.kind != InteractionKind::Impression;
    let seen = history.newest_first().filter(shown);
    let mut seen: Vec<u32> = seen.map(|entry| entry.item).collect();
    seen.sort_unstable();
    seen.dedup();
    seen
}
