//! Reads JSON text from front to back.
//!
//! A value that has another type than expected is a recoverable failure: the caller goes back to the start of
//! the value and skips it. Text that is not JSON is fatal, because the end of a value cannot be found.

use super::report::{Expected, Failed, Failure, Issue, RejectedSpan};

/// Maximum depth of nested lists and objects, the same as serde_json's.
const MAX_DEPTH: u8 = 128;

/// Maximum number of tolerated values that are recorded for a document.
const MAX_ISSUES: usize = 100;

/// Result of reading a value. The state of the parser contains the reason of a failure.
pub type DecodeResult<T> = Result<T, Failed>;

/// Position in a document, and what was found so far.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) at: usize,
    pub(super) depth: u8,
    /// Whether entities keep the fields that they do not know.
    pub(super) keep_unknown: bool,
    /// Whether the JSON type of the current scalar does not matter.
    pub(super) accepts_any_type: bool,
    pub(super) failure: Option<Failure>,
    /// Values that were tolerated.
    pub(super) issues: Vec<Issue>,
    /// Items of the outermost list that were left out.
    pub(super) rejected: Vec<RejectedSpan>,
    /// Reused for strings with escapes.
    scratch: String,
}

/// A position to which the parser can return.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) at: usize,
    depth: u8,
}

/// Reads JSON text.
#[derive(Debug)]
pub struct Parser<'t> {
    pub(super) text: &'t str,
    pub(super) state: State,
}

/// A string in a document.
enum Scanned<'t> {
    /// A string without escapes.
    Plain(&'t str),
    /// The string is in the scratch buffer.
    Unescaped,
}

