//! The YAML parser: values with the positions of their nodes.
//!
//! The events of saphyr-parser are read once, into a [`Value`] of serde_yaml for deserialization and a tree of
//! positions for error messages. Aliases, tags and multiple documents are not supported.

mod scan;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};
use serde_yaml::{Mapping, Number, Value};

pub use scan::{Comment, comments};

/// The path of a node: keys and indexes from the root.
pub type Path = Vec<String>;

/// The position of a node in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The width in characters, at least 1.
    pub width: usize,
}

impl Mark {
    /// The mark of a single character.
    pub fn new(line: usize, column: usize) -> Self {
        Self {
            line,
            column,
            width: 1,
        }
    }
}

impl Default for Mark {
    /// The start of a file.
    fn default() -> Self {
        Self::new(1, 1)
    }
}

impl From<Span> for Mark {
    fn from(span: Span) -> Self {
        let (start, end) = (span.start, span.end);
        let width = if start.line() == end.line() {
            end.col().saturating_sub(start.col())
        } else {
            0
        };
        Self {
            line: start.line(),
            column: start.col() + 1,
            width: width.max(1),
        }
    }
}

/// A syntax error.
#[derive(Debug)]
pub struct SyntaxError {
    /// The position.
    pub mark: Mark,
    /// The message.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
    /// Another position that belongs to the error, and what is there.
    pub other: Option<(&'static str, Mark)>,
}

impl SyntaxError {
    fn new(span: Span, message: impl Into<String>, hint: &str) -> Self {
        Self {
            mark: span.into(),
            message: message.into(),
            hint: Some(hint.to_owned()),
            other: None,
        }
    }

    /// The cause of an error of the parser.
    fn from_scan(text: &str, error: &ScanError) -> Self {
        if let Some(mistake) = scan::mistake(text) {
            return Self {
                mark: mistake.mark,
                message: mistake.message,
                hint: Some(mistake.hint),
                other: mistake.other,
            };
        }
        let marker = error.marker();
        Self {
            mark: Mark::new(marker.line(), marker.col() + 1),
            message: format!("invalid YAML: {}", error.info()),
            hint: Some(
                "a text needs quotes if it contains `: ` or ` #`, or begins with a character that is not a letter"
                    .to_owned(),
            ),
            other: None,
        }
    }
}

/// Maximum depth of nested nodes.
const MAX_DEPTH: usize = 64;

/// The positions of all nodes of a file.
#[derive(Debug, Default)]
pub struct Positions(Option<Node>);

/// The position of a value and of its children.
#[derive(Debug)]
struct Node {
    mark: Mark,
    /// The last line.
    end: usize,
    children: Children,
}

#[derive(Debug)]
enum Children {
    None,
    /// Keys with their positions.
    Mapping(Vec<(String, Mark, Node)>),
    Sequence(Vec<Node>),
}

/// Parses a file into its value and the positions of its nodes.
///
/// # Errors
///
/// When it is not YAML, or uses an unsupported feature.
pub fn parse(text: &str) -> Result<(Value, Positions), SyntaxError> {
    let mut reader = Reader {
        text,
        events: Parser::new_from_str(text),
        last_line: 1,
    };
    let mut found = None;
    while let Some((event, span)) = reader.next()? {
        match event {
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::Nothing => {}
            _ if found.is_some() => {
                return Err(SyntaxError::new(
                    span,
                    "a second YAML document begins here",
                    "remove the line `---` before it: a file contains one document",
                ));
            }
            event => found = Some(reader.node(event, span, 0)?),
        }
    }
    let (value, node) = found.map_or((Value::Null, None), |(value, node)| (value, Some(node)));
    Ok((value, Positions(node)))
}

struct Reader<'a> {
    text: &'a str,
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
    last_line: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>, SyntaxError> {
        let Some(event) = self.events.next() else {
            return Ok(None);
        };
        let (event, span) = event.map_err(|error| SyntaxError::from_scan(self.text, &error))?;
        // The parser finds the end of a block mapping only at the start of the next node.
        let is_end = matches!(event, Event::MappingEnd | Event::SequenceEnd);
        if !is_end || span.start != span.end {
            self.last_line = self.last_line.max(span.end.line());
        }
        Ok(Some((event, span)))
    }

    /// The next event inside a list or mapping. The end of the file is an error.
    fn inner(&mut self, outer: Span) -> Result<(Event<'a>, Span), SyntaxError> {
        let end = || SyntaxError::new(outer, "a list or mapping is not closed", "close it");
        self.next()?.ok_or_else(end)
    }

