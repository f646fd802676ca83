//! Serving a router on a port until the process ends.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use thiserror::Error;
use tokio::net::{TcpListener, lookup_host};

use crate::connection::LimitedListener;
use crate::shutdown::Shutdown;

/// The limits of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerLimits {
    /// Connections at the same time; more wait in the backlog of the operating system.
    pub connections_max: usize,
    /// From the first byte of a request to the first byte of its answer.
    pub request_time_max: Duration,
    /// Without any byte in either direction; live updates send something more often than that.
    pub idle_time_max: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections_max: 4_096,
            // Twice the longest deadline that a caller can ask for.
            request_time_max: Duration::from_secs(60),
            idle_time_max: Duration::from_secs(120),
        }
    }
}

/// Why an address cannot be listened on.
#[derive(Debug, Error)]
pub enum BindError {
    /// The text is not an address.
    #[error("`{address}` is not an address to listen on, such as 127.0.0.1:8080: {source}")]
    BadAddress {
        /// The text.
        address: String,
        /// What is wrong with it.
        source: io::Error,
    },
    /// Another process listens there.
    #[error("another program already listens on {0}; stop it, or choose another port")]
    InUse(SocketAddr),
    /// The process may not listen there.
    #[error("this user may not listen on {0}; choose a port above 1023")]
    NotPermitted(SocketAddr),
    /// The address is not one of this machine.
    #[error("{0} is not an address of this machine")]
    NotHere(SocketAddr),
    /// Something else.
    #[error("cannot listen on {address}: {source}")]
    Other {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
}

/// Reads an address such as `127.0.0.1:8080` or `localhost:8080`; of several the first is taken.
///
/// # Errors
/// [`BindError::BadAddress`].
pub async fn resolve(address: &str) -> Result<SocketAddr, BindError> {
    let bad = |source| BindError::BadAddress {
        address: address.to_owned(),
        source,
    };
    let mut found = lookup_host(address).await.map_err(bad)?;
    found
        .next()
        .ok_or_else(|| bad(io::Error::other("the name has no address")))
}

/// Listens on an address; port 0 takes any free port, which the listener then tells.
///
/// # Errors
/// [`BindError`], with a message that says what to do.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => BindError::InUse(address),
            io::ErrorKind::PermissionDenied => BindError::NotPermitted(address),
            io::ErrorKind::AddrNotAvailable => BindError::NotHere(address),
            _ => BindError::Other { address, source },
        })
}

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServeEnd {
    /// Every connection was finished.
    Drained,
    /// The grace period was over; what was left is cut off when the runtime ends.
    GraceOver,
}

