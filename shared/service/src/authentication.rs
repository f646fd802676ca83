//! Finding out who is calling: by persona, by API key, or by persona behind one access key.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::http::{HeaderMap, header};
use serde::Deserialize;
use thiserror::Error;

use crate::api_key::{ApiKey, KeyHash};
use crate::cookie::cookie;
use crate::principal::{Anonymity, Caller, Principal};
use crate::roles::Roles;

/// Header that names the persona of a request to the demo.
pub const PERSONA_HEADER: &str = "accord-persona";

/// Cookie that names the persona of a browser visiting the demo.
pub const PERSONA_COOKIE: &str = "accord_persona";

/// Cookie that holds the key of a browser that has logged in.
pub const KEY_COOKIE: &str = "accord_key";

/// Someone whom a visitor of the demo can play. Nothing proves that the visitor may.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// Id of lower-case letters, digits and hyphens; the actor in the log.
    pub id: String,
    /// Display name.
    pub name: String,
    /// What the persona may do.
    pub roles: Roles,
    /// The person behind it, where one person has several; absent: the id. What counts where two people must agree.
    #[serde(default)]
    pub person: Option<String>,
}

/// How callers are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authentication {
    /// Personas for everybody who can reach the port: only for loopback. The first one is the
    /// default for requests that name none.
    Personas(Vec<Persona>),
    /// Each caller has a key of its own.
    ApiKeys(Vec<ApiKey>),
    /// One access key opens the door; behind it, visitors choose a persona as above.
    KeyThenPersonas {
        /// SHA-256 of the access key, 64 hexadecimal digits.
        key_sha256: String,
        /// The personas; the first one is the default.
        personas: Vec<Persona>,
    },
}

impl Authentication {
    /// Whether a caller has to prove anything at all.
    #[must_use]
    pub const fn requires_key(&self) -> bool {
        match self {
            Self::Personas(_) => false,
            Self::ApiKeys(_) | Self::KeyThenPersonas { .. } => true,
        }
    }
}

/// Why an [`Authentication`] cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum AuthenticationError {
    /// Nobody could ever call.
    #[error("no persona and no API key is configured, so nobody could call")]
    NobodyConfigured,
    /// Two callers have the same id.
    #[error("the id `{0}` is configured twice")]
    DuplicateId(String),
    /// The id would not survive a header, a cookie or a log line.
    #[error("the id `{0}` must consist of lower-case letters, digits and hyphens")]
    InvalidId(String),
    /// The hash is not a hash.
    #[error("the SHA-256 of key `{0}` must be 64 hexadecimal digits")]
    InvalidHash(String),
}

/// A checked [`Authentication`], ready to identify callers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Authenticator(Arc<Checked>);

#[derive(Debug)]
struct Checked {
    keys: Keys,
    recognised: RecognisedKeys,
    personas: Vec<Principal>,
}

#[derive(Debug)]
enum Keys {
    None,
    One(KeyHash),
    PerCaller(Vec<(KeyHash, Principal)>),
}

impl Authenticator {
    /// Checks the configuration.
    ///
    /// # Errors
    /// See [`AuthenticationError`].
    pub fn new(authentication: Authentication) -> Result<Self, AuthenticationError> {
        let checked = match authentication {
            Authentication::Personas(personas) => Checked {
                keys: Keys::None,
                recognised: RecognisedKeys::new(),
                personas: principals_of(&personas)?,
            },
            Authentication::KeyThenPersonas {
                key_sha256,
                personas,
            } => Checked {
                keys: Keys::One(hash_of("access key", &key_sha256)?),
                recognised: RecognisedKeys::new(),
                personas: principals_of(&personas)?,
            },
            Authentication::ApiKeys(keys) => {
                check_ids(keys.iter().map(|key| key.id.as_str()))?;
                let keys = keys.iter().map(|key| {
                    let principal = Principal::new(&key.id, &key.name, key.roles)
                        .of_person(key.person.as_deref());
                    Ok((hash_of(&key.id, &key.sha256_hex)?, principal))
                });
                Checked {
                    keys: Keys::PerCaller(keys.collect::<Result<_, _>>()?),
                    recognised: RecognisedKeys::new(),
                    personas: Vec::new(),
                }
            }
        };
        Ok(Self(Arc::new(checked)))
    }

    /// Finds out who sends a request with these headers.
    #[must_use]
    pub fn identify(&self, headers: &HeaderMap) -> Caller {
        match &self.0.keys {
            Keys::None => self.persona(headers),
            Keys::One(_) | Keys::PerCaller(_) => match presented_key(headers) {
                None => Caller::Anonymous(Anonymity::NoCredentials),
                Some(secret) => match self.open(secret) {
                    None => Caller::Anonymous(Anonymity::UnknownKey),
                    Some(Opened::Door) => self.persona(headers),
                    Some(Opened::As(principal)) => Caller::Known(principal),
                },
            },
        }
    }

    /// Whether this secret is a key that opens anything.
    #[must_use]
    pub fn accepts_key(&self, secret: &str) -> bool {
        self.open(secret).is_some()
    }

