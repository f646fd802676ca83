//! Random numbers that a stored key determines, so that a message can be made again after a crash, to the byte.

use std::convert::Infallible;

use chacha20::ChaCha20;
use chacha20::cipher::StreamCipher;
use rand_core::{TryCryptoRng, TryRng};

use crate::mask::key_stream;
use crate::secret::Secret;

/// The ChaCha20 stream of a key that is used for nothing else.
pub struct KeyedRng {
    stream: ChaCha20,
}

impl KeyedRng {
    /// The stream of `key` from its beginning.
    pub fn new(key: &Secret) -> Self {
        Self {
            stream: key_stream(key),
        }
    }
}

impl TryRng for KeyedRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.stream.write_keystream(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.stream.write_keystream(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.stream.write_keystream(bytes);
        Ok(())
    }
}

impl TryCryptoRng for KeyedRng {}
