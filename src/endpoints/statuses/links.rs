//! What the server takes for a link in a text: a scheme, a host under a domain that exists, and what of
//! the rest belongs to the address.

use std::sync::LazyLock;

use crate::facts::LINK_SCHEMES;

/// The longest address that is a link, in characters.
const MAX_LINK: usize = 4096;

/// The longest part of a host between its dots, in characters.
const MAX_LABEL: usize = 63;

/// The domains that nothing stands above, sorted by their bytes.
static TOP_LEVEL: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("top_level_domains.txt").lines().collect());

/// How many bytes the link at the beginning of the text has, if there is one.
pub(super) fn starting(text: &str, before: Option<char>) -> Option<usize> {
    let glued = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(
                c,
                '@' | '＠' | '$' | '#' | '＃' | '\u{fffe}' | '\u{feff}' | '\u{ffff}'
            )
    };
    if before.is_some_and(glued) || !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let scheme = LINK_SCHEMES.iter().find(|scheme| {
        let start = text.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && text[scheme.len()..].starts_with("://")
    })?;
    let mut length = scheme.len() + 3;
    length += host(&text[length..])?;
    length += port(&text[length..]);
    length += path(&text[length..]);
    length += query(&text[length..]);
    (text[..length].chars().count() <= MAX_LINK).then_some(length)
}

/// What can stand in a host beside its dots, hyphens and underscores.
fn is_host_char(c: char) -> bool {
    let invisible = matches!(
        c,
        '\u{fffe}' | '\u{feff}' | '\u{ffff}' | '\u{202a}'..='\u{202e}'
    );
    !(c.is_ascii_punctuation() || c.is_whitespace() || c.is_ascii_control() || invisible)
        && c != '\u{180e}'
}

/// The longest host at the beginning of the text that ends in a top-level domain, in bytes.
fn host(text: &str) -> Option<usize> {
    let end = text.find(|c| !(is_host_char(c) || matches!(c, '.' | '-' | '_')));
    let run = &text[..end.unwrap_or(text.len())];
    let (mut start, mut longest, mut previous) = (0, None, None);
    for label in run.split('.') {
        // The part before the last one has no underscores.
        if previous.is_some_and(|previous: &str| !previous.contains('_'))
            && let Some(domain) = top_level_domain_length(label, &text[start + label.len()..])
        {
            longest = Some(start + domain);
        }
        let joined = |c| matches!(c, '-' | '_');
        let whole = !label.is_empty() && !label.starts_with(joined) && !label.ends_with(joined);
        if !whole || label.chars().count() > MAX_LABEL {
            break;
        }
        start += label.len() + 1;
        previous = Some(label);
    }
    longest
}

/// Length in bytes of the top-level domain at the start of a label. `after` is the text after the label.
fn top_level_domain_length(label: &str, after: &str) -> Option<usize> {
    let is_punycode = label
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("xn--"));
    if is_punycode {
        let end = label.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        return Some(end.unwrap_or(label.len())).filter(|end| *end > 4);
    }
    // A character and its lower case can differ in length, so offsets of one string are not valid in the other.
    let mut lower = String::with_capacity(label.len());
    let mut longest = None;
    for (start, c) in label.char_indices() {
        lower.extend(c.to_lowercase());
        let end = start + c.len_utf8();
        let next = label[end..].chars().chain(after.chars()).next();
        let is_boundary = !next.is_some_and(|c| c.is_ascii_alphanumeric() || c == '@');
        if is_boundary && TOP_LEVEL.binary_search(&&*lower).is_ok() {
            longest = Some(end);
        }
    }
    longest
}

fn port(text: &str) -> usize {
    let digits = text.strip_prefix(':').map_or(0, |rest| {
        rest.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len())
    });
    if digits == 0 { 0 } else { digits + 1 }
}

fn is_path_char(c: char) -> bool {
    !(c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | '?'))
}

fn ends_path(c: char) -> bool {
    is_path_char(c) && !"!*\"'「」;:=,.$%[]~&|@".contains(c)
}

/// The path, without the punctuation behind it.
fn path(text: &str) -> usize {
    if !text.starts_with('/') {
        return 0;
    }
    let (mut at, mut end) = (1, 1);
    while let Some(c) = text[at..].chars().next() {
        if c == '(' {
            let Some(length) = brackets(&text[at..], true) else {
                break;
            };
            at += length;
            end = at;
        } else if is_path_char(c) {
            at += c.len_utf8();
            if ends_path(c) {
                end = at;
            }
        } else {
            break;
        }
    }
    end
}

/// A pair of brackets with something in it, and with one more pair in it at the most.
fn brackets(text: &str, nests: bool) -> Option<usize> {
    let mut at = text.strip_prefix('(').map(|_| 1)?;
    let mut nests = nests;
    while let Some(c) = text[at..].chars().next() {
        match c {
            ')' => return (at > 1).then_some(at + 1),
            '(' if nests => {
                at += brackets(&text[at..], false)?;
                nests = false;
            }
            c if is_path_char(c) => at += c.len_utf8(),
            _ => return None,
        }
    }
    None
}

/// The query, without the punctuation behind it.
fn query(text: &str) -> usize {
    if !text.starts_with('?') {
        return 0;
    }
    let foreign = |c: char| {
        let c32 = u32::from(c);
        let no_character =
            c32 & 0xfffe == 0xfffe || matches!(c32, 0xfdd0..=0xfdef | 0xfff0..=0xffff);
        c >= '\u{a0}' && !no_character && !matches!(c32, 0xe0000..=0xe0fff)
    };
    let mut end = 0;
    for (at, c) in text.char_indices().skip(1) {
        let ends = c.is_ascii_alphanumeric() || "_&=#/-".contains(c) || foreign(c);
        if ends {
            end = at + c.len_utf8();
        } else if !"!?*'();:+$%[].,~|@^".contains(c) {
            break;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_level_domains_can_be_searched() {
        assert!(TOP_LEVEL.is_sorted() && TOP_LEVEL.len() > 1400);
    }

    #[test]
    fn the_end_of_a_link_is_found() {
        let cases = [
            (
                "https://example.com/a_(b)_(c(d)e)/f).",
                "https://example.com/a_(b)_(c(d)e)/f",
            ),
            ("https://example.com/a(b", "https://example.com/a"),
            ("https://example.com/()", "https://example.com/"),
            ("https://example.com/a,b.\"", "https://example.com/a,b"),
            (
                "https://example.com/a?b=c,d)!",
                "https://example.com/a?b=c,d",
            ),
            ("https://example.com.nosuch", "https://example.com"),
            ("https://example.co.uk-x", "https://example.co.uk"),
            ("https://example.com/<b>", "https://example.com/"),
        ];
        for (text, link) in cases {
            assert_eq!(
                starting(text, None).map(|end| &text[..end]),
                Some(link),
                "{text}"
            );
        }
        assert_eq!(starting("https://example.com@evil", None), None);
        assert_eq!(starting("https://-a.com", None), None);
    }
}