/// Serves a router until the shutdown has begun and its connections are finished or its grace
/// period is over.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: &Shutdown,
    limits: ServerLimits,
) -> ServeEnd {
    let listener = LimitedListener::new(listener, limits);
    let to_drain = shutdown.clone();
    let serving = axum::serve(listener, router)
        .with_graceful_shutdown(async move { to_drain.begun().await })
        .into_future();
    let grace_over = async {
        shutdown.begun().await;
        tokio::time::sleep(shutdown.grace()).await;
    };
    tokio::select! {
        // axum's server handles errors of connections itself and never returns one.
        _ = serving => ServeEnd::Drained,
        () = grace_over => ServeEnd::GraceOver,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::extract::Path;
    use axum::routing::get;
    use std::sync::{Arc, Mutex};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

    struct Served {
        address: SocketAddr,
        shutdown: Shutdown,
        end: JoinHandle<ServeEnd>,
    }

    async fn served(router: Router, limits: ServerLimits, grace: Duration) -> Served {
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new(grace);
        let end = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { serve(listener, router, &shutdown, limits).await }
        });
        Served {
            address,
            shutdown,
            end,
        }
    }

    fn hello() -> Router {
        Router::new().route("/", get(|| async { "hello" }))
    }

    const LONG: Duration = Duration::from_secs(600);

    /// Sends the bytes and reads until the server closes the connection.
    async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        // A reset instead of an orderly end is an end as well.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn a_request_is_answered_and_the_server_drains() {
        let served = served(hello(), ServerLimits::default(), LONG).await;
        assert!(exchange(served.address, REQUEST).await.ends_with("hello"));
        served.shutdown.begin();
        assert_eq!(served.end.await.unwrap(), ServeEnd::Drained);
        assert!(TcpStream::connect(served.address).await.is_err());
    }

    #[tokio::test]
    async fn a_request_under_way_is_still_answered_after_the_shutdown_has_begun() {
        let (arrived, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let router = Router::new().route("/", {
            let (arrived, go_on) = (arrived.clone(), go_on.clone());
            get(async move || {
                arrived.notify_one();
                go_on.notified().await;
                "late"
            })
        });
        let served = served(router, ServerLimits::default(), LONG).await;
        let answer = tokio::spawn(exchange(served.address, REQUEST));
        arrived.notified().await;
        served.shutdown.begin();
        go_on.notify_one();
        assert!(answer.await.unwrap().ends_with("late"));
        assert_eq!(served.end.await.unwrap(), ServeEnd::Drained);
    }

    #[tokio::test]
    async fn a_request_that_never_ends_is_cut_off_after_the_grace_period() {
        let arrived = Arc::new(Notify::new());
        let router = Router::new().route("/", {
            let arrived = arrived.clone();
            get(async move || {
                arrived.notify_one();
                std::future::pending::<()>().await;
            })
        });
        let served = served(router, ServerLimits::default(), Duration::from_millis(1)).await;
        let _answer = tokio::spawn(exchange(served.address, REQUEST));
        arrived.notified().await;
        served.shutdown.begin();
        assert_eq!(served.end.await.unwrap(), ServeEnd::GraceOver);
    }

    #[tokio::test]
    async fn connections_beyond_the_limit_wait_for_a_free_one() {
        let answered = Arc::new(Mutex::new(Vec::new()));
        let router = Router::new().route("/{name}", {
            let answered = answered.clone();
            get(async move |Path(name): Path<String>| answered.lock().unwrap().push(name))
        });
        let limits = ServerLimits {
            connections_max: 1,
            ..ServerLimits::default()
        };
        let served = served(router, limits, LONG).await;

        let mut first = TcpStream::connect(served.address).await.unwrap();
        ask_on(&mut first, "first").await;
        let mut second = TcpStream::connect(served.address).await.unwrap();
        second
            .write_all(b"GET /second HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .await
            .unwrap();
        ask_on(&mut first, "first-again").await;
        assert_eq!(*answered.lock().unwrap(), ["first", "first-again"]);

        drop(first);
        read_head(&mut second).await;
        assert_eq!(
            *answered.lock().unwrap(),
            ["first", "first-again", "second"]
        );
    }

    /// Sends a request and waits for its answer, keeping the connection.
    async fn ask_on(stream: &mut TcpStream, name: &str) {
        let request = format!("GET /{name} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        read_head(stream).await;
    }

    async fn read_head(stream: &mut TcpStream) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
    }

    #[tokio::test]
    async fn a_connection_is_closed_when_its_request_dribbles_or_nothing_moves() {
        let short = Duration::from_millis(20);
        let dribbling = ServerLimits {
            request_time_max: short,
            ..ServerLimits::default()
        };
        let idle = ServerLimits {
            idle_time_max: short,
            ..ServerLimits::default()
        };
        for (limits, bytes) in [(dribbling, &b"GET / HT"[..]), (idle, b"")] {
            let served = served(hello(), limits, LONG).await;
            // Returns only because the server closes the connection.
            assert_eq!(exchange(served.address, bytes).await, "");
        }
    }

    #[tokio::test]
    async fn what_keeps_a_server_from_listening_is_told_with_what_to_do() {
        let taken = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let again = bind(taken.local_addr().unwrap())
            .await
            .unwrap_err()
            .to_string();
        assert!(again.contains("choose another port"), "{again}");
        // 192.0.2.0/24 is reserved for documentation (RFC 5737).
        let elsewhere = bind("192.0.2.1:8080".parse().unwrap())
            .await
            .unwrap_err()
            .to_string();
        assert!(
            elsewhere.contains("not an address of this machine"),
            "{elsewhere}"
        );
        for text in ["", "8080", "localhost", "127.0.0.1:80800"] {
            let bad = resolve(text).await.unwrap_err().to_string();
            assert!(bad.contains("such as 127.0.0.1:8080"), "{bad}");
        }
        assert_eq!(
            resolve("127.0.0.1:8080").await.unwrap(),
            "127.0.0.1:8080".parse().unwrap()
        );
    }
}
