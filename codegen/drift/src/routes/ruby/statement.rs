//! Statements as a name with arguments, as in `resources :lists, only: [:index] do … end`.

use super::lexer::Lexed;
use super::tree::{Bracket, Node, Token};

/// A call with its arguments and its block.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) line: usize,
    /// The name; `resources` for `api.resources`.
    pub(crate) word: String,
    /// The positional arguments.
    pub(crate) args: Vec<Arg>,
    /// The keyword arguments.
    pub(crate) options: Vec<(String, Arg)>,
    /// The statements of its block. Those of `if` start with its condition.
    pub(crate) block: Vec<Node>,
    /// It is executed only under a condition: `… if production?`.
    pub(crate) conditional: bool,
}

/// An argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Arg {
    /// A symbol or string.
    Word(String),
    /// A list.
    Words(Vec<String>),
    /// Anything else, such as a regular expression, a lambda or a constant.
    Other(String),
}

impl Arg {
    /// The words.
    pub(crate) fn words(&self) -> Vec<&str> {
        match self {
            Self::Word(word) => vec![word],
            Self::Words(words) => words.iter().map(String::as_str).collect(),
            Self::Other(_) => Vec::new(),
        }
    }
}

impl Statement {
    /// An option by name.
    pub(crate) fn option(&self, name: &str) -> Option<&Arg> {
        self.options
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// An option with one word as its value.
    pub(crate) fn word_option(&self, name: &str) -> Option<&str> {
        match self.option(name)? {
            Arg::Word(word) => Some(word),
            _ => None,
        }
    }
}

impl Node {
    /// The name before the arguments, with the number of its tokens: `resources`, `api.resources`.
    pub(crate) fn head(&self) -> Option<(&str, usize)> {
        let mut word = self.tokens.first()?.word()?;
        let mut length = 1;
        while let [
            Token::Leaf(Lexed::Operator("." | "&.")),
            Token::Leaf(Lexed::Method(name)),
            ..,
        ] = &self.tokens[length..]
        {
            word = name;
            length += 2;
        }
        Some((word, length))
    }

    /// The statement as a call; `None` for anything that does not start with a name.
    pub(crate) fn statement(&self) -> Option<Statement> {
        let (word, length) = self.head()?;
        let rest = &self.tokens[length..];
        let mut statement = Statement {
            line: self.line,
            word: word.to_owned(),
            args: Vec::new(),
            options: Vec::new(),
            block: Vec::new(),
            conditional: false,
        };
        for token in rest {
            if let Token::Block(block) = token {
                statement.block.clone_from(block);
            }
        }
        if [
            "if", "unless", "case", "while", "until", "begin", "class", "module", "def",
        ]
        .contains(&word)
        {
            return Some(statement);
        }
        let end = rest.iter().position(|token| {
            matches!(
                token.word(),
                Some("if" | "unless" | "while" | "until" | "rescue" | "do")
            )
        });
        let end = end.unwrap_or(rest.len());
        statement.conditional =
            matches!(rest.get(end).and_then(Token::word), Some("if" | "unless"));
        // Braces after a name or its parentheses are a block.
        match rest {
            [Token::Group(Bracket::Curly, block), ..] => {
                statement.block.clone_from(block);
                return Some(statement);
            }
            [
                Token::Group(Bracket::Round, _),
                Token::Group(Bracket::Curly, block),
                ..,
            ] => {
                statement.block.clone_from(block);
            }
            _ => {}
        }
        for part in arguments(&rest[..end]) {
            match named(part) {
                Some((name, value)) => statement.options.push((name, arg(value))),
                None => statement.args.push(arg(part)),
            }
        }
        Some(statement)
    }

