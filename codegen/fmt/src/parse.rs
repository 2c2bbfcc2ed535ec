//! Parses YAML into a tree with comments, blank lines and styles.
//!
//! The parser in `mastodon-yaml` discards comments and styles, so it cannot be used for formatting.

use mastodon_yaml::plain_scalar;
use serde_yaml::Value;

/// A node in block or flow style.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// A mapping in block style.
    Map(Vec<Entry>),
    /// A list in block style.
    Items(Vec<Entry>),
    /// A mapping in flow style.
    FlowMap(Vec<(Scalar, Node)>),
    /// A list in flow style.
    FlowList(Vec<Node>),
    /// A scalar, possibly empty.
    Scalar(Scalar),
}

/// A scalar with its style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scalar {
    /// The content.
    pub(super) text: String,
    /// It was quoted.
    pub(super) quoted: bool,
}

/// An entry of a mapping or an item of a list, with its comments and blank lines.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// It follows a blank line.
    pub(super) blank: bool,
    /// The comments on the lines before it, including `#`; an empty string is a blank line.
    pub(super) comments: Vec<String>,
    /// The key; empty for items.
    pub(super) key: Scalar,
    pub(super) value: Node,
    /// The comment at the end of its line.
    pub(super) trailing: Option<String>,
}

/// A file.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) root: Node,
    /// The comments at the end of the file.
    pub(super) end: Vec<String>,
}

impl Document {
    /// The file as YAML, without comments and styles.
    pub(super) fn value(&self) -> Value {
        self.root.value()
    }
}

impl Node {
    fn value(&self) -> Value {
        let map = |entries: Vec<(&Scalar, &Self)>| {
            let entries = entries.into_iter();
            Value::Mapping(
                entries
                    .map(|(key, value)| (key.value(), value.value()))
                    .collect(),
            )
        };
        match self {
            Self::Map(entries) => {
                let entries = entries.iter();
                map(entries.map(|entry| (&entry.key, &entry.value)).collect())
            }
            Self::FlowMap(entries) => {
                map(entries.iter().map(|(key, value)| (key, value)).collect())
            }
            Self::Items(entries) => entries.iter().map(|entry| entry.value.value()).collect(),
            Self::FlowList(items) => items.iter().map(Self::value).collect(),
            Self::Scalar(scalar) => scalar.value(),
        }
    }
}

impl Scalar {
    fn value(&self) -> Value {
        if self.quoted {
            Value::String(self.text.clone())
        } else {
            plain_scalar(&self.text)
        }
    }
}

/// A syntax error or unsupported YAML.
#[derive(Debug)]
pub(super) struct Error {
    pub(super) line: usize,
    pub(super) message: String,
}

fn error<T>(line: usize, message: impl Into<String>) -> Result<T, Error> {
    Err(Error {
        line,
        message: message.into(),
    })
}

/// Parses a file.
pub(super) fn parse(text: &str) -> Result<Document, Error> {
    let mut parser = Parser {
        lines: lines(text)?,
        at: 0,
    };
    let root = match parser
        .lines
        .iter()
        .find(|line| !line.text.is_empty() && !line.text.starts_with('#'))
    {
        None => Node::Map(Vec::new()),
        Some(first) => {
            let (number, indent) = (first.number, first.indent);
            if indent > 0 {
                return error(number, "the first line is indented");
            }
            parser.block(0)?
        }
    };
    let (blank, end) = parser.comments();
    if let Some(line) = parser.lines.get(parser.at) {
        return error(line.number, "unexpected indentation");
    }
    let end = if blank && !end.is_empty() {
        [vec![String::new()], end].concat()
    } else {
        end
    };
    Ok(Document { root, end })
}

/// A logical line: several lines if braces or quotes are open at the end of a line.
struct Line {
    number: usize,
    indent: usize,
    text: String,
}

fn lines(text: &str) -> Result<Vec<Line>, Error> {
    let mut out: Vec<Line> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let content = line.trim_start_matches(' ');
        if content.starts_with('\t') {
            return error(number, "the line is indented by a tab");
        }
        let content = content.trim_end();
        match out.last_mut().filter(|_| open) {
            Some(last) => {
                if content.starts_with('#') {
                    return error(number, "a comment inside braces is not supported");
                }
                last.text.push(' ');
                last.text.push_str(content);
            }
            None => out.push(Line {
                number,
                indent: line.len() - line.trim_start_matches(' ').len(),
                text: content.to_owned(),
            }),
        }
        open = out.last().is_some_and(|last| is_open(&last.text));
    }
    Ok(out)
}

