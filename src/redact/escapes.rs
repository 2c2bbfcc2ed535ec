//! Escapes: how JSON, URLs and HTML write a character.

/// Maximum number of backslashes before an escaped character: those of JSON in a JSON string in a JSON string.
const MAX_BACKSLASHES: usize = 8;

/// Maximum length of a character reference of HTML in bytes, such as `&#x0002F;`.
const MAX_REFERENCE_LEN: usize = 12;

/// An escape at the start of a text.
pub(super) struct Escape {
    /// Length of the escape in bytes.
    pub(super) len: usize,
    bytes: [u8; 4],
    byte_count: usize,
}

impl Escape {
    fn of_char(len: usize, c: char) -> Self {
        let mut bytes = [0; 4];
        let byte_count = c.encode_utf8(&mut bytes).len();
        Self {
            len,
            bytes,
            byte_count,
        }
    }

    fn of_byte(len: usize, byte: u8) -> Self {
        Self {
            len,
            bytes: [byte, 0, 0, 0],
            byte_count: 1,
        }
    }

    /// Returns the bytes that the escape stands for.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.byte_count]
    }
}

/// Returns whether an escape may start with this byte.
pub(super) fn may_start_escape(byte: u8) -> bool {
    matches!(byte, b'\\' | b'%' | b'&' | b'+')
}

/// Decodes the escape at the start of a text: of JSON at any depth of strings in strings, of a URL, or of HTML.
pub(super) fn escape(text: &[u8]) -> Option<Escape> {
    match text.first()? {
        b'\\' => json_escape(text, MAX_BACKSLASHES),
        b'%' => url_escape(text),
        b'&' => html_escape(text),
        b'+' => Some(Escape::of_byte(1, b' ')),
        _ => None,
    }
}

/// Returns the content of a JSON string without its escapes. Invalid escapes are kept: the string may be truncated.
pub(super) fn unescape_json(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        match json_escape(rest, 1) {
            Some(escape) => {
                bytes.extend_from_slice(escape.bytes());
                rest = &rest[escape.len..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn json_escape(text: &[u8], max_backslashes: usize) -> Option<Escape> {
    let run = text
        .iter()
        .take(max_backslashes)
        .take_while(|byte| **byte == b'\\');
    let run = run.count();
    let rest = &text[run..];
    let c = match rest.first().filter(|_| run > 0)? {
        b'u' => {
            let (unit, len) = (hex(rest.get(1..5)?)?, run + 5);
            return match char::from_u32(unit) {
                Some(c) => Some(Escape::of_char(len, c)),
                None => surrogate_pair(unit, text, len, max_backslashes),
            };
        }
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        c @ (b'/' | b'"' | b'\'' | b'\\') => char::from(*c),
        _ => return None,
    };
    Some(Escape::of_char(run + 1, c))
}

/// Decodes the second half of a pair of `\u` escapes. `len` is the length of the first half.
fn surrogate_pair(high: u32, text: &[u8], len: usize, max_backslashes: usize) -> Option<Escape> {
    let rest = &text[len..];
    let run = rest
        .iter()
        .take(max_backslashes)
        .take_while(|byte| **byte == b'\\')
        .count();
    let low = rest.get(run..run + 5).filter(|_| run > 0)?;
    let low = hex(low.strip_prefix(b"u")?)?;
    let units = [u16::try_from(high).ok()?, u16::try_from(low).ok()?];
    let c = char::decode_utf16(units).next()?.ok()?;
    Some(Escape::of_char(len + run + 5, c))
}

/// Decodes `%2F`, and `%252F` if it is encoded twice.
fn url_escape(text: &[u8]) -> Option<Escape> {
    let mut len = 1;
    if text.get(len..len + 2) == Some(b"25") && text.get(len + 2..len + 4).and_then(hex).is_some() {
        len += 2;
    }
    let byte = hex(text.get(len..len + 2)?)?;
    Some(Escape::of_byte(len + 2, u8::try_from(byte).ok()?))
}

fn html_escape(text: &[u8]) -> Option<Escape> {
    let window = &text[..text.len().min(MAX_REFERENCE_LEN)];
    let end = window.iter().position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(&text[1..end]).ok()?;
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "sol" => '/',
        "equals" => '=',
        "plus" => '+',
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix(['x', 'X']) {
                Some(digits) => hex(digits.as_bytes())?,
                None => number.parse().ok()?,
            };
            char::from_u32(number)?
        }
    };
    Some(Escape::of_char(end + 1, c))
}

fn hex(digits: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok()?;
    let is_hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_json_urls_and_html_are_decoded() {
        for (text, decoded) in [
            (r"\/", "/"),
            (r"\\\/", "/"),
            (r"\u003d", "="),
            (r"\\u003D", "="),
            (r"\u00e9", "é"),
            (r"\ud83d\ude00", "😀"),
            ("%2f", "/"),
            ("%252F", "/"),
            ("+", " "),
            ("&#x2F;", "/"),
            ("&#61;", "="),
            ("&amp;", "&"),
        ] {
            let escape = escape(text.as_bytes()).unwrap();
            assert_eq!(escape.bytes(), decoded.as_bytes(), "{text}");
            assert_eq!(escape.len, text.len(), "{text}");
        }
        for text in [
            "",
            r"\",
            r"\u00",
            r"\ud83d",
            r"\ud83dx",
            "%",
            "%2",
            "&",
            "&x",
            "&#;",
            "&nothing;",
        ] {
            assert!(escape(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn escapes_of_a_truncated_json_string_are_kept() {
        assert_eq!(unescape_json(r#"a\"b\/c\\d\u00e"#), r#"a"b/c\d\u00e"#);
        assert_eq!(unescape_json(r"end\"), r"end\");
    }
}
