//! Concurrent callers who never stop sending.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
};

use super::{
    Purchase, Random, TestBank, eventually,
    http::{Caller, Connection},
    ledger::{Acknowledged, KeyedCommand, Ledger},
};

/// Callers at work.
#[derive(Debug)]
pub struct Load {
    callers: Vec<JoinHandle<Ledger>>,
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicUsize>,
}

impl Load {
    /// Lets a number of callers send purchases, some labels, and some things again. `name` makes their ids unique.
    pub fn begin(bank: &TestBank, name: &str, callers: usize, random: &mut Random) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let callers = (0..callers)
            .map(|number| {
                let sender = Sender {
                    caller: bank.payments(),
                    name: format!("{name}-{number}"),
                    random: random.split(),
                    stop: Arc::clone(&stop),
                    count: Arc::clone(&acknowledged),
                    ledger: Ledger::default(),
                    sent: 0,
                };
                std::thread::spawn(|| sender.run())
            })
            .collect();
        Self {
            callers,
            stop,
            acknowledged,
        }
    }

    /// Waits until so many commands have been acknowledged.
    pub fn wait_for(&self, count: usize) {
        eventually("acknowledged commands", || {
            (self.acknowledged.load(Ordering::Relaxed) >= count).then_some(())
        });
    }

    /// Stops the callers, if the server's end has not done that already, and gives what they were told.
    pub fn end(self) -> Ledger {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Ledger::default();
        for caller in self.callers {
            all.absorb(caller.join().expect("a caller that was answered rightly"));
        }
        all
    }
}

struct Sender {
    caller: Caller,
    name: String,
    random: Random,
    stop: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
    ledger: Ledger,
    sent: usize,
}

impl Sender {
    fn run(mut self) -> Ledger {
        // No new connection means that the server is gone.
        while let Ok(mut connection) = Connection::open(self.caller.address) {
            loop {
                if self.stop.load(Ordering::Relaxed) {
                    return self.ledger;
                }
                let command = self.next_command();
                if !self.send(&mut connection, command) {
                    break;
                }
            }
        }
        self.ledger
    }

    fn next_command(&mut self) -> KeyedCommand {
        self.sent += 1;
        let id = format!("{}-{}", self.name, self.sent);
        let known = &self.ledger.acknowledged;
        if !known.is_empty() && self.random.once_in(20) {
            return self.random.pick(known).command.clone();
        }
        if !known.is_empty()
            && self.random.once_in(10)
            && let KeyedCommand::Assess(purchase) = &self.random.pick(known).command
        {
            return KeyedCommand::Label {
                transaction_id: purchase.transaction_id().to_owned(),
                key: format!("label-{id}"),
            };
        }
        KeyedCommand::Assess(Purchase::random(&id, &mut self.random))
    }

    /// Sends one command; `false` where the connection is of no use any more.
    fn send(&mut self, connection: &mut Connection, command: KeyedCommand) -> bool {
        let answer = match connection.send(&command.request(&self.caller)) {
            Ok(answer) => answer,
            Err(_) => {
                self.leave_open(command);
                return false;
            }
        };
        let before = self.answer_before(&command);
        match (answer.status, before) {
            (201, None) => {
                self.count.fetch_add(1, Ordering::Relaxed);
                self.ledger.acknowledged.push(Acknowledged {
                    command,
                    body: answer.body,
                });
            }
            (201, Some(before)) => {
                let before = String::from_utf8_lossy(before);
                assert_eq!(answer.text(), before, "another answer to {command:?}");
            }
            (429 | 503, None) => {
                assert!(answer.header("retry-after").is_some(), "{}", answer.text());
                self.leave_open(command);
            }
            (429 | 503, Some(_)) => {}
            _ => panic!("{command:?}: {} {}", answer.status, answer.text()),
        }
        true
    }

    fn leave_open(&mut self, command: KeyedCommand) {
        if self.answer_before(&command).is_none() {
            self.ledger.open.push(command);
        }
    }

    fn answer_before(&self, command: &KeyedCommand) -> Option<&[u8]> {
        let known = &self.ledger.acknowledged;
        let found = known.iter().find(|known| known.command == *command)?;
        Some(&found.body)
    }
}
