//! Finds the cause of a syntax error. A parser stops where it cannot go on, often lines after the mistake: where the
//! file ends instead of where a brace was opened.
//!
//! The scanner reads a file by lines, as far as its mistakes require: keys and their indentation, quotes, braces,
//! brackets and comments.

use crate::Mark;

/// A mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// The position.
    pub mark: Mark,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: String,
    /// Another position that belongs to the mistake, and what is there.
    pub other: Option<(&'static str, Mark)>,
}

/// A comment after a value without quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The position.
    pub mark: Mark,
    /// The key of the value.
    pub key: String,
}

/// What follows ` #` in a line is a comment.
const QUOTE_HASH: &str = "a text that contains ` #` needs quotes";

/// The first mistake in a file that a parser rejects.
pub(crate) fn mistake(text: &str) -> Option<Mistake> {
    let mut scanner = Scanner::default();
    scanner.run(text).err()
}

/// The comments after values without quotes. They may be a part of the text that was meant.
pub fn comments(text: &str) -> Vec<Comment> {
    let mut scanner = Scanner::default();
    // A file with mistakes is reported for them.
    scanner
        .run(text)
        .map_or_else(|_| Vec::new(), |()| scanner.comments)
}

/// An opening quote, brace or bracket.
#[derive(Debug, Clone, Copy)]
struct Opener {
    char: char,
    mark: Mark,
    /// The indentation of its line.
    indent: usize,
    /// Whether the entry after it has a colon already.
    has_colon: bool,
}

/// What the start of a line continues.
#[derive(Debug, Default, Clone, Copy)]
enum State {
    /// A block mapping or list.
    #[default]
    Block,
    /// A text in quotes.
    Quoted(Opener),
    /// A text after `|` or `>`, which is indented more than this.
    Literal(usize),
}

#[derive(Debug, Default)]
struct Scanner {
    state: State,
    /// The open braces and brackets.
    open: Vec<Opener>,
    /// The indentations of the open block mappings and lists.
    levels: Vec<usize>,
    /// The indentation of the last key, and whether a value follows it in its line.
    last_key: Option<(usize, bool)>,
    /// A comment inside open braces or brackets, with its text.
    cut: Option<(Mark, String)>,
    comments: Vec<Comment>,
    line: usize,
}

type Found = Result<(), Mistake>;

impl Scanner {
    fn run(&mut self, text: &str) -> Found {
        for (index, line) in text.lines().enumerate() {
            self.line = index + 1;
            let chars: Vec<char> = line.chars().collect();
            self.read_line(&chars)?;
        }
        self.unclosed()
    }

    fn mark(&self, index: usize) -> Mark {
        Mark::new(self.line, index + 1)
    }

