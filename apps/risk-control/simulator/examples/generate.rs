//! Simulates the handbook's setting and counts what comes out.
//!
//! `cargo run --release -p risk-control-simulator --example generate -- --seed 1 --days 183 --out transactions.csv`

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::Instant;

use risk_control_simulator::{
    FraudScenario, SimulatedTransaction, Simulation, SimulationSettings, write_handbook_csv,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;

    let started = Instant::now();
    let simulation = Simulation::new(SimulationSettings::handbook(arguments.seed))?;
    let prepared = started.elapsed();
    let mut counts = Counts::default();
    for day in simulation.days(0..arguments.days) {
        day.iter().for_each(|transaction| counts.add(transaction));
    }
    let elapsed = started.elapsed();

    counts.print();
    println!("drawing customers and terminals  {prepared:>12.3?}");
    println!("everything                       {elapsed:>12.3?}");
    println!(
        "transactions per second          {:>12.0}",
        f64::from(counts.all) / elapsed.as_secs_f64()
    );

    if let Some(path) = arguments.out {
        let mut file = BufWriter::new(File::create(&path)?);
        let days = simulation.days(0..arguments.days).flatten();
        let written = write_handbook_csv(&mut file, days)?;
        file.flush()?;
        println!("wrote {written} transactions to {path}");
    }
    Ok(())
}

struct Arguments {
    seed: u64,
    days: u32,
    out: Option<String>,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut arguments = Self {
            seed: 1,
            days: 183,
            out: None,
        };
        while let Some(option) = words.next() {
            let value = words.next().ok_or(format!("{option} needs a value"))?;
            match option.as_str() {
                "--seed" => arguments.seed = value.parse()?,
                "--days" => arguments.days = value.parse()?,
                "--out" => arguments.out = Some(value),
                _ => {
                    return Err(
                        format!("unknown option {option}: use --seed, --days, --out").into(),
                    );
                }
            }
        }
        Ok(arguments)
    }
}

#[derive(Default)]
struct Counts {
    all: u32,
    by_scenario: [u32; 3],
}

impl Counts {
    fn add(&mut self, transaction: &SimulatedTransaction) {
        self.all += 1;
        if let Some(scenario) = transaction.fraud {
            self.by_scenario[usize::from(scenario.number()) - 1] += 1;
        }
    }

    fn print(&self) {
        let frauds: u32 = self.by_scenario.iter().sum();
        let share = 100.0 * f64::from(frauds) / f64::from(self.all.max(1));
        println!("transactions                     {:>12}", self.all);
        println!("frauds                           {frauds:>12} ({share:.3} %)");
        for (scenario, count) in [
            FraudScenario::LargeAmount,
            FraudScenario::CompromisedTerminal,
            FraudScenario::StolenCard,
        ]
        .iter()
        .zip(self.by_scenario)
        {
            println!("  {:<30} {count:>12}", format!("{scenario:?}"));
        }
    }
}
