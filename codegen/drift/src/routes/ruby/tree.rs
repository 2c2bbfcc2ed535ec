//! Groups tokens into statements with their brackets and blocks.

use super::lexer::{BEFORE_VALUE, Lexed, Lexeme, Problem};

/// A statement: its tokens, with brackets and blocks as nested statements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) tokens: Vec<Token>,
}

/// A part of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    Leaf(Lexed),
    /// The content of brackets.
    Group(Bracket, Vec<Node>),
    /// The statements between a keyword, such as `do`, `class` or `if`, and its `end`.
    Block(Vec<Node>),
}

/// The kinds of brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bracket {
    Round,
    Square,
    Curly,
}

impl Token {
    /// The keyword, name or constant.
    pub(crate) fn word(&self) -> Option<&str> {
        match self {
            Self::Leaf(Lexed::Word(word)) => Some(word),
            _ => None,
        }
    }

    pub(crate) fn is(&self, operator: &str) -> bool {
        matches!(self, Self::Leaf(Lexed::Operator(own)) if *own == operator)
    }
}

/// Maximum depth of nested blocks and brackets.
const DEPTH: usize = 200;

/// The statements of a file, with blocks and brackets that are not closed.
pub(crate) fn parse(lexemes: Vec<Lexeme>) -> (Vec<Node>, Vec<Problem>) {
    let mut parser = Parser {
        lexemes,
        at: 0,
        problems: Vec::new(),
        depth: 0,
    };
    let mut out = Vec::new();
    loop {
        out.extend(parser.body(false, false));
        let Some(lexeme) = parser.lexemes.get(parser.at) else {
            break;
        };
        let what = match &lexeme.kind {
            Lexed::Operator(operator) => operator,
            _ => "end",
        };
        let problem = format!("`{what}` closes nothing");
        parser.problems.push((lexeme.line, problem));
        parser.at += 1;
    }
    (out, parser.problems)
}

struct Parser {
    lexemes: Vec<Lexeme>,
    at: usize,
    problems: Vec<Problem>,
    depth: usize,
}

/// Keywords that start a statement of their own within a block.
const CLAUSES: [&str; 7] = ["else", "elsif", "when", "rescue", "ensure", "then", "in"];

impl Parser {
    fn kind(&self) -> Option<&Lexed> {
        self.lexemes.get(self.at).map(|lexeme| &lexeme.kind)
    }

    /// Whether the current token closes a block or a bracket.
    fn closes_any(&self) -> bool {
        match self.kind() {
            Some(Lexed::Word(word)) => word == "end",
            Some(Lexed::Operator(operator)) => matches!(*operator, ")" | "]" | "}"),
            _ => false,
        }
    }

    /// The statements up to `end` or a closing bracket, which is consumed if it is the expected one.
    fn body(&mut self, in_brackets: bool, loop_head: bool) -> Vec<Node> {
        let mut out: Vec<Node> = Vec::new();
        let mut node = Node::default();
        let mut head = loop_head;
        while let Some(lexeme) = self.lexemes.get(self.at).cloned() {
            if self.closes_any() {
                break;
            }
            match &lexeme.kind {
                Lexed::Newline => {
                    self.at += 1;
                    head = false;
                    finish(&mut node, &mut out);
                    continue;
                }
                Lexed::Word(word) if CLAUSES.contains(&word.as_str()) => {
                    let modifier =
                        word == "rescue" && !node.tokens.is_empty() || word == "in" && in_brackets;
                    if !modifier {
                        finish(&mut node, &mut out);
                    }
                    if word == "then" {
                        self.at += 1;
                        continue;
                    }
                }
                Lexed::Word(word) if word == "do" && head => {
                    self.at += 1;
                    head = false;
                    finish(&mut node, &mut out);
                    continue;
                }
                _ => {}
            }
            if node.tokens.is_empty() {
                node.line = lexeme.line;
            }
            self.token(&lexeme, &mut node);
        }
        finish(&mut node, &mut out);
        out
    }

