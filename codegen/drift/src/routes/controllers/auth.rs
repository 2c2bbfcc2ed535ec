//! Reads the required token from callbacks.

use super::Callback;
use crate::routes::ruby::{self, Arg, Lexed, Node, Token};

enum Check {
    /// A token with one of the scopes.
    Token(Vec<String>),
    /// The same, for requests with a token.
    AnyToken(Vec<String>),
    /// A user token.
    User,
}

/// The token that the callbacks require, as in the specification.
pub(super) fn token(callbacks: &[Callback<'_>]) -> String {
    let mut level = "none";
    let mut scopes: Option<Vec<String>> = None;
    let mut is_user = false;
    for check in callbacks.iter().flat_map(checks) {
        let allowed = match check {
            Check::User => {
                is_user = true;
                continue;
            }
            Check::Token(scopes) => {
                level = "app";
                scopes
            }
            Check::AnyToken(scopes) => {
                if level == "none" {
                    level = "optional user";
                }
                scopes
            }
        };
        // All checks apply.
        scopes = Some(match scopes {
            None => allowed,
            Some(all) => all
                .into_iter()
                .filter(|scope| allowed.contains(scope))
                .collect(),
        });
    }
    let level = if is_user { "user" } else { level };
    // Scopes that include another one of the list are omitted.
    let scopes = scopes.unwrap_or_default();
    let narrow = scopes.iter().filter(|outer| {
        let prefix = format!("{outer}:");
        !scopes.iter().any(|scope| scope.starts_with(&prefix))
    });
    let narrow = narrow.map(String::as_str).collect::<Vec<_>>().join(" or ");
    match narrow.as_str() {
        "" => level.to_owned(),
        narrow => format!("{level}, {narrow}"),
    }
}

fn checks(callback: &Callback<'_>) -> Vec<Check> {
    let mut out = Vec::new();
    if let Some(lambda) = callback.lambda {
        calls(lambda, callback.sometimes, &mut out);
    }
    let is_user = callback.names.iter().any(|name| name == "require_user!");
    out.extend((is_user && !callback.sometimes).then_some(Check::User));
    out
}

/// The checks that a lambda calls.
fn calls(tokens: &[Token], sometimes: bool, out: &mut Vec<Check>) {
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Leaf(Lexed::Word(name)) => {
                let scopes = || scopes(&tokens[at + 1..]);
                match name.as_str() {
                    "doorkeeper_authorize!" if !sometimes => out.push(Check::Token(scopes())),
                    "doorkeeper_authorize!" | "authorize_if_got_token!" => {
                        out.push(Check::AnyToken(scopes()));
                    }
                    "require_user!" if !sometimes => out.push(Check::User),
                    _ => {}
                }
            }
            Token::Group(_, inner) | Token::Block(inner) => {
                let nodes: &[Node] = inner;
                for node in nodes {
                    calls(&node.tokens, sometimes, out);
                }
            }
            Token::Leaf(_) => {}
        }
    }
}

fn scopes(tokens: &[Token]) -> Vec<String> {
    let end = tokens
        .iter()
        .position(|token| matches!(token.word(), Some("if" | "unless")));
    let args = ruby::arguments(&tokens[..end.unwrap_or(tokens.len())]);
    let args: Vec<Arg> = args.into_iter().map(ruby::arg).collect();
    let words = args.iter().flat_map(Arg::words);
    words.map(str::to_owned).collect()
}