/// Whether the value starts with a brace, bracket or quote that is not closed.
fn is_open(text: &str) -> bool {
    if text.starts_with('#') {
        return false;
    }
    let value = match split_key(text) {
        Some((_, rest)) => rest,
        None => text.strip_prefix("- ").unwrap_or(text),
    };
    let value = value.trim_start();
    let value = value.strip_prefix("- ").unwrap_or(value).trim_start();
    if !value.starts_with(['{', '[', '"']) {
        return false;
    }
    let (mut depth, mut quote, mut escaped) = (0_i32, None, false);
    for c in value.chars() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"') => quote = Some(c),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth -= 1,
            _ => {}
        }
    }
    depth > 0 || quote.is_some()
}

struct Parser {
    lines: Vec<Line>,
    at: usize,
}

impl Parser {
    /// Skips comments and blank lines. Returns whether the first line was blank, and the comments.
    fn comments(&mut self) -> (bool, Vec<String>) {
        let (mut blank, mut comments) = (false, Vec::new());
        while let Some(line) = self.lines.get(self.at) {
            if line.text.is_empty() {
                if comments.is_empty() {
                    blank = true;
                } else if comments
                    .last()
                    .is_some_and(|last: &String| !last.is_empty())
                {
                    comments.push(String::new());
                }
            } else if line.text.starts_with('#') {
                comments.push(line.text.clone());
            } else {
                break;
            }
            self.at += 1;
        }
        (blank, comments)
    }

    /// Parses the mapping or list whose entries have this indentation.
    fn block(&mut self, indent: usize) -> Result<Node, Error> {
        let mut entries = Vec::new();
        let mut is_list = None;
        loop {
            let before = self.at;
            let (blank, comments) = self.comments();
            let Some(line) = self.lines.get(self.at).filter(|line| line.indent >= indent) else {
                // Comments after the last entry belong to the next entry of an outer block.
                self.at = before;
                break;
            };
            let (number, text) = (line.number, line.text.clone());
            if line.indent > indent {
                return error(number, "unexpected indentation");
            }
            let is_item = text == "-" || text.starts_with("- ");
            if is_list == Some(true) && !is_item {
                // A list can have the indentation of its key; this entry continues the mapping of the key.
                self.at = before;
                break;
            }
            if *is_list.get_or_insert(is_item) != is_item {
                return error(
                    number,
                    "a list item and a mapping entry have the same indentation",
                );
            }
            self.at += 1;
            let (key, rest) = if is_item {
                (
                    Scalar {
                        text: String::new(),
                        quoted: false,
                    },
                    text[1..].trim_start().to_owned(),
                )
            } else {
                let Some((key, rest)) = split_key(&text) else {
                    return error(number, "expected `key: value`");
                };
                (scalar(key, number)?, rest.trim_start().to_owned())
            };
            let (value, trailing) =
                if is_item && split_key(&rest).is_some() && !rest.starts_with(['{', '[', '"']) {
                    // A mapping that starts after the dash continues on the next lines.
                    self.at -= 1;
                    let inner = indent + (text.len() - rest.len());
                    self.lines[self.at].indent = inner;
                    self.lines[self.at].text = rest;
                    (self.block(inner)?, None)
                } else {
                    self.value(&rest, indent, is_item, number)?
                };
            entries.push(Entry {
                blank,
                comments,
                key,
                value,
                trailing,
            });
        }
        Ok(if is_list == Some(true) {
            Node::Items(entries)
        } else {
            Node::Map(entries)
        })
    }

    /// Parses the value after a key or dash, or on the following lines.
    fn value(
        &mut self,
        rest: &str,
        indent: usize,
        is_item: bool,
        number: usize,
    ) -> Result<(Node, Option<String>), Error> {
        let (text, trailing) = without_comment(rest);
        if text.is_empty() {
            let before = self.at;
            self.comments();
            let below = self
                .lines
                .get(self.at)
                .map(|line| (line.indent, line.text.starts_with("- ")));
            self.at = before;
            // The items of a list can have the indentation of its key.
            return match below {
                Some((inner, list)) if inner > indent || (inner == indent && list && !is_item) => {
                    Ok((self.block(inner)?, trailing))
                }
                _ => Ok((
                    Node::Scalar(Scalar {
                        text: String::new(),
                        quoted: false,
                    }),
                    trailing,
                )),
            };
        }
        if text.starts_with(['|', '>']) || text.starts_with(['&', '*', '!', '%', '@', '`']) {
            return error(number, format!("`{}` starts unsupported YAML", &text[..1]));
        }
        let mut flow = Flow { rest: text, number };
        let node = if text.starts_with(['{', '[', '"', '\'']) {
            let node = flow.node()?;
            if !flow.rest.trim().is_empty() {
                return error(number, "unexpected text after the value");
            }
            node
        } else {
            Node::Scalar(Scalar {
                text: text.to_owned(),
                quoted: false,
            })
        };
        let next = self.lines.get(self.at);
        if next.is_some_and(|line| {
            line.indent > indent && !line.text.is_empty() && !line.text.starts_with('#')
        }) {
            return error(number + 1, "multi-line values are not supported");
        }
        Ok((node, trailing))
    }
}