impl<'t> Parser<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self::resume(text, State::default())
    }

    pub(super) fn resume(text: &'t str, state: State) -> Self {
        Self { text, state }
    }

    /// Returns the number of values that were tolerated.
    #[cfg(all(test, feature = "test-util"))]
    pub(crate) fn problems(&self) -> usize {
        self.state.issues.len()
    }

    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.state.at).copied()
    }

    /// Skips whitespace and returns the next byte without consuming it.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.byte() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.state.at += 1,
                byte => return byte,
            }
        }
    }

    #[inline]
    pub(super) fn mark(&self) -> Mark {
        Mark {
            at: self.state.at,
            depth: self.state.depth,
        }
    }

    /// Returns to a position. The failure is forgotten and returned.
    pub(super) fn rewind(&mut self, mark: Mark) -> Option<Failure> {
        self.state.at = mark.at;
        self.state.depth = mark.depth;
        self.state.failure.take()
    }

    /// Consumes `null`, if it is the next value.
    #[inline]
    pub(super) fn take_null(&mut self) -> DecodeResult<bool> {
        if self.peek() != Some(b'n') {
            return Ok(false);
        }
        self.literal("null")?;
        Ok(true)
    }

    /// Consumes an empty string, if it is the next value.
    #[inline]
    pub(super) fn take_empty_string(&mut self) -> bool {
        let is_empty = self.rest().starts_with("\"\"");
        self.state.at += if is_empty { 2 } else { 0 };
        is_empty
    }

    /// Consumes a literal, whose first character is the next one.
    fn literal(&mut self, word: &'static str) -> DecodeResult<()> {
        if self.rest().starts_with(word) {
            self.state.at += word.len();
            return Ok(());
        }
        self.syntax("a JSON value")
    }

    #[inline]
    fn rest(&self) -> &'t str {
        self.text.get(self.state.at..).unwrap_or_default()
    }

    /// Returns the text between two offsets.
    pub(super) fn slice(&self, from: usize, to: usize) -> &'t str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// Fails: the value at the position has another type.
    #[cold]
    pub(super) fn fail<T>(&mut self, expected: Expected) -> DecodeResult<T> {
        let at = self.state.at;
        self.fail_at(at, expected)
    }

    /// Fails: the value at the offset cannot be read.
    #[cold]
    pub(super) fn fail_at<T>(&mut self, at: usize, expected: Expected) -> DecodeResult<T> {
        self.state.failure = Some(Failure {
            at,
            expected,
            is_fatal: false,
        });
        Err(Failed)
    }

    /// Fails: the text is not JSON.
    #[cold]
    pub(super) fn syntax<T>(&mut self, expected: &'static str) -> DecodeResult<T> {
        self.state.failure = Some(Failure {
            at: self.state.at,
            expected: Expected::Syntax(expected),
            is_fatal: true,
        });
        Err(Failed)
    }

    /// Records a value that was tolerated.
    #[cold]
    pub(super) fn record(&mut self, at: usize, expected: Expected) {
        // One reason is enough for a value.
        let is_known = self.state.issues.last().is_some_and(|last| last.at == at);
        if !is_known && self.state.issues.len() < MAX_ISSUES {
            self.state.issues.push(Issue { at, expected });
        }
    }

    /// Records that a scalar has another JSON type than documented and was converted.
    #[cold]
    pub(super) fn record_conversion(&mut self, at: usize, expected: &'static str) {
        if !self.state.accepts_any_type {
            self.record(at, Expected::Type(expected));
        }
    }

    /// Skips the value at the mark, which could not be read, and records the failure. Fails if the text is not
    /// JSON.
    #[cold]
    pub(super) fn tolerate(&mut self, mark: Mark) -> DecodeResult<Issue> {
        if let Some(failure) = self.state.failure.take_if(|failure| failure.is_fatal) {
            self.state.failure = Some(failure);
            return Err(Failed);
        }
        let failure = self.rewind(mark);
        self.skip_value()?;
        let issue = failure.map_or_else(
            || Issue {
                at: mark.at,
                expected: Expected::Type("a value"),
            },
            |failure| Issue {
                at: failure.at,
                expected: failure.expected,
            },
        );
        self.record(issue.at, issue.expected.clone());
        Ok(issue)
    }

    /// Enters a list or an object.
    #[inline]
    pub(super) fn enter(&mut self) -> DecodeResult<()> {
        if self.state.depth >= MAX_DEPTH {
            return self.syntax("at most 128 nested lists and objects");
        }
        self.state.depth += 1;
        self.state.at += 1;
        Ok(())
    }

    /// Leaves a list or an object.
    #[inline]
    pub(super) fn exit(&mut self) {
        self.state.depth = self.state.depth.saturating_sub(1);
    }

    /// Advances to the next item of a list or entry of an object. Returns false at the end.
    #[inline]
    pub(super) fn next_in(&mut self, close: u8, is_first: bool) -> DecodeResult<bool> {
        let next = self.peek();
        if next == Some(close) {
            self.state.at += 1;
            self.exit();
            return Ok(false);
        }
        if is_first {
            return Ok(true);
        }
        if next != Some(b',') {
            return self.syntax("`,` or the end of the list or object");
        }
        self.state.at += 1;
        if self.peek() == Some(close) {
            return self.syntax("a value after `,`");
        }
        Ok(true)
    }

    /// Consumes the colon after a key.
    #[inline]
    pub(super) fn colon(&mut self) -> DecodeResult<()> {
        if self.peek() != Some(b':') {
            return self.syntax("`:` after a key");
        }
        self.state.at += 1;
        self.peek();
        Ok(())
    }

    /// Consumes a key and its colon, if the key is the expected one.
    #[inline]
    pub(super) fn take_key(&mut self, key: &str) -> bool {
        let bytes = self.text.as_bytes();
        let start = self.state.at + 1;
        let end = start + key.len();
        if bytes.get(start..end) == Some(key.as_bytes()) && bytes.get(end) == Some(&b'"') {
            if bytes.get(end + 1) == Some(&b':') {
                self.state.at = end + 2;
                self.peek();
                return true;
            }
            let at = self.state.at;
            self.state.at = end + 1;
            if self.peek() == Some(b':') {
                self.state.at += 1;
                self.peek();
                return true;
            }
            self.state.at = at;
        }
        false
    }

    /// Reads a string and passes it to a function.
    #[inline]
    pub(super) fn with_string<T>(&mut self, read: impl FnOnce(&str) -> T) -> DecodeResult<T> {
        match self.scan_string()? {
            Scanned::Plain(text) => Ok(read(text)),
            Scanned::Unescaped => Ok(read(&self.state.scratch)),
        }
    }

    /// Reads a string.
    #[inline]
    pub(super) fn string(&mut self) -> DecodeResult<String> {
        self.with_string(str::to_owned)
    }

    /// Scans a string, whose quotation mark is the next character.
    #[inline]
    fn scan_string(&mut self) -> DecodeResult<Scanned<'t>> {
        let start = self.state.at + 1;
        let end =
            start + find_quote_or_escape(self.text.as_bytes().get(start..).unwrap_or_default());
        match self.text.as_bytes().get(end) {
            Some(b'"') => {
                self.state.at = end + 1;
                Ok(Scanned::Plain(self.slice(start, end)))
            }
            Some(_) => self.unescape(start, end),
            None => self.syntax("the end of a string"),
        }
    }

    /// Reads a string with escapes into the scratch buffer.
    fn unescape(&mut self, start: usize, first_escape: usize) -> DecodeResult<Scanned<'t>> {
        let (text, bytes) = (self.text, self.text.as_bytes());
        let opening = start - 1;
        let mut scratch = std::mem::take(&mut self.state.scratch);
        scratch.clear();
        let (mut from, mut at) = (start, first_escape);
        let mut invalid = None;
        let closing = loop {
            scratch.push_str(text.get(from..at).unwrap_or_default());
            match (bytes.get(at), bytes.get(at + 1)) {
                (Some(b'"'), _) => break Some(at),
                (Some(_), Some(escape)) => {
                    // What follows the backslash stands for itself: it starts the next part.
                    if matches!(escape, b'"' | b'\\' | b'/') {
                        from = at + 1;
                        at += 2;
                        at += find_quote_or_escape(bytes.get(at..).unwrap_or_default());
                        continue;
                    }
                    let simple = match escape {
                        b'n' => Some('\n'),
                        b't' => Some('\t'),
                        b'r' => Some('\r'),
                        b'b' => Some('\u{8}'),
                        b'f' => Some('\u{c}'),
                        _ => None,
                    };
                    if let Some(simple) = simple {
                        scratch.push(simple);
                        from = at + 2;
                    } else if *escape == b'u' {
                        let (character, length) = decode_unicode_escape(bytes, at);
                        if character.is_none() {
                            invalid.get_or_insert(at);
                        }
                        scratch.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
                        from = at + length;
                    } else {
                        // The backslash is dropped and the character after it is kept.
                        invalid.get_or_insert(at);
                        from = at + 1;
                        at += 2;
                        while !text.is_char_boundary(at) {
                            at += 1;
                        }
                        at += find_quote_or_escape(bytes.get(at..).unwrap_or_default());
                        continue;
                    }
                    at = from + find_quote_or_escape(bytes.get(from..).unwrap_or_default());
                }
                _ => break None,
            }
        };
        self.state.scratch = scratch;
        let Some(closing) = closing else {
            self.state.at = bytes.len();
            return self.syntax("the end of a string");
        };
        self.state.at = closing + 1;
        if invalid.is_some() {
            self.record(opening, Expected::Type("a string with valid escapes"));
        }
        Ok(Scanned::Unescaped)
    }

    /// Reads a string, or a number as a string, and converts it.
    #[inline]
    pub fn string_or_number<T>(
        &mut self,
        expected: &'static str,
        convert: impl FnOnce(&str) -> T,
    ) -> DecodeResult<T> {
        match self.peek() {
            Some(b'"') => self.with_string(convert),
            Some(b'-' | b'0'..=b'9') => {
                let at = self.state.at;
                let number = self.number()?;
                self.record_conversion(at, expected);
                Ok(convert(number))
            }
            _ => self.fail(Expected::Type(expected)),
        }
    }

    /// Consumes an integer of at most 18 digits without a sign, if it is the next value.
    #[inline]
    pub(super) fn take_small_integer(&mut self) -> Option<i64> {
        const MAX_DIGITS: usize = 18;
        let rest = self.text.as_bytes().get(self.state.at..)?;
        let mut value = 0;
        for (length, byte) in rest.iter().take(MAX_DIGITS + 1).enumerate() {
            match byte {
                b'0'..=b'9' if length < MAX_DIGITS => value = value * 10 + i64::from(byte - b'0'),
                b',' | b'}' | b']'
                    if length > 0 && (length == 1 || rest.first() != Some(&b'0')) =>
                {
                    self.state.at += length;
                    return Some(value);
                }
                _ => return None,
            }
        }
        None
    }

    /// Reads a number and returns its text.
    #[inline]
    pub(super) fn number(&mut self) -> DecodeResult<&'t str> {
        let start = self.state.at;
        let bytes = self.text.as_bytes();
        let mut at = start + usize::from(bytes.get(start) == Some(&b'-'));
        let digits = |from: usize| {
            let rest = bytes.get(from..).unwrap_or_default();
            rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
        };
        let whole = digits(at);
        let has_leading_zero = whole > 1 && bytes.get(at) == Some(&b'0');
        at += whole;
        let mut is_valid = whole > 0 && !has_leading_zero;
        if bytes.get(at) == Some(&b'.') {
            let fraction = digits(at + 1);
            is_valid &= fraction > 0;
            at += 1 + fraction;
        }
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            at += 1;
            at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
            let exponent = digits(at);
            is_valid &= exponent > 0;
            at += exponent;
        }
        if !is_valid {
            return self.syntax("a number");
        }
        self.state.at = at;
        Ok(self.slice(start, at))
    }

    /// Reads `true` or `false`.
    #[inline]
    pub(super) fn boolean(&mut self) -> DecodeResult<bool> {
        let value = self.byte() == Some(b't');
        self.literal(if value { "true" } else { "false" })?;
        Ok(value)
    }

    /// Skips a value.
    pub(super) fn skip_value(&mut self) -> DecodeResult<()> {
        match self.peek() {
            Some(b'"') => self.skip_string(),
            Some(b'{') => {
                self.enter()?;
                let mut is_first = true;
                while self.next_in(b'}', is_first)? {
                    is_first = false;
                    if self.peek() != Some(b'"') {
                        return self.syntax("a key");
                    }
                    self.skip_string()?;
                    self.colon()?;
                    self.skip_value()?;
                }
                Ok(())
            }
            Some(b'[') => {
                self.enter()?;
                let mut is_first = true;
                while self.next_in(b']', is_first)? {
                    is_first = false;
                    self.skip_value()?;
                }
                Ok(())
            }
            Some(b'-' | b'0'..=b'9') => self.number().map(|_| ()),
            Some(b't' | b'f') => self.boolean().map(|_| ()),
            Some(b'n') => self.literal("null"),
            Some(_) => self.syntax("a JSON value"),
            None => self.syntax("a value, but the text ends"),
        }
    }

    fn skip_string(&mut self) -> DecodeResult<()> {
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

    /// Returns the text of the next value and skips it.
    pub(super) fn raw(&mut self) -> DecodeResult<&'t str> {
        self.peek();
        let start = self.state.at;
        self.skip_value()?;
        Ok(self.slice(start, self.state.at))
    }

    /// Fails unless only whitespace follows.
    pub(super) fn end(&mut self) -> DecodeResult<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => self.syntax("the end of the text"),
        }
    }

    /// Positions the parser at a member of the next value, without consuming anything else. Returns false if the
    /// value is not an object with the key.
    pub fn find_member(&mut self, key: &str) -> bool {
        if self.peek() != Some(b'{') || self.enter().is_err() {
            return false;
        }
        let mut is_first = true;
        while self.next_in(b'}', is_first) == Ok(true) {
            is_first = false;
            if self.peek() != Some(b'"') {
                return false;
            }
            let Ok(is_found) = self.with_string(|found| found == key) else {
                return false;
            };
            if self.colon().is_err() {
                return false;
            }
            if is_found {
                return true;
            }
            if self.skip_value().is_err() {
                return false;
            }
        }
        false
    }

    /// Returns the index of the first of some keys that the next value has. Consumes nothing.
    pub fn first_key(&mut self, keys: &[&str]) -> Option<usize> {
        let mark = self.mark();
        let issues = self.state.issues.len();
        let mut first = None;
        // A key that cannot be read ends the search: the entity then reports it.
        let _ = self.find_first_key(keys, &mut first);
        self.state.issues.truncate(issues);
        self.rewind(mark);
        first
    }

    fn find_first_key(&mut self, keys: &[&str], first: &mut Option<usize>) -> DecodeResult<()> {
        if self.peek() != Some(b'{') {
            return Ok(());
        }
        self.enter()?;
        let mut is_first = true;
        while self.next_in(b'}', is_first)? {
            is_first = false;
            if self.peek() != Some(b'"') {
                return self.syntax("a key");
            }
            let found = self.with_string(|name| keys.iter().position(|key| *key == name))?;
            if let Some(found) = found {
                *first = Some(first.map_or(found, |first| first.min(found)));
                if *first == Some(0) {
                    break;
                }
            }
            self.colon()?;
            self.skip_value()?;
        }
        Ok(())
    }
}

