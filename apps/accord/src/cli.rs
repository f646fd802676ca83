//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Risk control and recommendation on an event log. Without a command: the demo, five simulated banks and five merchants
/// on one port.
#[derive(Debug, Parser)]
#[command(name = "accord", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub demo: DemoArguments,
}

/// The demo.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Address to listen on. Anything but loopback needs --access-key or --generate-key.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Folder that holds everything the demo stores.
    #[arg(long, default_value = "accord-data")]
    pub data_dir: PathBuf,
    /// Simulated seconds per real second; 1440 is a day a minute.
    #[arg(long, default_value_t = accord_service::clock::DAY_A_MINUTE)]
    pub speed: f64,
    /// Seed of the simulation; used when the data directory is new.
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    /// Load the history, but let no live traffic flow.
    #[arg(long)]
    pub no_traffic: bool,
    /// Key that opens the demo, at least 16 characters; needed to listen beyond loopback.
    #[arg(long, env = "ACCORD_ACCESS_KEY", hide_env_values = true)]
    pub access_key: Option<String>,
    /// Make an access key where none is given, and print it at the start.
    #[arg(long)]
    pub generate_key: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look at and check an event log.
    #[command(subcommand)]
    Log(LogCommand),
    /// Run a bank's node.
    #[command(subcommand)]
    Risk(RiskCommand),
    /// Train together with other institutions; prove and audit it.
    #[command(subcommand)]
    Federation(FederationCommand),
    /// Run a consortium's coordinator.
    #[command(subcommand)]
    Coordinator(CoordinatorCommand),
    /// Recommend.
    #[command(subcommand)]
    Recommend(RecommendCommand),
    /// Measure.
    #[command(subcommand)]
    Bench(BenchCommand),
}

#[derive(Debug, Subcommand)]
pub enum LogCommand {
    /// Print the newest events, and go on with --follow.
    Tail(TailArguments),
    /// Print one event with everything the log knows about it.
    Show(ShowArguments),
    /// Check the whole log: no gaps, and every hash chain. Exit code 1 if anything is wrong.
    Verify(VerifyArguments),
}

#[derive(Debug, Subcommand)]
pub enum RiskCommand {
    /// Serve one bank's node as a configuration file says.
    Serve(ServeArguments),
    /// Measure the pipeline on a table of labelled transactions.
    Evaluate(EvaluateArguments),
    /// Take over a bank's own history from a file.
    Import(ImportArguments),
    /// Show what a changed policy would have done.
    BackTest(BackTestArguments),
    /// Make every past decision again and compare. Exit code 1 if any comes out differently.
    ReDerive(ReDeriveArguments),
}

/// Which node.
#[derive(Debug, Args)]
pub struct NodeLocationArguments {
    /// Data directory of the node or of the demo.
    #[arg(long, default_value = "accord-data")]
    pub data_dir: PathBuf,
    /// Institution that is meant, where the data directory holds several or none yet.
    #[arg(long)]
    pub institution: Option<String>,
    /// Currency that the node accounts in (ISO 4217).
    #[arg(long, default_value = "EUR")]
    pub currency: String,
    /// The node's configuration file, which says all three.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data_dir", "institution", "currency"])]
    pub config: Option<PathBuf>,
}

