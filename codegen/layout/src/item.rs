//! Writes items of generated code. `None` stands for what is not understood.

use proc_macro2::Delimiter;

use crate::doc_comments::comment;
use crate::piece::{INDENT, Piece, Printer, Seq};
use crate::syntax::{Position, closing_bracket, expr, position_of_equals, split_types, ty};
use crate::tokens::attribute_text;
use crate::tree::{Tree, is_punct};

type Trees<'a> = &'a [Tree];

/// The text of an item.
pub(crate) fn item(trees: Trees<'_>) -> Option<String> {
    let mut printer = Printer::new();
    let rest = attributes(trees, 0, &mut printer)?;
    let (mut line, rest) = visibility(rest)?;
    let (Tree::Ident(keyword), rest) = rest.split_first()? else {
        return None;
    };
    let keyword = keyword.to_string();
    match &keyword[..] {
        "use" | "mod" => {
            let [path @ .., end] = rest else { return None };
            let is_path = |tree: &Tree| match tree {
                Tree::Ident(name) => name != "as",
                Tree::Punct(punct) => matches!(punct.as_char(), ':' | '*'),
                _ => false,
            };
            if !is_punct(Some(end), ';') || !path.iter().all(is_path) {
                return None;
            }
            line.push_str(&format!("{keyword} "));
            for tree in path {
                match tree {
                    Tree::Ident(name) => line.push_str(&name.to_string()),
                    Tree::Punct(punct) => line.push(punct.as_char()),
                    _ => {}
                }
            }
            line.push(';');
            printer.plain_line(0, &line);
        }
        "struct" | "enum" => {
            let (Tree::Ident(name), rest) = rest.split_first()? else {
                return None;
            };
            line.push_str(&format!("{keyword} {name}"));
            let (Tree::Group(group), rest) = rest.split_first()? else {
                return None;
            };
            let inner = &group.trees[..];
            match group.delimiter {
                Delimiter::Brace if !inner.is_empty() => {
                    printer.plain_line(0, &(line + " {"));
                    for member in split_types(inner) {
                        if keyword == "struct" {
                            field(member, &mut printer)?;
                        } else {
                            variant(member, &mut printer)?;
                        }
                    }
                    printer.plain_line(0, "}");
                }
                Delimiter::Parenthesis if rest.len() == 1 => {
                    let mut seq = Seq::text(line);
                    seq.push(tuple_fields(inner)?);
                    printer.line(&seq, 0, ";");
                }
                _ => return None,
            }
        }
        "type" => {
            let [Tree::Ident(name), equals, rest @ .., _] = rest else {
                return None;
            };
            if !is_punct(Some(equals), '=') {
                return None;
            }
            let mut seq = Seq::text(format!("{line}type {name} = "));
            seq.push(Piece::Stop);
            ty(rest, &mut seq)?;
            printer.line(&seq, 0, ";");
        }
        "static" => {
            let [Tree::Ident(name), _, rest @ .., _] = rest else {
                return None;
            };
            let seq = Seq::text(format!("{line}static {name}: "));
            let seq = value(rest, seq)?;
            printer.line(&seq, 0, ";");
        }
        "impl" => implementation(rest, &mut printer)?,
        _ => return None,
    }
    Some(printer.out)
}

/// Writes attributes and doc comments, and returns what follows.
fn attributes<'a>(trees: Trees<'a>, indent: usize, printer: &mut Printer) -> Option<Trees<'a>> {
    let mut rest = trees;
    while let [hash, attribute @ Tree::Group(group), after @ ..] = rest
        && is_punct(Some(hash), '#')
    {
        rest = after;
        if let Some(text) = comment(attribute) {
            for line in text.split('\n') {
                printer.comment_line(indent, line);
            }
            continue;
        }
        let text = attribute_text(group);
        // A comment that is not understood, and lines that must be broken.
        if text.starts_with("#[doc = ") || !Printer::fits(indent, &text) {
            return None;
        }
        printer.plain_line(indent, &text);
    }
    Some(rest)
}

