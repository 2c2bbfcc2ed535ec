//! Parses the text of statuses into links, mentions, hashtags and plain text, and renders it as HTML.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::hashtags::{is_hashtag_char, is_separator, stored_form};
use crate::limits;

/// Segment of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Segment<'t> {
    Plain(&'t str),
    Link(&'t str),
    Mention(Handle<'t>),
    /// Without the `#`.
    Hashtag(&'t str),
}

impl Segment<'_> {
    /// Returns the length in bytes of the part of the text that the segment was parsed from. `text` starts with it.
    pub(crate) fn source_length(self, text: &str) -> usize {
        let mark = || text.chars().next().map_or(0, char::len_utf8);
        match self {
            Self::Plain(plain) => plain.len(),
            Self::Link(link) => link.len(),
            Self::Mention(handle) => handle.length(),
            Self::Hashtag(name) => mark() + name.len(),
        }
    }
}

/// Handle of an account in a text, without the leading `@`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handle<'t> {
    pub(crate) name: &'t str,
    /// Domain; `None` for an account of this server.
    pub(crate) domain: Option<&'t str>,
}

impl Handle<'_> {
    /// Length in bytes, with the leading `@`.
    fn length(self) -> usize {
        1 + self.name.len() + self.domain.map_or(0, |domain| 1 + domain.len())
    }
}

/// Maximum number of visible characters of a link.
const MAX_LINK_TEXT: usize = 30;

/// Splits a text into segments, in order and without gaps.
pub(crate) fn segments(text: &str) -> Vec<Segment<'_>> {
    let mut segments = Vec::new();
    let (mut plain_start, mut at, mut before) = (0, 0, None);
    while let Some(c) = text[at..].chars().next() {
        let Some((segment, length)) = next_entity(&text[at..], before) else {
            at += c.len_utf8();
            before = Some(c);
            continue;
        };
        if plain_start < at {
            segments.push(Segment::Plain(&text[plain_start..at]));
        }
        segments.push(segment);
        at += length;
        before = text[..at].chars().next_back();
        plain_start = at;
    }
    if plain_start < text.len() {
        segments.push(Segment::Plain(&text[plain_start..]));
    }
    segments
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Parses a link, mention or hashtag at the start of a text. Returns it with its length in bytes.
fn next_entity(text: &str, before: Option<char>) -> Option<(Segment<'_>, usize)> {
    let attached = |marks: &[char]| before.is_some_and(|c| is_word(c) || marks.contains(&c));
    match text.chars().next()? {
        'h' | 'H' if !attached(&['@', '#', '/', '.', '-']) => {
            let link = link(text)?;
            Some((Segment::Link(link), link.len()))
        }
        '@' if !attached(&['=', '/']) => {
            let handle = handle(&text[1..])?;
            Some((Segment::Mention(handle), handle.length()))
        }
        mark @ ('#' | '＃') if !attached(&['=', '/', ')']) => {
            let name = take_while(&text[mark.len_utf8()..], is_hashtag_char);
            let name = name.trim_end_matches(is_separator);
            let has_letter = name.contains(|c: char| c.is_alphabetic());
            has_letter.then(|| (Segment::Hashtag(name), mark.len_utf8() + name.len()))
        }
        _ => None,
    }
}

fn take_while(text: &str, matches: impl Fn(char) -> bool) -> &str {
    &text[..text.find(|c| !matches(c)).unwrap_or(text.len())]
}

fn link(text: &str) -> Option<&str> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })?;
    let mut link = take_while(text, |c| {
        !c.is_whitespace() && !matches!(c, '<' | '>' | '"')
    });
    loop {
        let last = link.chars().next_back()?;
        // A closing bracket at the end is part of the URL only if the URL contains the opening one.
        let is_unopened = last == ')' && link.matches(')').count() > link.matches('(').count();
        if !is_unopened && !matches!(last, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | ']') {
            break;
        }
        link = &link[..link.len() - last.len_utf8()];
    }
    let host = link.get(scheme.len()..)?;
    host.starts_with(char::is_alphanumeric).then_some(link)
}

