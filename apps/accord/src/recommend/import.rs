//! `accord recommend import`: events and catalogues from files into a merchant's log.
//!
//! ```text
//! file ─► lines, on a thread of their own ─► chunks ─► the node, durable ─► checkpoint
//! ```
//!
//! An import goes on after its checkpoint. What was under way when it was cut short comes again under the same names, and
//! the node knows it.

mod catalogue;
mod checkpoint;
mod chunks;
mod events;
mod moment;
mod progress_bar;
mod records;
#[cfg(test)]
mod tests;

use std::{path::Path, process::ExitCode, sync::Arc, time::Instant};

use accord_event_log::data_directory::DataDirectory;
use accord_service::{
    config::load_config,
    telemetry::{LogFormat, set_up_logging},
};
use anyhow::{Context, anyhow};
use futures::{StreamExt, TryStreamExt, stream};
use recommendation::{InteractionKind, Item};
use recommendation_node::{
    ApplicationError, CommandCaller, InteractionRequest, MerchantNode, ShopperIdentity,
};

use super::serve::MerchantConfiguration;
use crate::cli::RecommendImportArguments;
use catalogue::ItemLine;
use checkpoint::Checkpoint;
use chunks::Chunks;
use events::EventLine;
use progress_bar::ProgressBar;

/// Who imports, in the log.
const ACTOR: &str = "import";
/// Lines that are looked for one by one at once, after an interruption.
const UNDER_WAY: usize = 256;

/// Imports what the arguments name, items before events.
pub async fn run(arguments: RecommendImportArguments) -> anyhow::Result<ExitCode> {
    let default_kind = match &arguments.kind {
        None => None,
        Some(name) => Some(events::kind_named(name).with_context(|| {
            format!(
                "--kind {name}: it is not one of {}",
                events::kind_names().join(", ")
            )
        })?),
    };
    let configuration: MerchantConfiguration = load_config(&arguments.config)?;
    set_up_logging(LogFormat::Human)?;
    let directory = DataDirectory::open(&configuration.data_directory)
        .map_err(|error| anyhow!("{error} (data_directory in {})", arguments.config.display()))?;
    let node = configuration.open_node(&directory).await?;
    let import = Import {
        node: node.clone(),
        actor: Arc::from(ACTOR),
        folder: directory.path().join("imports"),
    };
    let done = import.run(&arguments, default_kind).await;
    node.stop().await;
    done.map(|()| ExitCode::SUCCESS)
}

struct Import {
    node: MerchantNode,
    actor: Arc<str>,
    /// Where checkpoints are kept.
    folder: std::path::PathBuf,
}

impl Import {
    async fn run(
        &self,
        arguments: &RecommendImportArguments,
        default_kind: Option<&'static str>,
    ) -> anyhow::Result<()> {
        if let Some(path) = &arguments.items {
            self.items(path).await?;
        }
        if let Some(path) = &arguments.events {
            self.events(path, default_kind).await?;
        }
        if arguments.train {
            eprintln!("Training ...");
            let report = self.node.train_and_activate(&self.actor).await?;
            eprintln!("Model {} in {:.1} s", report.model, report.seconds);
        }
        Ok(())
    }

    async fn items(&self, path: &Path) -> anyhow::Result<()> {
        let mut progress = Progress::begin("items", &self.folder, path)?;
        let mut chunks = Chunks::read(path, progress.checkpoint.lines, ItemLine::read)?;
        let mut bar = ProgressBar::new("items", chunks.extent());
        while let Some(chunk) = chunks.next().await? {
            let items = || chunk.lines.iter().map(|line| self.item(line));
            let whole = self.node.import_items(&self.actor, items()).await;
            progress.new += match whole {
                Ok(new) => new,
                // A line is wrong, or it has to be looked for: one by one says which.
                Err(_) => {
                    let one_by_one = stream::iter(chunk.lines.iter()).map(Ok::<_, anyhow::Error>);
                    let import = one_by_one.try_for_each_concurrent(UNDER_WAY, async |line| {
                        let caller = CommandCaller::patient(&self.actor);
                        let upserted = self.node.upsert_item(&caller, self.item(line)).await;
                        upserted
                            .map(|_| ())
                            .map_err(|error| at_line(path, line.line, &error))
                    });
                    import.await?;
                    chunk.lines.len() as u64
                }
            };
            progress.reach(chunk.last_line, chunk.lines.len())?;
            bar.show(progress.lines);
        }
        progress.finish(&bar);
        Ok(())
    }

