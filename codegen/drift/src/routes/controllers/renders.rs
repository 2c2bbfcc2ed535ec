//! Finds the entity that an action returns.

use crate::external::Shape;
use crate::routes::classes::{Class, Classes, Method};
use crate::routes::ruby::{self, Arg, Bracket, Lexed, Node, Token};
use crate::routes::serializers::entity;

/// The response, if all successful ones have the same type.
pub(super) fn returned(
    classes: &Classes,
    ancestors: &[&Class],
    action: &Method,
    class: &Class,
) -> Option<Shape> {
    let mut found = Vec::new();
    nodes(&action.body, &mut found);
    // The method that an action consists of.
    if found.is_empty()
        && let Some((name, _)) = action.body.last().and_then(Node::head)
        && let Some(method) = classes.method(ancestors, name)
    {
        nodes(&method.body, &mut found);
    }
    let mut shapes = found.into_iter();
    let resolve = |rendered: Rendered| match rendered {
        Rendered::Nothing => Some(Shape::Nothing),
        Rendered::Unknown => None,
        Rendered::With { serializer, list } => {
            let resolved = classes.resolve(&serializer, &class.name)?;
            let named = Shape::Named(entity(&resolved.name)?);
            Some(if list { named.list() } else { named })
        }
    };
    let first = resolve(shapes.next()?)?;
    shapes
        .all(|other| resolve(other).as_ref() == Some(&first))
        .then_some(first)
}

enum Rendered {
    Nothing,
    With { serializer: String, list: bool },
    Unknown,
}

fn nodes(list: &[Node], out: &mut Vec<Rendered>) {
    for node in list {
        // What follows is the response of a failure.
        if node.head().is_some_and(|(word, _)| word == "rescue") {
            return;
        }
        for token in &node.tokens {
            if let Token::Block(inner) = token {
                nodes(inner, out);
            }
        }
        match node.head() {
            Some(("render_empty", _)) => out.push(Rendered::Nothing),
            Some(("render", _)) => out.extend(rendered(node)),
            _ => {}
        }
    }
}

fn rendered(node: &Node) -> Option<Rendered> {
    let statement = node.statement()?;
    if let Some(Arg::Other(status)) = statement.option("status")
        && status.parse::<u16>().is_ok_and(|status| status >= 300)
    {
        return None;
    }
    if matches!(statement.option("status"), Some(Arg::Word(_))) {
        return Some(Rendered::Unknown);
    }
    // It is inside an object with a key of its own.
    if statement.option("adapter").is_some() || statement.option("root").is_some() {
        return Some(Rendered::Unknown);
    }
    for (name, list) in [("serializer", false), ("each_serializer", true)] {
        if let Some(Arg::Other(serializer)) = statement.option(name) {
            let serializer = serializer.clone();
            return Some(Rendered::With { serializer, list });
        }
    }
    let json = node
        .tokens
        .iter()
        .position(|token| matches!(token, Token::Leaf(Lexed::Label(name)) if name == "json"));
    let value = json.and_then(|at| node.tokens.get(at + 1));
    Some(match value {
        Some(Token::Group(Bracket::Curly, inner)) if ruby::hash(inner).is_empty() => {
            Rendered::Nothing
        }
        _ => Rendered::Unknown,
    })
}
