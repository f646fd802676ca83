//! Text to be copied: commands and identifiers.

use maud::{Markup, html};

/// A block of code with a button that copies it; without a script it can still be selected.
pub fn code_block(label: &str, code: &str) -> Markup {
    html! {
        div class="code-block" {
            pre tabindex="0" aria-label=(label) { code { (code) } }
            button type="button" class="button-quiet script-only" data-copy=(code) { "Copy" }
        }
    }
}

/// A long identifier shown by its first characters, with a button that copies all of it.
pub fn identifier(full: &str, shown_characters: usize) -> Markup {
    let short: String = full.chars().take(shown_characters).collect();
    let is_cut = short.len() < full.len();
    html! {
        span class="identifier" {
            code title=(full) { (short) @if is_cut { "…" } }
            button type="button" class="button-quiet script-only" data-copy=(full)
                aria-label={ "Copy " (full) } { "Copy" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_cut_at_characters_and_copied_in_full() {
        let markup = identifier("é1234567", 2).into_string();
        assert!(markup.contains(">é1…</code>"), "{markup}");
        assert!(markup.contains(r#"data-copy="é1234567""#), "{markup}");
        assert!(!identifier("ab", 2).into_string().contains('…'));
    }
}
