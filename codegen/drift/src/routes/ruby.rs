//! Parses the subset of Ruby in routes files: statements of a name and arguments, `do … end` blocks.

/// A statement with its block.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) line: usize,
    /// The first word; `resources` for `api.resources`.
    pub(super) word: String,
    /// The positional arguments.
    pub(super) args: Vec<Arg>,
    /// The keyword arguments.
    pub(super) options: Vec<(String, Arg)>,
    pub(super) block: Vec<Statement>,
}

/// An argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Arg {
    /// A symbol or string.
    Word(String),
    /// A list.
    Words(Vec<String>),
    /// Anything else, such as a regular expression, a lambda or a number.
    Other(String),
}

impl Arg {
    /// The words.
    pub(super) fn words(&self) -> Vec<&str> {
        match self {
            Self::Word(word) => vec![word],
            Self::Words(words) => words.iter().map(String::as_str).collect(),
            Self::Other(_) => Vec::new(),
        }
    }
}

impl Statement {
    /// An option by name.
    pub(super) fn option(&self, name: &str) -> Option<&Arg> {
        self.options
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// An option with one word as its value.
    pub(super) fn word_option(&self, name: &str) -> Option<&str> {
        match self.option(name)? {
            Arg::Word(word) => Some(word),
            _ => None,
        }
    }
}

/// The statements of a file, and problems with its blocks.
pub(super) fn parse(text: &str) -> (Vec<Statement>, Vec<(usize, String)>) {
    let mut problems = Vec::new();
    let mut open: Vec<Statement> = Vec::new();
    let mut out: Vec<Statement> = Vec::new();
    for (line, text) in logical_lines(text) {
        let close = |open: &mut Vec<Statement>, out: &mut Vec<Statement>| match open.pop() {
            Some(done) => {
                open.last_mut()
                    .map_or(&mut *out, |outer| &mut outer.block)
                    .push(done);
                true
            }
            None => false,
        };
        if text == "end" {
            if !close(&mut open, &mut out) {
                problems.push((line, "unmatched `end`".to_owned()));
            }
            continue;
        }
        if text == "else" || text.starts_with("elsif ") || text == "{" || text == "}" {
            continue;
        }
        let (text, has_block) = without_do(&text);
        let statement = statement(line, text);
        // A leading condition opens a block; a trailing modifier does not.
        if has_block || ["if", "unless", "case"].contains(&statement.word.as_str()) {
            open.push(statement);
        } else {
            open.last_mut()
                .map_or(&mut out, |outer| &mut outer.block)
                .push(statement);
        }
    }
    while let Some(unclosed_block) = open.pop() {
        problems.push((
            unclosed_block.line,
            format!("the block of `{}` is not closed", unclosed_block.word),
        ));
        open.last_mut()
            .map_or(&mut out, |outer| &mut outer.block)
            .push(unclosed_block);
    }
    (out, problems)
}

/// The statement without `do` and its argument, and whether it opens a block.
fn without_do(text: &str) -> (&str, bool) {
    let head = match text.rfind(" do |") {
        Some(at) if text.ends_with('|') => &text[..at + 3],
        _ => text,
    };
    head.strip_suffix(" do")
        .map_or((text, false), |head| (head, true))
}

/// Logical lines without comments.
pub(super) fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut out: Vec<(usize, String)> = Vec::new();
    let mut continues = false;
    for (index, line) in text.lines().enumerate() {
        let line = without_comment(line).trim();
        if line.is_empty() {
            continue;
        }
        match out.last_mut().filter(|_| continues) {
            Some((_, last)) => {
                last.push(' ');
                last.push_str(line);
            }
            None => out.push((index + 1, line.to_owned())),
        }
        let statement = out.last().map_or("", |(_, text)| text.as_str());
        continues = statement.ends_with([',', '(', '[', '{', '\\']) || is_unclosed(statement);
    }
    out
}

fn is_unclosed(text: &str) -> bool {
    let mut depth = 0_i32;
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            _ => {}
        }
    }
    depth > 0
}

fn without_comment(line: &str) -> &str {
    let mut quote = None;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '#') => return &line[..at],
            _ => {}
        }
    }
    line
}

pub(super) fn statement(line: usize, text: &str) -> Statement {
    // A modifier after a statement is ignored.
    let text = [" if ", " unless "]
        .iter()
        .fold(text, |text, word| match text.find(word) {
            Some(at) if !text.starts_with(word.trim_start()) => &text[..at],
            _ => text,
        });
    let end = text.find([' ', '(']).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let rest = rest.trim();
    let rest = rest
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
        .unwrap_or(rest);
    let mut statement = Statement {
        line,
        word: word.rsplit('.').next().unwrap_or(word).to_owned(),
        args: Vec::new(),
        options: Vec::new(),
        block: Vec::new(),
    };
    for part in split(rest) {
        match named(part) {
            Some((name, value)) => statement.options.push((name, arg(value))),
            None => statement.args.push(arg(part)),
        }
    }
    statement
}

/// Splits at commas outside of brackets and quotes.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quote) = (Vec::new(), 0, 0_i32, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// `only: :index`, or `:only => :index`; a path with its target is `'/x' => 'y#z'`.
fn named(part: &str) -> Option<(String, &str)> {
    if let Some((name, value)) = part.split_once(": ")
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    {
        return Some((name.to_owned(), value.trim()));
    }
    let (name, value) = part.split_once("=>")?;
    let name = name.trim();
    match name.strip_prefix(':') {
        Some(name) => Some((name.to_owned(), value.trim())),
        None => Some((
            format!("=>{}", name.trim_matches(['\'', '"'])),
            value.trim(),
        )),
    }
}

fn arg(text: &str) -> Arg {
    for open in ["%i", "%w"] {
        if let Some(rest) = text.strip_prefix(open) {
            let inner = rest.trim_matches(|c: char| "()[]{}<>|".contains(c));
            return Arg::Words(inner.split_whitespace().map(str::to_owned).collect());
        }
    }
    if let Some(inner) = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        let words = split(inner).into_iter().flat_map(|part| {
            arg(part)
                .words()
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        });
        return Arg::Words(words.collect());
    }
    let quoted = |c: char| text.len() > 1 && text.starts_with(c) && text.ends_with(c);
    if quoted('\'') || quoted('"') {
        return Arg::Word(text[1..text.len() - 1].to_owned());
    }
    match text.strip_prefix(':') {
        Some(symbol) => Arg::Word(symbol.trim_matches('"').to_owned()),
        None => Arg::Other(text.to_owned()),
    }
}
