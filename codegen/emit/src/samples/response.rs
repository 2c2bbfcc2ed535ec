//! Example responses.

use super::value::{ID, text};
use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::{FieldModel, FieldType, Kind, Model};
use mastodon_spec::yaml::{Field, JsonType, Map, Supported, TypeRef};

/// Marks the name of an entity that is linked instead of written out. Does not occur in the specification.
const ENTITY_MARK: char = '\u{1}';

/// A part of an example response.
#[derive(Debug, PartialEq)]
pub enum Part {
    /// JSON.
    Text(String),
    /// The name of an entity in this position.
    Entity(String),
}

/// An example of an entity with all current fields; nested entities are only named.
pub fn response(model: &Model<'_>, name: &str) -> Vec<Part> {
    let fields = model.structs(name).first().map(|own| own.fields.as_slice());
    let object: Object = fields
        .unwrap_or_default()
        .iter()
        .filter(|field| is_current(field.yaml))
        .map(|field| (field.wire, field_value(model, field)))
        .collect();
    parts(&super::curl::formatted(&object.into(), 0))
}

/// Whether current versions of Mastodon send the field.
fn is_current(field: &Field) -> bool {
    field.removed.is_none() && !field.is_only_on()
}

fn field_value(model: &Model<'_>, field: &FieldModel<'_>) -> Json {
    match &field.ty {
        FieldType::Type(ty) => value(model, field.wire, field.yaml, ty),
        FieldType::Nested { list, .. } => nested(model, &field.yaml.fields, *list),
    }
}

fn nested(model: &Model<'_>, fields: &Map<Field>, list: bool) -> Json {
    let fields = fields.iter().filter(|(_, field)| is_current(field));
    let object: Object = fields
        .map(|(wire, field)| {
            let value = match &field.ty {
                Some(ty) => value(model, wire, field, ty),
                None => nested(model, &field.fields, field.list),
            };
            (wire.as_str(), value)
        })
        .collect();
    if list {
        vec![object].into()
    } else {
        object.into()
    }
}

fn value(model: &Model<'_>, wire: &str, field: &Field, ty: &TypeRef) -> Json {
    let plain: Json = match ty {
        TypeRef::String | TypeRef::Secret => text(wire).into(),
        TypeRef::Html => "<p>Hello, world!</p>".into(),
        TypeRef::Url => "https://mastodon.example/…".into(),
        TypeRef::Language => "en".into(),
        TypeRef::Bool | TypeRef::Flag => false.into(),
        TypeRef::Integer => 7_u32.into(),
        TypeRef::Number => 0.5.into(),
        TypeRef::Seconds => 86_400_u32.into(),
        TypeRef::DateTime => "2026-01-31T12:00:00.000Z".into(),
        TypeRef::Date => "2026-01-31".into(),
        TypeRef::File => "".into(),
        TypeRef::Json => Json::Object(Object::new()),
        TypeRef::List(inner) => return vec![value(model, wire, field, inner)].into(),
        TypeRef::MapOf(inner) => {
            return Object::new()
                .with("…", value(model, wire, field, inner))
                .into();
        }
        TypeRef::Named(name) => match model.kind(name) {
            Some(Kind::Id) => ID.into(),
            Some(Kind::Enum) => {
                let known = model.enumeration(name).map(|known| &known.values);
                let current = known.into_iter().flatten();
                let mut current =
                    current.filter(|(_, value)| value.removed.is_none() && !value.is_only_on());
                current.next().map(|(wire, _)| wire.as_str()).into()
            }
            _ => return format!("{ENTITY_MARK}{name}").into(),
        },
    };
    match (field.sent_as, &plain) {
        (Some(JsonType::String), Json::Scalar(value)) if !value.is_string() => {
            value.to_string().into()
        }
        (Some(JsonType::Integer), Json::Scalar(_)) => 7_u32.into(),
        _ => plain,
    }
}

/// Splits the text at the names of entities.
fn parts(text: &str) -> Vec<Part> {
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
