//! Accord: one binary for every role. This file only dispatches.

mod back_test;
mod bench;
mod cli;
mod coordinator;
mod demo;
mod durable_file;
mod evaluate;
mod federation;
mod import;
mod log_command;
mod node_location;
mod re_derive;
mod recommend;
mod serve;
mod starter_model;

use std::process::ExitCode;

use clap::Parser;
use cli::{
    BenchCommand, Cli, Command, CoordinatorCommand, FederationCommand, LogCommand,
    RecommendCommand, RiskCommand,
};

/// Every request allocates some dozens of small pieces on one thread and frees some of them on another, which the
/// system's allocator handles badly: it took a tenth of the time of a decision.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("accord: the runtime does not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let ended = runtime.block_on(run(cli));
    // What still runs is cut off; everything durable is durable already.
    runtime.shutdown_background();
    match ended {
        Ok(code) => code,
        Err(error) => {
            eprintln!("accord: {}", told_once(&error));
            ExitCode::FAILURE
        }
    }
}

/// An error with its causes, leaving out a cause that has been told already: some messages hold theirs.
fn told_once(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if told.is_empty() {
            told = cause;
        } else if !told.contains(&cause) {
            told = format!("{told}: {cause}");
        }
    }
    told
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        None => demo::run(cli.demo).await,
        Some(Command::Log(LogCommand::Tail(arguments))) => log_command::tail(arguments).await,
        Some(Command::Log(LogCommand::Show(arguments))) => log_command::show(arguments).await,
        Some(Command::Log(LogCommand::Verify(arguments))) => log_command::verify(arguments).await,
        Some(Command::Risk(RiskCommand::Serve(arguments))) => serve::run(arguments).await,
        Some(Command::Risk(RiskCommand::Evaluate(arguments))) => evaluate::run(arguments).await,
        Some(Command::Risk(RiskCommand::BackTest(arguments))) => back_test::run(arguments).await,
        Some(Command::Risk(RiskCommand::ReDerive(arguments))) => re_derive::run(arguments).await,
        Some(Command::Risk(RiskCommand::Import(arguments))) => import::run(arguments).await,
        Some(Command::Federation(FederationCommand::Prove(arguments))) => {
            federation::prove::run(&arguments)
        }
        Some(Command::Federation(FederationCommand::Verify(arguments))) => {
            federation::verify::run(&arguments)
        }
        Some(Command::Federation(FederationCommand::Run(arguments))) => {
            federation::run::run(&arguments).await
        }
        Some(Command::Federation(FederationCommand::Identity(arguments))) => {
            federation::identity::run(&arguments)
        }
        Some(Command::Coordinator(CoordinatorCommand::Serve(arguments))) => {
            coordinator::run(arguments).await
        }
        Some(Command::Bench(BenchCommand::Federation(arguments))) => {
            bench::federation::run(&arguments)
        }
        Some(Command::Recommend(RecommendCommand::Evaluate(arguments))) => {
            recommend::evaluate::run(&arguments)
        }
        Some(Command::Recommend(RecommendCommand::Serve(arguments))) => {
            recommend::serve::run(arguments).await
        }
        Some(Command::Recommend(RecommendCommand::Import(arguments))) => {
            recommend::import::run(arguments).await
        }
        Some(Command::Bench(BenchCommand::Recommend(arguments))) => {
            bench::recommend::run(&arguments).await
        }
        Some(Command::Bench(BenchCommand::Risk(arguments))) => bench::risk::run(arguments).await,
        Some(Command::Bench(BenchCommand::Spine(arguments))) => bench::spine::run(arguments).await,
    }
}
