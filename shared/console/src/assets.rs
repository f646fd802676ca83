//! The stylesheet, the script and the icon that every page links, embedded in the binary.
//!
//! Each is served under a name that contains a hash of its content, so that a
//! server can let browsers keep it for ever (`Cache-Control: public,
//! max-age=31536000, immutable`): a new build has new names.

use std::sync::LazyLock;

/// What the consoles need and nothing more: own files only, no inline script or style.
///
/// To be sent as the `Content-Security-Policy` header of every page.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'";

/// One file to be served at [`path`](Asset::path).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Absolute path of the URL, for example `/assets/console-0123456789abcdef.css`.
    pub path: String,
    /// Value of the `Content-Type` header.
    pub content_type: &'static str,
    /// The file itself.
    pub bytes: &'static [u8],
    /// Value of the `ETag` header, quotes included (RFC 9110, section 8.8.3).
    pub etag: String,
}

/// All files of the console, to be mounted at the root of the server.
pub fn all() -> [&'static Asset; 3] {
    [&STYLESHEET, &SCRIPT, &ICON]
}

/// The one stylesheet.
pub fn stylesheet() -> &'static Asset {
    &STYLESHEET
}

/// The one script, an ES module.
pub fn script() -> &'static Asset {
    &SCRIPT
}

/// The icon of the browser's tab.
pub fn icon() -> &'static Asset {
    &ICON
}

/// Text of the stylesheet: one file per concept, served as one.
pub const STYLESHEET_TEXT: &str = concat!(
    include_str!("assets/tokens.css"),
    include_str!("assets/base.css"),
    include_str!("assets/layout.css"),
    include_str!("assets/header.css"),
    include_str!("assets/figures.css"),
    include_str!("assets/tables.css"),
    include_str!("assets/charts.css"),
    include_str!("assets/shelf.css"),
    include_str!("assets/forms.css"),
);

/// Text of the script: one file per concept, served as one module.
pub const SCRIPT_TEXT: &str = concat!(
    include_str!("assets/format.js"),
    include_str!("assets/charts.js"),
    include_str!("assets/fill.js"),
    include_str!("assets/stream.js"),
    include_str!("assets/controls.js"),
);

static STYLESHEET: LazyLock<Asset> =
    LazyLock::new(|| asset(STYLESHEET_TEXT, "css", "text/css; charset=utf-8"));

static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| asset(SCRIPT_TEXT, "js", "text/javascript; charset=utf-8"));

static ICON: LazyLock<Asset> =
    LazyLock::new(|| asset(include_str!("assets/icon.svg"), "svg", "image/svg+xml"));

fn asset(text: &'static str, extension: &str, content_type: &'static str) -> Asset {
    let hash = content_hash(text.as_bytes());
    Asset {
        path: format!("/assets/console-{hash:016x}.{extension}"),
        content_type,
        bytes: text.as_bytes(),
        etag: format!("\"{hash:016x}\""),
    }
}

/// FNV-1a with 64 bits: tells builds apart; it is no protection against forgery and needs none.
fn content_hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        // Test vectors published with the algorithm.
        assert_eq!(content_hash(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(content_hash(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(content_hash(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn names_and_tags_carry_the_hash_of_the_content() {
        for asset in all() {
            let hash = format!("{:016x}", content_hash(asset.bytes));
            assert!(asset.path.starts_with("/assets/"), "{}", asset.path);
            assert!(asset.path.contains(&hash), "{}", asset.path);
            assert_eq!(asset.etag, format!("\"{hash}\""));
        }
    }

    #[test]
    fn the_script_never_parses_markup_from_data() {
        for forbidden in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
        ] {
            assert!(!SCRIPT_TEXT.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn nothing_is_fetched_from_elsewhere() {
        for text in [STYLESHEET_TEXT, SCRIPT_TEXT] {
            assert!(
                !text.contains("//fonts") && !text.contains("https:") && !text.contains("http:")
            );
            assert!(!text.contains("@import") && !text.contains("url("));
        }
    }
}
