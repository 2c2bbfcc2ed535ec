//! What HTML says, without its tags.

/// The words of an HTML text: paragraphs and breaks become lines, tags go, and named characters come back.
pub(crate) fn plain(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = if rest.starts_with('<') {
            tag(rest, &mut out)
        } else {
            entity(rest, &mut out)
        };
        rest = &rest[length..];
    }
    out.push_str(rest);
    out.truncate(out.trim_end_matches('\n').len());
    out
}

/// Writes what a tag means for the text, and returns its length.
fn tag(text: &str, out: &mut String) -> usize {
    let Some(end) = text.find('>') else {
        return text.len();
    };
    let inside = &text[1..end];
    let name = inside.split([' ', '/']).find(|name| !name.is_empty());
    let is = |wanted: &str| name.is_some_and(|name| name.eq_ignore_ascii_case(wanted));
    if is("br") {
        out.push('\n');
    } else if is("p") && inside.starts_with('/') {
        out.push_str("\n\n");
    } else if is("li") && inside.starts_with('/') {
        out.push('\n');
    }
    end + 1
}

/// Writes the character that an entity names, and returns its length.
fn entity(text: &str, out: &mut String) -> usize {
    const LONGEST: usize = 10;
    let end = text.bytes().take(LONGEST).position(|byte| byte == b';');
    let found = end.and_then(|end| Some((named(&text[1..end])?, end + 1)));
    let (c, length) = found.unwrap_or(('&', 1));
    out.push(c);
    length
}

fn named(name: &str) -> Option<char> {
    let number = |digits: &str, radix| char::from_u32(u32::from_str_radix(digits, radix).ok()?);
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
                Some(hexadecimal) => number(hexadecimal, 16),
                None => number(code, 10),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paragraphs_become_lines_tags_go_and_characters_come_back() {
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
            assert_eq!(plain(html), text, "{html}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(html in "([<>&;#/p]|\\PC){0,60}") {
            prop_assert!(plain(&html).len() <= html.len());
        }
    }
}
