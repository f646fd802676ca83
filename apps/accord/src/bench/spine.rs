//! `accord bench spine`.

use std::process::ExitCode;

use crate::cli::SpineArguments;

pub async fn run(arguments: SpineArguments) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not measured yet: {arguments:?}")
}
