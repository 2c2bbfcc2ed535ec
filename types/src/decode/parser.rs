//! Reads JSON text from front to back.
//!
//! A value that has another type than expected is a recoverable failure: the caller goes back to the start of
//! the value and skips it. Text that is not JSON is fatal, because the end of a value cannot be found.

use super::report::{Expected, Failed, Failure, Issue, JsonError, RejectedSpan, Report};

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
    /// Whether the last key of an entity was a repeated one. Its value replaces the first.
    pub(super) is_repeated: bool,
    /// Reused for strings with escapes.
    pub(super) buffer: String,
    /// What is wrong so far; `None` for most documents. It is boxed because the state is moved from one parser to another for
    /// each entity that serde requests.
    report: Option<Box<Report>>,
}

impl State {
    /// Returns the report, to add to it.
    #[cold]
    pub(super) fn report(&mut self) -> &mut Report {
        self.report.get_or_insert_default()
    }

    /// Values that were tolerated.
    pub(super) fn issues(&self) -> &[Issue] {
        self.report.as_ref().map_or(&[], |report| &report.issues)
    }

    /// Keeps only the first `count` values that were tolerated.
    pub(super) fn truncate_issues(&mut self, count: usize) {
        if let Some(report) = &mut self.report {
            report.issues.truncate(count);
        }
    }

    /// Items of the outermost list that were left out.
    pub(super) fn rejected(&self) -> &[RejectedSpan] {
        self.report.as_ref().map_or(&[], |report| &report.rejected)
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failure().is_some()
    }

    pub(super) fn failure(&self) -> Option<&Failure> {
        self.report.as_ref()?.failure.as_ref()
    }

    pub(super) fn take_failure(&mut self) -> Option<Failure> {
        self.report.as_mut()?.failure.take()
    }
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
        self.state.issues().len()
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

    /// Describes the failure, and forgets it.
    #[cold]
    pub(super) fn describe_failure(&mut self) -> JsonError {
        let failure = self.state.take_failure();
        failure.unwrap_or_default().describe(self.text)
    }

    /// Returns to a position. The failure is forgotten and returned.
    pub(super) fn rewind(&mut self, mark: Mark) -> Option<Failure> {
        self.state.at = mark.at;
        self.state.depth = mark.depth;
        self.state.take_failure()
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

    /// Consumes an empty list without whitespace, if it is the next value.
    #[inline]
    pub(super) fn take_empty_list(&mut self) -> bool {
        let is_empty = self.state.depth < MAX_DEPTH && self.rest().starts_with("[]");
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
        self.state.report().failure = Some(Failure {
            at,
            expected,
            is_fatal: false,
        });
        Err(Failed)
    }

    /// Fails: the text is not JSON.
    #[cold]
    pub(super) fn syntax<T>(&mut self, expected: &'static str) -> DecodeResult<T> {
        self.state.report().failure = Some(Failure {
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
        let issues = &mut self.state.report().issues;
        let is_known = issues.last().is_some_and(|last| last.at == at);
        if !is_known && issues.len() < MAX_ISSUES {
            issues.push(Issue { at, expected });
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
        if self.state.failure().is_some_and(|failure| failure.is_fatal) {
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
        self.deepen()?;
        self.state.at += 1;
        Ok(())
    }

    /// Counts a list or an object.
    #[inline]
    pub(super) fn deepen(&mut self) -> DecodeResult<()> {
        if self.state.depth >= MAX_DEPTH {
            return self.syntax("at most 128 nested lists and objects");
        }
        self.state.depth += 1;
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

    /// Consumes the end of an object without whitespace before it, if it is next.
    #[inline]
    pub(super) fn take_end_of_object(&mut self) -> bool {
        let is_end = self.byte() == Some(b'}');
        if is_end {
            self.state.at += 1;
            self.exit();
        }
        is_end
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

    /// Consumes `true` or `false`, if it is the next value.
    #[inline]
    pub(super) fn take_boolean(&mut self) -> Option<bool> {
        let rest = self.text.as_bytes().get(self.state.at..)?;
        let (value, length) = match rest {
            [b't', b'r', b'u', b'e', ..] => (true, 4),
            [b'f', b'a', b'l', b's', b'e', ..] => (false, 5),
            _ => return None,
        };
        self.state.at += length;
        Some(value)
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
            let Ok(is_found) = self.string_text().map(|found| found == key) else {
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
        let issues = self.state.issues().len();
        let mut first = None;
        // A key that cannot be read ends the search: the entity then reports it.
        let _ = self.find_first_key(keys, &mut first);
        self.state.truncate_issues(issues);
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
            let name = self.string_text()?;
            let found = keys.iter().position(|key| *key == name);
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

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