    /// Whether callers need a key.
    #[must_use]
    pub fn requires_key(&self) -> bool {
        !matches!(self.0.keys, Keys::None)
    }

    /// The personas to choose from; empty where every caller has a key of its own.
    #[must_use]
    pub fn personas(&self) -> &[Principal] {
        &self.0.personas
    }

    fn open(&self, secret: &str) -> Option<Opened> {
        if matches!(self.0.keys, Keys::None) {
            return None;
        }
        self.0
            .recognised
            .get_or_remember(secret, || self.compare(secret))
    }

    fn compare(&self, secret: &str) -> Option<Opened> {
        match &self.0.keys {
            Keys::None => None,
            Keys::One(hash) => hash.matches(&KeyHash::of(secret)).then_some(Opened::Door),
            Keys::PerCaller(keys) => {
                let presented = KeyHash::of(secret);
                // Every key is compared, so that the time does not tell which one came close.
                keys.iter().fold(None, |found, (hash, principal)| {
                    if hash.matches(&presented) {
                        Some(Opened::As(principal.clone()))
                    } else {
                        found
                    }
                })
            }
        }
    }

    fn persona(&self, headers: &HeaderMap) -> Caller {
        let named = match headers.get(PERSONA_HEADER) {
            Some(value) => Some(value.to_str().unwrap_or_default()),
            None => cookie(headers, PERSONA_COOKIE),
        };
        let persona = match named {
            None => self.0.personas.first(),
            Some(id) => self.0.personas.iter().find(|persona| persona.id() == id),
        };
        match persona {
            Some(persona) => Caller::Known(persona.clone()),
            None => Caller::Anonymous(Anonymity::UnknownPersona),
        }
    }
}

#[derive(Debug, Clone)]
enum Opened {
    Door,
    As(Principal),
}

/// Secrets that were accepted before, by a hash under a key of this process alone.
///
/// SHA-256 in software costs as much as reading the whole request. This hash is several times quicker, and since nobody
/// else knows its key, how long a look-up takes tells nothing about a secret. There are never more entries than
/// configured keys, because only accepted secrets are remembered.
struct RecognisedKeys {
    process_key: [u8; 32],
    accepted: RwLock<HashMap<[u8; 32], Opened>>,
}

impl RecognisedKeys {
    fn new() -> Self {
        Self {
            process_key: rand::random(),
            accepted: RwLock::default(),
        }
    }

    fn get_or_remember(
        &self,
        secret: &str,
        compare: impl FnOnce() -> Option<Opened>,
    ) -> Option<Opened> {
        let hash = *blake3::keyed_hash(&self.process_key, secret.as_bytes()).as_bytes();
        let accepted = self.accepted.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = accepted.get(&hash) {
            return Some(opened.clone());
        }
        drop(accepted);
        let opened = compare()?;
        self.accepted
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(hash, opened.clone());
        Some(opened)
    }
}

impl std::fmt::Debug for RecognisedKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("RecognisedKeys(…)")
    }
}