/// Returns the number of bytes before the first quotation mark or backslash.
#[inline]
fn find_quote_or_escape(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES * 0x80;
    let mut offset = 0;
    // Eight bytes at a time. A byte that is searched for becomes zero, and gets its high bit from the subtraction.
    // Bytes that have it already are parts of other characters.
    while let Some(chunk) = bytes.get(offset..offset + 8) {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        let word = u64::from_le_bytes(word);
        let quote = (word ^ (ONES * b'"' as u64)).wrapping_sub(ONES);
        let escape = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
        let found = (quote | escape) & !word & HIGH;
        if found != 0 {
            return offset + (found.trailing_zeros() / 8) as usize;
        }
        offset += 8;
    }
    let rest = bytes.get(offset..).unwrap_or_default();
    let found = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'));
    offset + found.unwrap_or(rest.len())
}

/// Decodes `\uXXXX` or a pair of surrogates. Returns the character, `None` for an invalid escape, and the
/// number of bytes.
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
    use serde_json::Value;

    use super::*;

    fn string(json: &str) -> String {
        Parser::new(json).string().unwrap()
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
            assert_eq!(string(json), serde_json::from_str::<String>(json).unwrap());
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
            assert_eq!(parser.string().unwrap(), expected, "{json}");
            assert_eq!(parser.state.issues.len(), 1, "{json}");
            assert!(parser.end().is_ok(), "{json}");
        }
    }

    #[test]
    fn text_that_is_not_json_is_not_skipped() {
        for json in [
            "",
            " ",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "[1 2]",
            "{a:1}",
            "nul",
            "tru",
            "01",
            "1.",
            "-",
            "1e",
            "+1",
            "\"abc",
            "\"abc\\",
            "[\"\\\"",
            "}",
            "]",
            ",",
        ] {
            let mut parser = Parser::new(json);
            let skipped = parser.skip_value().and_then(|()| parser.end());
            assert_eq!(skipped, Err(Failed), "{json}");
            assert!(serde_json::from_str::<Value>(json).is_err(), "{json}");
        }
        let deep = "[".repeat(200) + &"]".repeat(200);
        assert_eq!(Parser::new(&deep).skip_value(), Err(Failed));
        let allowed = "[".repeat(128) + &"]".repeat(128);
        assert_eq!(Parser::new(&allowed).skip_value(), Ok(()));
    }

    #[test]
    fn only_keys_of_the_outermost_object_are_found() {
        let json = r#"{ "a" : 1.50,"b\u0062":{"c":[]} }"#;
        let mut parser = Parser::new(json);
        assert_eq!(parser.first_key(&["a"]), Some(0));
        assert_eq!(parser.first_key(&["c", "bb", "a"]), Some(1));
        assert_eq!(parser.first_key(&["c"]), None);
        assert_eq!(parser.raw(), Ok(json));
        assert_eq!(Parser::new("[]").first_key(&["id"]), None);
    }
}
