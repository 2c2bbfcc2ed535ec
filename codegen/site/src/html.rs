//! Shortens HTML without changing its meaning: whitespace, quotes around attributes, and end tags that HTML implies.

/// Elements before which the end tag of a paragraph is implied.
const AFTER_PARAGRAPH: &[&str] = &[
    "p", "ul", "dl", "div", "h2", "h3", "section", "article", "figure", "/li", "/div", "/section",
    "/article", "/header", "/dd", "/main",
];

/// Tags before which a line break means nothing. It is kept before the larger ones, so that no line is endless.
const BLOCKS: &[&str] = &[
    "p", "li", "dt", "dd", "div", "figure", "/p", "/li", "/dt", "/dd", "/div", "/ul", "/dl",
    "/figure", "/section", "/article", "/main", "/body",
];

/// Removes what HTML does not need. Text in `pre` is unchanged.
pub(super) fn minified(page: &str) -> String {
    let page = without_whitespace(page);
    let mut out = String::with_capacity(page.len());
    let mut rest = &page[..];
    // Text and attributes contain no `<` and `>`, which are escaped.
    while let Some(at) = rest.find('<') {
        let (text, from_tag) = rest.split_at(at);
        if text != "\n" || !BLOCKS.contains(&name(from_tag)) {
            out.push_str(text);
        }
        let end = from_tag.find('>').map_or(from_tag.len(), |at| at + 1);
        let (tag, after) = from_tag.split_at(end);
        if !is_implied(tag, after) {
            push_tag(tag, &mut out);
        }
        rest = after;
    }
    out + rest
}

/// Removes indentation and empty lines, except in `pre`.
fn without_whitespace(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut in_code = false;
    for line in page.lines() {
        let text = if in_code { line } else { line.trim_start() };
        if in_code || !text.is_empty() {
            out.push_str(text);
            out.push('\n');
        }
        let opened = line.rfind("<pre");
        let closed = line.rfind("</pre>");
        in_code = match (opened, closed) {
            (Some(opened), Some(closed)) => opened > closed,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => in_code,
        };
    }
    out
}

/// The name of the tag at the start of a text, with the slash of an end tag.
fn name(text: &str) -> &str {
    let text = text.strip_prefix('<').unwrap_or_default();
    let end = text.find(|c: char| c != '/' && !c.is_ascii_alphanumeric());
    &text[..end.unwrap_or(text.len())]
}

/// Whether HTML implies an end tag because of what follows.
fn is_implied(tag: &str, after: &str) -> bool {
    let next = name(after.trim_start());
    match tag {
        "</p>" => AFTER_PARAGRAPH.contains(&next),
        "</li>" => matches!(next, "li" | "/ul"),
        "</dt>" => matches!(next, "dt" | "dd"),
        "</dd>" => matches!(next, "dt" | "dd" | "/div" | "/dl"),
        _ => false,
    }
}

/// Writes a tag, with quotes only around the values that need them.
fn push_tag(tag: &str, out: &mut String) {
    let mut rest = tag;
    while let Some((before, from_value)) = rest.split_once("=\"") {
        let Some((value, after)) = from_value.split_once('"') else {
            break;
        };
        let needs_quotes = |c: char| c.is_ascii_whitespace() || "=<>`'".contains(c);
        let quote = if value.is_empty() || value.contains(needs_quotes) || value.ends_with('/') {
            "\""
        } else {
            ""
        };
        for piece in [before, "=", quote, value, quote] {
            out.push_str(piece);
        }
        rest = after;
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::minified;

    #[test]
    fn whitespace_in_pre_is_kept() {
        assert_eq!(
            minified("  <p>\n\n    <pre>a\n  b\n\n</pre>\n  </p>"),
            "<p>\n<pre>a\n  b\n\n</pre></p>\n"
        );
    }

    #[test]
    fn only_values_that_need_quotes_keep_them() {
        assert_eq!(
            minified("<a id=\"a.b\" class=\"x y\" href=\"z/\" alt=\"\">\"q=\"</a>"),
            "<a id=a.b class=\"x y\" href=\"z/\" alt=\"\">\"q=\"</a>\n"
        );
    }

    #[test]
    fn only_implied_end_tags_are_omitted() {
        assert_eq!(
            minified("<ul><li><p>a</p></li>\n<li>b</li></ul><a><p>c</p></a>"),
            "<ul><li><p>a<li>b</ul><a><p>c</p></a>\n"
        );
    }
}
