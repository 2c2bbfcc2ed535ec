//! Example responses.

use super::entities::{Examples, Nested};
use mastodon_spec::json::Object;
use mastodon_spec::model::Model;

/// Marks the name of an entity that is linked instead of written out. Does not occur in the specification.
pub(super) const ENTITY_MARK: char = '\u{1}';

/// A part of an example response.
#[derive(Debug, PartialEq)]
pub enum Part {
    /// JSON.
    Text(String),
    /// The name of an entity in this position.
    Entity(String),
    /// In the place of the remaining fields of the entity with this name.
    Rest(String),
}

/// An example of an entity with all current fields; nested entities are only named.
pub fn response(model: &Model<'_>, name: &str) -> Vec<Part> {
    let examples = Examples::new(model, Nested::Inline { mark: ENTITY_MARK });
    let item = model.structs(name).first();
    let object = item.map(|item| examples.object(name, item));
    parts(&super::curl::formatted(
        &object.unwrap_or_default().into(),
        0,
    ))
}

/// An object of which only some fields are written.
pub(super) fn block(fields: &Object, depth: usize, entity: &str) -> Vec<Part> {
    let (outer, inner) = ("  ".repeat(depth), "  ".repeat(depth + 1));
    let fields = fields.entries().map(|(key, value)| {
        let key = super::curl::formatted(&key.into(), 0);
        let value = super::curl::formatted(value, depth + 1);
        format!("{inner}{key}: {value},\n")
    });
    let mut all = parts(&format!("{{\n{}{inner}", fields.collect::<String>()));
    all.push(Part::Rest(entity.to_owned()));
    all.push(Part::Text(format!("\n{outer}}}")));
    all
}

/// Splits the text at the names of entities.
pub(super) fn parts(text: &str) -> Vec<Part> {
    // The mark as JSON escapes it.
    let mark = "\"\\u0001";
    let mut parts = Vec::new();
    for (index, piece) in text.split(mark).enumerate() {
        let rest = match piece.split_once('"') {
            Some((name, rest)) if index > 0 => {
                parts.push(Part::Entity(name.to_owned()));
                rest
            }
            _ => piece,
        };
        parts.push(Part::Text(rest.to_owned()));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_split_at_entity_names() {
        let text = |text: &str| Part::Text(text.to_owned());
        assert_eq!(
            parts("{ \"a\": \"\\u0001Status::Tag\", \"b\": 1 }"),
            [
                text("{ \"a\": "),
                Part::Entity("Status::Tag".to_owned()),
                text(", \"b\": 1 }")
            ]
        );
    }
}