/// Splits a line into its key and the rest after the colon.
fn split_key(text: &str) -> Option<(&str, &str)> {
    let end = if let Some(inside) = text.strip_prefix('"') {
        let mut escaped = false;
        let (end, _) = inside.char_indices().find(|(_, c)| {
            let ends = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        })?;
        end + 2
    } else if let Some(inside) = text.strip_prefix('\'') {
        // A doubled quote is an escaped quote.
        inside.replace("''", "\0\0").find('\'')? + 2
    } else if text.starts_with(['{', '[', '#']) {
        return None;
    } else {
        text.match_indices(':')
            .find(|(at, _)| matches!(text.as_bytes().get(at + 1), None | Some(b' ')))?
            .0
    };
    let rest = text[end..].strip_prefix(':')?;
    (rest.is_empty() || rest.starts_with(' ')).then_some((&text[..end], rest))
}

/// Splits a value and the comment after it.
fn without_comment(text: &str) -> (&str, Option<String>) {
    let (mut quote, mut escaped, mut before) = (None, false, ' ');
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            // A quote opens only at the start of a value; elsewhere it is an apostrophe.
            (None, '"' | '\'') if " {[,".contains(before) => quote = Some(c),
            (None, '#') if before == ' ' => {
                return (text[..at].trim_end(), Some(text[at..].to_owned()));
            }
            _ => {}
        }
        before = c;
    }
    (text.trim_end(), None)
}

fn scalar(text: &str, number: usize) -> Result<Scalar, Error> {
    let mut flow = Flow { rest: text, number };
    if text.starts_with(['"', '\'']) {
        return flow.scalar();
    }
    Ok(Scalar {
        text: text.to_owned(),
        quoted: false,
    })
}

/// A parser for flow style within a logical line.
struct Flow<'a> {
    rest: &'a str,
    number: usize,
}

impl Flow<'_> {
    fn node(&mut self) -> Result<Node, Error> {
        self.rest = self.rest.trim_start();
        match self.rest.chars().next() {
            Some('{') => self.map(),
            Some('[') => self.list(),
            _ => Ok(Node::Scalar(self.scalar()?)),
        }
    }

    fn scalar(&mut self) -> Result<Scalar, Error> {
        if self.rest.starts_with('"') {
            return self.quoted();
        }
        if let Some(inner) = self.rest.strip_prefix('\'') {
            let Some(end) = inner.replace("''", "\0\0").find('\'') else {
                return error(self.number, "a quote is not closed");
            };
            let text = inner[..end].replace("\'\'", "\'");
            self.rest = &inner[end + 1..];
            return Ok(Scalar { text, quoted: true });
        }
        let end = self.rest.char_indices().find(|(at, c)| {
            let next = self.rest[at + c.len_utf8()..].chars().next();
            ",{}[]".contains(*c) || (*c == ':' && next.is_none_or(|next| " ,{}[]".contains(next)))
        });
        let end = end.map_or(self.rest.len(), |(at, _)| at);
        let text = self.rest[..end].trim().to_owned();
        if text.is_empty() {
            return error(self.number, "a value is missing");
        }
        self.rest = &self.rest[end..];
        Ok(Scalar {
            text,
            quoted: false,
        })
    }

    fn quoted(&mut self) -> Result<Scalar, Error> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(Scalar { text, quoted: true });
                }
                '\\' => match chars.next() {
                    Some((_, c @ ('"' | '\\' | '/'))) => text.push(c),
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, c)) => {
                        return error(self.number, format!("`\\{c}` is not a supported escape"));
                    }
                    None => break,
                },
                c => text.push(c),
            }
        }
        error(self.number, "a quote is not closed")
    }

    fn map(&mut self) -> Result<Node, Error> {
        self.rest = &self.rest[1..];
        let mut entries = Vec::new();
        loop {
            if self.closes('}') {
                return Ok(Node::FlowMap(entries));
            }
            let key = self.scalar()?;
            self.rest = self.rest.trim_start();
            let Some(rest) = self.rest.strip_prefix(':') else {
                return error(self.number, format!("`{}` has no value", key.text));
            };
            self.rest = rest;
            entries.push((key, self.node()?));
            self.separator('}')?;
        }
    }

    fn list(&mut self) -> Result<Node, Error> {
        self.rest = &self.rest[1..];
        let mut items = Vec::new();
        loop {
            if self.closes(']') {
                return Ok(Node::FlowList(items));
            }
            items.push(self.node()?);
            self.separator(']')?;
        }
    }

    fn closes(&mut self, close: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(close) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Skips the comma between two entries, but not a closing brace.
    fn separator(&mut self, close: char) -> Result<(), Error> {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(',') {
            Some(rest) => self.rest = rest,
            None if self.rest.starts_with(close) => {}
            None => return error(self.number, format!("`,` or `{close}` is missing")),
        }
        Ok(())
    }
}
