//! Text: HTML converted to plain text, and response bodies that are not JSON.

use serde::{Deserialize, Serialize};

use crate::entities::Status;

/// A response body that is not JSON, such as that of a health check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct PlainText(pub String);

impl Status {
    /// Returns the content without HTML: paragraphs and line breaks as newlines, links and mentions as their
    /// link text.
    pub fn plain_text(&self) -> String {
        html_to_text(&self.content)
    }
}

/// Converts HTML to plain text: paragraphs and line breaks become newlines, tags are removed, character
/// references are decoded.
pub fn html_to_text(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = if rest.starts_with('<') {
            convert_tag(rest, &mut out)
        } else {
            decode_character_reference(rest, &mut out)
        };
        rest = &rest[length..];
    }
    out.push_str(rest);
    out.truncate(out.trim_end_matches('\n').len());
    out
}

/// Writes the line breaks of the tag at the start of `html`. Returns the length of the tag in bytes.
fn convert_tag(html: &str, out: &mut String) -> usize {
    let Some(end) = html.find('>') else {
        return html.len();
    };
    let tag = &html[1..end];
    let name = tag.split([' ', '/']).find(|name| !name.is_empty());
    let is = |expected: &str| name.is_some_and(|name| name.eq_ignore_ascii_case(expected));
    if is("br") {
        out.push('\n');
    } else if is("p") && tag.starts_with('/') {
        out.push_str("\n\n");
    } else if is("li") && tag.starts_with('/') {
        out.push('\n');
    }
    end + 1
}

/// Writes the character of the reference at the start of `html`, or the ampersand if it is not a reference.
/// Returns the number of bytes read.
fn decode_character_reference(html: &str, out: &mut String) -> usize {
    const MAX_LEN: usize = 10;
    let end = html.bytes().take(MAX_LEN).position(|byte| byte == b';');
    let found = end.and_then(|end| Some((referenced_character(&html[1..end])?, end + 1)));
    let (c, length) = found.unwrap_or(('&', 1));
    out.push(c);
    length
}

fn referenced_character(name: &str) -> Option<char> {
    let from_code = |digits: &str, radix| char::from_u32(u32::from_str_radix(digits, radix).ok()?);
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => {
            let code = name.strip_prefix('#')?;
            match code.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => from_code(hexadecimal, 16),
                None => from_code(code, 10),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text_strategy::unicode_text;

    #[test]
    fn html_is_converted_to_plain_text() {
        let cases = [
            (
                "<p>Hi <span class=\"h-card\"><a href=\"x\">@<span>bob</span></a></span>!</p><p>b<br />c<br>d</p>",
                "Hi @bob!\n\nb\nc\nd",
            ),
            (
                "1 &lt; 2 &amp;&amp; &quot;x&#39;&#x1F600;&nope; &",
                "1 < 2 && \"x'😀&nope; &",
            ),
            ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
            ("a<b", "a"),
            ("&#x110000; &#; &;", "&#x110000; &#; &;"),
            ("<pre>x</pre>", "x"),
            ("", ""),
        ];
        for (html, text) in cases {
            assert_eq!(html_to_text(html), text, "{html}");
        }
    }

    proptest! {
        #[test]
        fn malformed_html_never_panics_and_never_grows(html in "([<>&;#/p]|\\PC){0,60}") {
            prop_assert!(html_to_text(&html).len() <= html.len());
        }

        #[test]
        fn text_outside_tags_and_references_is_unchanged(before in unicode_text(), after in unicode_text()) {
            let _text = html_to_text(&format!("{before}<br>{after}"));
            let plain = |text: &str| text.replace(['<', '&', '\n'], " ");
            let (before, after) = (plain(&before), plain(&after));
            let expected = format!("{before}\n{after}");
            prop_assert_eq!(html_to_text(&format!("{before}<br>{after}")), expected.trim_end_matches('\n'));
        }
    }
}
