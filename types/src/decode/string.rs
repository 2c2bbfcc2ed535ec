//! Reads strings.

use super::parser::{DecodeResult, Parser};
use super::report::Expected;

impl<'t> Parser<'t> {
    /// Consumes a string, if it is the next value and complete, and returns its text.
    #[inline]
    pub(super) fn take_string(&mut self) -> Option<&str> {
        let [b'"', rest @ ..] = self.text.as_bytes().get(self.state.at..)? else {
            return None;
        };
        let length = find_quote_or_escape(rest);
        if rest.get(length) != Some(&b'"') {
            return self.unescape(length).then_some(&self.state.buffer);
        }
        let start = self.state.at + 1;
        self.state.at = start + length + 1;
        self.text.get(start..start + length)
    }

    /// Consumes a string, if it is the next value and can be converted.
    #[inline]
    pub(super) fn take_converted_string<T>(
        &mut self,
        convert: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let at = self.state.at;
        let converted = convert(self.take_string()?);
        if converted.is_none() {
            self.state.at = at;
        }
        converted
    }

    /// Reads a string, whose quotation mark is the next character, and returns its text.
    pub(super) fn string_text(&mut self) -> DecodeResult<&str> {
        let text = self.text;
        let start = self.state.at + 1;
        let length = find_quote_or_escape(text.as_bytes().get(start..).unwrap_or_default());
        if text.as_bytes().get(start + length) == Some(&b'"') {
            self.state.at = start + length + 1;
            return Ok(self.slice(start, start + length));
        }
        if !self.unescape(length) {
            self.state.at = text.len();
            return self.syntax("the end of a string");
        }
        Ok(&self.state.buffer)
    }

    /// Reads a string, or a number as a string, and passes it on.
    pub fn string_or_number(
        &mut self,
        expected: &'static str,
        convert: &mut dyn FnMut(&str),
    ) -> DecodeResult<()> {
        if let Some(text) = self.take_string() {
            convert(text);
        } else {
            convert(self.text_of_any_form(expected)?);
        }
        Ok(())
    }

    /// Returns the text of a string or of a number.
    #[inline(never)]
    fn text_of_any_form(&mut self, expected: &'static str) -> DecodeResult<&str> {
        match self.peek() {
            Some(b'"') => self.string_text(),
            Some(b'-' | b'0'..=b'9') => {
                let at = self.state.at;
                let number = self.number()?;
                self.record_conversion(at, expected);
                Ok(number)
            }
            _ => self.fail(Expected::Type(expected)),
        }
    }

    /// Consumes a string and copies it into the buffer, without its escapes. Returns false if it does not end. `plain` is the
    /// length of the part before the first escape.
    fn unescape(&mut self, plain: usize) -> bool {
        let (text, bytes) = (self.text, self.text.as_bytes());
        let opening = self.state.at;
        let mut buffer = std::mem::take(&mut self.state.buffer);
        buffer.clear();
        let mut is_valid = true;
        let mut from = opening + 1;
        let mut at = from + plain;
        let closing = loop {
            buffer.push_str(text.get(from..at).unwrap_or_default());
            let escape = match (bytes.get(at), bytes.get(at + 1)) {
                (Some(b'"'), _) => break Some(at),
                (Some(_), Some(escape)) => *escape,
                _ => break None,
            };
            // What follows the backslash stands for itself: the next part starts with it.
            if matches!(escape, b'"' | b'\\' | b'/') {
                from = at + 1;
                at += 2;
                at += find_quote_or_escape(bytes.get(at..).unwrap_or_default());
                continue;
            }
            let (character, length) = match escape {
                b'n' => ('\n', 2),
                b't' => ('\t', 2),
                b'r' => ('\r', 2),
                b'b' => ('\u{8}', 2),
                b'f' => ('\u{c}', 2),
                b'u' => {
                    let (character, length) = decode_unicode_escape(bytes, at);
                    is_valid &= character.is_some();
                    (character.unwrap_or(char::REPLACEMENT_CHARACTER), length)
                }
                // The backslash is dropped and the character after it is kept.
                _ => {
                    is_valid = false;
                    let rest = text.get(at + 1..).unwrap_or_default();
                    let kept = rest.chars().next().unwrap_or_default();
                    (kept, 1 + kept.len_utf8())
                }
            };
            buffer.push(character);
            from = at + length;
            at = from + find_quote_or_escape(bytes.get(from..).unwrap_or_default());
        };
        self.state.buffer = buffer;
        let Some(closing) = closing else {
            return false;
        };
        self.state.at = closing + 1;
        if !is_valid {
            self.record(opening, Expected::Type("a string with valid escapes"));
        }
        true
    }