/// The text of `pub` or `pub(crate)`, and what follows.
fn visibility(trees: Trees<'_>) -> Option<(String, Trees<'_>)> {
    let [Tree::Ident(word), rest @ ..] = trees else {
        return Some((String::new(), trees));
    };
    if word != "pub" {
        return Some((String::new(), trees));
    }
    match rest {
        [Tree::Group(group), after @ ..] if group.delimiter == Delimiter::Parenthesis => {
            match &group.trees[..] {
                [Tree::Ident(scope)] => Some((format!("pub({scope}) "), after)),
                _ => None,
            }
        }
        _ => Some(("pub ".to_owned(), rest)),
    }
}

/// `name: Type`
fn typed(trees: Trees<'_>, line: String) -> Option<Seq> {
    let [Tree::Ident(name), colon, rest @ ..] = trees else {
        return None;
    };
    if !is_punct(Some(colon), ':') || rest.is_empty() {
        return None;
    }
    let mut seq = Seq::text(line + &name.to_string() + ": ");
    ty(rest, &mut seq)?;
    Some(seq)
}

fn field(trees: Trees<'_>, printer: &mut Printer) -> Option<()> {
    let rest = attributes(trees, INDENT, printer)?;
    let (line, rest) = visibility(rest)?;
    printer.line(&typed(rest, line)?, INDENT, ",");
    Some(())
}

fn variant(trees: Trees<'_>, printer: &mut Printer) -> Option<()> {
    let rest = attributes(trees, INDENT, printer)?;
    let (Tree::Ident(name), rest) = rest.split_first()? else {
        return None;
    };
    let mut seq = Seq::text(name.to_string());
    match rest {
        [] => {}
        [Tree::Group(group)] if group.delimiter == Delimiter::Parenthesis => {
            seq.push(tuple_fields(&group.trees)?);
        }
        _ => return None,
    }
    printer.line(&seq, INDENT, ",");
    Some(())
}

fn tuple_fields(trees: Trees<'_>) -> Option<Piece> {
    let items = split_types(trees).into_iter().map(|part| {
        let (line, rest) = visibility(part)?;
        let mut seq = Seq::text(line);
        ty(rest, &mut seq)?;
        Some(seq)
    });
    let items = items.collect::<Option<Vec<_>>>()?;
    let (open, close) = ("(", ")");
    (!items.is_empty()).then_some(Piece::List { open, items, close })
}

/// Adds `Type = expression` to the pieces.
fn value(trees: Trees<'_>, mut seq: Seq) -> Option<Seq> {
    let equals = position_of_equals(trees)?;
    ty(&trees[..equals], &mut seq)?;
    seq.push_str(" = ");
    seq.push(Piece::Stop);
    expr(&trees[equals + 1..], Position::Other, &mut seq)?;
    Some(seq)
}

/// `impl Type { … }` and `impl Trait for Type { … }`
fn implementation(trees: Trees<'_>, printer: &mut Printer) -> Option<()> {
    let [header @ .., Tree::Group(body)] = trees else {
        return None;
    };
    let mut seq = Seq::text("impl");
    let mut header = header;
    if is_punct(header.first(), '<') {
        let end = closing_bracket(&header[1..])? + 1;
        let [_, Tree::Ident(parameter), _] = &header[..=end] else {
            return None;
        };
        seq.push_str(&format!("<{parameter}>"));
        header = &header[end + 1..];
    }
    seq.push_str(" ");
    let is_for = |tree: &Tree| matches!(tree, Tree::Ident(word) if word == "for");
    let mut parts = header.split(is_for);
    ty(parts.next()?, &mut seq)?;
    if let Some(of) = parts.next() {
        seq.push_str(" for ");
        ty(of, &mut seq)?;
    }
    if parts.next().is_some() || !seq.fits(" {") {
        return None;
    }
    let members = &body.trees[..];
    if body.delimiter != Delimiter::Brace || members.is_empty() {
        return None;
    }
    printer.line(&seq, 0, " {");
    for member in crate::split(members) {
        match self::member(member) {
            Some(text) => printer.out.push_str(&text),
            None => printer.out.push_str(&crate::syn_format::member(member)?),
        }
    }
    printer.plain_line(0, "}");
    Some(())
}