fn presented_key(headers: &HeaderMap) -> Option<&str> {
    match headers.get(header::AUTHORIZATION) {
        // A malformed header is a wrong key rather than none, and no reason to try the cookie.
        Some(value) => Some(bearer(value.to_str().unwrap_or_default()).unwrap_or_default()),
        None => cookie(headers, KEY_COOKIE),
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

fn principals_of(personas: &[Persona]) -> Result<Vec<Principal>, AuthenticationError> {
    check_ids(personas.iter().map(|persona| persona.id.as_str()))?;
    Ok(personas
        .iter()
        .map(|it| Principal::new(&it.id, &it.name, it.roles).of_person(it.person.as_deref()))
        .collect())
}

fn check_ids<'ids>(ids: impl Iterator<Item = &'ids str>) -> Result<(), AuthenticationError> {
    let mut seen = std::collections::HashSet::new();
    for id in ids {
        let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if id.is_empty() || !id.chars().all(valid) {
            return Err(AuthenticationError::InvalidId(id.to_owned()));
        }
        if !seen.insert(id) {
            return Err(AuthenticationError::DuplicateId(id.to_owned()));
        }
    }
    if seen.is_empty() {
        Err(AuthenticationError::NobodyConfigured)
    } else {
        Ok(())
    }
}

fn hash_of(id: &str, text: &str) -> Result<KeyHash, AuthenticationError> {
    KeyHash::from_hex(text).ok_or_else(|| AuthenticationError::InvalidHash(id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roles::Role;

    fn persona(id: &str, role: Role) -> Persona {
        Persona {
            id: id.to_owned(),
            name: id.to_uppercase(),
            roles: Roles::of(&[role]),
            person: None,
        }
    }

    fn personas() -> Vec<Persona> {
        vec![
            persona("ana", Role::Analyst),
            persona("otto", Role::Operator),
        ]
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    /// Who calls, or why nobody is known.
    fn identified(authenticator: &Authenticator, pairs: &[(&'static str, &str)]) -> String {
        match authenticator.identify(&headers(pairs)) {
            Caller::Known(principal) => principal.id().to_owned(),
            Caller::Anonymous(anonymity) => format!("{anonymity:?}"),
        }
    }

    #[test]
    fn a_persona_comes_from_the_header_then_the_cookie_then_the_default() {
        let authenticator = Authenticator::new(Authentication::Personas(personas())).unwrap();
        for (pairs, expected) in [
            (&[][..], "ana"),
            (&[("accord-persona", "otto")], "otto"),
            (&[("cookie", "theme=dark; accord_persona=otto")], "otto"),
            (
                &[("cookie", "theme=dark"), ("cookie", "accord_persona=otto")],
                "otto",
            ),
            (
                &[("accord-persona", "ana"), ("cookie", "accord_persona=otto")],
                "ana",
            ),
            (&[("accord-persona", "eve")], "UnknownPersona"),
            (&[("accord-persona", "")], "UnknownPersona"),
            (&[("accord-persona", "ütto")], "UnknownPersona"),
            (&[("cookie", "accord_persona=eve")], "UnknownPersona"),
            (&[("authorization", "Bearer whatever")], "ana"),
        ] {
            assert_eq!(identified(&authenticator, pairs), expected, "{pairs:?}");
        }
    }

    #[test]
    fn an_api_key_identifies_its_caller() {
        let (first, first_secret) = ApiKey::generate("gateway", "Gateway", Roles::NONE);
        let (second, second_secret) = ApiKey::generate("desk", "Desk", Roles::NONE);
        let authenticator =
            Authenticator::new(Authentication::ApiKeys(vec![first, second])).unwrap();
        let bearer = |secret: &str| format!("Bearer {secret}");
        let key_cookie = format!("accord_key={second_secret}");
        for (pairs, expected) in [
            (vec![], "NoCredentials"),
            (vec![("authorization", bearer(&first_secret))], "gateway"),
            (
                vec![("authorization", format!("bearer  {second_secret}"))],
                "desk",
            ),
            (vec![("cookie", key_cookie.clone())], "desk"),
            (vec![("authorization", bearer("accord_no"))], "UnknownKey"),
            (vec![("authorization", first_secret.clone())], "UnknownKey"),
            (
                vec![("authorization", format!("Basic {first_secret}"))],
                "UnknownKey",
            ),
            (
                vec![("authorization", bearer("x")), ("cookie", key_cookie)],
                "UnknownKey",
            ),
            (
                vec![("accord-persona", "gateway".to_owned())],
                "NoCredentials",
            ),
        ] {
            let pairs: Vec<_> = pairs
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            assert_eq!(identified(&authenticator, &pairs), expected, "{pairs:?}");
        }
    }

    #[test]
    fn behind_an_access_key_there_are_personas() {
        let authenticator = Authenticator::new(Authentication::KeyThenPersonas {
            key_sha256: KeyHash::of("open sesame").to_hex(),
            personas: personas(),
        })
        .unwrap();
        for (pairs, expected) in [
            (&[("accord-persona", "otto")][..], "NoCredentials"),
            (
                &[
                    ("authorization", "Bearer wrong"),
                    ("accord-persona", "otto"),
                ],
                "UnknownKey",
            ),
            (&[("authorization", "Bearer open sesame")], "ana"),
            (
                &[
                    ("authorization", "Bearer open sesame"),
                    ("accord-persona", "otto"),
                ],
                "otto",
            ),
            (
                &[("cookie", "accord_key=open sesame; accord_persona=otto")],
                "otto",
            ),
            (
                &[("cookie", "accord_key=open sesame; accord_persona=eve")],
                "UnknownPersona",
            ),
        ] {
            assert_eq!(identified(&authenticator, pairs), expected, "{pairs:?}");
        }
        assert!(authenticator.accepts_key("open sesame"));
        assert!(!authenticator.accepts_key("open barley"));
    }

    #[test]
    fn a_configuration_that_cannot_work_is_refused() {
        use AuthenticationError::{DuplicateId, InvalidHash, InvalidId, NobodyConfigured};
        let twice = vec![persona("ana", Role::Analyst), persona("ana", Role::Auditor)];
        let spaced = vec![persona("ana b", Role::Analyst)];
        let (key, _) = ApiKey::generate("gateway", "Gateway", Roles::NONE);
        let hashless = ApiKey {
            sha256_hex: "12".to_owned(),
            ..key
        };
        for (authentication, expected) in [
            (Authentication::Personas(Vec::new()), NobodyConfigured),
            (Authentication::ApiKeys(Vec::new()), NobodyConfigured),
            (
                Authentication::Personas(twice),
                DuplicateId("ana".to_owned()),
            ),
            (
                Authentication::Personas(spaced),
                InvalidId("ana b".to_owned()),
            ),
            (
                Authentication::ApiKeys(vec![hashless]),
                InvalidHash("gateway".to_owned()),
            ),
        ] {
            assert_eq!(Authenticator::new(authentication).unwrap_err(), expected);
        }
    }
}
