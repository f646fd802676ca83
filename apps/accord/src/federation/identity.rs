//! `accord federation identity`: the key that others pin.

use std::process::ExitCode;

use accord_federation_node::open_or_create_identity;
use anyhow::Context;

use crate::cli::IdentityArguments;

/// Prints the public half of the identity in a folder.
pub fn run(arguments: &IdentityArguments) -> anyhow::Result<ExitCode> {
    let path = arguments.folder.join("identity.key");
    let identity = open_or_create_identity(&path).with_context(|| format!("{}", path.display()))?;
    println!("{:?}", identity.public());
    Ok(ExitCode::SUCCESS)
}
