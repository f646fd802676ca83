//! The bare HTTP ceiling: an axum server with one route and nothing behind it.
//!
//! It listens exactly as the real server does (axum, HTTP/1.1 keep-alive, `TCP_NODELAY`), reads the
//! whole request body and answers at once. What it serves per second on a machine, under the same
//! load generator, is the most that any service on that stack can.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The one route, answering `POST`.
pub const ECHO_PATH: &str = "/echo";

/// The largest fixed answer, in bytes.
pub const RESPONSE_BYTES_MAX: usize = 1 << 20;

/// A running echo server. When this is dropped it takes no more connections; those that are open are
/// served until their clients close them.
#[derive(Debug)]
pub struct EchoCeiling {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl EchoCeiling {
    /// Starts a server on a free loopback port that answers every `POST` with the same JSON string
    /// of `response_size` bytes, quotes included (at least 2, at most [`RESPONSE_BYTES_MAX`]).
    ///
    /// It runs on the calling runtime: give it the threads that the real server would have.
    ///
    /// # Errors
    ///
    /// Where no loopback port can be opened.
    pub async fn start(response_size: usize) -> io::Result<Self> {
        let answer = Bytes::from(json_string_of(response_size.clamp(2, RESPONSE_BYTES_MAX)));
        Self::serve(post(move |_request: Bytes| {
            std::future::ready(([(CONTENT_TYPE, "application/json")], answer.clone()))
        }))
        .await
    }

    /// Starts a server that answers every `POST` with the request's own body.
    ///
    /// # Errors
    ///
    /// Where no loopback port can be opened.
    pub async fn start_echoing() -> io::Result<Self> {
        Self::serve(post(|request: Bytes| {
            std::future::ready(([(CONTENT_TYPE, "application/json")], request))
        }))
        .await
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    async fn serve(route: axum::routing::MethodRouter) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let listener = listener.tap_io(|connection| {
            // A connection without it is only slower, and one that is already gone has no options.
            let _ = connection.set_nodelay(true);
        });
        let router = Router::new().route(ECHO_PATH, route);
        let server = tokio::spawn(async move {
            // Resolves never: axum's accept loop handles its own errors.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, server })
    }
}

impl Drop for EchoCeiling {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn json_string_of(bytes: usize) -> Vec<u8> {
    let mut text = vec![b'x'; bytes];
    text[0] = b'"';
    text[bytes - 1] = b'"';
    text
}