    /// The name and the value of `NAME = value`.
    pub(crate) fn assignment(&self) -> Option<(&str, &[Token])> {
        match &self.tokens[..] {
            [Token::Leaf(Lexed::Word(name)), equals, value @ ..] if equals.is("=") => {
                Some((name, value))
            }
            _ => None,
        }
    }
}

/// The arguments after a name, in parentheses or not.
pub(crate) fn arguments(tokens: &[Token]) -> Vec<&[Token]> {
    match tokens {
        [Token::Group(Bracket::Round, inner), ..] => {
            inner.iter().flat_map(|node| commas(&node.tokens)).collect()
        }
        tokens => commas(tokens),
    }
}

/// The parts between commas.
pub(crate) fn commas(tokens: &[Token]) -> Vec<&[Token]> {
    let parts = tokens.split(|token| token.is(","));
    parts.filter(|part| !part.is_empty()).collect()
}

/// The entries of a hash: `{ name: 1, 'url' => 2 }`, or keyword arguments. Other parts have no name.
pub(crate) fn hash(nodes: &[Node]) -> Vec<(Option<String>, &[Token])> {
    let parts = nodes.iter().flat_map(|node| commas(&node.tokens));
    parts
        .map(|part| match named(part) {
            Some((name, value)) => (Some(name.trim_start_matches("=>").to_owned()), value),
            None => (None, part),
        })
        .collect()
}

/// `only: :index`, or `:only => :index`; a path with its target is `'/x' => 'y#z'`.
fn named(part: &[Token]) -> Option<(String, &[Token])> {
    match part {
        [Token::Leaf(Lexed::Label(name)), value @ ..] => Some((name.clone(), value)),
        [Token::Leaf(Lexed::Symbol(name)), arrow, value @ ..] if arrow.is("=>") => {
            Some((name.clone(), value))
        }
        [Token::Leaf(Lexed::Text(name)), arrow, value @ ..] if arrow.is("=>") => {
            Some((format!("=>{name}"), value))
        }
        _ => None,
    }
}

/// The argument.
pub(crate) fn arg(tokens: &[Token]) -> Arg {
    let tokens = match tokens {
        [own @ .., dot, Token::Leaf(Lexed::Method(name))] if dot.is(".") && name == "freeze" => own,
        own => own,
    };
    match tokens {
        [Token::Leaf(Lexed::Symbol(word) | Lexed::Text(word))] => Arg::Word(word.clone()),
        [Token::Leaf(Lexed::Words(words))] => Arg::Words(words.clone()),
        [Token::Group(Bracket::Square, inner)] => {
            let items = inner.iter().flat_map(|node| commas(&node.tokens));
            let words = items.flat_map(|item| {
                let item = arg(item);
                item.words()
                    .into_iter()
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            });
            Arg::Words(words.collect())
        }
        tokens => Arg::Other(source(tokens)),
    }
}

/// The source of tokens, on one line. Blocks are left out.
pub(crate) fn source(tokens: &[Token]) -> String {
    let mut out = String::new();
    let mut glued = true;
    for token in tokens {
        let (text, glue_before, glue_after) = match token {
            Token::Leaf(Lexed::Operator(operator @ ("." | "&." | "::"))) => {
                ((*operator).to_owned(), true, true)
            }
            Token::Leaf(Lexed::Operator(operator @ ("!" | "*" | "**" | "&"))) => {
                ((*operator).to_owned(), false, true)
            }
            Token::Leaf(Lexed::Operator(",")) => (",".to_owned(), true, false),
            Token::Leaf(Lexed::Operator(operator)) => ((*operator).to_owned(), false, false),
            Token::Leaf(Lexed::Word(text) | Lexed::Method(text) | Lexed::Literal(text)) => {
                (text.clone(), false, false)
            }
            Token::Leaf(Lexed::Label(text)) => (format!("{text}:"), false, false),
            Token::Leaf(Lexed::Symbol(text)) => (format!(":{text}"), false, false),
            Token::Leaf(Lexed::Text(text)) => (format!("'{text}'"), false, false),
            Token::Leaf(Lexed::Words(words)) => (format!("%w({})", words.join(" ")), false, false),
            Token::Leaf(Lexed::Newline) => continue,
            Token::Group(bracket, inner) => {
                let inner: Vec<String> = inner.iter().map(|node| source(&node.tokens)).collect();
                let inner = inner.join("; ");
                match bracket {
                    Bracket::Round => (format!("({inner})"), true, false),
                    Bracket::Square => (format!("[{inner}]"), true, false),
                    Bracket::Curly => (format!("{{ {inner} }}"), false, false),
                }
            }
            Token::Block(_) => ("… end".to_owned(), false, false),
        };
        if !glued && !glue_before {
            out.push(' ');
        }
        out.push_str(&text);
        glued = glue_after;
    }
    out
}
