//! `accord federation`: proofs and audits of federated training without a network, and jobs over one.

pub mod bank;
pub mod configuration;
mod drop_outs;
pub mod identity;
mod pooled;
pub mod prove;
pub mod run;
mod simulated_banks;
pub mod trees;
pub mod verify;

use accord_federation::Secret;

/// 32 random bytes of the operating system.
pub fn random_secret() -> anyhow::Result<Secret> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow::anyhow!("the operating system gives no random bytes: {error}"))?;
    Ok(Secret::from_bytes(bytes))
}