/// Checks every hash chain of a log, and makes every decision in it again from what the log holds: features from the
/// customers' and terminals' own histories, score by the model of that time, decision by its rules and lists. The node
/// must not be running.
#[derive(Debug, Args)]
pub struct ReDeriveArguments {
    #[command(flatten)]
    pub node: NodeLocationArguments,
    /// Print every decision as a line of JSON.
    #[arg(long)]
    pub each: bool,
    /// Print the summary as one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Runs a changed policy over the history of a node that is not running, beside the policy that decides: fraud stopped,
/// genuine customers stopped, alerts a day, as known then and with hindsight.
///
/// FILE of --change is JSON: {"thresholds": {"challenge": 0.1, "review": 0.3, "decline": 0.8}, "put_rules": [{"id":
/// "large", "condition": "amount > 500.0", "outcome": "review"}], "remove_rules": ["old"]}, each of them optional.
#[derive(Debug, Args)]
pub struct BackTestArguments {
    #[command(flatten)]
    pub node: NodeLocationArguments,
    /// Number of the draft that is tested.
    #[arg(long, conflicts_with = "change")]
    pub draft: Option<u64>,
    /// File with the changes of the active policy that are tested.
    #[arg(long, value_name = "FILE")]
    pub change: Option<PathBuf>,
    /// Event time from which on transactions count, such as 2026-01-31T00:00:00Z; otherwise all.
    #[arg(long)]
    pub from: Option<String>,
    /// Event time before which transactions count; otherwise all.
    #[arg(long)]
    pub to: Option<String>,
    /// Alerts that your people can work in a day.
    #[arg(long, default_value_t = risk_control_node::ALERTS_A_DAY_DEFAULT, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub alerts_a_day: u32,
    /// Let what the candidate declines change later features.
    #[arg(long)]
    pub counterfactual: bool,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Takes over a bank's own history: transactions with the decisions that they got, and what became known of them.
/// Features are maintained as for live transactions. The node must not be running. After a kill or an error the same
/// command goes on where it was: what is in the log already is passed over.
///
/// FILE.csv has a header line. Read are TRANSACTION_ID, TX_DATETIME (UTC), CUSTOMER_ID, TERMINAL_ID, TX_AMOUNT and,
/// where they are there, TX_FRAUD (0 or 1), FRAUD_KNOWN_AT, DECISION (approve, challenge, review, decline), CARD_ID,
/// DEVICE_ID, IP_ADDRESS, CURRENCY.
///
/// FILE.ndjson has one document a line, as for POST /v1/transactions, with transaction_id and occurred_at, and optionally
/// decision, label (fraud, genuine) and label_known_at.
///
/// Lines must be sorted by time, to within seven days for each customer.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// File that ends in .csv or .ndjson.
    pub file: PathBuf,
    #[command(flatten)]
    pub node: NodeLocationArguments,
    /// Days after which a fraud became known, where the file does not say.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(0..=365))]
    pub label_delay_days: u32,
    /// Leave out lines that cannot be taken over and tell them at the end, instead of stopping at the first.
    #[arg(long)]
    pub skip_bad: bool,
    /// Leave it to the node's next start to fill its read models.
    #[arg(long)]
    pub skip_read_models: bool,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum FederationCommand {
    /// Train pooled and federated on simulated data and compare the models. Exit code 1 if they differ.
    Prove(ProveArguments),
    /// Check the transcript of a job. Exit code 1 if anything does not hold.
    Verify(VerifyTranscriptArguments),
    /// Order a job and watch it to its end. Exit code 1 if it is refused or aborted.
    Run(RunJobArguments),
    /// Print the public key of a coordinator or participant; makes the key where there is none.
    Identity(IdentityArguments),
}

#[derive(Debug, Subcommand)]
pub enum CoordinatorCommand {
    /// Serve a coordinator as a configuration file says.
    Serve(ServeArguments),
}

/// Orders the job of a plan file: says first what it will cost, then shows its progress.
#[derive(Debug, Args)]
pub struct RunJobArguments {
    /// The order (TOML): the job's name and its task.
    pub plan: PathBuf,
    /// Where the coordinator is, with its path.
    #[arg(long, default_value = "http://127.0.0.1:8080/coordinator")]
    pub coordinator: String,
    /// Key of a caller with the operator's role, where the coordinator asks for one.
    #[arg(long, env = "ACCORD_ACCESS_KEY", hide_env_values = true)]
    pub key: Option<String>,
    /// Say what the job would cost, and order nothing.
    #[arg(long)]
    pub lint: bool,
    /// Write the transcript to this file once the job has ended.
    #[arg(long)]
    pub transcript: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct IdentityArguments {
    /// Folder of the key: a coordinator's data directory, or `federation` in that of a bank's node.
    pub folder: PathBuf,
}

#[derive(Debug, Subcommand)]
pub enum RecommendCommand {
    /// Serve one merchant's node as a configuration file says.
    Serve(ServeArguments),
    /// Take events and catalogues from files into a merchant's log.
    Import(RecommendImportArguments),
    /// Measure the quality of recommendations on files of your own.
    Evaluate(RecommendEvaluateArguments),
}

#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Secure sums and federated trees in one process.
    Federation(FederationBenchArguments),
    /// Durable decisions beside the bare HTTP ceiling.
    Spine(SpineArguments),
    /// Full decisions, import, back-tests, training and memory.
    Risk(RiskBenchArguments),
    /// Training of recommendation models: time and memory.
    Recommend(BenchRecommendArguments),
}

/// Which log.
#[derive(Debug, Args)]
pub struct LogLocation {
    /// Data directory of the demo or of a node.
    #[arg(long, default_value = "accord-data")]
    pub data_dir: PathBuf,
    /// Institution whose log is meant, where the data directory holds several.
    #[arg(long)]
    pub institution: Option<String>,
    /// Print JSON, one document for each event or result.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct TailArguments {
    #[command(flatten)]
    pub log: LogLocation,
    /// Events to begin with.
    #[arg(long, short = 'n', default_value_t = 10)]
    pub lines: u64,
    /// Wait for further events.
    #[arg(long, short)]
    pub follow: bool,
}

#[derive(Debug, Args)]
pub struct ShowArguments {
    /// Sequence of the event.
    pub sequence: u64,
    #[command(flatten)]
    pub log: LogLocation,
}

#[derive(Debug, Args)]
pub struct VerifyArguments {
    #[command(flatten)]
    pub log: LogLocation,
}

#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Configuration file (TOML).
    #[arg(long)]
    pub config: PathBuf,
}

/// Runs a table of labelled transactions through the decider, trains and tests on it, and prints how much of the fraud
/// is found: area under the ROC curve, average precision, card precision at 100 cards a day, and calibration slope.
///
/// The table has comma-separated values with a header line. Six columns are read, wherever they stand: TRANSACTION_ID,
/// TX_DATETIME (UTC), CUSTOMER_ID, TERMINAL_ID, TX_AMOUNT and TX_FRAUD (0 or 1).
#[derive(Debug, Args)]
pub struct EvaluateArguments {
    /// File with the transactions.
    #[arg(long, value_name = "FILE")]
    pub transactions: PathBuf,
    /// Which days train and which test.
    #[arg(long, value_enum, default_value_t = Protocol::Handbook)]
    pub protocol: Protocol,
    /// Also split the customers at random over so many banks, each on its own.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub banks: u32,
    /// Let the banks (3 to 50) also share a model, statistics of terminals, or both, by secure sums. Exit code 1 if a
    /// federated model is not the model of the same rows in one place.
    #[arg(long)]
    pub federated: bool,
    /// Width of the cells of time in which statistics of terminals are shared; several may be given.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Cells::Hourly], requires = "federated")]
    pub cells: Vec<Cells>,
    /// Also share statistics of terminals by week with noise that keeps each of these ε (δ is a millionth), and capped
    /// without noise: 4,8,16,32 for example.
    #[arg(long, value_delimiter = ',', requires = "federated")]
    pub epsilon: Vec<f64>,
    /// Add answers up in the clear instead of by the whole protocol. The sums are the same (`accord federation prove`).
    #[arg(long, requires = "federated")]
    pub plain_sums: bool,
    /// Days of training; where the table has fewer, those that it has.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(7..=3_650))]
    pub training_days: u32,
    /// Seed of the trees' sampling and of the split.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Print one JSON document instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// Ways to split a table into training and test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Protocol {
    /// Fraud Detection Handbook, chapter 5: four folds, each with 7 days of waiting for labels and 7 of test.
    Handbook,
}

/// Widths of cells of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Cells {
    Hourly,
    SixHourly,
    Daily,
}

