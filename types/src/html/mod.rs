//! HTML of statuses, profiles and other entities: conversion to text, links, mentions and hashtags.

mod links;
mod parse;
mod text;

use std::fmt;

pub use links::Link;
pub use text::TextOptions;

/// HTML, as the server sends it.
///
/// [`to_text`](Self::to_text) converts it to text, [`links`](Self::links), [`mentions`](Self::mentions) and
/// [`hashtags`](Self::hashtags) return its links. [`as_str`](Self::as_str) and `Display` return the HTML itself.
///
/// The conversions accept all input: they follow the HTML standard for comments, character references and unclosed tags.
/// Their time and their results are proportional to the length of the HTML.
///
/// Mastodon sanitizes the HTML of statuses and profiles, other servers do not always. Sanitize it before you insert it
/// into a web page.
///
/// ```
/// use mastodon_types::Html;
///
/// let html = Html::from("<p>Hi <a href=\"https://a.example/@bob\" class=\"u-url mention\">@<span>bob</span></a>!</p>");
/// assert_eq!(html.to_text(), "Hi @bob!");
/// assert_eq!(html.mentions()[0].href, "https://a.example/@bob");
/// assert_eq!(html.mentions()[0].name(), "bob");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Html(String);

impl Html {
    /// Returns the HTML of a text: special characters are escaped, and line breaks become `<br>`. The conversion back is
    /// [`to_text`](Self::to_text).
    ///
    /// ```
    /// use mastodon_types::Html;
    ///
    /// let html = Html::escape("1 < 2\n& so on");
    /// assert_eq!(html, "1 &lt; 2<br>&amp; so on");
    /// assert_eq!(html.to_text(), "1 < 2\n& so on");
    /// ```
    pub fn escape(text: &str) -> Self {
        let mut html = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'', '\n', '\r']) {
            html.push_str(&rest[..at]);
            rest = &rest[at..];
            let (replacement, length) = match rest.as_bytes() {
                [b'&', ..] => ("&amp;", 1),
                [b'<', ..] => ("&lt;", 1),
                [b'>', ..] => ("&gt;", 1),
                [b'"', ..] => ("&quot;", 1),
                [b'\'', ..] => ("&#39;", 1),
                [b'\r', b'\n', ..] => ("<br>", 2),
                _ => ("<br>", 1),
            };
            html.push_str(replacement);
            rest = &rest[length..];
        }
        html.push_str(rest);
        Self(html)
    }

    /// Returns the HTML as a string.
    #[inline]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the HTML as a string.
    #[inline]
    pub fn into_string(self) -> String {
        self.0
    }

    /// Returns whether there is no HTML. HTML without text, such as `<p></p>`, is not empty.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Converts the HTML to text.
    ///
    /// - Paragraphs, headings, lists, quotes and preformatted code are separated by an empty line, as in a browser. Table
    ///   cells are separated by a tab.
    /// - Items of lists start with `- ` or their number, lines of quotes with `> `.
    /// - Images and custom emojis are replaced by their alternative text, ruby text is in parentheses.
    /// - Links and mentions are replaced by their text. The URLs in statuses are complete, although Mastodon's web
    ///   interface shortens them; see [`TextOptions::short_links`].
    /// - Content that browsers do not display, such as that of `<script>`, is left out.
    ///
    /// ```
    /// use mastodon_types::Html;
    ///
    /// let html = Html::from("<h1>Title</h1><p>One<br>two</p><ol><li>First</li><li>Second</li></ol>");
    /// assert_eq!(html.to_text(), "Title\n\nOne\ntwo\n\n1. First\n2. Second");
    /// ```
    pub fn to_text(&self) -> String {
        self.to_text_with(TextOptions::default())
    }

    /// The same as [`to_text`](Self::to_text), with options.
    pub fn to_text_with(&self, options: TextOptions) -> String {
        text::to_text(&parse::parse(&self.0), options)
    }

    /// Returns the links to other pages, in order of appearance. Mentions and hashtags are not among them.
    ///
    /// ```
    /// use mastodon_types::Html;
    ///
    /// let html = Html::from("Read <a href=\"https://blog.example/1\">this</a>!");
    /// let links = html.links();
    /// assert_eq!((&*links[0].href, &*links[0].text), ("https://blog.example/1", "this"));
    /// ```
    pub fn links(&self) -> Vec<Link> {
        links::links(&parse::parse(&self.0), links::Kind::Page)
    }

    /// Returns the links to mentioned accounts, in order of appearance. `Status::mentions` also has their IDs.
    pub fn mentions(&self) -> Vec<Link> {
        links::links(&parse::parse(&self.0), links::Kind::Mention)
    }

    /// Returns the links to hashtags, in order of appearance.
    ///
    /// ```
    /// use mastodon_types::Html;
    ///
    /// let html = Html::from("<a href=\"https://a.example/tags/rust\" class=\"mention hashtag\" rel=\"tag\">#<span>Rust</span></a>");
    /// assert_eq!(html.hashtags()[0].text, "#Rust");
    /// assert_eq!(html.hashtags()[0].name(), "Rust");
    /// ```
    pub fn hashtags(&self) -> Vec<Link> {
        links::links(&parse::parse(&self.0), links::Kind::Hashtag)
    }
}

/// Writes the HTML itself. Use [`to_text`](Html::to_text) to show it to people.
impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for Html {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<String> for Html {
    fn from(html: String) -> Self {
        Self(html)
    }
}

impl From<&str> for Html {
    fn from(html: &str) -> Self {
        Self(html.to_owned())
    }
}

impl From<&String> for Html {
    fn from(html: &String) -> Self {
        Self(html.clone())
    }
}

/// Compares the HTML itself.
impl PartialEq<str> for Html {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Html {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl PartialEq<String> for Html {
    fn eq(&self, other: &String) -> bool {
        self.0 == *other
    }
}

impl PartialEq<Html> for str {
    fn eq(&self, other: &Html) -> bool {
        self == other.0
    }
}

impl PartialEq<Html> for &str {
    fn eq(&self, other: &Html) -> bool {
        *self == other.0
    }
}

impl PartialEq<Html> for String {
    fn eq(&self, other: &Html) -> bool {
        *self == other.0
    }
}

impl serde::Serialize for Html {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

crate::deserialize!(Html);

#[cfg(test)]
mod tests;
