//! One keep-alive connection with at most one request in flight.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::deadline::{Deadline, TimedOut};
use super::response::{Malformed, Response, ResponseReader};
use super::target::LoopbackTarget;

/// How long a connection rests when the server would not take it, so that a dead server is not
/// hammered and a failing run does not count millions of refusals.
const REST_AFTER_REFUSAL: Duration = Duration::from_millis(10);

/// Why a request got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// No connection to be had.
    Connect,
    /// The server closed or reset the connection before its answer was complete.
    Closed,
    /// No complete answer within the time limit.
    TimedOut,
    /// What came back is not a response this generator understands.
    Malformed,
}

/// A connection and the buffers that all its requests and responses share.
#[derive(Debug)]
pub(super) struct Connection {
    target: LoopbackTarget,
    stream: Option<TcpStream>,
    /// The request that [`exchange`](Self::exchange) sends.
    pub(super) request: Vec<u8>,
    reader: ResponseReader,
    deadline: Deadline,
    response_time_limit: Duration,
}

impl Connection {
    /// Connections, opened one after the other so that a server's accept queue does not overflow.
    ///
    /// One that the server does not take is left to try again with its first request, which then
    /// fails and is counted. After a first refusal no more are opened ahead: against a server that
    /// does not answer, each would cost a time limit.
    pub(super) async fn open_all(
        target: LoopbackTarget,
        count: usize,
        response_time_limit: Duration,
    ) -> Vec<Self> {
        let mut connections: Vec<Self> =
            std::iter::repeat_with(|| Self::new(target, response_time_limit))
                .take(count)
                .collect();
        for connection in &mut connections {
            if connection.open().await.is_err() {
                break;
            }
        }
        connections
    }

    /// A connection that is opened with its first request, unless [`open`](Self::open) comes first.
    fn new(target: LoopbackTarget, response_time_limit: Duration) -> Self {
        Self {
            target,
            stream: None,
            request: Vec::new(),
            reader: ResponseReader::new(),
            deadline: Deadline::new(),
            response_time_limit,
        }
    }

    /// Opens the connection where it is not open yet.
    async fn open(&mut self) -> Result<(), Failure> {
        if self.stream.is_none() {
            let deadline = Instant::now() + self.response_time_limit;
            let connecting = TcpStream::connect(self.target.address());
            let connected = self.deadline.enforce(deadline, connecting).await;
            let stream = connected.map_err(|TimedOut| Failure::Connect)?;
            let stream = stream.map_err(|_| Failure::Connect)?;
            stream.set_nodelay(true).map_err(|_| Failure::Connect)?;
            self.stream = Some(stream);
        }
        Ok(())
    }

    /// Sends the request and waits for its whole response, opening the connection again if the last
    /// exchange ended with it closed.
    ///
    /// After any failure the connection is closed, because what it would deliver next is unknown.
    pub(super) async fn exchange(&mut self, sent: Instant) -> Result<Response<'_>, Failure> {
        if let Err(refused) = self.open().await {
            sleep(REST_AFTER_REFUSAL).await;
            return Err(refused);
        }
        match self.send_and_receive(sent + self.response_time_limit).await {
            Ok(()) => {
                if self.reader.closes() {
                    self.stream = None;
                }
                Ok(self.reader.response())
            }
            Err(failure) => {
                self.stream = None;
                Err(failure)
            }
        }
    }

    async fn send_and_receive(&mut self, deadline: Instant) -> Result<(), Failure> {
        let stream = self.stream.as_mut().ok_or(Failure::Connect)?;
        let (request, reader) = (&self.request, &mut self.reader);
        let exchange = async {
            stream
                .write_all(request)
                .await
                .map_err(|_| Failure::Closed)?;
            reader.begin();
            loop {
                let read = stream.read(reader.space()).await;
                let count = read.map_err(|_| Failure::Closed)?;
                if count == 0 {
                    return Err(Failure::Closed);
                }
                if reader
                    .received(count)
                    .map_err(|Malformed| Failure::Malformed)?
                {
                    return Ok(());
                }
            }
        };
        let finished = self.deadline.enforce(deadline, exchange).await;
        finished.unwrap_or(Err(Failure::TimedOut))
    }
}
