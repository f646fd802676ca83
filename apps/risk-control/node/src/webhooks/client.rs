//! One POST to a receiver: no redirects, no proxy, no pool, nothing kept of the answer but its status.

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::http::{Request, header};
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::address::{AddressFault, WebhookAddress, WebhookReach};

/// For one attempt, from the name's resolution to the head of the answer.
const ATTEMPT_TIME_MAX: Duration = Duration::from_secs(15);

const USER_AGENT: &str = concat!("accord/", env!("CARGO_PKG_VERSION"));

/// Why an attempt came to no answer. Nothing in here names the path or query of the receiver, which may hold secrets.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error(transparent)]
    Address(#[from] AddressFault),
    #[error("the name cannot be resolved")]
    Unresolved,
    #[error("the name resolves to no address that may be reached")]
    NoPermittedAddress,
    #[error("no connection: {0}")]
    Connection(std::io::Error),
    #[error("no TLS connection: {0}")]
    Tls(std::io::Error),
    #[error("no HTTP answer: {0}")]
    Http(#[from] hyper::Error),
    #[error("the request could not be made")]
    Request,
    #[error("no answer within 15 seconds")]
    TimedOut,
}

/// Sends messages. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct WebhookClient {
    reach: WebhookReach,
    /// Roots of the system, read when the first TLS connection is made.
    tls: Arc<OnceLock<Arc<ClientConfig>>>,
}

/// A message that is ready to be sent.
#[derive(Clone, Debug)]
pub struct SignedMessage {
    pub message_id: String,
    /// Epoch seconds.
    pub timestamp_s: i64,
    /// The header `webhook-signature`.
    pub signatures: String,
    pub body: Bytes,
}

impl WebhookClient {
    pub fn new(reach: WebhookReach) -> Self {
        Self {
            reach,
            tls: Arc::default(),
        }
    }

    pub fn reach(&self) -> WebhookReach {
        self.reach
    }

    /// Posts a message; gives the status of the answer.
    pub async fn post(&self, url: &str, message: SignedMessage) -> Result<u16, SendError> {
        tokio::time::timeout(ATTEMPT_TIME_MAX, self.post_patiently(url, message))
            .await
            .map_err(|_| SendError::TimedOut)?
    }

    async fn post_patiently(&self, url: &str, message: SignedMessage) -> Result<u16, SendError> {
        let address = self.reach.check(url)?;
        let stream = self.connect(&address).await?;
        if !address.tls {
            return exchange(stream, &address, message).await;
        }
        let name = ServerName::try_from(address.host.clone())
            .map_err(|_| SendError::Address(AddressFault::NotAUrl))?;
        let stream = TlsConnector::from(self.tls())
            .connect(name, stream)
            .await
            .map_err(SendError::Tls)?;
        exchange(stream, &address, message).await
    }

    /// Connects to the first permitted address that takes the connection. The name is resolved once: what is checked is
    /// what is connected to.
    async fn connect(&self, address: &WebhookAddress) -> Result<TcpStream, SendError> {
        let resolved: Vec<SocketAddr> =
            tokio::net::lookup_host((address.host.as_str(), address.port))
                .await
                .map_err(|_| SendError::Unresolved)?
                .filter(|resolved| self.reach.permits(resolved.ip()))
                .collect();
        let mut last = SendError::NoPermittedAddress;
        for address in resolved {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = SendError::Connection(error),
            }
        }
        Err(last)
    }

    fn tls(&self) -> Arc<ClientConfig> {
        Arc::clone(self.tls.get_or_init(|| {
            let found = rustls_native_certs::load_native_certs();
            for error in &found.errors {
                tracing::warn!(%error, "some of the system's certificates cannot be read");
            }
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(found.certs);
            let config = ClientConfig::builder_with_provider(Arc::new(
                rustls::crypto::ring::default_provider(),
            ))
            .with_safe_default_protocol_versions()
            .expect("the provider has the protocol versions that it was built with")
            .with_root_certificates(roots)
            .with_no_client_auth();
            Arc::new(config)
        }))
    }
}

/// One request and the head of its answer over a connection that is dropped afterwards.
async fn exchange<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
    stream: S,
    address: &WebhookAddress,
    message: SignedMessage,
) -> Result<u16, SendError> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::post(&address.path_and_query)
        .header(header::HOST, &address.authority)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::CONNECTION, "close")
        .header("webhook-id", &message.message_id)
        .header("webhook-timestamp", message.timestamp_s)
        .header("webhook-signature", &message.signatures)
        .body(Full::new(message.body))
        .map_err(|_| SendError::Request)?;
    // The connection is driven beside the request; dropping it ends it, whatever the receiver still sends.
    let mut connection = std::pin::pin!(connection);
    let mut answer = std::pin::pin!(sender.send_request(request));
    tokio::select! {
        answered = &mut answer => Ok(answered?.status().as_u16()),
        ended = &mut connection => {
            ended?;
            Ok(answer.await?.status().as_u16())
        }
    }
}
