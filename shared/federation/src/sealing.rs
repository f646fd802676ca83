//! Shares on their way through the coordinator: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha, after RFC 8439).

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// What was sealed cannot be opened with this key: it was changed, or made for another purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the sealed bytes cannot be opened")]
pub struct CannotOpen;

/// Bytes that sealing adds.
pub const SEAL_BYTES: usize = 16;

/// Every key seals exactly one text (it is derived for one batch, sender and receiver), so the nonce may be constant.
const NONCE: [u8; 24] = *b"accord-federation-shares";

/// Seals `plain` and binds it to `associated`. The key must not seal a second text.
pub fn seal_once(key: &Secret, associated: &[u8], plain: &[u8]) -> Vec<u8> {
    seal(key, &NONCE, associated, plain)
}

/// Opens what [`seal_once`] made.
pub fn open(
    key: &Secret,
    associated: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CannotOpen> {
    let payload = Payload {
        msg: sealed,
        aad: associated,
    };
    XChaCha20Poly1305::new(&Key::from(*key.expose()))
        .decrypt(&XNonce::from(NONCE), payload)
        .map(Zeroizing::new)
        .map_err(|_| CannotOpen)
}

fn seal(key: &Secret, nonce: &[u8; 24], associated: &[u8], plain: &[u8]) -> Vec<u8> {
    let payload = Payload {
        msg: plain,
        aad: associated,
    };
    XChaCha20Poly1305::new(&Key::from(*key.expose()))
        .encrypt(&XNonce::from(*nonce), payload)
        .expect("a few kilobytes are within the cipher's limit of 256 GiB")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_vectors::bytes;

    #[test]
    fn sealed_bytes_are_those_of_the_published_vector() {
        // draft-irtf-cfrg-xchacha-03, appendix A.3.1; the text is that of RFC 8439, section 2.8.2.
        let plain: &[u8] = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
        let key = Secret::from_bytes(bytes(
            "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
        ));
        let nonce = bytes("404142434445464748494a4b4c4d4e4f5051525354555657");
        let associated = bytes::<12>("50515253c0c1c2c3c4c5c6c7");
        let sealed = seal(&key, &nonce, &associated, plain);
        assert_eq!(
            hex::encode(&sealed),
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb\
             731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452\
             2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9\
             21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49"
        );
    }

    #[test]
    fn a_changed_text_key_or_purpose_cannot_be_opened() {
        let key = Secret::from_bytes([1; 32]);
        let sealed = seal_once(&key, b"from 0 to 1", b"share");
        assert_eq!(
            open(&key, b"from 0 to 1", &sealed)
                .expect("opens")
                .as_slice(),
            b"share"
        );
        let mut changed = sealed.clone();
        changed[0] ^= 1;
        for (key, associated, sealed) in [
            (&key, b"from 0 to 1", &changed),
            (&key, b"from 1 to 0", &sealed),
            (&Secret::from_bytes([2; 32]), b"from 0 to 1", &sealed),
        ] {
            assert_eq!(open(key, associated, sealed), Err(CannotOpen));
        }
    }
}
