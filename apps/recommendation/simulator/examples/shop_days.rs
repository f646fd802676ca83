//! How quickly events are simulated: `cargo run --release --example shop_days -p recommendation-simulator [days] [seed]`.

use std::time::Instant;

use recommendation_simulator::{Market, MarketSettings};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let days: u32 = arguments.next().as_deref().unwrap_or("60").parse()?;
    let seed: u64 = arguments.next().as_deref().unwrap_or("1").parse()?;
    let market = Market::new(MarketSettings::demonstration(seed, 0))?;
    println!("seed {seed}, {days} days");
    for merchant in 0..market.merchants() {
        let begun = Instant::now();
        let events: usize = (0..days).map(|day| market.day(merchant, day).len()).sum();
        let seconds = begun.elapsed().as_secs_f64();
        println!(
            "{:<8} {:>4} items {events:>8} events, {:>8.0} a second",
            market.merchant_name(merchant),
            market.items(merchant).len(),
            events as f64 / seconds
        );
    }
    Ok(())
}
