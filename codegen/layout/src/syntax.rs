//! Reads types and expressions of generated code. `None` stands for what is not understood.

use proc_macro2::{Delimiter, Group, TokenTree};

use crate::piece::{Piece, Seq};

/// The tokens of a group.
pub(crate) fn tokens(group: &Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

pub(crate) fn is_punct(tree: Option<&TokenTree>, char: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}

pub(crate) fn is_group(tree: Option<&TokenTree>, delimiter: Delimiter) -> bool {
    matches!(tree, Some(TokenTree::Group(group)) if group.delimiter() == delimiter)
}

/// The parts between commas; a comma between angle brackets separates nothing.
pub(crate) fn split_types(trees: &[TokenTree]) -> Vec<&[TokenTree]> {
    let mut depth = 0_usize;
    let mut parts: Vec<&[TokenTree]> = trees
        .split(|tree| {
            let TokenTree::Punct(punct) = tree else {
                return false;
            };
            match punct.as_char() {
                '<' => depth += 1,
                '>' => depth = depth.saturating_sub(1),
                ',' => return depth == 0,
                _ => {}
            }
            false
        })
        .collect();
    parts.pop_if(|last| last.is_empty());
    parts
}

fn split_exprs(trees: &[TokenTree]) -> Vec<&[TokenTree]> {
    let mut parts: Vec<_> = trees.split(|tree| is_punct(Some(tree), ',')).collect();
    parts.pop_if(|last| last.is_empty());
    parts
}

/// The position of the first `=` that is neither part of another operator nor between angle brackets.
pub(crate) fn position_of_equals(trees: &[TokenTree]) -> Option<usize> {
    let mut depth = 0_usize;
    trees.iter().position(|tree| {
        let TokenTree::Punct(punct) = tree else {
            return false;
        };
        match punct.as_char() {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            '=' => return depth == 0,
            _ => {}
        }
        false
    })
}

/// Adds a type to the pieces.
pub(crate) fn ty(trees: &[TokenTree], out: &mut Seq) -> Option<()> {
    let mut rest = trees;
    let mut follows_word = false;
    while let Some((tree, after)) = rest.split_first() {
        rest = after;
        match tree {
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                if name == "fn" || name == "for" {
                    return None;
                }
                if follows_word && !out.is_open() {
                    out.push_str(" ");
                }
                out.push_str(&name);
                follows_word = true;
                continue;
            }
            TokenTree::Punct(punct) => match punct.as_char() {
                ':' if is_punct(rest.first(), ':') => {
                    rest = &rest[1..];
                    out.push_str("::");
                }
                '&' if !follows_word => out.push_str("&"),
                '\'' => {
                    let Some((TokenTree::Ident(name), after)) = rest.split_first() else {
                        return None;
                    };
                    rest = after;
                    out.push_str("'");
                    out.push_str(&name.to_string());
                    follows_word = true;
                    continue;
                }
                '<' if follows_word => {
                    let end = closing_bracket(rest)?;
                    let items = split_types(&rest[..end]).into_iter().map(|item| {
                        let mut out = Seq::default();
                        generic_argument(item, &mut out)?;
                        Some(out)
                    });
                    let items = items.collect::<Option<Vec<_>>>()?;
                    rest = &rest[end + 1..];
                    out.push(Piece::List {
                        open: "<",
                        items,
                        close: ">",
                    });
                }
                _ => return None,
            },
            TokenTree::Group(group) => {
                let inner = tokens(group);
                if follows_word && !out.is_open() {
                    return None;
                }
                match group.delimiter() {
                    Delimiter::Parenthesis => {
                        let types = split_types(&inner);
                        if types.len() == 1 {
                            return None;
                        }
                        let items = types.into_iter().map(|item| {
                            let mut out = Seq::default();
                            ty(item, &mut out)?;
                            Some(out)
                        });
                        let items = items.collect::<Option<Vec<_>>>()?;
                        out.push(list("(", items, ")"));
                    }
                    Delimiter::Bracket => {
                        out.push_str("[");
                        ty(&inner, out)?;
                        out.push_str("]");
                    }
                    _ => return None,
                }
            }
            TokenTree::Literal(_) => return None,
        }
        follows_word = false;
    }
    Some(())
}