    fn token(&mut self, lexeme: &Lexeme, node: &mut Node) {
        self.at += 1;
        let line = lexeme.line;
        match &lexeme.kind {
            Lexed::Operator("(") => self.group(Bracket::Round, "(", ")", line, node),
            Lexed::Operator("[") => self.group(Bracket::Square, "[", "]", line, node),
            Lexed::Operator("{") => self.group(Bracket::Curly, "{", "}", line, node),
            Lexed::Word(word) => {
                let opens = match word.as_str() {
                    "class" | "module" | "def" | "begin" | "case" | "do" | "for" => true,
                    "if" | "unless" | "while" | "until" => !ends_value(node.tokens.last()),
                    _ => false,
                };
                node.tokens.push(Token::Leaf(lexeme.kind.clone()));
                if !opens {
                    return;
                }
                if word == "def" && self.method_head(node) {
                    return;
                }
                if word == "class" || word == "module" {
                    self.class_head(node);
                }
                let is_loop = matches!(word.as_str(), "while" | "until" | "for");
                self.block(word, line, is_loop, node);
            }
            kind => node.tokens.push(Token::Leaf(kind.clone())),
        }
    }

    fn group(
        &mut self,
        bracket: Bracket,
        open: &'static str,
        close: &'static str,
        line: usize,
        node: &mut Node,
    ) {
        let inner = self.nested(|parser| parser.body(true, false));
        if matches!(self.kind(), Some(Lexed::Operator(own)) if *own == close) {
            self.at += 1;
        } else {
            self.problems
                .push((line, format!("`{open}` is not closed")));
        }
        node.tokens.push(Token::Group(bracket, inner));
    }

    fn block(&mut self, word: &str, line: usize, is_loop: bool, node: &mut Node) {
        let inner = self.nested(|parser| parser.body(false, is_loop));
        if matches!(self.kind(), Some(Lexed::Word(word)) if word == "end") {
            self.at += 1;
        } else {
            let problem = format!("the block of `{word}` is not closed");
            self.problems.push((line, problem));
        }
        node.tokens.push(Token::Block(inner));
    }

    fn nested<T: Default>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth == DEPTH {
            return T::default();
        }
        self.depth += 1;
        let out = read(self);
        self.depth -= 1;
        out
    }

    /// The name and parameters of a method. Returns whether it is endless: `def name = value`.
    fn method_head(&mut self, node: &mut Node) -> bool {
        if let Some(Lexed::Method(_) | Lexed::Word(_) | Lexed::Label(_)) = self.kind() {
            node.tokens
                .push(Token::Leaf(self.lexemes[self.at].kind.clone()));
            self.at += 1;
        }
        if let Some(lexeme) = self.lexemes.get(self.at).cloned()
            && lexeme.kind == Lexed::Operator("(")
        {
            self.token(&lexeme, node);
        }
        if self.kind() != Some(&Lexed::Operator("=")) {
            return false;
        }
        self.at += 1;
        // The value is the rest of the line.
        let mut value = Node {
            line: self.lexemes[self.at - 1].line,
            tokens: Vec::new(),
        };
        while let Some(lexeme) = self.lexemes.get(self.at).cloned()
            && lexeme.kind != Lexed::Newline
            && !self.closes_any()
        {
            self.token(&lexeme, &mut value);
        }
        node.tokens.push(Token::Block(vec![value]));
        true
    }

    /// The name and superclass, up to the end of the line.
    fn class_head(&mut self, node: &mut Node) {
        while let Some(lexeme) = self.lexemes.get(self.at).cloned()
            && lexeme.kind != Lexed::Newline
            && !self.closes_any()
        {
            self.token(&lexeme, node);
        }
    }
}

fn finish(node: &mut Node, out: &mut Vec<Node>) {
    let node = std::mem::take(node);
    if !node.tokens.is_empty() {
        out.push(node);
    }
}

/// Whether a value ends here, so that a following `if` is a modifier.
fn ends_value(last: Option<&Token>) -> bool {
    match last {
        None | Some(Token::Leaf(Lexed::Operator(_) | Lexed::Label(_) | Lexed::Newline)) => false,
        Some(Token::Leaf(Lexed::Word(word))) => {
            matches!(word.as_str(), "return" | "next" | "break" | "yield")
                || !BEFORE_VALUE.contains(&word.as_str())
        }
        Some(_) => true,
    }
}
