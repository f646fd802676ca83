//! HTTP/1.1 by hand over a blocking socket: what is sent and received is exactly what a test says and sees.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
};

use serde_json::Value;

use super::PATIENCE;

/// Somebody who calls a server: where it is, and the key to show.
#[derive(Clone, Debug)]
pub struct Caller {
    pub address: SocketAddr,
    key: Option<String>,
}

/// A request that can be sent any number of times.
#[derive(Clone, Debug)]
pub struct Request {
    address: SocketAddr,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Caller {
    pub fn anonymous(address: SocketAddr) -> Self {
        Self { address, key: None }
    }

    pub fn with_key(address: SocketAddr, key: &str) -> Self {
        Self {
            address,
            key: Some(key.to_owned()),
        }
    }

    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    pub fn post(&self, path: &str) -> Request {
        self.request("POST", path)
    }

    pub fn request(&self, method: &str, path: &str) -> Request {
        let request = Request {
            address: self.address,
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        match &self.key {
            Some(key) => request.header("Authorization", &format!("Bearer {key}")),
            None => request,
        }
    }
}

impl Request {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A body that is declared as JSON, whatever it is.
    pub fn json(self, body: impl ToString) -> Self {
        self.header("Content-Type", "application/json")
            .body(body.to_string().into_bytes())
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends the request on a connection of its own and reads the answer.
    ///
    /// # Panics
    /// If there is no answer.
    pub fn send(&self) -> Answer {
        self.try_send()
            .unwrap_or_else(|error| panic!("{} {}: {error}", self.method, self.path))
    }

    pub fn try_send(&self) -> io::Result<Answer> {
        Connection::open(self.address)?.send(self)
    }

    /// Sends the request and reads only the head of the answer, for answers that never end.
    pub fn send_for_head(&self) -> (Answer, Connection) {
        let mut connection = Connection::open(self.address).expect("a server that listens");
        connection.write(&self.bytes()).expect("an open connection");
        let head = connection.read_head().expect("a head");
        (head, connection)
    }

    /// The request as it is sent.
    pub fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        if !self.has_header("Host") {
            head += &format!("Host: {}\r\n", self.address);
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        if self.method != "GET" && !self.has_header("Content-Length") {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        head += "\r\n";
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    fn has_header(&self, wanted: &str) -> bool {
        self.headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case(wanted))
    }
}

/// A connection that stays open between requests.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    pub fn send(&mut self, request: &Request) -> io::Result<Answer> {
        // A server may answer, and close, before it has read everything: what counts is the answer.
        let written = self.write(&request.bytes());
        match self.read_answer() {
            Ok(answer) => Ok(answer),
            Err(error) => Err(written.err().unwrap_or(error)),
        }
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Tells the server that nothing more will come.
    pub fn stop_writing(&mut self) {
        // A connection that the server has closed already cannot be closed again.
        let _ = self.stream.get_mut().shutdown(std::net::Shutdown::Write);
    }

    pub fn read_answer(&mut self) -> io::Result<Answer> {
        let mut answer = self.read_head()?;
        answer.body = if answer.header("transfer-encoding") == Some("chunked") {
            let mut body = Vec::new();
            while let Some(chunk) = self.read_chunk()? {
                body.extend_from_slice(&chunk);
            }
            body
        } else {
            let length = answer.header("content-length").unwrap_or("0");
            let mut body = vec![0; length.parse().map_err(io::Error::other)?];
            self.stream.read_exact(&mut body)?;
            body
        };
        Ok(answer)
    }

    fn read_head(&mut self) -> io::Result<Answer> {
        let status_line = self.read_line()?;
        let status = status_line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or_else(|| io::Error::other(format!("no status line: {status_line:?}")))?;
        let mut headers = Vec::new();
        loop {
            let line = self.read_line()?;
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        Ok(Answer {
            status,
            headers,
            body: Vec::new(),
        })
    }

    /// The next chunk of a chunked body; `None` at its end.
    pub fn read_chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let size = usize::from_str_radix(&self.read_line()?, 16).map_err(io::Error::other)?;
        let mut chunk = vec![0; size];
        self.stream.read_exact(&mut chunk)?;
        self.read_line()?;
        Ok((size > 0).then_some(chunk))
    }

    fn read_line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// Everything until the server closes the connection. A reset is an end as well.
    pub fn read_to_end(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = self.stream.read_to_end(&mut bytes);
        bytes
    }
}

impl Answer {
    pub fn header(&self, wanted: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// Gives the answer on if it has this status.
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The kind of a problem document, which must agree with the status of the answer.
    pub fn problem(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{} {}",
            self.status,
            self.text()
        );
        let document = self.json();
        assert_eq!(document["status"], self.status, "{document}");
        let kind = document["type"].as_str().unwrap_or_default();
        kind.strip_prefix("/problems/").unwrap_or(kind).to_owned()
    }

    /// Whether it is the answer that was given to the same request before.
    pub fn is_replayed(&self) -> bool {
        self.header("idempotent-replayed") == Some("true")
    }
}
