//! A server that answers each request as a test tells it to, well or badly.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use accord_bench::load::SameRequest;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// The one request that the server understands.
const REQUEST: &[u8] = b"POST /x HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\n{}";

pub fn request() -> SameRequest {
    SameRequest(REQUEST.to_vec())
}

pub const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// What the server does with one request.
#[derive(Debug, Clone, Copy)]
pub enum Reply {
    /// Answers with these bytes.
    Bytes(&'static [u8]),
    /// Answers with these bytes, one at a time.
    OneByOne(&'static [u8]),
    /// Answers with these bytes after at least this long.
    After(Duration, &'static [u8]),
    /// Answers with these bytes once so many requests have come in.
    WhenArrived(u64, &'static [u8]),
    /// Answers with these bytes and closes the connection.
    ThenClose(&'static [u8]),
    /// Keeps the connection open and says nothing.
    Silence,
}

pub struct ScriptedServer {
    pub address: SocketAddr,
    requests: Arc<AtomicU64>,
    connections: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

impl ScriptedServer {
    /// Answers request `i`, counted over all connections, with `script(i)`.
    pub async fn start<F>(script: F) -> Self
    where
        F: Fn(u64) -> Reply + Clone + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a loopback port");
        let address = listener.local_addr().expect("a bound listener");
        let requests = Arc::new(AtomicU64::new(0));
        let connections = Arc::new(AtomicU64::new(0));
        let (requests_seen, connections_seen) = (Arc::clone(&requests), Arc::clone(&connections));
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections_seen.fetch_add(1, Ordering::Relaxed);
                let (script, requests_seen) = (script.clone(), Arc::clone(&requests_seen));
                tokio::spawn(answer_requests(stream, script, requests_seen));
            }
        });
        Self {
            address,
            requests,
            connections,
            accepting,
        }
    }

    /// How many requests have come in.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// How many connections have been opened.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn answer_requests<F>(mut stream: TcpStream, script: F, requests_seen: Arc<AtomicU64>)
where
    F: Fn(u64) -> Reply,
{
    let mut request = vec![0; REQUEST.len()];
    // The client may go away at any time; that ends the connection, not the test.
    while stream.read_exact(&mut request).await.is_ok() {
        assert_eq!(request, REQUEST, "requests arrive whole and unmixed");
        let answered = match script(requests_seen.fetch_add(1, Ordering::Relaxed)) {
            Reply::Bytes(bytes) => stream.write_all(bytes).await,
            Reply::OneByOne(bytes) => write_one_by_one(&mut stream, bytes).await,
            Reply::After(time, bytes) => {
                sleep(time).await;
                stream.write_all(bytes).await
            }
            Reply::WhenArrived(count, bytes) => {
                while requests_seen.load(Ordering::Relaxed) < count {
                    sleep(Duration::from_millis(1)).await;
                }
                stream.write_all(bytes).await
            }
            Reply::ThenClose(bytes) => {
                // What was written still arrives: closing follows it in the same stream.
                let _ = stream.write_all(bytes).await;
                return;
            }
            Reply::Silence => Ok(()),
        };
        if answered.is_err() {
            return;
        }
    }
}

async fn write_one_by_one(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    for byte in bytes.chunks(1) {
        stream.write_all(byte).await?;
        tokio::task::yield_now().await;
    }
    Ok(())
}