/// Measures one node of a bank against the limits of this machine: durable decisions beside the bare HTTP ceiling,
/// where their time goes, their latency beside the disk's own, rebuild, recovery after a kill, and what all this leaves
/// on the disk.
///
/// It is a measurement: the exit code is 0 also where an aim is not met; 1 means that it could not be taken.
#[derive(Debug, Args)]
pub struct SpineArguments {
    /// Seconds of the main run; the others last a part of it.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=1_800))]
    pub seconds: u64,
    /// Connections of the loads.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=4_096))]
    pub connections: u16,
    /// Least number of transactions in the log for the recovery measurement.
    #[arg(long, default_value_t = 1_000_000)]
    pub recovery_transactions: u64,
    /// Folder for the benchmark's data; it is emptied first. Refused if it holds anything else.
    #[arg(long, default_value = "target/bench-spine")]
    pub folder: PathBuf,
    /// Print one JSON document instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// Measures risk control in one run: full decisions (200 trees, 20 rules, all features) beside the bare HTTP ceiling,
/// their latency at half of the maximum, import, back-tests, training, and memory for each customer.
///
/// It is a measurement: the exit code is 0 also where an aim is not met; 1 means that it could not be taken.
#[derive(Debug, Args)]
pub struct RiskBenchArguments {
    /// Seconds of the main run.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=1_800))]
    pub seconds: u64,
    /// Connections of the loads.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=4_096))]
    pub connections: u16,
    /// Transactions of the history that is imported and tested on.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    pub transactions: u64,
    /// Rows of the training that is timed; 0 leaves it out.
    #[arg(long, default_value_t = 1_000_000)]
    pub training_rows: usize,
    /// Train LightGBM on the same rows, by the python3 of this machine.
    #[arg(long)]
    pub against_lightgbm: bool,
    /// Folder for the benchmark's data; it is emptied first. Refused if it holds anything else.
    #[arg(long, default_value = "target/bench-risk")]
    pub folder: PathBuf,
    /// Print one JSON document instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Grows boosted trees on rows of simulated banks: on all rows in one place, and through the whole protocol, with
/// everybody there and with institutions that drop out, crash and come back.
#[derive(Debug, Args)]
pub struct ProveArguments {
    /// Institutions; with four or more one may be missing.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(4..=20))]
    pub institutions: u8,
    /// Simulated transactions of all institutions together.
    #[arg(long, default_value_t = 20_000)]
    pub rows: usize,
    /// Trees.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub trees: u32,
    /// Depth of a tree.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=8))]
    pub depth: u32,
    /// Seed of the rows and of the drop-outs. Keys are always fresh.
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    /// Write the transcript of the run with drop-outs to this file.
    #[arg(long)]
    pub transcript: Option<PathBuf>,
    /// Keep masked vectors in the transcript, so that its sums can be computed again.
    #[arg(long)]
    pub keep_masked: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Measures what the training of recommendation models takes, in time and memory, on made-up shoppers; with --serving, how
/// many lists a node makes beside the bare HTTP ceiling, how soon an event changes the list, orders and imports.
///
/// It is a measurement: the exit code is 0 also where an aim is not met; 1 means that it could not be taken.
#[derive(Debug, Args)]
pub struct BenchRecommendArguments {
    /// Items of the catalogues.
    #[arg(long, value_delimiter = ',', default_values_t = [2_000, 20_000, 100_000], value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    pub items: Vec<u32>,
    /// Measure serving instead of training.
    #[arg(long)]
    pub serving: bool,
    /// Seconds of each load of the serving part.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub seconds: u64,
    /// Folder for the data of the serving part; it is emptied first. Refused if it holds anything else.
    #[arg(long, default_value = "target/bench-recommend")]
    pub folder: PathBuf,
    /// Shoppers, of 8 to 15 events each.
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub shoppers: u32,
    /// Seed of the shoppers.
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    /// Print one JSON document instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Takes a catalogue and events of the past from files into a merchant's log: CSV with a heading, or one JSON object on
/// each line; plain or gzip. The node of the data directory must not be running.
///
/// A catalogue names `item_id`, and may name `title`, `price_minor` or `price`, `currency`, `stock`, `product_code`,
/// `categories` (separated by `|`), `text`, `image`, `available_from` and `available_until`.
///
/// Events name `item_id`, `shopper_id` or `session_id` (or both), `occurred_at`, and `type` (impression, view, cart, remove,
/// purchase, rating); they may name `event_id`, `quantity`, `price_minor` or `price`, and `rating`.
///
/// An import that was cut short goes on where it was. A file is known by its name: a file of another name is taken to hold
/// other events, unless they have an `event_id` that is in the log.
#[derive(Debug, Args)]
pub struct RecommendImportArguments {
    /// Configuration file of the merchant's node (TOML).
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// The catalogue; it is imported before the events.
    #[arg(long, value_name = "FILE", required_unless_present = "events")]
    pub items: Option<PathBuf>,
    /// The events.
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
    /// What events are whose line names no type.
    #[arg(long, value_name = "TYPE", requires = "events")]
    pub kind: Option<String>,
    /// Train a model on the log when everything is there, and let it make the lists.
    #[arg(long)]
    pub train: bool,
}

#[derive(Debug, Args)]
pub struct VerifyTranscriptArguments {
    /// The transcript's file.
    pub transcript: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Measures secure sums and federated trees, everybody in this process: an institution's and the coordinator's work
/// shares its cores.
///
/// It is a measurement: the exit code is 0 also where an aim is not met; 1 means that it could not be taken.
#[derive(Debug, Args)]
pub struct FederationBenchArguments {
    /// Sums of each kind.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub rounds: u16,
    /// Trees.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub trees: u32,
    /// Threads on which the institutions compute.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub threads: u8,
    /// Leave out the vectors of a million coordinates and the trees.
    #[arg(long)]
    pub small: bool,
    /// Print one JSON document instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// Measures the quality of recommendations on files of your own: CSV with a heading, plain or gzip.
///
/// Users: --train, --foldin and --target, each `user,item`. Users of the target are recommended to from their fold-in,
/// whose items are left out: Recall@20, Recall@50 (hits / min(k, targets)) and NDCG@100.
///
/// Sessions: --sessions `session,items` and --cases `case,prefix,target`, items separated by spaces, in order, rows in
/// time order: HR@20 and MRR@20. Repeats are allowed; a target that training does not know is a miss. The last twentieth
/// of the training chooses settings and method.
///
/// Baskets: --baskets `invoice,user,basket,target` and --train `invoice,date,user,item` (invoice and date may be
/// missing): HR@20 and MRR@20, the basket's own items left out. Training stops before the first of the baskets.
///
/// Settings and method are chosen on validation, never on the test; ties are broken by item id.
#[derive(Debug, Default, Args)]
pub struct RecommendEvaluateArguments {
    /// Training rows.
    #[arg(long, value_name = "FILE")]
    pub train: Option<PathBuf>,
    /// What is known of the test users.
    #[arg(long, value_name = "FILE")]
    pub foldin: Option<PathBuf>,
    /// What is to be found for the test users.
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    /// What is known of the validation users; without it a tenth of the training users are held out.
    #[arg(long, value_name = "FILE")]
    pub validation_foldin: Option<PathBuf>,
    /// What is to be found for the validation users.
    #[arg(long, value_name = "FILE")]
    pub validation_target: Option<PathBuf>,
    /// Spread the training users over so many merchants and compare alone, federated and pooled.
    #[arg(long, value_name = "N", requires = "target", value_parser = clap::value_parser!(u16).range(2..=1_000))]
    pub merchants: Option<u16>,
    /// Training sessions, oldest first.
    #[arg(long, value_name = "FILE")]
    pub sessions: Option<PathBuf>,
    /// Sessions so far, and the item that came next.
    #[arg(long, value_name = "FILE")]
    pub cases: Option<PathBuf>,
    /// Baskets with one item hidden.
    #[arg(long, value_name = "FILE")]
    pub baskets: Option<PathBuf>,
    /// Baskets to tune on; without it the latest tenth of the training baskets.
    #[arg(long, value_name = "FILE", requires = "baskets")]
    pub validation_baskets: Option<PathBuf>,
    /// Seed of what is drawn: held-out users and items, merchants.
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    /// Print one JSON document instead of tables.
    #[arg(long)]
    pub json: bool,
}
