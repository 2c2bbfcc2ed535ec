//! What a method returns, as far as its last expressions show it.

use super::is_literal;
use crate::external::Shape;
use crate::routes::ruby::{self, Bracket, Lexed, Node, Token};

/// A returned value.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) shape: Shape,
    /// It can be null.
    pub(super) nullable: bool,
    /// Its key can be absent.
    pub(super) optional: bool,
    /// The keys of a hash, including nested ones: `statuses.max_characters`.
    pub(super) fields: Vec<(String, Value)>,
    /// All keys of the hash are known.
    pub(super) is_whole: bool,
}

impl Default for Value {
    fn default() -> Self {
        Self {
            shape: Shape::Unknown,
            nullable: false,
            optional: false,
            fields: Vec::new(),
            is_whole: true,
        }
    }
}

impl Value {
    fn of(shape: Shape) -> Self {
        Self {
            shape,
            ..Self::default()
        }
    }

    fn null() -> Self {
        Self {
            nullable: true,
            ..Self::default()
        }
    }

    fn unknown() -> Self {
        Self {
            is_whole: false,
            ..Self::default()
        }
    }

    /// The value of one of two branches.
    fn or(mut self, other: Self) -> Self {
        let nothing = |value: &Self| {
            value.shape == Shape::Unknown && value.nullable && value.fields.is_empty()
        };
        if nothing(&self) || nothing(&other) {
            let mut kept = if nothing(&self) { other } else { self };
            kept.nullable = true;
            return kept;
        }
        for (key, value) in &mut self.fields {
            if !other.fields.iter().any(|(own, _)| own == key) {
                value.optional = true;
            }
        }
        for (key, value) in other.fields {
            if !self.fields.iter().any(|(own, _)| *own == key) {
                let optional = true;
                self.fields.push((key, Self { optional, ..value }));
            }
        }
        if self.shape != other.shape {
            self.shape = Shape::Unknown;
        }
        self.nullable |= other.nullable;
        self.is_whole &= other.is_whole;
        self
    }
}

/// What the statements of a method return: the value of the last one, and of each `return`.
pub(super) fn returned(nodes: &[Node]) -> Value {
    let mut out = last(nodes);
    for node in nodes {
        if let [first, rest @ ..] = &node.tokens[..]
            && is_literal(first, "return")
        {
            let end = rest
                .iter()
                .position(|token| matches!(token.word(), Some("if" | "unless")));
            let value = match &rest[..end.unwrap_or(rest.len())] {
                [] => Value::null(),
                tokens => expression(tokens),
            };
            out = out.or(value);
        }
    }
    out
}

fn last(nodes: &[Node]) -> Value {
    // What follows `rescue` or `ensure` is another path.
    let clause =
        |node: &Node, words: &[&str]| node.head().is_some_and(|(word, _)| words.contains(&word));
    let end = nodes
        .iter()
        .position(|node| clause(node, &["rescue", "ensure"]));
    match nodes[..end.unwrap_or(nodes.len())].last() {
        Some(node) if clause(node, &["return"]) => expression(&node.tokens[1..]),
        Some(node) => expression(&node.tokens),
        None => Value::null(),
    }
}

/// The branches of `if` or `case`: each is a list of statements. Returns whether the last one is `else`.
fn branches<'n>(word: &str, nodes: &'n [Node]) -> (Vec<&'n [Node]>, bool) {
    let starts = |node: &Node| {
        let head = node.head().map(|(word, _)| word);
        matches!(head, Some("else" | "elsif" | "when" | "in"))
    };
    let mut out = Vec::new();
    let mut has_else = false;
    // The condition, or the value of `case`, comes first.
    let mut rest = nodes.get(1..).unwrap_or_default();
    if word == "case" {
        let first = rest.iter().position(starts).unwrap_or(rest.len());
        rest = &rest[first..];
    } else {
        let end = rest.iter().position(starts).unwrap_or(rest.len());
        out.push(&rest[..end]);
        rest = &rest[end..];
    }
    while let Some((clause, body)) = rest.split_first() {
        let end = body.iter().position(starts).unwrap_or(body.len());
        has_else |= clause.head().is_some_and(|(word, _)| word == "else");
        // `else value` on one line.
        let inline =
            clause.tokens.len() > 1 && clause.head().is_some_and(|(word, _)| word == "else");
        out.push(if inline {
            std::slice::from_ref(clause)
        } else {
            &body[..end]
        });
        rest = &body[end..];
    }
    (out, has_else)
}