    fn node(
        &mut self,
        event: Event<'a>,
        span: Span,
        depth: usize,
    ) -> Result<(Value, Node), SyntaxError> {
        if depth > MAX_DEPTH {
            return Err(SyntaxError::new(
                span,
                "too many nested levels",
                "close brackets and braces",
            ));
        }
        let mut mark = Mark::from(span);
        let (value, children) = match event {
            Event::Scalar(text, style, 0, None) => (scalar(&text, style), Children::None),
            Event::SequenceStart(0, None) => {
                let (mut items, mut nodes) = (Vec::new(), Vec::new());
                loop {
                    match self.inner(span)? {
                        (Event::SequenceEnd, end) => {
                            mark = within(span, end);
                            break;
                        }
                        (event, span) => {
                            let (value, node) = self.node(event, span, depth + 1)?;
                            items.push(value);
                            nodes.push(node);
                        }
                    }
                }
                (Value::Sequence(items), Children::Sequence(nodes))
            }
            Event::MappingStart(0, None) => {
                let (mut mapping, mut nodes) = (Mapping::new(), Vec::<(String, Mark, Node)>::new());
                loop {
                    let (key, key_span) = match self.inner(span)? {
                        (Event::MappingEnd, end) => {
                            mark = within(span, end);
                            break;
                        }
                        (Event::Scalar(text, style, 0, None), span) => ((text, style), span),
                        (Event::Scalar(..) | Event::Alias(_), span) => {
                            return Err(unsupported(span));
                        }
                        (_, span) => {
                            return Err(SyntaxError::new(
                                span,
                                "a list or mapping cannot be a key",
                                "a text that begins with `[` or `{` needs quotes",
                            ));
                        }
                    };
                    let (text, style) = key;
                    let (event, value_span) = self.inner(span)?;
                    let (value, node) = self.node(event, value_span, depth + 1)?;
                    if mapping.insert(scalar(&text, style), value).is_some() {
                        let first = nodes.iter().find(|(name, ..)| *name == *text);
                        return Err(SyntaxError {
                            other: first.map(|(_, mark, _)| ("first defined here", *mark)),
                            ..SyntaxError::new(
                                key_span,
                                format!("duplicate key `{text}`"),
                                "remove or rename one of them",
                            )
                        });
                    }
                    nodes.push((text.into_owned(), key_span.into(), node));
                }
                (Value::Mapping(mapping), Children::Mapping(nodes))
            }
            _ => return Err(unsupported(span)),
        };
        let node = Node {
            mark,
            end: self.last_line,
            children,
        };
        Ok((value, node))
    }
}

fn unsupported(span: Span) -> SyntaxError {
    SyntaxError::new(
        span,
        "anchors, aliases and tags are not supported",
        "a text that begins with `&`, `*` or `!` needs quotes",
    )
}

/// The mark of a list or mapping: all of it if it is in brackets or braces on one line, otherwise its start.
fn within(start: Span, end: Span) -> Mark {
    let is_in_brackets = start.start != start.end;
    let is_on_line = start.start.line() == end.end.line();
    let mark = Mark::from(start);
    match end.end.col().checked_sub(start.start.col()) {
        Some(width) if is_in_brackets && is_on_line => Mark { width, ..mark },
        _ => mark,
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    match style {
        ScalarStyle::Plain => plain_scalar(text),
        _ => Value::String(text.to_owned()),
    }
}

/// The value of a scalar without quotes: null, a boolean, a number or a string.
pub fn plain_scalar(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    let digits = text.trim_start_matches(['+', '-']);
    if text.len() > digits.len() + 1 {
        return None;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = digits.strip_prefix(prefix) {
            let number = i64::from_str_radix(digits, radix).ok()?;
            return Some(
                if text.starts_with('-') {
                    -number
                } else {
                    number
                }
                .into(),
            );
        }
    }
    match digits {
        ".inf" | ".Inf" | ".INF" if text.starts_with('-') => return Some(f64::NEG_INFINITY.into()),
        ".inf" | ".Inf" | ".INF" => return Some(f64::INFINITY.into()),
        ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN.into()),
        _ => {}
    }
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        // A leading zero makes it a string, such as a date or a code.
        if digits.len() > 1 && digits.starts_with('0') {
            return None;
        }
        let number: Result<u64, _> = text.trim_start_matches('+').parse();
        return match number {
            Ok(number) => Some(number.into()),
            Err(_) => text.parse::<i64>().ok().map(Number::from),
        };
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let number = Number::from(
        text.parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())?,
    );
    // A version such as `2024.10` is a string, because a number would lose its last zero.
    let fraction = digits.split_once('.').map_or("", |(_, fraction)| fraction);
    let is_version = fraction.len() > 1
        && fraction.ends_with('0')
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    (!is_version).then_some(number)
}

impl Positions {
    /// Whether a mapping has the key at the end of the path.
    pub fn has(&self, path: &[String]) -> bool {
        let (node, key, rest) = self.find(path);
        rest == 0 && key.is_some() && node.is_some()
    }