/// A function, or a macro call without arguments.
fn member(trees: Trees<'_>) -> Option<String> {
    let mut printer = Printer::new();
    let rest = attributes(trees, INDENT, &mut printer)?;
    if let [Tree::Ident(name), bang, Tree::Group(group), _] = rest
        && is_punct(Some(bang), '!')
        && group.trees.is_empty()
    {
        printer.plain_line(INDENT, &format!("{name}!();"));
        return Some(printer.out);
    }
    let (mut line, mut rest) = visibility(rest)?;
    if let [Tree::Ident(word), after @ ..] = rest
        && word == "async"
    {
        line.push_str("async ");
        rest = after;
    }
    let [
        Tree::Ident(keyword),
        Tree::Ident(name),
        Tree::Group(parameters),
        result @ ..,
        Tree::Group(body),
    ] = rest
    else {
        return None;
    };
    if keyword != "fn"
        || parameters.delimiter != Delimiter::Parenthesis
        || body.delimiter != Delimiter::Brace
    {
        return None;
    }
    let mut signature = Seq::text(format!("{line}fn {name}("));
    signature.push(Piece::Stop);
    let inner = &parameters.trees[..];
    let items = split_types(inner).into_iter().map(parameter);
    let items = items.collect::<Option<Vec<_>>>()?;
    if items.is_empty() {
        signature.push_str(")");
    } else {
        let (open, close) = ("", ")");
        signature.push(Piece::List { open, items, close });
    }
    match result {
        [] => {}
        [dash, bracket, result @ ..]
            if is_punct(Some(dash), '-') && is_punct(Some(bracket), '>') =>
        {
            signature.push_str(" -> ");
            ty(result, &mut signature)?;
        }
        _ => return None,
    }
    let statements = &body.trees[..];
    if statements.is_empty() {
        // prettyplease does not measure the closing brace.
        printer.line(&signature, INDENT, " {");
        printer.out.pop();
        printer.plain_line(0, "}");
        return Some(printer.out);
    }
    printer.line(&signature, INDENT, " {");
    let indent = 2 * INDENT;
    let mut parts = statements.split_inclusive(|tree| is_punct(Some(tree), ';'));
    parts.try_for_each(|part| {
        let (part, end) = match part {
            [part @ .., end] if is_punct(Some(end), ';') => (part, ";"),
            part => (part, ""),
        };
        printer.line(&statement(part)?, indent, end);
        Some(())
    })?;
    printer.plain_line(INDENT, "}");
    Some(printer.out)
}

fn parameter(trees: Trees<'_>) -> Option<Seq> {
    let (line, rest) = match trees {
        [Tree::Ident(word), rest @ ..] if word == "mut" => ("mut ", rest),
        [and, Tree::Ident(word), Tree::Ident(_)] if is_punct(Some(and), '&') && word == "mut" => {
            ("&mut ", &trees[2..])
        }
        [and, rest @ ..] if is_punct(Some(and), '&') => ("&", rest),
        _ => ("", trees),
    };
    match rest {
        [Tree::Ident(word)] if word == "self" => Some(Seq::text(format!("{line}self"))),
        _ if line.starts_with('&') => None,
        _ => typed(rest, line.to_owned()),
    }
}

fn statement(trees: Trees<'_>) -> Option<Seq> {
    if let [Tree::Ident(word), Tree::Ident(name), colon, rest @ ..] = trees
        && word == "let"
    {
        return match is_punct(Some(colon), ':') {
            true => value(rest, Seq::text(format!("let {name}: "))),
            false => None,
        };
    }
    let mut seq = Seq::default();
    expr(trees, Position::Statement, &mut seq)?;
    Some(seq)
}