    async fn events(&self, path: &Path, default_kind: Option<&'static str>) -> anyhow::Result<()> {
        let mut progress = Progress::begin("events", &self.folder, path)?;
        let name = progress.checkpoint.file.clone();
        let mut chunks = Chunks::read(path, progress.checkpoint.lines, move |record| {
            EventLine::read(record, default_kind)
        })?;
        let mut bar = ProgressBar::new("events", chunks.extent());
        while let Some(chunk) = chunks.next().await? {
            let requests = chunk.lines.iter().map(|line| interaction(&name, line));
            let whole = self.node.import_interactions(&self.actor, requests).await;
            progress.new += match whole {
                Ok(new) => new,
                Err(_) => {
                    let one_by_one = stream::iter(chunk.lines.iter()).map(async |line| {
                        let caller = CommandCaller::patient(&self.actor);
                        let request = interaction(&name, line);
                        let recorded = self.node.record_interaction(&caller, request).await;
                        match recorded {
                            Ok(decided) => Ok(u64::from(!decided.replayed)),
                            // The id is in the log with other content, which stays.
                            Err(ApplicationError::KeyReused) => Ok(0),
                            Err(error) => Err(at_line(path, line.line, &error)),
                        }
                    });
                    let new: Vec<u64> = one_by_one.buffered(UNDER_WAY).try_collect().await?;
                    new.iter().sum()
                }
            };
            progress.reach(chunk.last_line, chunk.lines.len())?;
            bar.show(progress.lines);
        }
        progress.finish(&bar);
        Ok(())
    }

    fn item(&self, line: &ItemLine) -> Item {
        Item {
            item_id: line.item_id.clone(),
            product_code: line.product_code.clone(),
            title: line.title.clone(),
            price_minor: line.price_minor,
            currency: line
                .currency
                .clone()
                .unwrap_or_else(|| self.node.currency().to_owned()),
            stock: line.stock,
            categories: line.categories.clone(),
            text: line.text.clone(),
            image: line.image.clone(),
            available_from_us: line.available_from_us,
            available_until_us: line.available_until_us,
        }
    }
}

/// Lines without an id are known by their file and number.
fn interaction(file: &str, line: &EventLine) -> InteractionRequest {
    let event_id = match &line.event_id {
        Some(event_id) => event_id.clone(),
        None => format!("import of {file}, line {}", line.line),
    };
    let session_id = line.session_id.clone();
    InteractionRequest {
        event_id: Some(event_id),
        shopper: match &line.shopper_id {
            Some(shopper) => ShopperIdentity::Shopper(shopper.clone()),
            // A line has one or the other; reading has checked it.
            None => ShopperIdentity::Guest(session_id.clone().unwrap_or_default()),
        },
        session_id,
        kind: InteractionKind::ALL
            .into_iter()
            .find(|kind| kind.name() == line.kind)
            .unwrap_or(InteractionKind::View),
        item_id: line.item_id.clone(),
        occurred_at_us: Some(line.occurred_at_us),
        quantity: line.quantity,
        price_minor: line.price_minor,
        rating: line.rating,
        surface: None,
        list_id: None,
    }
}

fn at_line(path: &Path, line: u64, error: &ApplicationError) -> anyhow::Error {
    anyhow!("{}, line {line}: {error}", path.display())
}

/// How far the import of one file is.
struct Progress {
    what: &'static str,
    checkpoint: Checkpoint,
    begun: Instant,
    /// Lines of this run, and how many of them the log did not have.
    lines: u64,
    new: u64,
}

impl Progress {
    fn begin(what: &'static str, folder: &Path, path: &Path) -> anyhow::Result<Self> {
        let checkpoint = Checkpoint::open(folder, what, path)?;
        if checkpoint.lines > 0 {
            eprintln!(
                "{}: going on after line {}",
                path.display(),
                checkpoint.lines
            );
        }
        Ok(Self {
            what,
            checkpoint,
            begun: Instant::now(),
            lines: 0,
            new: 0,
        })
    }

    fn reach(&mut self, line: u64, count: usize) -> anyhow::Result<()> {
        self.lines += count as u64;
        self.checkpoint.reach(line)
    }

    fn finish(&self, bar: &ProgressBar) {
        bar.finish(self.lines);
        let seconds = self.begun.elapsed().as_secs_f64();
        eprintln!(
            "{} {} read, {} of them new, in {seconds:.1} s",
            self.lines, self.what, self.new
        );
    }
}
