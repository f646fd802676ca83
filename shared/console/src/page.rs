//! The frame of every page: document, header, main part, footer.

use maud::{DOCTYPE, Markup, html};

use crate::assets;
use crate::header::Header;

/// One page, ready to be rendered.
pub struct Page<'a> {
    /// Title of the document, without the product's name.
    pub title: &'a str,
    pub header: &'a Header,
    /// Where live events come from, as in [`crate::live`]; `None` for a page that stands still.
    pub stream: Option<&'a str>,
    /// Content of the `main` element.
    pub main: Markup,
    /// Links of the footer: label and address.
    pub footer: &'a [(String, String)],
}

impl Page<'_> {
    /// The whole document.
    pub fn render(&self) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="same-origin";
                    title { (self.title) " · Accord" }
                    link rel="icon" type="image/svg+xml" href=(assets::icon().path);
                    link rel="stylesheet" href=(assets::stylesheet().path);
                    script type="module" src=(assets::script().path) {}
                }
                body {
                    a class="skip-link" href="#main" { "Skip to the content" }
                    (self.header.render())
                    main id="main" tabindex="-1" data-stream=[self.stream] { (self.main) }
                    footer class="site-footer" {
                        @for (label, href) in self.footer {
                            a href=(href) { (label) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_no_inline_script_and_no_inline_style() {
        let header = Header {
            home_href: "/".to_owned(),
            institution: None,
            navigation: Vec::new(),
            clock: None,
            personas: None,
        };
        let page = Page {
            title: "<Overview>",
            header: &header,
            stream: Some("/stream?after=\"1\""),
            main: html! { p { "text" } },
            footer: &[],
        };
        let markup = page.render().into_string();
        assert!(
            markup.contains("<title>&lt;Overview&gt; · Accord</title>"),
            "{markup}"
        );
        assert!(
            markup.contains(r#"data-stream="/stream?after=&quot;1&quot;""#),
            "{markup}"
        );
        assert!(
            !markup.contains("style=") && !markup.contains("onclick"),
            "{markup}"
        );
        assert_eq!(markup.matches("<script").count(), 1);
    }
}
