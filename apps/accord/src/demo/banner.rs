//! What the demo says once it is ready.

use std::{net::SocketAddr, path::Path};

use crate::cli::DemoArguments;

/// Prints where things are, where data is stored, what deletes it, and one command to try.
pub fn print(address: SocketAddr, data: &Path, key: Option<&str>, arguments: &DemoArguments) {
    let shown = if address.ip().is_unspecified() {
        format!("127.0.0.1:{}", address.port())
    } else {
        address.to_string()
    };
    let data = std::fs::canonicalize(data).unwrap_or_else(|_| data.to_owned());
    let (page, header) = match key {
        Some(key) => (
            format!("http://{shown}/?key={key}"),
            format!(" -H 'Authorization: Bearer {key}'"),
        ),
        None => (format!("http://{shown}/"), String::new()),
    };
    let traffic = if arguments.no_traffic {
        "no live traffic (--no-traffic)".to_owned()
    } else {
        format!(
            "live traffic, a simulated day in {:.0} s",
            86_400.0 / arguments.speed
        )
    };
    println!(
        "
Accord is ready: five simulated banks, {traffic}.

  Look     {page}
  API      http://{shown}/api/   (OpenAPI: http://{shown}/openapi.json)
  Data     {}
           Stop with Ctrl-C; a restart goes on where it was. Deleting that folder deletes everything.

Try:

  curl -s{header} http://{shown}/banks/alder/v1/transactions \\
    -H 'Content-Type: application/json' \\
    -d '{{\"customer_id\":\"customer-1\",\"terminal_id\":\"terminal-1\",\"amount_minor\":1250,\"currency\":\"EUR\"}}'
",
        data.display()
    );
}
