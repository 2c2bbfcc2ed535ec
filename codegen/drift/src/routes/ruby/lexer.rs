//! Splits Ruby source into tokens. Comments are dropped, and the lines of one statement are joined.

use std::collections::VecDeque;

/// A token with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lexeme {
    pub(crate) line: usize,
    pub(crate) kind: Lexed,
    /// White space precedes it.
    pub(crate) spaced: bool,
}

/// The kinds of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lexed {
    /// A keyword, a name or a constant with its modules.
    Word(String),
    /// A name after a dot, which is never a keyword.
    Method(String),
    /// `key:`.
    Label(String),
    Symbol(String),
    /// A string; interpolated parts are kept as written.
    Text(String),
    /// `%w(a b)` and `%i(a b)`.
    Words(Vec<String>),
    /// A number or regular expression.
    Literal(String),
    Operator(&'static str),
    Newline,
}

/// A part that cannot be read, with its line.
pub(crate) type Problem = (usize, String);

const OPERATORS: [&str; 58] = [
    "**=", "<=>", "===", "...", "<<=", ">>=", "&&=", "||=", "&.", "**", "==", "!=", ">=", "<=",
    "&&", "||", "=>", "->", "=~", "!~", "<<", ">>", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=",
    "..", "::", "(", ")", "[", "]", "{", "}", ",", ".", "=", "<", ">", "+", "-", "*", "/", "%",
    "!", "?", ":", "&", "|", "^", "~", ";", "@", "\\",
];

/// Words after which a value follows, so that `/` starts a regular expression and `if` is no modifier.
pub(crate) const BEFORE_VALUE: [&str; 21] = [
    "if", "unless", "while", "until", "case", "when", "in", "and", "or", "not", "return", "then",
    "else", "elsif", "do", "begin", "ensure", "yield", "rescue", "next", "break",
];