    /// The position of a value, or of the nearest enclosing node.
    pub fn value(&self, path: &[String]) -> Mark {
        match self.find(path) {
            (Some(node), _, 0) => node.mark,
            (node, key, _) => nearest(node, key),
        }
    }

    /// The position of a key, or of the nearest enclosing node.
    pub fn key(&self, path: &[String]) -> Mark {
        let (node, key, _) = self.find(path);
        nearest(node, key)
    }

    /// The last line of a list or mapping.
    pub fn end(&self, path: &[String]) -> Option<usize> {
        match self.find(path) {
            (Some(node), _, 0) if !matches!(node.children, Children::None) => Some(node.end),
            _ => None,
        }
    }

    /// The deepest existing node on the path, the position of its key, and the length of the rest.
    fn find(&self, path: &[String]) -> (Option<&Node>, Option<Mark>, usize) {
        let Some(mut node) = self.0.as_ref() else {
            return (None, None, path.len());
        };
        let mut key = None;
        for (depth, name) in path.iter().enumerate() {
            let child = match &node.children {
                Children::None => None,
                Children::Mapping(entries) => entries
                    .iter()
                    .find(|(own, ..)| own == name)
                    .map(|(_, mark, child)| (Some(*mark), child)),
                Children::Sequence(items) => name
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| items.get(index))
                    .map(|child| (None, child)),
            };
            let Some((mark, child)) = child else {
                return (Some(node), key, path.len() - depth);
            };
            (node, key) = (child, mark);
        }
        (Some(node), key, 0)
    }
}

fn nearest(node: Option<&Node>, key: Option<Mark>) -> Mark {
    key.or_else(|| node.map(|node| node.mark))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(text: &str) -> Positions {
        parse(text).expect("valid YAML").1
    }

    #[test]
    fn keys_values_and_items_have_positions() {
        let found = positions("a:\n  b: { c: [x, yy] }\nd: 1\n");
        let path = |keys: &[&str]| keys.iter().map(ToString::to_string).collect::<Path>();
        let position = |mark: Mark| (mark.line, mark.column, mark.width);
        assert_eq!(position(found.key(&path(&["a", "b", "c"]))), (2, 8, 1));
        assert_eq!(
            position(found.value(&path(&["a", "b", "c", "1"]))),
            (2, 15, 2)
        );
        assert_eq!(position(found.value(&path(&["d"]))), (3, 4, 1));
        assert_eq!(position(found.value(&path(&["a", "absent"]))), (1, 1, 1));
    }

    #[test]
    fn lists_and_mappings_end_at_their_last_line() {
        let found = positions("a:\n  b: 1\n  c:\n    - x\n\n# of d\nd: { e: 1,\n  f: 2 }\n");
        let end = |keys: &[&str]| {
            let path: Path = keys.iter().map(ToString::to_string).collect();
            found.end(&path)
        };
        assert_eq!(end(&["a"]), Some(4));
        assert_eq!(end(&["a", "c"]), Some(4));
        assert_eq!(end(&["d"]), Some(8));
        assert_eq!(end(&["a", "b"]), None);
    }

    #[test]
    fn plain_scalars_have_the_types_of_yaml_1_2() {
        assert_eq!(plain_scalar("2024.10"), Value::String("2024.10".into()));
        let texts = [
            "",
            "~",
            "null",
            "true",
            "False",
            "yes",
            "1",
            "-1",
            "+1",
            "0x1f",
            "-0o17",
            "007",
            "1.5",
            "-.5",
            "1e3",
            ".inf",
            "-.inf",
            "inf",
            "nan",
            "4.3",
            "4.3.0",
            "2018-10-30",
            "18446744073709551615",
            "+",
            ".",
            "--1",
            "1_000",
            "0",
        ];
        for text in texts {
            let expected: Value = serde_yaml::from_str(text).unwrap_or(Value::Null);
            assert_eq!(plain_scalar(text), expected, "{text:?}");
        }
    }

    #[test]
    fn quoted_scalars_are_strings() {
        let (value, _) = parse("{ a: \"1\", 'b': 'true', c: x }").expect("valid YAML");
        let expected: Value =
            serde_yaml::from_str("{ a: \"1\", b: 'true', c: x }").expect("valid YAML");
        assert_eq!(value, expected);
    }

    #[test]
    fn unsupported_yaml_is_an_error_with_its_position() {
        let error = |text: &str| {
            let error = parse(text).expect_err(text);
            (error.mark.line, error.mark.column, error.message)
        };
        assert_eq!(
            error("a: 1\nb: 2\na: 3\n"),
            (3, 1, "duplicate key `a`".to_owned())
        );
        assert_eq!(error("a: &x 1\nb: *x\n").0, 1);
        assert_eq!(error("[a]: 1\n").0, 1);
        assert_eq!(error("a: 1\n---\nb: 2\n").0, 3);
        assert_eq!(error(&"[".repeat(1000)).0, 1);
    }
}
