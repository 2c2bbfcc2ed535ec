//! What a status's text is made of: links, mentions, hashtags, and the words between them.

use crate::limits;

/// A stretch of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Segment<'t> {
    Plain(&'t str),
    Link(&'t str),
    Mention(Handle<'t>),
    /// Without the `#`.
    Hashtag(&'t str),
}

/// An account as it is written in a text, without the `@` before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handle<'t> {
    pub(crate) name: &'t str,
    /// The server; `None` for one's own.
    pub(crate) domain: Option<&'t str>,
}

/// How much of a link's address is shown.
const MAX_LINK_TEXT: usize = 30;

/// The text cut into its segments, in order and without gaps.
pub(crate) fn segments(text: &str) -> Vec<Segment<'_>> {
    let mut segments = Vec::new();
    let (mut plain_from, mut at, mut before) = (0, 0, None);
    while let Some(c) = text[at..].chars().next() {
        let Some((segment, length)) = next_entity(&text[at..], before) else {
            at += c.len_utf8();
            before = Some(c);
            continue;
        };
        if plain_from < at {
            segments.push(Segment::Plain(&text[plain_from..at]));
        }
        segments.push(segment);
        at += length;
        before = text[..at].chars().next_back();
        plain_from = at;
    }
    if plain_from < text.len() {
        segments.push(Segment::Plain(&text[plain_from..]));
    }
    segments
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The segment at the beginning of a text, if it is no plain one, and how many bytes it takes.
fn next_entity(text: &str, before: Option<char>) -> Option<(Segment<'_>, usize)> {
    let attached = |marks: &[char]| before.is_some_and(|c| is_word(c) || marks.contains(&c));
    match text.chars().next()? {
        'h' | 'H' if !attached(&['@', '#', '/', '.', '-']) => {
            let link = link(text)?;
            Some((Segment::Link(link), link.len()))
        }
        '@' if !attached(&['=', '/']) => {
            let handle = handle(&text[1..])?;
            let length = 1 + handle.name.len() + handle.domain.map_or(0, |domain| 1 + domain.len());
            Some((Segment::Mention(handle), length))
        }
        mark @ ('#' | '＃') if !attached(&['=', '/', ')']) => {
            let name = take_while(&text[mark.len_utf8()..], |c| is_word(c) || c == '·');
            let says_something = name.contains(|c: char| c.is_alphabetic());
            says_something.then(|| (Segment::Hashtag(name), mark.len_utf8() + name.len()))
        }
        _ => None,
    }
}

fn take_while(text: &str, fits: impl Fn(char) -> bool) -> &str {
    &text[..text.find(|c| !fits(c)).unwrap_or(text.len())]
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
        // A bracket at the end belongs to the address only where it was opened there.
        let unopened = last == ')' && link.matches(')').count() > link.matches('(').count();
        if !unopened && !matches!(last, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | ']') {
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

/// How long a text counts: links alike whatever their length, mentions without their server.
pub(crate) fn counted_length(text: &str) -> usize {
    let counted = segments(text).into_iter().map(|segment| match segment {
        Segment::Plain(plain) => plain.chars().count(),
        Segment::Link(_) => limits::CHARACTERS_PER_LINK,
        Segment::Mention(handle) => 1 + handle.name.chars().count(),
        Segment::Hashtag(name) => 1 + name.chars().count(),
    });
    counted.sum()
}

/// The hashtags of a text as the server keeps them: lower case, each once.
pub(crate) fn hashtags(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for segment in segments(text) {
        if let Segment::Hashtag(name) = segment {
            let name = name.to_lowercase();
            if !found.contains(&name) {
                found.push(name);
            }
        }
    }
    found
}

/// The addresses that a text links to.
pub(crate) fn links(text: &str) -> impl Iterator<Item = &str> {
    segments(text)
        .into_iter()
        .filter_map(|segment| match segment {
            Segment::Link(link) => Some(link),
            _ => None,
        })
}

/// The text as HTML: paragraphs, line breaks, links. `profile` tells the page of a mentioned account
/// that is known, and its name.
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
    let written = segments(line).into_iter().map(|segment| match segment {
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
    written.collect()
}

/// A link as the server shows it: without its scheme, and cut where it is long.
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

/// Makes a text harmless inside HTML.
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
    fn a_text_is_cut_into_words_links_mentions_and_hashtags() {
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
    fn what_stands_inside_a_word_is_no_mention_hashtag_or_link() {
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
    fn links_count_alike_and_mentions_without_their_server() {
        let long = format!("https://a.example/{}", "x".repeat(400));
        assert_eq!(counted_length(&long), 23);
        assert_eq!(
            counted_length("@bob@far.example ü#tag"),
            "@bob ü#tag".chars().count()
        );
    }

    #[test]
    fn html_has_paragraphs_breaks_and_escapes() {
        let html = to_html("a <b>\nc\n\n\nd #Tag", "http://s", |_| None);
        assert_eq!(
            html,
            "<p>a &lt;b&gt;<br />c</p><p>d <a href=\"http://s/tags/Tag\" class=\"mention hashtag\" rel=\"tag\">#<span>Tag</span></a></p>"
        );
    }

    #[test]
    fn a_long_link_is_shown_shortened() {
        let html = link_html("https://www.example.org/a/very/long/path/indeed");
        assert!(html.contains(
            "<span class=\"invisible\">https://www.</span><span class=\"ellipsis\">example.org/a/very/long/path/i</span><span class=\"invisible\">ndeed</span>"
        ), "{html}");
    }
}