    fn found<T>(
        &self,
        index: usize,
        width: usize,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Result<T, Mistake> {
        let mark = Mark {
            width: width.max(1),
            ..self.mark(index)
        };
        Err(Mistake {
            mark,
            message: message.into(),
            hint: hint.into(),
            other: None,
        })
    }

    fn read_line(&mut self, chars: &[char]) -> Found {
        let indent = chars.iter().take_while(|c| c.is_whitespace()).count();
        let is_empty = indent == chars.len();
        match self.state {
            State::Literal(parent) if is_empty || indent > parent => return Ok(()),
            State::Literal(_) => self.state = State::Block,
            State::Quoted(opener) => {
                if !is_empty && indent <= opener.indent && key_end(chars, indent).is_some() {
                    return self.unclosed();
                }
                return self.quoted(chars, indent, opener);
            }
            State::Block => {}
        }
        if is_empty || chars[indent] == '#' {
            return Ok(());
        }
        if let Some(tab) = chars[..indent].iter().position(|c| *c == '\t') {
            return self.found(
                tab,
                1,
                "a tab in the indentation",
                "indent with spaces: YAML does not allow tabs here",
            );
        }
        if let Some(outermost) = self.open.first() {
            if indent <= outermost.indent && key_end(chars, indent).is_some() {
                return self.unclosed();
            }
            return self.flow(chars, indent);
        }
        self.block(chars, indent)
    }

    /// Reads a line of a block mapping or list.
    fn block(&mut self, chars: &[char], mut indent: usize) -> Found {
        if chars.starts_with(&['-', '-', '-']) {
            return Ok(());
        }
        while chars[indent] == '-' && chars.get(indent + 1).is_none_or(|c| *c == ' ') {
            self.level(chars, indent)?;
            self.last_key = None;
            let rest = chars[indent + 1..]
                .iter()
                .take_while(|c| **c == ' ')
                .count();
            indent += 1 + rest;
            if indent >= chars.len() {
                return Ok(());
            }
        }
        let Some(colon) = key_end(chars, indent) else {
            return self.no_key(chars, indent);
        };
        self.level(chars, indent)?;
        let spaces = chars[colon + 1..]
            .iter()
            .take_while(|c| c.is_whitespace())
            .count();
        let start = colon + 1 + spaces;
        if chars[colon + 1..].starts_with(&['\t']) {
            return self.found(
                colon + 1,
                1,
                "a tab after the colon",
                "write a space instead of the tab",
            );
        }
        let is_comment = chars.get(start) == Some(&'#');
        let has_value = start < chars.len() && !is_comment;
        self.last_key = Some((indent, has_value));
        if !has_value {
            return Ok(());
        }
        let key: String = chars[indent..colon].iter().collect();
        self.value(chars, indent, start, &key)
    }

    /// Checks the indentation of a key or of an item of a list.
    fn level(&mut self, chars: &[char], indent: usize) -> Found {
        let had_level = self.levels.last().copied();
        while self.levels.last().is_some_and(|level| *level > indent) {
            self.levels.pop();
        }
        if self.levels.last() == Some(&indent) {
            return Ok(());
        }
        let is_deeper = had_level.is_none_or(|level| indent > level);
        let has_parent = match self.last_key {
            Some((parent, has_value)) => indent > parent && !has_value,
            None => true,
        };
        if is_deeper && has_parent {
            self.levels.push(indent);
            return Ok(());
        }
        let width = chars[indent..].len();
        let (expected, _) = self.last_key.unwrap_or_default();
        if is_deeper {
            self.found(
                indent,
                width,
                format!("this line is indented by {indent} spaces, but the key above by {expected} has a value already"),
                "keys of the same mapping have the same indentation; a text in several lines that contains `: ` needs quotes",
            )
        } else {
            let levels: Vec<String> = self
                .levels
                .iter()
                .chain(&had_level)
                .map(ToString::to_string)
                .collect();
            self.found(
                indent,
                width,
                format!("this line is indented by {indent} spaces, like no key above"),
                format!(
                    "keys of the same mapping have the same indentation; those above have {}",
                    levels.join(", ")
                ),
            )
        }
    }

    /// A line without a key: a further line of a text, or a mistake.
    fn no_key(&mut self, chars: &[char], indent: usize) -> Found {
        let text: String = chars[indent..].iter().collect();
        if chars[indent] == '{' || chars[indent] == '[' {
            self.open_at(chars, indent, indent);
            return self.flow(chars, indent + 1);
        }
        // An item of a list, or a further line of a text.
        if self.last_key.is_none_or(|(parent, _)| indent > parent) {
            return Ok(());
        }
        let hint = match text.split_once(':').or_else(|| text.split_once(' ')) {
            Some((key, value)) if is_name(key.trim()) => {
                format!(
                    "write `{}: {}`, with a colon and a space",
                    key.trim(),
                    value.trim_start_matches([' ', '='])
                )
            }
            _ => "write `key: value`; further lines of a text are indented more than its key"
                .to_owned(),
        };
        self.found(indent, text.chars().count(), "this line has no key", hint)
    }

    /// Reads the value of a key in a block mapping.
    fn value(&mut self, chars: &[char], indent: usize, start: usize, key: &str) -> Found {
        let rest: String = chars[start..].iter().collect();
        match chars[start] {
            quote @ ('"' | '\'') => {
                let opener = self.opener(quote, start, indent);
                return self.quoted(chars, start + 1, opener);
            }
            '{' | '[' => {
                self.open_at(chars, start, indent);
                return self.flow(chars, start + 1);
            }
            '|' | '>' => {
                let header = rest[1..].split(" #").next().unwrap_or_default().trim_end();
                if header
                    .chars()
                    .all(|c| c.is_ascii_digit() || c == '+' || c == '-')
                {
                    self.state = State::Literal(indent);
                    return Ok(());
                }
            }
            _ => {}
        }
        self.no_indicator(chars, start)?;
        let end = rest
            .find(" #")
            .map_or(rest.chars().count(), |end| rest[..end].chars().count());
        let text: String = chars[start..start + end].iter().collect();
        if start + end < chars.len() {
            self.comments.push(Comment {
                mark: Mark {
                    width: chars.len() - (start + end + 1),
                    ..self.mark(start + end + 1)
                },
                key: key.to_owned(),
            });
        }
        if let Some(colon) = colon_in(&chars[start..start + end]) {
            return self.found(
                start + colon,
                1,
                format!("a colon in the text of `{key}`"),
                format!(
                    "a text that contains `: ` needs quotes: `{key}: \"{}\"`",
                    text.replace('"', "\\\"")
                ),
            );
        }
        Ok(())
    }

    /// Reports a text that begins with a character that has a meaning in YAML.
    fn no_indicator(&self, chars: &[char], start: usize) -> Found {
        let first = chars[start];
        let is_followed_by_space = chars.get(start + 1).is_none_or(|c| c.is_whitespace());
        let is_indicator = match first {
            '`' | '@' | '%' | '&' | '*' | '!' | '|' | '>' | ']' | '}' | ',' => true,
            '-' | '?' | ':' => is_followed_by_space,
            _ => false,
        };
        if is_indicator {
            let shown = if first == '`' {
                "a backtick".to_owned()
            } else {
                format!("`{first}`")
            };
            return self.found(
                start,
                1,
                format!("a text cannot begin with {shown} without quotes"),
                "write the text in quotes: `\"…\"`",
            );
        }
        Ok(())
    }

    fn opener(&self, char: char, index: usize, indent: usize) -> Opener {
        Opener {
            char,
            mark: self.mark(index),
            indent,
            has_colon: false,
        }
    }

    fn open_at(&mut self, chars: &[char], index: usize, indent: usize) {
        let opener = self.opener(chars[index], index, indent);
        self.open.push(opener);
    }

    /// Reads a text in quotes, from the character after the quote or from the start of a further line.
    fn quoted(&mut self, chars: &[char], from: usize, opener: Opener) -> Found {
        let mut index = from;
        while index < chars.len() {
            match chars[index] {
                '\\' if opener.char == '"' => index += 1,
                '\'' if opener.char == '\'' && chars.get(index + 1) == Some(&'\'') => index += 1,
                c if c == opener.char => {
                    self.state = State::Block;
                    return self.after_quote(chars, index + 1, opener);
                }
                _ => {}
            }
            index += 1;
        }
        self.state = State::Quoted(opener);
        Ok(())
    }

    fn after_quote(&mut self, chars: &[char], index: usize, opener: Opener) -> Found {
        let spaces = chars[index.min(chars.len())..]
            .iter()
            .take_while(|c| c.is_whitespace())
            .count();
        let next = chars.get(index + spaces).copied();
        let is_end = match next {
            None => true,
            Some('#') => spaces > 0,
            Some(',' | '}' | ']' | ':') => !self.open.is_empty(),
            Some(_) => false,
        };
        if !is_end {
            let hint = if opener.char == '"' {
                "write a quote inside the text as `\\\"`, or put quotes around the whole text"
            } else {
                "write an apostrophe inside the text twice (`''`), or use double quotes"
            };
            let mut mistake =
                self.found::<()>(index + spaces, 1, "text after the closing quote", hint);
            if let Err(mistake) = &mut mistake {
                mistake.other = Some(("the quote was opened here", opener.mark));
            }
            return mistake;
        }
        if self.open.is_empty() {
            Ok(())
        } else {
            self.flow(chars, index)
        }
    }

    /// Reads the inside of braces or brackets, until they are closed or the line ends.
    fn flow(&mut self, chars: &[char], from: usize) -> Found {
        let mut index = from;
        // Whether no character of the current key or value was read.
        let mut is_start = chars[..from]
            .iter()
            .rev()
            .find(|c| !c.is_whitespace())
            .is_none_or(|c| "{[,:".contains(*c));
        while index < chars.len() {
            let c = chars[index];
            let after_space = index == 0 || chars[index - 1].is_whitespace();
            let before_space = chars
                .get(index + 1)
                .is_none_or(|c| c.is_whitespace() || ",]}".contains(*c));
            match c {
                '#' if after_space => {
                    let text: String = chars[index..].iter().collect();
                    self.cut = Some((self.mark(index), text));
                    return Ok(());
                }
                '"' | '\'' if is_start => {
                    let indent = self.open.first().map_or(0, |opener| opener.indent);
                    let opener = self.opener(c, index, indent);
                    return self.quoted(chars, index + 1, opener);
                }
                '{' | '[' if is_start => {
                    let indent = self.open.first().map_or(0, |opener| opener.indent);
                    self.open_at(chars, index, indent);
                }
                '{' | '[' => {
                    return self.found(
                        index,
                        1,
                        format!("a text in braces that contains `{c}`"),
                        "write the text in quotes: `\"…\"`",
                    );
                }
                '}' | ']' => {
                    self.close(index, c)?;
                    if self.open.is_empty() {
                        return self.after_flow(chars, index + 1);
                    }
                    is_start = false;
                    index += 1;
                    continue;
                }
                ',' => {
                    if is_start && follows(chars, index, ',') {
                        return self.found(
                            index,
                            1,
                            "nothing between two commas",
                            "remove one of them",
                        );
                    }
                    if let Some(opener) = self.open.last_mut() {
                        opener.has_colon = false;
                    }
                    is_start = true;
                }
                ':' if before_space => {
                    let opener = self.open.last_mut().filter(|opener| opener.char == '{');
                    match opener {
                        Some(opener) if opener.has_colon => {
                            return self.colon_in_flow(chars, index);
                        }
                        Some(opener) => opener.has_colon = true,
                        None => {}
                    }
                    is_start = true;
                }
                _ if c.is_whitespace() => {}
                _ => {
                    if is_start {
                        self.no_indicator(chars, index)?;
                    }
                    is_start = false;
                }
            }
            index += 1;
        }
        Ok(())
    }

    /// A second colon in one entry: a text with a colon, or a comma that is missing.
    fn colon_in_flow(&self, chars: &[char], index: usize) -> Found {
        let before: String = chars[..index].iter().collect();
        let word = before.rsplit(' ').next().unwrap_or_default();
        let quotes = "a text that contains `: ` needs quotes";
        let hint = if is_name(word) {
            format!("{quotes}; if `{word}` is a key, write a comma before it")
        } else {
            quotes.to_owned()
        };
        self.found(index, 1, "a colon in a text without quotes", hint)
    }

    fn close(&mut self, index: usize, c: char) -> Found {
        let expected = |opener: &Opener| if opener.char == '{' { '}' } else { ']' };
        let Some(opener) = self.open.last().copied() else {
            return self.extra(index, c);
        };
        if expected(&opener) == c {
            self.open.pop();
            return Ok(());
        }
        if self.open.iter().any(|opener| expected(opener) == c) {
            return self.unclosed();
        }
        let message = format!("`{}` is closed by `{c}`", opener.char);
        let mut mistake =
            self.found::<()>(index, 1, message, format!("write `{}`", expected(&opener)));
        if let Err(mistake) = &mut mistake {
            mistake.other = Some(("opened here", opener.mark));
        }
        mistake
    }

    fn extra(&self, index: usize, c: char) -> Found {
        let opener = if c == '}' { '{' } else { '[' };
        self.found(index, 1, format!("`{c}` closes no `{opener}`"), "remove it")
    }

    /// After the outermost brace or bracket, only a comment may follow.
    fn after_flow(&self, chars: &[char], index: usize) -> Found {
        let spaces = chars[index..]
            .iter()
            .take_while(|c| c.is_whitespace())
            .count();
        match chars.get(index + spaces) {
            None | Some('#') => Ok(()),
            Some(c @ ('}' | ']')) => self.extra(index + spaces, *c),
            Some(_) => {
                let closed = chars[index - 1];
                let opener = if closed == '}' { '{' } else { '[' };
                self.found(
                    index + spaces,
                    chars.len() - index - spaces,
                    format!("text after the closing `{closed}`"),
                    format!("a text that begins with `{opener}` needs quotes"),
                )
            }
        }
    }

    /// Reports what is still open.
    fn unclosed(&self) -> Found {
        let opener = match (self.state, self.open.last()) {
            (State::Quoted(opener), _) => opener,
            (_, Some(opener)) => *opener,
            _ => return Ok(()),
        };
        let closing = match opener.char {
            '{' => '}',
            '[' => ']',
            quote => quote,
        };
        if let Some((mark, text)) = self
            .cut
            .as_ref()
            .filter(|(mark, text)| mark.line == opener.mark.line && text.contains(closing))
        {
            return Err(Mistake {
                mark: Mark {
                    width: text.chars().count(),
                    ..*mark
                },
                message: format!("the comment contains the closing `{closing}`"),
                hint: QUOTE_HASH.to_owned(),
                other: Some(("opened here", opener.mark)),
            });
        }
        Err(Mistake {
            mark: opener.mark,
            message: format!("this `{}` is not closed", opener.char),
            hint: format!("write `{closing}` where it ends"),
            other: None,
        })
    }
}

/// Whether the character before an index is this one, apart from spaces.
fn follows(chars: &[char], index: usize, before: char) -> bool {
    chars[..index].iter().rev().find(|c| !c.is_whitespace()) == Some(&before)
}

/// The index of the colon after a key at this index.
fn key_end(chars: &[char], start: usize) -> Option<usize> {
    let first = *chars.get(start)?;
    if first == '"' || first == '\'' {
        let length = chars[start + 1..].iter().position(|c| *c == first)?;
        let colon = start + 1 + length + 1;
        return (chars.get(colon) == Some(&':')).then_some(colon);
    }
    if "{[#&*!|>%@`".contains(first) {
        return None;
    }
    let comment = chars[start..]
        .windows(2)
        .position(|pair| pair == [' ', '#']);
    let end = comment.map_or(chars.len(), |end| start + end);
    colon_in(&chars[start..end]).map(|colon| start + colon)
}

/// The index of the first colon that separates a key from a value.
fn colon_in(chars: &[char]) -> Option<usize> {
    (0..chars.len()).find(|index| {
        chars[*index] == ':' && chars.get(index + 1).is_none_or(|c| c.is_whitespace())
    })
}

/// Whether it can be a key of the specification.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
