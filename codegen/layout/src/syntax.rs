//! Reads types and expressions of generated code. `None` stands for what is not understood.

use proc_macro2::Delimiter;

use crate::piece::{Piece, Seq};
use crate::tree::{Group, Tree, is_group, is_punct};

/// Recognizes a character that is not between angle brackets.
fn outside_angle_brackets(char: char) -> impl FnMut(&Tree) -> bool {
    let mut depth = 0_usize;
    move |tree| {
        let Tree::Punct(punct) = tree else {
            return false;
        };
        match punct.as_char() {
            found if found == char && depth == 0 => return true,
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        false
    }
}

/// The parts between commas; a comma between angle brackets separates nothing.
pub(crate) fn split_types(trees: &[Tree]) -> Vec<&[Tree]> {
    let mut parts: Vec<_> = trees.split(outside_angle_brackets(',')).collect();
    parts.pop_if(|last| last.is_empty());
    parts
}

fn split_exprs(trees: &[Tree]) -> Vec<&[Tree]> {
    let mut parts: Vec<_> = trees.split(|tree| is_punct(Some(tree), ',')).collect();
    parts.pop_if(|last| last.is_empty());
    parts
}

/// The position of the first `=` that is not between angle brackets.
pub(crate) fn position_of_equals(trees: &[Tree]) -> Option<usize> {
    trees.iter().position(outside_angle_brackets('='))
}

/// Adds a type to the pieces.
pub(crate) fn ty(trees: &[Tree], out: &mut Seq) -> Option<()> {
    let mut rest = trees;
    let mut follows_word = false;
    while let Some((tree, after)) = rest.split_first() {
        rest = after;
        match tree {
            Tree::Ident(ident) => {
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
            Tree::Punct(punct) => match punct.as_char() {
                ':' if is_punct(rest.first(), ':') => {
                    rest = &rest[1..];
                    out.push_str("::");
                }
                '&' if !follows_word => out.push_str("&"),
                '\'' => {
                    let Some((Tree::Ident(name), after)) = rest.split_first() else {
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
            Tree::Group(group) => {
                let inner = &group.trees[..];
                if follows_word && !out.is_open() {
                    return None;
                }
                match group.delimiter {
                    Delimiter::Parenthesis => {
                        let types = split_types(inner);
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
                        ty(inner, out)?;
                        out.push_str("]");
                    }
                    _ => return None,
                }
            }
            Tree::Literal(_) => return None,
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
fn generic_argument(trees: &[Tree], out: &mut Seq) -> Option<()> {
    if let [Tree::Ident(name), equals, rest @ ..] = trees
        && is_punct(Some(equals), '=')
    {
        out.push_str(&name.to_string());
        out.push_str(" = ");
        return ty(rest, out);
    }
    ty(trees, out)
}

/// The position of the `>` that closes a `<` before the tokens.
pub(crate) fn closing_bracket(trees: &[Tree]) -> Option<usize> {
    trees.iter().position(outside_angle_brackets('>'))
}

/// Whether an expression is a statement, where prettyplease does not break the line after a short receiver.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    Statement,
    Other,
}

/// Adds an expression to the pieces.
pub(crate) fn expr(trees: &[Tree], position: Position, out: &mut Seq) -> Option<()> {
    let (first, mut rest) = trees.split_first()?;
    let mut head = Seq::default();
    let mut is_short = false;
    match first {
        Tree::Punct(punct) if punct.as_char() == '&' => {
            let mutable = matches!(rest.first(), Some(Tree::Ident(word)) if word == "mut");
            out.push_str(if mutable { "&mut " } else { "&" });
            return expr(&rest[usize::from(mutable)..], Position::Other, out);
        }
        Tree::Punct(punct) if punct.as_char() == '-' => {
            let [Tree::Literal(number)] = rest else {
                return None;
            };
            out.push_str(&format!("-{number}"));
            return Some(());
        }
        Tree::Punct(_) => return None,
        Tree::Literal(literal) => head.push_str(&literal.to_string()),
        Tree::Group(group) => match group.delimiter {
            Delimiter::Parenthesis => {
                let items = exprs(&group.trees)?;
                if items.len() == 1 {
                    return None;
                }
                head.push(list("(", items, ")"));
            }
            Delimiter::Bracket => {
                let inner = &group.trees[..];
                // prettyplease fills lines with numbers.
                let is_text = |tree: &Tree| match tree {
                    Tree::Literal(literal) => literal.to_string().starts_with(['"', 'r']),
                    Tree::Ident(_) | Tree::Group(_) => true,
                    Tree::Punct(_) => false,
                };
                let is_bool = |tree: &Tree| matches!(tree, Tree::Ident(name) if name == "true" || name == "false");
                if !inner.is_empty() && !inner.iter().any(is_text) || inner.iter().any(is_bool) {
                    return None;
                }
                head.push(list("[", exprs(inner)?, "]"));
            }
            _ => return None,
        },
        Tree::Ident(ident) => {
            let mut path = ident.to_string();
            if is_keyword(&path) {
                return None;
            }
            while let [colon, second, Tree::Ident(segment), after @ ..] = rest
                && is_punct(Some(colon), ':')
                && is_punct(Some(second), ':')
            {
                path.push_str("::");
                path.push_str(&segment.to_string());
                rest = after;
            }
            is_short = position == Position::Statement && path.len() <= 4 && !path.contains(':');
            match rest.split_first() {
                Some((Tree::Group(group), after)) => {
                    rest = after;
                    is_short = false;
                    match group.delimiter {
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
            Tree::Ident(name) => link.push_str(&format!(".{name}")),
            Tree::Literal(index) => link.push_str(&format!(".{index}")),
            _ => return None,
        }
        if let Some((Tree::Group(group), after)) = rest.split_first() {
            if group.delimiter != Delimiter::Parenthesis {
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
fn exprs(trees: &[Tree]) -> Option<Vec<Seq>> {
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
    let inner = &group.trees[..];
    let items = exprs(inner)?;
    let is_block_like = match inner {
        [Tree::Group(_)] => true,
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
    let inner = &group.trees[..];
    let (mut fields, mut rest) = (Vec::new(), None);
    for part in split_exprs(inner) {
        match part {
            [dot, second, value @ ..]
                if is_punct(Some(dot), '.') && is_punct(Some(second), '.') =>
            {
                let mut out = Seq::default();
                expr(value, Position::Other, &mut out)?;
                rest = Some(out);
            }
            [Tree::Ident(field)] => fields.push(Seq::text(field.to_string())),
            [Tree::Ident(field), colon, value @ ..] if is_punct(Some(colon), ':') => {
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
