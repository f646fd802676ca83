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
    let page = match key {
        Some(key) => format!("http://{shown}/?key={key}"),
        None => format!("http://{shown}/"),
    };
    let shop = format!("http://{shown}/merchants/anchor/window");
    let command = curl_to_try(&format!("http://{shown}"), key);
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
Accord is ready: five simulated banks and five merchants, {traffic}.

  Look     {page}
           A shop as a shopper sees it: {shop}
  Train    http://{shown}/coordinator   (the banks train one model together)
  API      http://{shown}/api/   (OpenAPI: http://{shown}/openapi.json)
  Data     {}
           Stop with Ctrl-C; a restart goes on where it was. Deleting that folder deletes everything.

Try:

  {command}
",
        data.display()
    );
}

/// A command that sends a transaction.
pub fn curl_to_try(server: &str, key: Option<&str>) -> String {
    let header = key.map_or_else(String::new, |key| {
        format!(" -H 'Authorization: Bearer {key}'")
    });
    let body = r#"{"customer_id":"customer-1","terminal_id":"terminal-1","amount_minor":1250,"currency":"EUR"}"#;
    format!(
        "curl -s{header} {server}/banks/alder/v1/transactions \\\n    \
         -H 'Content-Type: application/json' \\\n    -d '{body}'"
    )
}