/// The tokens of a file, with what cannot be read.
pub(crate) fn tokens(text: &str) -> (Vec<Lexeme>, Vec<Problem>) {
    let mut lexer = Lexer {
        chars: text.chars().collect(),
        at: 0,
        line: 1,
        out: Vec::new(),
        problems: Vec::new(),
        heredocs: VecDeque::new(),
    };
    lexer.run();
    (lexer.out, lexer.problems)
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    line: usize,
    out: Vec<Lexeme>,
    problems: Vec<Problem>,
    /// The ends of the heredocs whose text starts on the next line.
    heredocs: VecDeque<String>,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn starts_with(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(index, c)| self.peek(index) == Some(c))
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.at += 1;
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn is_line_start(&self) -> bool {
        self.at == 0 || self.chars[self.at - 1] == '\n'
    }

    /// The rest of the line; the line break is not consumed.
    fn rest_of_line(&mut self) -> String {
        let mut out = String::new();
        while let Some(c) = self.peek(0).filter(|c| *c != '\n') {
            out.push(c);
            self.bump();
        }
        out
    }

    fn push(&mut self, line: usize, spaced: bool, kind: Lexed) {
        self.out.push(Lexeme { line, kind, spaced });
    }

    fn run(&mut self) {
        let mut spaced = true;
        while let Some(c) = self.peek(0) {
            let line = self.line;
            if self.is_line_start() && self.starts_with("__END__") {
                return;
            }
            if self.is_line_start() && self.starts_with("=begin") {
                self.comment_block();
                continue;
            }
            match c {
                '\n' => {
                    self.bump();
                    self.heredoc_texts();
                    self.newline(line);
                    spaced = true;
                }
                '\\' if self.peek(1) == Some('\n') => {
                    self.bump();
                    self.bump();
                    spaced = true;
                }
                c if c.is_whitespace() => {
                    self.bump();
                    spaced = true;
                }
                '#' => drop(self.rest_of_line()),
                _ => {
                    self.token(c, line, spaced);
                    spaced = false;
                }
            }
        }
        self.push(self.line, true, Lexed::Newline);
        for end in std::mem::take(&mut self.heredocs) {
            let problem = format!("the heredoc `{end}` is not closed");
            self.problems.push((self.line, problem));
        }
    }

    fn comment_block(&mut self) {
        let start = self.line;
        while self.peek(0).is_some() {
            let line = self.rest_of_line();
            self.bump();
            if line.starts_with("=end") {
                return;
            }
        }
        self.problems.push((start, "`=begin` is not closed".into()));
    }

    /// Skips the texts of the heredocs that were opened on the previous line.
    fn heredoc_texts(&mut self) {
        while let Some(end) = self.heredocs.front().cloned() {
            if self.peek(0).is_none() {
                return;
            }
            let line = self.rest_of_line();
            self.bump();
            if line.trim() == end {
                self.heredocs.pop_front();
            }
        }
    }

    /// Ends the statement, unless it continues on the next line.
    fn newline(&mut self, line: usize) {
        let open = match self.out.last().map(|last| &last.kind) {
            None | Some(Lexed::Newline) => return,
            Some(Lexed::Operator(operator)) => !matches!(*operator, ")" | "]" | "}"),
            Some(Lexed::Label(_)) => true,
            _ => false,
        };
        if !open && !self.next_line_continues() {
            self.push(line, true, Lexed::Newline);
        }
    }

    /// Whether the next line that is no comment starts with a dot.
    fn next_line_continues(&self) -> bool {
        let mut at = self.at;
        loop {
            while self.chars.get(at).is_some_and(|c| c.is_whitespace()) {
                at += 1;
            }
            if self.chars.get(at) != Some(&'#') {
                break;
            }
            while self.chars.get(at).is_some_and(|c| *c != '\n') {
                at += 1;
            }
        }
        match (self.chars.get(at), self.chars.get(at + 1)) {
            (Some('.'), Some(next)) => *next != '.',
            (Some('&'), Some(next)) => *next == '.',
            _ => false,
        }
    }

    /// Whether a value is expected: at the start of a statement and after operators and keywords.
    fn expects_value(&self) -> bool {
        match self.out.last().map(|last| &last.kind) {
            None | Some(Lexed::Newline | Lexed::Label(_)) => true,
            Some(Lexed::Operator(operator)) => !matches!(*operator, ")" | "]" | "}"),
            Some(Lexed::Word(word)) => BEFORE_VALUE.contains(&word.as_str()),
            _ => false,
        }
    }

    /// Whether the last token is a name, whose argument may follow without parentheses.
    fn follows_name(&self) -> bool {
        matches!(
            self.out.last().map(|last| &last.kind),
            Some(Lexed::Word(_) | Lexed::Method(_))
        )
    }

    fn token(&mut self, c: char, line: usize, spaced: bool) {
        let next = self.peek(1);
        let argument = spaced && self.follows_name() && next.is_some_and(|c| !c.is_whitespace());
        let value = self.expects_value();
        match c {
            '\'' | '"' | '`' => self.quoted(c, line, spaced),
            '0'..='9' => self.number(line, spaced),
            _ if c == '_' || c == '@' || c == '$' || c.is_alphabetic() => self.name(line, spaced),
            ':' if next.is_some_and(|c| c == '"' || c == '\'') => {
                self.bump();
                self.bump();
                let text = self.until(next.unwrap_or_default(), None, line);
                self.push(line, spaced, Lexed::Symbol(text));
            }
            ':' if next.is_some_and(|c| c.is_alphabetic() || c == '_' || c == '@') => {
                self.bump();
                let mut name = self.identifier();
                if self.peek(0) == Some('=') && !matches!(self.peek(1), Some('=' | '>' | '~')) {
                    self.bump();
                    name.push('=');
                }
                self.push(line, spaced, Lexed::Symbol(name));
            }
            ':' if (value || argument) && next.is_some_and(|c| "[+-*/<=>!~%&|^".contains(c)) => {
                self.bump();
                let mut name = String::new();
                while let Some(c) = self.peek(0).filter(|c| "[]+-*/<=>!~%&|^@".contains(*c)) {
                    name.push(c);
                    self.bump();
                }
                self.push(line, spaced, Lexed::Symbol(name));
            }
            '%' if (value || argument) && self.percent(line, spaced) => {}
            '/' if value || argument => {
                self.bump();
                let text = self.until('/', None, line);
                while self.peek(0).is_some_and(char::is_alphabetic) {
                    self.bump();
                }
                self.push(line, spaced, Lexed::Literal(text));
            }
            '?' if value && next.is_some() && !self.peek(2).is_some_and(char::is_alphanumeric) => {
                self.bump();
                let text = self.bump().unwrap_or_default().to_string();
                self.push(line, spaced, Lexed::Text(text));
            }
            '<' if (value || argument) && self.heredoc(line, spaced) => {}
            '|' if self.opens_block() => self.block_parameters(line),
            _ => self.operator(c, line, spaced),
        }
    }

    fn opens_block(&self) -> bool {
        match self.out.last().map(|last| &last.kind) {
            Some(Lexed::Word(word)) => word == "do",
            Some(Lexed::Operator(operator)) => *operator == "{",
            _ => false,
        }
    }

    /// Skips `|key, value|`.
    fn block_parameters(&mut self, line: usize) {
        self.bump();
        while let Some(c) = self.bump() {
            match c {
                '|' => return,
                '\n' => break,
                _ => {}
            }
        }
        let problem = "the parameters of a block are not closed";
        self.problems.push((line, problem.into()));
    }

    fn operator(&mut self, c: char, line: usize, spaced: bool) {
        let found = OPERATORS.iter().find(|text| self.starts_with(text));
        let Some(operator) = found else {
            self.bump();
            let problem = format!("the character `{c}` is not understood");
            self.problems.push((line, problem));
            return;
        };
        for _ in 0..operator.len() {
            self.bump();
        }
        let kind = match *operator {
            ";" => Lexed::Newline,
            operator => Lexed::Operator(operator),
        };
        self.push(line, spaced, kind);
    }

    fn number(&mut self, line: usize, spaced: bool) {
        let mut text = String::new();
        while let Some(c) = self.peek(0) {
            let fraction = c == '.' && self.peek(1).is_some_and(|c| c.is_ascii_digit());
            if !(c.is_ascii_alphanumeric() || c == '_' || fraction) {
                break;
            }
            text.push(c);
            self.bump();
        }
        self.push(line, spaced, Lexed::Literal(text.replace('_', "")));
    }

    fn identifier(&mut self) -> String {
        let mut out = String::new();
        while let Some(c) = self.peek(0).filter(|c| *c == '@' || *c == '$') {
            out.push(c);
            self.bump();
        }
        while let Some(c) = self.peek(0).filter(|c| c.is_alphanumeric() || *c == '_') {
            out.push(c);
            self.bump();
        }
        let next = self.peek(1);
        if let Some(c @ ('?' | '!')) = self.peek(0)
            && (next != Some('=') || self.peek(2) == Some('='))
        {
            out.push(c);
            self.bump();
        }
        out
    }

    fn name(&mut self, line: usize, spaced: bool) {
        let mut name = self.identifier();
        if name.is_empty() {
            self.bump();
            return;
        }
        let last = self.out.last().map(|last| &last.kind);
        let after_dot = matches!(last, Some(Lexed::Operator("." | "&.")));
        let after_def = *last.unwrap_or(&Lexed::Newline) == Lexed::Word("def".into());
        // `key:`, but not `Module::Name` and not the end of `a ? b : c`.
        let ternary = matches!(last, Some(Lexed::Operator("?")));
        if self.peek(0) == Some(':') && self.peek(1) != Some(':') && !after_dot && !ternary {
            self.bump();
            self.push(line, spaced, Lexed::Label(name));
            return;
        }
        // `REST::StatusSerializer` is one name.
        while self.starts_with("::") && self.peek(2).is_some_and(char::is_uppercase) {
            self.bump();
            self.bump();
            name = format!("{name}::{}", self.identifier());
        }
        if after_dot {
            self.push(line, spaced, Lexed::Method(name));
            return;
        }
        if after_def {
            return self.defined(name, line, spaced);
        }
        let is_def = name == "def";
        self.push(line, spaced, Lexed::Word(name));
        if is_def {
            self.operator_definition(line);
        }
    }

    /// The name after `def`: `name`, `name=`, `self.name`.
    fn defined(&mut self, mut name: String, line: usize, spaced: bool) {
        if self.peek(0) == Some('.') {
            self.bump();
            name = format!("{name}.{}", self.identifier());
        }
        // A setter has its parameters at once; ` = ` starts the body of an endless method.
        if self.peek(0) == Some('=') && self.peek(1) == Some('(') {
            self.bump();
            name.push('=');
        }
        self.push(line, spaced, Lexed::Method(name));
    }

    /// The name of `def ==(other)`.
    fn operator_definition(&mut self, line: usize) {
        while self.peek(0) == Some(' ') {
            self.bump();
        }
        let mut name = String::new();
        while let Some(c) = self.peek(0).filter(|c| "[]+-*/<=>!~%&|^@".contains(*c)) {
            name.push(c);
            self.bump();
        }
        if !name.is_empty() {
            self.push(line, true, Lexed::Method(name));
        }
    }

    fn quoted(&mut self, quote: char, line: usize, spaced: bool) {
        self.bump();
        let text = self.until(quote, None, line);
        if self.peek(0) == Some(':') && self.peek(1) != Some(':') && quote != '`' {
            self.bump();
            self.push(line, spaced, Lexed::Label(text));
        } else {
            self.push(line, spaced, Lexed::Text(text));
        }
    }

    /// The text up to a closing character; brackets of the same kind nest.
    fn until(&mut self, close: char, open: Option<char>, line: usize) -> String {
        let mut out = String::new();
        let mut depth = 0;
        while let Some(c) = self.bump() {
            match c {
                '\\' => {
                    if let Some(next) = self.bump() {
                        if close == '/' {
                            out.push('\\');
                        }
                        out.push(next);
                    }
                }
                '#' if self.peek(0) == Some('{') && close != '\'' => {
                    self.bump();
                    out.push_str("#{");
                    out.push_str(&self.interpolated());
                    out.push('}');
                }
                c if c == close && depth == 0 => return out,
                c => {
                    depth += i32::from(Some(c) == open);
                    depth -= i32::from(c == close);
                    out.push(c);
                }
            }
        }
        let problem = format!("the text before `{close}` is not closed");
        self.problems.push((line, problem));
        out
    }

    /// The code in `#{…}`, up to its brace.
    fn interpolated(&mut self) -> String {
        let mut out = String::new();
        let mut depth = 0;
        while let Some(c) = self.bump() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => return out,
                '}' => depth -= 1,
                '"' | '\'' => {
                    let text = self.until(c, None, self.line);
                    out.push(c);
                    out.push_str(&text);
                }
                _ => {}
            }
            out.push(c);
        }
        out
    }

    /// `%w(a b)`, `%i[a b]`, `%r{…}`, `%(…)`. Returns whether there is one.
    fn percent(&mut self, line: usize, spaced: bool) -> bool {
        let (kind, length) = match (self.peek(1), self.peek(2)) {
            (Some(kind), Some(open)) if "wWiIqQrsx".contains(kind) && is_delimiter(open) => {
                (kind, 2)
            }
            (Some(open), _) if is_delimiter(open) && open != '=' => ('Q', 1),
            _ => return false,
        };
        for _ in 0..length {
            self.bump();
        }
        let open = self.bump().unwrap_or_default();
        let (close, nests) = match open {
            '(' => (')', Some('(')),
            '[' => (']', Some('[')),
            '{' => ('}', Some('{')),
            '<' => ('>', Some('<')),
            other => (other, None),
        };
        let text = self.until(close, nests, line);
        let kind = match kind {
            'w' | 'W' | 'i' | 'I' => {
                Lexed::Words(text.split_whitespace().map(str::to_owned).collect())
            }
            'r' => {
                while self.peek(0).is_some_and(char::is_alphabetic) {
                    self.bump();
                }
                Lexed::Literal(text)
            }
            's' => Lexed::Symbol(text),
            _ => Lexed::Text(text),
        };
        self.push(line, spaced, kind);
        true
    }

    /// `<<~TEXT`, `<<-'TEXT'`, `<<TEXT`. Returns whether there is one.
    fn heredoc(&mut self, line: usize, spaced: bool) -> bool {
        if !self.starts_with("<<") {
            return false;
        }
        let mut ahead = 2;
        let squiggly = matches!(self.peek(ahead), Some('~' | '-'));
        ahead += usize::from(squiggly);
        let quote = self.peek(ahead).filter(|c| "'\"`".contains(*c));
        ahead += usize::from(quote.is_some());
        let start = ahead;
        while self
            .peek(ahead)
            .is_some_and(|c| c == '_' || c.is_alphanumeric())
        {
            ahead += 1;
        }
        let name: String = (start..ahead)
            .filter_map(|index| self.peek(index))
            .collect();
        let is_name = squiggly && !name.is_empty();
        if !is_name && !name.starts_with(|c: char| c == '_' || c.is_uppercase()) {
            return false;
        }
        for _ in 0..ahead + usize::from(quote.is_some()) {
            self.bump();
        }
        self.heredocs.push_back(name);
        self.push(line, spaced, Lexed::Text(String::new()));
        true
    }
}

fn is_delimiter(c: char) -> bool {
    !c.is_alphanumeric() && !c.is_whitespace()
}