fn handle(text: &str) -> Option<Handle<'_>> {
    let name = take_while(text, |c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    let name = name.trim_end_matches(['.', '-']);
    if name.is_empty() || name.starts_with(['.', '-']) {
        return None;
    }
    let rest = text[name.len()..].strip_prefix('@');
    let domain = rest
        .map(|rest| take_while(rest, |c| c.is_alphanumeric() || ".-:".contains(c)))
        .map(|domain| domain.trim_end_matches(['.', '-', ':']))
        .filter(|domain| domain.starts_with(char::is_alphanumeric));
    Some(Handle { name, domain })
}

/// Counts the characters of a text as Mastodon does: grapheme clusters. Links have a fixed length, mentions count without
/// the domain.
pub(crate) fn counted_length(text: &str) -> usize {
    let mut counted = String::new();
    for segment in segments(text) {
        match segment {
            Segment::Plain(plain) => counted.push_str(plain),
            Segment::Link(_) => {
                counted.extend(std::iter::repeat_n('x', limits::CHARACTERS_PER_LINK));
            }
            Segment::Mention(handle) => {
                counted.push('@');
                counted.push_str(handle.name);
            }
            Segment::Hashtag(name) => {
                counted.push('#');
                counted.push_str(name);
            }
        }
    }
    graphemes(&counted)
}

/// Counts the grapheme clusters of a text: what a reader takes as one character, such as an emoji of several code points.
pub(crate) fn graphemes(text: &str) -> usize {
    text.graphemes(true).count()
}

/// Removes white space at both ends as Ruby does: only ASCII white space and null characters.
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(['\0', '\t', '\n', '\x0b', '\x0c', '\r', ' '])
}

/// Whether a text has only white space, including that of other scripts.
pub(crate) fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// Returns the normalized hashtags of a text, without duplicates.
pub(crate) fn hashtags(text: &str) -> Vec<String> {
    let mut hashtags = Vec::new();
    for segment in segments(text) {
        if let Segment::Hashtag(name) = segment {
            let name = stored_form(name);
            if !hashtags.contains(&name) {
                hashtags.push(name);
            }
        }
    }
    hashtags
}

/// Returns the URLs of the links of a text.
pub(crate) fn links(text: &str) -> impl Iterator<Item = &str> {
    segments(text)
        .into_iter()
        .filter_map(|segment| match segment {
            Segment::Link(link) => Some(link),
            _ => None,
        })
}

/// Renders a text as HTML: paragraphs, line breaks and links. `profile` returns the profile URL and the username of a
/// mentioned account, if the account is known.
pub(crate) fn to_html(
    text: &str,
    server: &str,
    profile: impl Fn(Handle<'_>) -> Option<(String, String)>,
) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut html = String::new();
    for paragraph in text.split("\n\n") {
        let paragraph = paragraph.trim_matches('\n');
        if paragraph.trim().is_empty() {
            continue;
        }
        let lines: Vec<String> = paragraph
            .split('\n')
            .map(|line| line_html(line, server, &profile))
            .collect();
        html += &format!("<p>{}</p>", lines.join("<br />"));
    }
    html
}

