//! A small HTTP client for one server: one connection that is kept, TLS where the address says so, nothing followed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, Request, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// The largest answer: a released sum of four million coordinates of 64 bits.
const ANSWER_BYTES_MAX: usize = 36 << 20;
const USER_AGENT: &str = concat!("accord/", env!("CARGO_PKG_VERSION"));

/// Where a server is, and under which path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress {
    tls: bool,
    host: String,
    port: u16,
    /// Without a slash at the end.
    base_path: String,
}

/// The address is none that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadAddress {
    /// Not `http://host:port/path` or `https://…`.
    #[error("`{0}` is no address such as https://coordinator.example/coordinator")]
    NotAUrl(String),
    /// Without TLS only the own machine is spoken to.
    #[error("`{0}` is not on this machine, so it must be spoken to over https")]
    NeedsTls(String),
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum ClientError {
    /// No connection.
    #[error("no connection: {0}")]
    Connection(std::io::Error),
    /// The connection ended, or what came is no HTTP.
    #[error("no HTTP answer: {0}")]
    Http(#[from] hyper::Error),
    /// The request cannot be written.
    #[error("the request cannot be made")]
    Request,
    /// The answer is larger than any that is expected.
    #[error("the answer is too large, or broke off")]
    Answer,
    /// Nothing came in time.
    #[error("no answer in time")]
    TimedOut,
}

/// A server's answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its body.
    pub body: Bytes,
}

/// Speaks to one server.
pub struct Client {
    address: ServerAddress,
    tls: Option<Arc<ClientConfig>>,
    connection: Option<SendRequest<Full<Bytes>>>,
}

impl ServerAddress {
    /// Reads an address. Without TLS only loopback addresses are taken.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let not_a_url = || BadAddress::NotAUrl(text.to_owned());
        let (tls, rest) = match text.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            _ => return Err(not_a_url()),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_| not_a_url())?)
            }
            _ => (authority, if tls { 443 } else { 80 }),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"@?#\"<>\\".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_plain) || !path.bytes().all(is_plain) {
            return Err(not_a_url());
        }
        let is_own_machine = host == "localhost"
            || host
                .parse()
                .is_ok_and(|address: IpAddr| address.is_loopback());
        if !tls && !is_own_machine {
            return Err(BadAddress::NeedsTls(text.to_owned()));
        }
        let path = path.trim_end_matches('/');
        Ok(Self {
            tls,
            host: host.to_owned(),
            port,
            base_path: match path {
                "" => String::new(),
                path => format!("/{path}"),
            },
        })
    }

    /// A server of this very process, wherever it listens.
    pub fn of_own_process(listener: SocketAddr, base_path: &str) -> Self {
        let ip = match listener.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        Self {
            tls: false,
            host: ip.to_string(),
            port: listener.port(),
            base_path: base_path.to_owned(),
        }
    }

    fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl Client {
    /// Connects when the first request is sent.
    pub fn new(address: ServerAddress) -> Self {
        Self {
            address,
            tls: None,
            connection: None,
        }
    }

    /// Sends a request and reads its answer. A connection that the server has closed meanwhile is made anew once.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
        time_max: Duration,
    ) -> Result<Answer, ClientError> {
        let kept = self.connection.is_some();
        let mut answer = self
            .attempt(method.clone(), path, headers, body.clone(), time_max)
            .await;
        // Every request of this protocol may come twice.
        if kept && matches!(answer, Err(ClientError::Http(_))) {
            answer = self.attempt(method, path, headers, body, time_max).await;
        }
        answer
    }

    async fn attempt(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
        time_max: Duration,
    ) -> Result<Answer, ClientError> {
        // A request that is given up must not leave its answer to the next one.
        let mut connection = match self.connection.take() {
            Some(connection) if !connection.is_closed() => connection,
            _ => tokio::time::timeout(CONNECT_TIME_MAX, self.connect())
                .await
                .map_err(|_| ClientError::TimedOut)??,
        };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.address.base_path))
            .header(header::HOST, self.address.authority())
            .header(header::USER_AGENT, USER_AGENT);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Full::new(body))
            .map_err(|_| ClientError::Request)?;
        let exchange = async {
            let answer = connection.send_request(request).await?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX)
                .collect()
                .await
                .map_err(|_| ClientError::Answer)?
                .to_bytes();
            Ok::<_, ClientError>(Answer { status, body })
        };
        let answer = tokio::time::timeout(time_max, exchange)
            .await
            .map_err(|_| ClientError::TimedOut)??;
        self.connection = Some(connection);
        Ok(answer)
    }

    async fn connect(&mut self) -> Result<SendRequest<Full<Bytes>>, ClientError> {
        let address = (self.address.host.as_str(), self.address.port);
        let stream = TcpStream::connect(address)
            .await
            .map_err(ClientError::Connection)?;
        // Small messages in turn: waiting for more to send would only cost time.
        stream.set_nodelay(true).map_err(ClientError::Connection)?;
        if !self.address.tls {
            return handshake(stream).await;
        }
        let name = ServerName::try_from(self.address.host.clone())
            .map_err(|error| ClientError::Connection(std::io::Error::other(error)))?;
        let config = Arc::clone(self.tls.get_or_insert_with(tls_config));
        let stream = TlsConnector::from(config)
            .connect(name, stream)
            .await
            .map_err(ClientError::Connection)?;
        handshake(stream).await
    }
}

async fn handshake(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
) -> Result<SendRequest<Full<Bytes>>, ClientError> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the sender; what went wrong shows in its requests.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(sender)
}

fn tls_config() -> Arc<ClientConfig> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "some of the system's certificates cannot be read");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    let config =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has the protocol versions that it was built with")
            .with_root_certificates(roots)
            .with_no_client_auth();
    Arc::new(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_plain_ones_stay_on_the_machine() {
        let address = ServerAddress::parse("http://127.0.0.1:8080/coordinator/").expect("loopback");
        assert_eq!(address.authority(), "127.0.0.1:8080");
        assert_eq!(address.base_path, "/coordinator");
        let address = ServerAddress::parse("https://sums.example").expect("TLS");
        assert_eq!((address.port, address.base_path.as_str()), (443, ""));
        let address = ServerAddress::parse("http://[::1]:9/").expect("loopback");
        assert_eq!(address.authority(), "[::1]:9");
        assert!(matches!(
            ServerAddress::parse("http://sums.example/coordinator"),
            Err(BadAddress::NeedsTls(_))
        ));
        for text in [
            "",
            "sums.example",
            "ftp://x",
            "http://",
            "http://localhost:x/",
            "https://a b/",
        ] {
            assert!(
                matches!(ServerAddress::parse(text), Err(BadAddress::NotAUrl(_))),
                "{text}"
            );
        }
    }
}
