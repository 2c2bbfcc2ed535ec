//! Finds links in a text as Mastodon does: a scheme, a host with an existing top-level domain, and the
//! part of the rest that belongs to the URL.

use std::sync::LazyLock;

use crate::facts::LINK_SCHEMES;

/// Maximum length of a link in characters.
const MAX_LINK_LEN: usize = 4096;

/// Maximum length of a label of a host in characters.
const MAX_LABEL_LEN: usize = 63;

/// The top-level domains, sorted by their bytes.
static TOP_LEVEL_DOMAINS: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("top_level_domains.txt").lines().collect());

/// Returns the length in bytes of the link at the start of the text, if there is one. `before` is the character
/// before the text.
pub(super) fn link_length(text: &str, before: Option<char>) -> Option<usize> {
    let prevents_link = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(
                c,
                '@' | '＠' | '$' | '#' | '＃' | '\u{fffe}' | '\u{feff}' | '\u{ffff}'
            )
    };
    if before.is_some_and(prevents_link) || !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let scheme = LINK_SCHEMES.iter().find(|scheme| {
        let start = text.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && text[scheme.len()..].starts_with("://")
    })?;
    let mut length = scheme.len() + 3;
    length += host_length(&text[length..])?;
    length += port_length(&text[length..]);
    length += path_length(&text[length..]);
    length += query_length(&text[length..]);
    (text[..length].chars().count() <= MAX_LINK_LEN).then_some(length)
}

/// Returns whether a host can contain the character, apart from dots, hyphens and underscores.
fn is_host_char(c: char) -> bool {
    let invisible = matches!(
        c,
        '\u{fffe}' | '\u{feff}' | '\u{ffff}' | '\u{202a}'..='\u{202e}'
    );
    !(c.is_ascii_punctuation() || c.is_whitespace() || c.is_ascii_control() || invisible)
        && c != '\u{180e}'
}

/// Returns the length in bytes of the longest host at the start of the text that ends in a top-level domain.
fn host_length(text: &str) -> Option<usize> {
    let end = text.find(|c| !(is_host_char(c) || matches!(c, '.' | '-' | '_')));
    let run = &text[..end.unwrap_or(text.len())];
    let (mut start, mut longest, mut previous) = (0, None, None);
    for label in run.split('.') {
        // The label before the top-level domain cannot contain underscores.
        if previous.is_some_and(|previous: &str| !previous.contains('_'))
            && let Some(domain) = top_level_domain_length(label, &text[start + label.len()..])
        {
            longest = Some(start + domain);
        }
        let is_joiner = |c| matches!(c, '-' | '_');
        let is_valid =
            !label.is_empty() && !label.starts_with(is_joiner) && !label.ends_with(is_joiner);
        if !is_valid || label.chars().count() > MAX_LABEL_LEN {
            break;
        }
        start += label.len() + 1;
        previous = Some(label);
    }
    longest
}

/// Returns the length in bytes of the top-level domain at the start of a label. `after` is the text after the
/// label.
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
        if is_boundary && TOP_LEVEL_DOMAINS.binary_search(&&*lower).is_ok() {
            longest = Some(end);
        }
    }
    longest
}

/// Returns the length in bytes of the port at the start of the text.
fn port_length(text: &str) -> usize {
    let digits = text.strip_prefix(':').map_or(0, |rest| {
        rest.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len())
    });
    if digits == 0 { 0 } else { digits + 1 }
}

fn is_path_char(c: char) -> bool {
    !(c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | '?'))
}

fn can_end_path(c: char) -> bool {
    is_path_char(c) && !"!*\"'「」;:=,.$%[]~&|@".contains(c)
}

/// Returns the length in bytes of the path at the start of the text, without punctuation at its end.
fn path_length(text: &str) -> usize {
    if !text.starts_with('/') {
        return 0;
    }
    let (mut offset, mut end) = (1, 1);
    while let Some(c) = text[offset..].chars().next() {
        if c == '(' {
            let Some(length) = parentheses_length(&text[offset..], true) else {
                break;
            };
            offset += length;
            end = offset;
        } else if is_path_char(c) {
            offset += c.len_utf8();
            if can_end_path(c) {
                end = offset;
            }
        } else {
            break;
        }
    }
    end
}

/// Returns the length in bytes of the parentheses at the start of the text. They contain at least one
/// character, and at most one more pair of parentheses.
fn parentheses_length(text: &str, can_nest: bool) -> Option<usize> {
    let mut offset = text.strip_prefix('(').map(|_| 1)?;
    let mut can_nest = can_nest;
    while let Some(c) = text[offset..].chars().next() {
        match c {
            ')' => return (offset > 1).then_some(offset + 1),
            '(' if can_nest => {
                offset += parentheses_length(&text[offset..], false)?;
                can_nest = false;
            }
            c if is_path_char(c) => offset += c.len_utf8(),
            _ => return None,
        }
    }
    None
}

/// Returns the length in bytes of the query at the start of the text, without punctuation at its end.
fn query_length(text: &str) -> usize {
    if !text.starts_with('?') {
        return 0;
    }
    let is_non_ascii_query_char = |c: char| {
        let code = u32::from(c);
        let is_noncharacter =
            code & 0xfffe == 0xfffe || matches!(code, 0xfdd0..=0xfdef | 0xfff0..=0xffff);
        c >= '\u{a0}' && !is_noncharacter && !matches!(code, 0xe0000..=0xe0fff)
    };
    let mut end = 0;
    for (offset, c) in text.char_indices().skip(1) {
        let can_end_query =
            c.is_ascii_alphanumeric() || "_&=#/-".contains(c) || is_non_ascii_query_char(c);
        if can_end_query {
            end = offset + c.len_utf8();
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
    fn top_level_domains_are_sorted_for_binary_search() {
        assert!(TOP_LEVEL_DOMAINS.is_sorted() && TOP_LEVEL_DOMAINS.len() > 1400);
    }

    #[test]
    fn punctuation_at_the_end_does_not_belong_to_a_link() {
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
                link_length(text, None).map(|end| &text[..end]),
                Some(link),
                "{text}"
            );
        }
        assert_eq!(link_length("https://example.com@evil", None), None);
        assert_eq!(link_length("https://-a.com", None), None);
    }
}
