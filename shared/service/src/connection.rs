//! Accepting connections within limits of number and time.
//!
//! axum's server sets no limits of its own. A connection here holds one of a fixed number of
//! permits, and is closed when nothing moves on it for too long, or when a request that has begun
//! to arrive is not being answered in time. The second rule ends senders who dribble (slowloris).

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::server::ServerLimits;

/// A listener that waits for a free permit before it accepts the next connection; more connections
/// wait in the backlog of the operating system.
pub(crate) struct LimitedListener {
    listener: TcpListener,
    permits: Arc<Semaphore>,
    limits: ServerLimits,
    last_warned: Option<Instant>,
}

/// A full server would otherwise fill its log as well.
const WARNING_INTERVAL: Duration = Duration::from_secs(10);

impl LimitedListener {
    pub(crate) fn new(listener: TcpListener, limits: ServerLimits) -> Self {
        let permits = Arc::new(Semaphore::new(limits.connections_max));
        Self {
            listener,
            permits,
            limits,
            last_warned: None,
        }
    }

    async fn permit(&mut self) -> OwnedSemaphorePermit {
        if self.permits.available_permits() == 0
            && self
                .last_warned
                .is_none_or(|last| last.elapsed() >= WARNING_INTERVAL)
        {
            self.last_warned = Some(Instant::now());
            let connections_max = self.limits.connections_max;
            tracing::warn!(
                connections_max,
                "full: a connection is accepted when one ends"
            );
        }
        let permit = self.permits.clone().acquire_owned().await;
        permit.expect("the semaphore is never closed")
    }
}

impl Listener for LimitedListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let permit = self.permit().await;
        // axum's own listener retries with a pause when the process runs out of file handles.
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Without this, a short answer may wait for the peer's delayed acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection ended before it began");
        }
        (Connection::new(stream, permit, self.limits), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// One connection with its permit and its alarm.
pub(crate) struct Connection {
    stream: TcpStream,
    _permit: OwnedSemaphorePermit,
    limits: ServerLimits,
    last_moved: Instant,
    /// Since when a request has been arriving or waiting for its answer.
    request_since: Option<Instant>,
    /// Set lazily: when it rings too early, it is set again, which spares a timer per read.
    alarm: Pin<Box<Sleep>>,
}

impl Connection {
    fn new(stream: TcpStream, permit: OwnedSemaphorePermit, limits: ServerLimits) -> Self {
        let now = Instant::now();
        let first = now + limits.idle_time_max.min(limits.request_time_max);
        Self {
            stream,
            _permit: permit,
            limits,
            last_moved: now,
            request_since: None,
            alarm: Box::pin(sleep_until(first)),
        }
    }

    fn due(&self) -> Instant {
        let idle = self.last_moved + self.limits.idle_time_max;
        match self.request_since {
            Some(since) => idle.min(since + self.limits.request_time_max),
            None => idle,
        }
    }

    /// Called whenever the stream makes its user wait; asks to be woken when time is up.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        while self.alarm.as_mut().poll(context).is_ready() {
            let due = self.due();
            if due <= Instant::now() {
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            // A due time that moves closer is noticed at the latest one shorter limit after it was
            // set, because the alarm never sleeps longer than that.
            let soon = Instant::now() + self.shorter_limit();
            self.alarm.as_mut().reset(due.min(soon));
        }
        Poll::Pending
    }

    fn shorter_limit(&self) -> Duration {
        self.limits.idle_time_max.min(self.limits.request_time_max)
    }

    fn received(&mut self) {
        let now = Instant::now();
        self.last_moved = now;
        self.request_since.get_or_insert(now);
    }

    fn sent(&mut self) {
        self.last_moved = Instant::now();
        self.request_since = None;
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let filled_before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Ready(outcome) => {
                if buffer.filled().len() > filled_before {
                    self.received();
                }
                Poll::Ready(outcome)
            }
            Poll::Pending => self.wait(context).map(Err),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(context, bytes) {
            Poll::Ready(outcome) => {
                self.sent();
                Poll::Ready(outcome)
            }
            Poll::Pending => self.wait(context).map(Err),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write_vectored(context, slices) {
            Poll::Ready(outcome) => {
                self.sent();
                Poll::Ready(outcome)
            }
            Poll::Pending => self.wait(context).map(Err),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