/// A list; an empty one cannot be broken.
fn list(open: &'static str, items: Vec<Seq>, close: &'static str) -> Piece {
    if items.is_empty() {
        return Piece::Text(format!("{open}{close}"));
    }
    Piece::List { open, items, close }
}

/// A type, or `Name = Type`.
fn generic_argument(trees: &[TokenTree], out: &mut Seq) -> Option<()> {
    if let [TokenTree::Ident(name), equals, rest @ ..] = trees
        && is_punct(Some(equals), '=')
    {
        out.push_str(&name.to_string());
        out.push_str(" = ");
        return ty(rest, out);
    }
    ty(trees, out)
}

/// The position of the `>` that closes a `<` before the tokens.
pub(crate) fn closing_bracket(trees: &[TokenTree]) -> Option<usize> {
    let mut depth = 0_usize;
    trees.iter().position(|tree| {
        let TokenTree::Punct(punct) = tree else {
            return false;
        };
        match punct.as_char() {
            '<' => depth += 1,
            '>' if depth == 0 => return true,
            '>' => depth -= 1,
            _ => {}
        }
        false
    })
}

/// Whether an expression is a statement, where prettyplease does not break the line after a short receiver.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    Statement,
    Other,
}

/// Adds an expression to the pieces.
pub(crate) fn expr(trees: &[TokenTree], position: Position, out: &mut Seq) -> Option<()> {
    let (first, mut rest) = trees.split_first()?;
    let mut head = Seq::default();
    let mut is_short = false;
    match first {
        TokenTree::Punct(punct) if punct.as_char() == '&' => {
            let mutable = matches!(rest.first(), Some(TokenTree::Ident(word)) if word == "mut");
            out.push_str(if mutable { "&mut " } else { "&" });
            return expr(&rest[usize::from(mutable)..], Position::Other, out);
        }
        TokenTree::Punct(punct) if punct.as_char() == '-' => {
            let [TokenTree::Literal(number)] = rest else {
                return None;
            };
            out.push_str(&format!("-{number}"));
            return Some(());
        }
        TokenTree::Punct(_) => return None,
        TokenTree::Literal(literal) => head.push_str(&literal.to_string()),
        TokenTree::Group(group) => match group.delimiter() {
            Delimiter::Parenthesis => {
                let items = exprs(&tokens(group))?;
                if items.len() == 1 {
                    return None;
                }
                head.push(list("(", items, ")"));
            }
            Delimiter::Bracket => {
                let inner = tokens(group);
                // prettyplease fills lines with numbers.
                let is_text = |tree: &TokenTree| match tree {
                    TokenTree::Literal(literal) => literal.to_string().starts_with(['"', 'r']),
                    TokenTree::Ident(_) | TokenTree::Group(_) => true,
                    TokenTree::Punct(_) => false,
                };
                let is_bool = |tree: &TokenTree| matches!(tree, TokenTree::Ident(name) if name == "true" || name == "false");
                if !inner.is_empty() && !inner.iter().any(is_text) || inner.iter().any(is_bool) {
                    return None;
                }
                head.push(list("[", exprs(&inner)?, "]"));
            }
            _ => return None,
        },
        TokenTree::Ident(ident) => {
            let mut path = ident.to_string();
            if is_keyword(&path) {
                return None;
            }
            while let [colon, second, TokenTree::Ident(segment), after @ ..] = rest
                && is_punct(Some(colon), ':')
                && is_punct(Some(second), ':')
            {
                path.push_str("::");
                path.push_str(&segment.to_string());
                rest = after;
            }
            is_short = position == Position::Statement && path.len() <= 4 && !path.contains(':');
            match rest.split_first() {
                Some((TokenTree::Group(group), after)) => {
                    rest = after;
                    is_short = false;
                    match group.delimiter() {
                        Delimiter::Parenthesis => {
                            head.push_str(&path);
                            arguments(group, &mut head)?;
                        }
                        Delimiter::Brace if path.starts_with(char::is_uppercase) => {
                            head.push(structure(path, group)?);
                        }
                        _ => return None,
                    }
                }
                _ => head.push_str(&path),
            }
        }
    }
    if rest.is_empty() {
        out.append(head);
        return Some(());
    }
    let mut links = Vec::new();
    while let [dot, member, after @ ..] = rest {
        if !is_punct(Some(dot), '.') {
            return None;
        }
        rest = after;
        let mut link = Seq::default();
        match member {
            TokenTree::Ident(name) => link.push_str(&format!(".{name}")),
            TokenTree::Literal(index) => link.push_str(&format!(".{index}")),
            _ => return None,
        }
        if let Some((TokenTree::Group(group), after)) = rest.split_first() {
            if group.delimiter() != Delimiter::Parenthesis {
                return None;
            }
            arguments(group, &mut link)?;
            rest = after;
        }
        links.push(link);
    }
    if !rest.is_empty() {
        return None;
    }
    if is_short {
        let first = links.remove(0);
        head.append(first);
        if links.is_empty() {
            out.append(head);
            return Some(());
        }
    }
    out.push(Piece::Chain { head, links });
    Some(())
}