    pub(super) fn skip_string(&mut self) -> DecodeResult<()> {
        let bytes = self.text.as_bytes();
        let mut at = self.state.at + 1;
        loop {
            at += find_quote_or_escape(bytes.get(at..).unwrap_or_default());
            match bytes.get(at) {
                Some(b'"') => {
                    self.state.at = at + 1;
                    return Ok(());
                }
                Some(_) => at += 2,
                None => {
                    self.state.at = bytes.len();
                    return self.syntax("the end of a string");
                }
            }
        }
    }
}

/// Returns the number of bytes before the first quotation mark or backslash.
#[inline]
fn find_quote_or_escape(bytes: &[u8]) -> usize {
    let mut offset = 0;
    while let Some(chunk) = bytes.get(offset..offset + 8) {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        let found = quotes_and_escapes(u64::from_le_bytes(word));
        if found != 0 {
            return offset + (found.trailing_zeros() / 8) as usize;
        }
        offset += 8;
    }
    let rest = bytes.get(offset..).unwrap_or_default();
    let found = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'));
    offset + found.unwrap_or(rest.len())
}

/// Returns a word that has the high bit of each byte that is a quotation mark or a backslash.
#[inline]
fn quotes_and_escapes(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES * 0x80;
    // A byte that is searched for becomes zero, and gets its high bit from the subtraction. Bytes that have it already are
    // parts of other characters.
    let quote = (word ^ (ONES * b'"' as u64)).wrapping_sub(ONES);
    let escape = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
    (quote | escape) & !word & HIGH
}

/// Decodes `\uXXXX` or a pair of surrogates. Returns the character, `None` for an invalid escape, and the number of bytes.
fn decode_unicode_escape(bytes: &[u8], at: usize) -> (Option<char>, usize) {
    let unit = |at: usize| -> Option<u32> {
        let [b'\\', b'u', digits @ ..] = *bytes.get(at..)?.first_chunk::<6>()? else {
            return None;
        };
        digits.iter().try_fold(0, |sum, digit| {
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                b'A'..=b'F' => digit - b'A' + 10,
                _ => return None,
            };
            Some(sum * 16 + u32::from(value))
        })
    };
    let Some(first) = unit(at) else {
        return (None, 2);
    };
    if let Some(character) = char::from_u32(first) {
        return (Some(character), 6);
    }
    let second = unit(at + 6).filter(|second| (0xdc00..0xe000).contains(second));
    match second {
        Some(second) if first < 0xdc00 => {
            let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            (char::from_u32(code), 12)
        }
        _ => (None, 6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(parser: &mut Parser<'_>) -> String {
        parser.string_text().unwrap().to_owned()
    }

    #[test]
    fn strings_are_read_as_serde_json_reads_them() {
        for json in [
            r#""""#,
            r#""plain""#,
            r#""a longer string without any escape in it""#,
            r#""\"\\\/\b\f\n\r\t""#,
            r#""tab\tin the middle of a longer string\u00e9 and more""#,
            r#""\ud83d\ude00 \u0041""#,
            r#""ümläut \u2028 日本語""#,
            "\"12345678\"",
            "\"1234567\\n\"",
        ] {
            let expected: String = serde_json::from_str(json).unwrap();
            assert_eq!(string(&mut Parser::new(json)), expected, "{json}");
        }
    }

    #[test]
    fn string_with_an_escape_is_read_wherever_the_escape_and_the_end_are() {
        for length in 0..70 {
            for escape in ["\\n", "\\u00e9", "\\ud83d\\ude00", "\\\"", "ü\\\\"] {
                for rest in ["", " ", "                              "] {
                    let (before, after) = ("b".repeat(length), "a".repeat(70 - length));
                    let json = format!("\"{before}{escape}{after}\\t{before}é\"");
                    let expected: String = serde_json::from_str(&json).unwrap();
                    let text = json + rest;
                    let mut parser = Parser::new(&text);
                    assert_eq!(string(&mut parser), expected, "{text}");
                    // The buffer is used again.
                    parser.state.at = 0;
                    assert_eq!(string(&mut parser), expected, "{text}");
                    assert!(parser.end().is_ok(), "{text}");
                    let cut = text.trim_end().trim_end_matches('"');
                    assert!(Parser::new(cut).string_text().is_err(), "{cut}");
                }
            }
        }
    }

    #[test]
    fn invalid_escapes_are_replaced_and_recorded() {
        for (json, expected) in [
            (r#""a\ud83d""#, "a\u{fffd}"),
            (r#""a\ud83db""#, "a\u{fffd}b"),
            (r#""\ude00\ud83d\u0041""#, "\u{fffd}\u{fffd}A"),
            (r#""\x41""#, "x41"),
            (r#""\é\n""#, "é\n"),
            (r#""\u12""#, "\u{fffd}12"),
            (r#""\uzzzz""#, "\u{fffd}zzzz"),
        ] {
            let mut parser = Parser::new(json);
            assert_eq!(string(&mut parser), expected, "{json}");
            assert_eq!(parser.state.issues().len(), 1, "{json}");
            assert!(parser.end().is_ok(), "{json}");
        }
    }
}
