//! Reads the subset of Ruby in which Mastodon describes its API: statements with their arguments and blocks,
//! classes, modules and methods. Values are not evaluated.

mod lexer;
mod statement;
mod tree;

pub(super) use lexer::{Lexed, Problem};
pub(super) use statement::{Arg, Statement, arg, arguments, commas, hash, source};
pub(super) use tree::{Bracket, Node, Token};

/// The statements of a file, and what cannot be read, with its line.
pub(super) fn parse(text: &str) -> (Vec<Node>, Vec<Problem>) {
    let (lexemes, mut problems) = lexer::tokens(text);
    let (nodes, unclosed) = tree::parse(lexemes);
    problems.extend(unclosed);
    problems.sort();
    (nodes, problems)
}

#[cfg(test)]
mod tests;