/// Words that begin expressions that are not understood.
fn is_keyword(word: &str) -> bool {
    const KEYWORDS: [&str; 17] = [
        "async", "break", "const", "continue", "for", "if", "let", "loop", "match", "move", "mut",
        "return", "static", "unsafe", "use", "while", "yield",
    ];
    KEYWORDS.contains(&word)
}

/// Expressions between commas.
fn exprs(trees: &[TokenTree]) -> Option<Vec<Seq>> {
    let items = split_exprs(trees).into_iter();
    let items = items.map(|item| {
        let mut out = Seq::default();
        expr(item, Position::Other, &mut out)?;
        Some(out)
    });
    items.collect()
}

/// Adds the arguments of a call. A single list or structure is not put on lines of its own.
fn arguments(group: &Group, out: &mut Seq) -> Option<()> {
    let inner = tokens(group);
    let items = exprs(&inner)?;
    let is_block_like = match &inner[..] {
        [TokenTree::Group(_)] => true,
        [.., last] => items.len() == 1 && is_group(Some(last), Delimiter::Brace),
        [] => false,
    };
    if is_block_like && !is_punct(inner.first(), '&') {
        out.push_str("(");
        items.into_iter().for_each(|item| out.append(item));
        out.push_str(")");
    } else {
        out.push(list("(", items, ")"));
    }
    Some(())
}

/// `Name { a: 1, b, ..rest }`
fn structure(name: String, group: &Group) -> Option<Piece> {
    let inner = tokens(group);
    let (mut fields, mut rest) = (Vec::new(), None);
    for part in split_exprs(&inner) {
        match part {
            [dot, second, value @ ..]
                if is_punct(Some(dot), '.') && is_punct(Some(second), '.') =>
            {
                let mut out = Seq::default();
                expr(value, Position::Other, &mut out)?;
                rest = Some(out);
            }
            [TokenTree::Ident(field)] => fields.push(Seq::text(field.to_string())),
            [TokenTree::Ident(field), colon, value @ ..] if is_punct(Some(colon), ':') => {
                let mut out = Seq::text(format!("{field}: "));
                expr(value, Position::Other, &mut out)?;
                fields.push(out);
            }
            _ => return None,
        }
    }
    if fields.is_empty() && rest.is_none() {
        return None;
    }
    Some(Piece::Struct { name, fields, rest })
}