fn line_html(
    line: &str,
    server: &str,
    profile: impl Fn(Handle<'_>) -> Option<(String, String)>,
) -> String {
    let rendered = segments(line).into_iter().map(|segment| match segment {
        Segment::Plain(plain) => escape_html(plain),
        Segment::Link(link) => link_html(link),
        Segment::Hashtag(name) => {
            let name = escape_html(name);
            format!(
                "<a href=\"{server}/tags/{name}\" class=\"mention hashtag\" rel=\"tag\">#<span>{name}</span></a>"
            )
        }
        Segment::Mention(handle) => profile(handle).map_or_else(
            || {
                let domain = handle.domain.map(|domain| format!("@{domain}"));
                escape_html(&format!("@{}{}", handle.name, domain.unwrap_or_default()))
            },
            |(page, name)| {
                format!(
                    "<span class=\"h-card\" translate=\"no\"><a href=\"{}\" class=\"u-url mention\">@<span>{}</span></a></span>",
                    escape_html(&page),
                    escape_html(&name),
                )
            },
        ),
    });
    rendered.collect()
}

/// Renders a link as Mastodon does: the scheme is hidden and a long URL is shortened.
pub(crate) fn link_html(link: &str) -> String {
    let scheme = link.find("://").map_or(0, |at| at + 3);
    let www = if link[scheme..].starts_with("www.") {
        4
    } else {
        0
    };
    let (prefix, rest) = link.split_at(scheme + www);
    let cut = rest.char_indices().nth(MAX_LINK_TEXT).map(|(at, _)| at);
    let (shown, suffix) = rest.split_at(cut.unwrap_or(rest.len()));
    format!(
        "<a href=\"{}\" target=\"_blank\" rel=\"nofollow noopener\" translate=\"no\"><span class=\"invisible\">{}</span><span class=\"{}\">{}</span><span class=\"invisible\">{}</span></a>",
        escape_html(link),
        escape_html(prefix),
        if cut.is_some() { "ellipsis" } else { "" },
        escape_html(shown),
        escape_html(suffix),
    )
}

/// Escapes a text for HTML.
pub(crate) fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mention<'t>(name: &'t str, domain: Option<&'t str>) -> Segment<'t> {
        Segment::Mention(Handle { name, domain })
    }

    #[test]
    fn text_is_split_into_plain_text_links_mentions_and_hashtags() {
        assert_eq!(
            segments("Hi @bob.b@far.example, see (https://a.example/x_(y)) #Rust-lang #2024"),
            [
                Segment::Plain("Hi "),
                mention("bob.b", Some("far.example")),
                Segment::Plain(", see ("),
                Segment::Link("https://a.example/x_(y)"),
                Segment::Plain(") "),
                Segment::Hashtag("Rust"),
                Segment::Plain("-lang #2024"),
            ]
        );
        assert_eq!(
            segments("@bob."),
            [mention("bob", None), Segment::Plain(".")]
        );
    }

    #[test]
    fn markers_inside_a_word_are_plain_text() {
        for text in [
            "me@bob",
            "a#b",
            "x/@bob",
            "xhttps://a.example",
            "http://",
            "@",
            "#",
        ] {
            assert_eq!(segments(text), [Segment::Plain(text)]);
        }
    }

    #[test]
    fn links_have_a_fixed_length_and_mentions_count_without_domain() {
        let long_url = format!("https://a.example/{}", "x".repeat(400));
        assert_eq!(counted_length(&long_url), 23);
        assert_eq!(
            counted_length("@bob@far.example ü#tag"),
            "@bob ü#tag".chars().count()
        );
    }

    #[test]
    fn length_counts_what_a_reader_takes_as_one_character() {
        assert_eq!(counted_length("👩‍👩‍👧‍👦e\u{301}🇩🇪"), 3);
    }

    #[test]
    fn only_ascii_white_space_is_stripped() {
        assert_eq!(strip(" \0\n\u{3000}a\u{a0}\t"), "\u{3000}a\u{a0}");
        assert!(is_blank(" \u{3000}\u{a0}"));
    }

    #[test]
    fn source_length_covers_the_marks_of_all_segments() {
        let text = "a @b@c.example ＃tag #x https://a.example";
        let lengths = segments(text).into_iter().scan(0, |at, segment| {
            let length = segment.source_length(&text[*at..]);
            *at += length;
            Some(length)
        });
        assert_eq!(lengths.sum::<usize>(), text.len());
    }

    #[test]
    fn html_has_paragraphs_line_breaks_and_escapes() {
        let html = to_html("a <b>\nc\n\n\nd #Tag", "http://s", |_| None);
        assert_eq!(
            html,
            "<p>a &lt;b&gt;<br />c</p><p>d <a href=\"http://s/tags/Tag\" class=\"mention hashtag\" rel=\"tag\">#<span>Tag</span></a></p>"
        );
    }

    #[test]
    fn long_link_is_shortened() {
        let html = link_html("https://www.example.org/a/very/long/path/indeed");
        assert!(html.contains(
            "<span class=\"invisible\">https://www.</span><span class=\"ellipsis\">example.org/a/very/long/path/i</span><span class=\"invisible\">ndeed</span>"
        ), "{html}");
    }
}
