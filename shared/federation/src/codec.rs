//! A strict binary form: one text for each value, every length bounded, nothing left over.
//!
//! Integers are little-endian and of fixed width; a list is its length as `u32` and its items; an optional value is a
//! byte 0 or 1 and the value. What is signed or hashed is always these bytes, so there must be exactly one way to write
//! a value: a reader refuses everything a writer would not have written.

use thiserror::Error;

/// Why bytes are not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The bytes end within a value.
    #[error("the message ends too early")]
    Truncated,
    /// The value is complete and bytes follow it.
    #[error("{0} bytes follow the end of the message")]
    Trailing(usize),
    /// A length above its limit; nothing of it was read.
    #[error("{what} is {actual} long, at most {limit} are allowed")]
    TooLong {
        /// What has this length.
        what: &'static str,
        /// The length that was found.
        actual: usize,
        /// The largest one allowed.
        limit: usize,
    },
    /// A value that no writer writes.
    #[error("{0} is not written like that")]
    NotCanonical(&'static str),
}

/// A value with exactly one binary form.
pub trait Wire: Sized {
    /// Appends the form.
    fn write(&self, writer: &mut Writer);
    /// Reads it back.
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// The whole form.
    fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        self.write(&mut writer);
        writer.into_bytes()
    }

    /// Reads a value that must fill `bytes`.
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader { rest: bytes };
        let value = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(value)
    }
}

/// Collects bytes.
#[derive(Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// A byte.
    pub fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// Two bytes.
    pub fn u16(&mut self, value: u16) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Four bytes.
    pub fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Eight bytes.
    pub fn u64(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Bytes of a length that the reader knows.
    pub fn fixed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A length and so many bytes.
    ///
    /// # Panics
    /// Beyond 4 GiB, which no limit of this crate allows.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.fixed(bytes);
    }

    /// A list.
    pub fn list<T: Wire>(&mut self, items: &[T]) {
        self.length(items.len());
        for item in items {
            item.write(self);
        }
    }

    fn length(&mut self, length: usize) {
        self.u32(u32::try_from(length).expect("every list has a limit far below 2^32"));
    }
}

/// Takes bytes from the front.
pub struct Reader<'bytes> {
    rest: &'bytes [u8],
}

impl<'bytes> Reader<'bytes> {
    /// Starts at the front of `bytes`.
    pub fn new(bytes: &'bytes [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Refuses bytes that nobody read.
    pub fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::Trailing(self.rest.len()))
        }
    }

    /// So many bytes, borrowed.
    pub fn slice(&mut self, length: usize) -> Result<&'bytes [u8], DecodeError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Bytes of a fixed length.
    pub fn fixed<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], DecodeError> {
        let mut bytes = [0; LENGTH];
        bytes.copy_from_slice(self.slice(LENGTH)?);
        Ok(bytes)
    }

    /// A byte.
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(u8::from_le_bytes(self.fixed()?))
    }

    /// Two bytes.
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_le_bytes(self.fixed()?))
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_le_bytes(self.fixed()?))
    }

    /// Eight bytes.
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        Ok(u64::from_le_bytes(self.fixed()?))
    }

    /// A length of at most `limit` and so many bytes.
    pub fn bytes(&mut self, what: &'static str, limit: usize) -> Result<&'bytes [u8], DecodeError> {
        let length = self.length(what, limit)?;
        self.slice(length)
    }

    /// UTF-8 text of at most `limit` bytes.
    pub fn text(&mut self, what: &'static str, limit: usize) -> Result<String, DecodeError> {
        let bytes = self.bytes(what, limit)?;
        std::str::from_utf8(bytes)
            .map(str::to_owned)
            .map_err(|_| DecodeError::NotCanonical(what))
    }

    /// A list of at most `limit` items. Memory grows only with what is really there.
    pub fn list<T: Wire>(
        &mut self,
        what: &'static str,
        limit: usize,
    ) -> Result<Vec<T>, DecodeError> {
        let length = self.length(what, limit)?;
        let mut items = Vec::with_capacity(length.min(self.rest.len()).min(1_024));
        for _ in 0..length {
            items.push(T::read(self)?);
        }
        Ok(items)
    }

    fn length(&mut self, what: &'static str, limit: usize) -> Result<usize, DecodeError> {
        let actual = self.u32()? as usize;
        if actual > limit {
            return Err(DecodeError::TooLong {
                what,
                actual,
                limit,
            });
        }
        Ok(actual)
    }
}

impl Wire for [u8; 32] {
    fn write(&self, writer: &mut Writer) {
        writer.fixed(self);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.fixed()
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
        self.1.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok((A::read(reader)?, B::read(reader)?))
    }
}
