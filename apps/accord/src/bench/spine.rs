//! `accord bench spine`.

mod ceiling;
mod decisions;
mod folder;
mod lag;
mod node;
mod purchases;
mod random;
mod storage;
mod watch;

use std::process::ExitCode;
use std::time::Duration;

use ceiling::Ceiling;
use folder::BenchFolder;
use node::ServedNode;

use crate::cli::SpineArguments;

pub async fn run(arguments: SpineArguments) -> anyhow::Result<ExitCode> {
    let folder = BenchFolder::prepare(&arguments.folder)?;
    let (key, secret) = node::payment_system();
    let connections = usize::from(arguments.connections);
    let served = ServedNode::start(&folder.node(), &key, &secret).await?;
    let new = decisions::new_customers(&served, connections).await?;
    println!("{new:?}");
    let ceiling = Ceiling {
        connections,
        duration: Duration::from_secs(4),
        response_bytes: ceiling::response_bytes(&served).await?,
    };
    println!("{ceiling:?}");
    let before = ceiling.measure(&secret, 7).await?;
    println!("{before:?}");
    let decisions =
        decisions::measure(&served, connections, Duration::from_secs(arguments.seconds)).await?;
    println!("{decisions:#?}");
    let after = ceiling.measure(&secret, 7).await?;
    println!("{after:?}");
    println!(
        "share {}",
        decisions.load.rate_per_second * 2.0 / (before.rate_per_second + after.rate_per_second)
    );
    served.stop().await?;
    let _ = folder.path();
    Ok(ExitCode::SUCCESS)
}
