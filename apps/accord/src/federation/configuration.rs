//! What configuration files say of a consortium.

use std::path::Path;

use accord_federation::PublicIdentity;
use accord_federation::plan::Institution;
use accord_federation_node::client::ServerAddress;
use accord_federation_node::participant::{Limits, ParticipantSettings};
use accord_federation_node::task::Task;
use accord_service::config::ConfigFault;
use serde::Deserialize;

/// A member of the roster.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberConfiguration {
    pub name: String,
    /// Its public key, 64 hexadecimal digits: what `accord federation identity` prints there.
    pub key: String,
}

/// Takes part in joint training.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FederationConfiguration {
    /// Where the coordinator is, with its path: `https://sums.example/coordinator`.
    coordinator: String,
    /// Its public key, 64 hexadecimal digits.
    coordinator_key: String,
    /// Whom this institution is ready to train with, itself included.
    roster: Vec<MemberConfiguration>,
    #[serde(default)]
    limits: LimitsConfiguration,
}

/// What is signed, and what not. Absent: the defaults.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsConfiguration {
    kinds: Option<Vec<String>>,
    institutions_min: Option<usize>,
    colluders_min: Option<usize>,
    sums_max: Option<u64>,
    rows_max: Option<u64>,
    exact_sums: Option<bool>,
    epsilon_max: Option<f64>,
}

impl FederationConfiguration {
    /// Refuses addresses, keys and limits that cannot be meant.
    pub fn check(&self) -> Result<(), ConfigFault> {
        ServerAddress::parse(&self.coordinator)
            .map_err(|error| ConfigFault::at("federation.coordinator", error.to_string()))?;
        public_key(&self.coordinator_key)
            .ok_or_else(|| ConfigFault::at("federation.coordinator_key", NOT_A_KEY))?;
        roster(&self.roster, "federation.roster")?;
        let kinds = self.limits.kinds.iter().flatten();
        if let Some(unknown) = kinds
            .clone()
            .find(|kind| !Task::KINDS.contains(&kind.as_str()))
        {
            return Err(ConfigFault::at(
                "federation.limits.kinds",
                format!("`{unknown}` is none of {}", Task::KINDS.join(", ")),
            ));
        }
        if self.limits.institutions_min.is_some_and(|least| least < 3) {
            return Err(ConfigFault::at(
                "federation.limits.institutions_min",
                "at least 3: two institutions never sum",
            ));
        }
        Ok(())
    }

    /// The settings of a checked configuration, for the participant in `folder`.
    pub fn settings(&self, name: &str, folder: &Path) -> anyhow::Result<ParticipantSettings> {
        let fault = |fault: ConfigFault| anyhow::anyhow!("{}: {}", fault.key, fault.reason);
        let defaults = Limits::default();
        let limits = &self.limits;
        Ok(ParticipantSettings {
            name: name.to_owned(),
            folder: folder.to_owned(),
            coordinator: ServerAddress::parse(&self.coordinator)?,
            coordinator_key: public_key(&self.coordinator_key)
                .ok_or_else(|| anyhow::anyhow!("coordinator_key {NOT_A_KEY}"))?,
            roster: roster(&self.roster, "federation.roster").map_err(fault)?,
            limits: Limits {
                kinds: limits.kinds.clone().unwrap_or(defaults.kinds),
                institutions_min: limits.institutions_min.unwrap_or(defaults.institutions_min),
                colluders_min: limits.colluders_min.unwrap_or(defaults.colluders_min),
                sums_max: limits.sums_max.unwrap_or(defaults.sums_max),
                rows_max: limits.rows_max.unwrap_or(defaults.rows_max),
                exact_sums: limits.exact_sums.unwrap_or(defaults.exact_sums),
                epsilon_max: limits.epsilon_max.unwrap_or(defaults.epsilon_max),
            },
        })
    }
}

const NOT_A_KEY: &str =
    "must be 64 hexadecimal digits, as `accord federation identity` prints them";

/// The members in the order of their names, each with a key of its own.
pub fn roster(
    members: &[MemberConfiguration],
    key: &'static str,
) -> Result<Vec<Institution>, ConfigFault> {
    let mut roster = Vec::with_capacity(members.len());
    for member in members {
        let identity = public_key(&member.key).ok_or_else(|| {
            ConfigFault::at(key, format!("the key of `{}` {NOT_A_KEY}", member.name))
        })?;
        roster.push(Institution {
            name: member.name.clone(),
            identity,
        });
    }
    roster.sort_by(|one, other| one.name.cmp(&other.name));
    let has_twins = roster.windows(2).any(|pair| pair[0].name == pair[1].name);
    if roster.len() < 3 || has_twins {
        return Err(ConfigFault::at(
            key,
            "needs at least three institutions, each with a name of its own",
        ));
    }
    Ok(roster)
}

fn public_key(text: &str) -> Option<PublicIdentity> {
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).ok()?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    PublicIdentity::from_bytes(bytes).ok()
}