/// The value of an expression.
fn expression(tokens: &[Token]) -> Value {
    let tokens = match tokens {
        [first, rest @ ..] if is_literal(first, "else") => rest,
        own => own,
    };
    // `value if condition`
    if let Some(at) = tokens
        .iter()
        .skip(1)
        .position(|token| matches!(token.word(), Some("if" | "unless")))
    {
        return expression(&tokens[..=at]).or(Value::null());
    }
    // `condition ? a : b`
    if let Some(at) = tokens.iter().position(|token| token.is("?")) {
        let rest = &tokens[at + 1..];
        let (a, b) = match rest.iter().position(|token| token.is(":")) {
            Some(at) => (&rest[..at], &rest[at + 1..]),
            None => return Value::unknown(),
        };
        return expression(a).or(expression(b));
    }
    // `a || b` has the value of its last part, unless that is a default of another type.
    if let Some(at) = tokens.iter().rposition(|token| token.is("||")) {
        let (a, b) = (expression(&tokens[..at]), expression(&tokens[at + 1..]));
        let shape = if a.shape == Shape::Unknown {
            b.shape
        } else {
            a.shape
        };
        let nullable = b.nullable;
        return Value {
            shape: if shape == Shape::Bool {
                shape
            } else {
                Shape::Unknown
            },
            nullable,
            is_whole: false,
            ..Value::default()
        };
    }
    if tokens.iter().any(|token| token.is("&&")) {
        return Value::unknown();
    }
    match tokens {
        [Token::Leaf(Lexed::Word(word)), Token::Block(inner)]
            if matches!(word.as_str(), "if" | "unless" | "case") =>
        {
            let (branches, has_else) = branches(word, inner);
            let mut values = branches.into_iter().map(last);
            let first = values.next().unwrap_or_else(Value::unknown);
            let value = values.fold(first, Value::or);
            if has_else {
                value
            } else {
                value.or(Value::null())
            }
        }
        [Token::Leaf(Lexed::Word(word)), Token::Block(inner)] if word == "begin" => last(inner),
        [Token::Leaf(Lexed::Word(word))] => match word.as_str() {
            "nil" => Value::null(),
            "true" | "false" => Value::of(Shape::Bool),
            _ => Value::unknown(),
        },
        [Token::Leaf(Lexed::Text(_))] => Value::of(Shape::String),
        [Token::Leaf(Lexed::Literal(text))] if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Value::of(Shape::Integer)
        }
        [Token::Group(Bracket::Curly, inner)] => record(inner),
        [Token::Group(Bracket::Square, _)] => Value {
            is_whole: false,
            ..Value::of(Shape::Unknown.list())
        },
        tokens => chain(tokens),
    }
}

/// `object.id.to_s`, `list.map { |item| { … } }`.
fn chain(tokens: &[Token]) -> Value {
    let (block, call) = match tokens {
        [call @ .., Token::Group(Bracket::Curly, inner)] => (Some(inner), call),
        [
            call @ ..,
            Token::Leaf(Lexed::Word(word)),
            Token::Block(inner),
        ] if word == "do" => (Some(inner), call),
        call => (None, call),
    };
    let (call, has_arguments) = match call {
        [call @ .., Token::Group(Bracket::Round, _)] if !call.is_empty() => (call, true),
        call => (call, block.is_some()),
    };
    let [.., dot, Token::Leaf(Lexed::Method(name))] = call else {
        return Value::unknown();
    };
    let nullable = dot.is("&.");
    let shape = match name.as_str() {
        "map" | "filter_map" | "flat_map" if has_arguments => {
            let item = block.map_or_else(Value::unknown, |inner| last(inner));
            return Value {
                shape: if item.shape == Shape::Unknown {
                    Shape::Unknown.list()
                } else {
                    item.shape.list()
                },
                fields: item.fields,
                is_whole: item.is_whole,
                nullable,
                optional: false,
            };
        }
        "to_s" => Shape::String,
        "iso8601" => Shape::DateTime,
        "to_i" | "count" | "size" => Shape::Integer,
        "present?" | "blank?" | "include?" | "exists?" | "any?" | "nil?" => Shape::Bool,
        _ => Shape::Unknown,
    };
    Value {
        shape,
        nullable: nullable || name == "presence",
        is_whole: false,
        ..Value::default()
    }
}

/// A hash with its keys.
fn record(nodes: &[Node]) -> Value {
    let mut out = Value::of(Shape::Object);
    for (key, tokens) in ruby::hash(nodes) {
        let Some(key) = key else {
            out.is_whole = false;
            continue;
        };
        let value = expression(tokens);
        let inner = if value.is_whole {
            value.fields.clone()
        } else {
            Vec::new()
        };
        out.fields.push((key.clone(), value));
        let inner = inner.into_iter();
        out.fields
            .extend(inner.map(|(name, value)| (format!("{key}.{name}"), value)));
    }
    out
}
