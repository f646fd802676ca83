//! Server-sent events, read one by one.

use serde_json::Value;

use super::http::{Caller, Connection};

/// An open stream.
#[derive(Debug)]
pub struct EventStream {
    connection: Connection,
    received: String,
}

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamEvent {
    pub name: String,
    pub id: String,
    pub data: Value,
}

impl EventStream {
    pub fn open(caller: &Caller, path: &str, last_event_id: Option<&str>) -> Self {
        let mut request = caller.get(path);
        if let Some(id) = last_event_id {
            request = request.header("Last-Event-ID", id);
        }
        let (head, connection) = request.send_for_head();
        let head = head.expect(200);
        assert_eq!(head.header("content-type"), Some("text/event-stream"));
        Self {
            connection,
            received: String::new(),
        }
    }

    /// The next event.
    ///
    /// # Panics
    /// If the stream has ended.
    pub fn next(&mut self) -> StreamEvent {
        loop {
            if let Some((event, rest)) = self.received.split_once("\n\n") {
                let event = parse(event);
                self.received = rest.to_owned();
                match event {
                    Some(event) => return event,
                    // A keep-alive.
                    None => continue,
                }
            }
            let chunk = self.connection.read_chunk().expect("an open stream");
            let chunk = chunk.expect("a stream that goes on");
            self.received += std::str::from_utf8(&chunk).expect("events are UTF-8");
        }
    }

    /// The next event of this name; others are passed over.
    pub fn next_named(&mut self, name: &str) -> StreamEvent {
        loop {
            let event = self.next();
            if event.name == name {
                return event;
            }
        }
    }

    /// The next decisions, all different from `gap` and `reset`.
    pub fn decisions(&mut self, count: usize) -> Vec<StreamEvent> {
        let mut decisions = Vec::new();
        while decisions.len() < count {
            let event = self.next();
            match event.name.as_str() {
                "decision" => decisions.push(event),
                "overview" => {}
                other => panic!("{other} among decisions: {event:?}"),
            }
        }
        decisions
    }

    /// Passes over what still comes until the server ends the stream in good order.
    pub fn read_to_its_end(&mut self) {
        while self
            .connection
            .read_chunk()
            .expect("a stream that is not cut off")
            .is_some()
        {}
    }
}

fn parse(text: &str) -> Option<StreamEvent> {
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    Some(StreamEvent {
        name: field("event")?.to_owned(),
        id: field("id").unwrap_or_default().to_owned(),
        data: serde_json::from_str(field("data")?).expect("data is JSON"),
    })
}
