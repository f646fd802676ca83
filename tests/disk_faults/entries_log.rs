//! The names that are durable, in a log that `shim.c` appends to: `entries.log` in the shadow.
//!
//! ```text
//! attached                           a process has begun to use the disk
//! begin <identity of a directory>    all its names follow; the last complete record of a directory counts
//! f <identity> <mode, octal> <name>
//! d <identity> <mode, octal> <name>
//! l <identity> <mode, octal> <name> <target>
//! end <number of names>
//! ```
//!
//! In names, everything but printable ASCII, and the percent sign, is percent-encoded.

use super::durable_state::{Entry, Identity, Kind, Names};
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Appends what a directory holds.
pub fn write_record(log: &mut String, directory: &Identity, names: &Names) {
    let mut lines = String::new();
    for (name, entry) in names {
        let (letter, target) = match &entry.kind {
            Kind::File => ('f', OsStr::new("")),
            Kind::Directory => ('d', OsStr::new("")),
            Kind::Link { target } => ('l', target.as_os_str()),
        };
        let (identity, mode) = (&entry.identity.0, entry.mode);
        let (name, target) = (escape(name), escape(target));
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{letter} {identity} {mode:o} {name} {target}");
    }
    let _ = write!(log, "\nbegin {}\n{lines}end {}\n", directory.0, names.len());
}

/// The records that were written to their end, oldest first. A process can die while it writes one.
pub fn complete_records(log: &str) -> impl Iterator<Item = (Identity, Names)> {
    let mut open: Option<(Identity, Names)> = None;
    log.lines().filter_map(move |line| {
        let mut words = line.split(' ');
        match words.next()? {
            "begin" => open = Some((Identity(words.next()?.to_owned()), Names::new())),
            "end" => {
                let count = words.next()?.parse::<usize>().ok();
                return open.take().filter(|(_, names)| count == Some(names.len()));
            }
            letter => {
                if let (Some((_, names)), Some((name, entry))) =
                    (&mut open, parse_entry(letter, words))
                {
                    names.insert(name, entry);
                }
            }
        }
        None
    })
}

fn parse_entry<'a>(
    letter: &str,
    mut words: impl Iterator<Item = &'a str>,
) -> Option<(OsString, Entry)> {
    let identity = Identity(words.next()?.to_owned());
    let mode = u32::from_str_radix(words.next()?, 8).ok()?;
    let name = unescape(words.next()?)?;
    let kind = match letter {
        "f" => Kind::File,
        "d" => Kind::Directory,
        "l" => Kind::Link {
            target: unescape(words.next()?)?,
        },
        _ => return None,
    };
    Some((
        name,
        Entry {
            kind,
            identity,
            mode,
        },
    ))
}

fn escape(text: &OsStr) -> String {
    let mut escaped = String::new();
    for &byte in text.as_bytes() {
        match byte {
            b'!'..=b'~' if byte != b'%' => escaped.push(char::from(byte)),
            _ => {
                let _ = write!(escaped, "%{byte:02x}");
            }
        }
    }
    escaped
}

fn unescape(text: &str) -> Option<OsString> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    Some(OsString::from_vec(bytes))
}
