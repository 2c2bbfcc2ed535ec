//! The values in a body, and how the specification describes them.

use mastodon_spec::model::{FieldModel, FieldType, Kind, Model, Presence};
use mastodon_spec::yaml::{Field, TypeRef};
use serde_json::Value;

use super::wrong_value::Mutation;
use crate::decode::variant;

/// A string that bodies do not contain.
const PLACEHOLDER: &str = "\u{1}";

/// The same as JSON.
pub(super) const PLACEHOLDER_JSON: &str = r#""\u0001""#;

/// The type of a value, as far as it matters to a wrong value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A string, an ID or an enumeration.
    Text,
    Bool,
    Integer,
    Number,
    DateTime,
    Date,
    /// Any JSON.
    Any,
    List,
    Map,
    Object,
}

/// A field as part of a path.
#[derive(Clone, Debug)]
pub(super) struct FieldLink<'a> {
    /// Names of the struct and of the field in JSON.
    pub(super) label: String,
    pub(super) yaml: &'a Field,
    pub(super) presence: Presence,
    /// Whether every version sends it.
    pub(super) is_always_sent: bool,
    /// Names of the fields of the same object that are read from this one if they are missing.
    read_by: Vec<String>,
    /// Entity that contains it, if that is one of several entities.
    union: Option<String>,
}

/// What a step of a path leads into.
#[derive(Clone, Debug)]
pub(super) enum Link<'a> {
    Field(FieldLink<'a>),
    Item,
    Entry,
}

/// A step of a path.
#[derive(Clone, Debug)]
pub(super) struct Step<'a> {
    pub(super) link: Link<'a>,
    key: Key,
    pub(super) shape: Shape,
}

#[derive(Clone, Debug)]
enum Key {
    Name(String),
    Index(usize),
}

/// A value in a body.
#[derive(Debug)]
pub(super) struct Position<'a> {
    /// Path from the body to the value.
    pub(super) steps: Vec<Step<'a>>,
}

/// Returns the position of each value in a body of this type, except the body itself.
pub(super) fn positions<'a>(model: &'a Model<'_>, ty: &TypeRef, body: &Value) -> Vec<Position<'a>> {
    let mut walk = Walk {
        model,
        path: Vec::new(),
        found: Vec::new(),
    };
    walk.value(ty, body);
    walk.found
}

struct Walk<'a, 's> {
    model: &'a Model<'s>,
    path: Vec<Step<'a>>,
    found: Vec<Position<'a>>,
}

impl<'a> Walk<'a, '_> {
    fn value(&mut self, ty: &TypeRef, value: &Value) {
        match (ty, value) {
            (TypeRef::List(ty), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let shape = shape(self.model, ty);
                    self.step(Link::Item, Key::Index(index), shape, |walk| {
                        walk.value(ty, item);
                    });
                }
            }
            (TypeRef::MapOf(ty), Value::Object(entries)) => {
                for (name, entry) in entries {
                    let shape = shape(self.model, ty);
                    let key = Key::Name(name.clone());
                    self.step(Link::Entry, key, shape, |walk| walk.value(ty, entry));
                }
            }
            (TypeRef::Named(name), Value::Object(_)) => {
                let Some(entity) = self.model.entity(name) else {
                    return;
                };
                let variant = variant(entity, value);
                let union = variant.is_some().then(|| name.clone());
                let entity = variant.unwrap_or(name);
                if let Some(root) = self.model.structs(entity).first() {
                    self.object(entity, &root.name, union.as_ref(), value);
                }
            }
            _ => {}
        }
    }

    fn object(&mut self, entity: &str, name: &str, union: Option<&String>, object: &Value) {
        let model = self.model;
        let mut structs = model.structs(entity).iter();
        let definition = structs.find(|definition| definition.name == name);
        for field in definition.iter().flat_map(|definition| &definition.fields) {
            let Some(value) = object.get(field.wire) else {
                continue;
            };
            let siblings = definition.iter().flat_map(|definition| &definition.fields);
            let reads = |other: &FieldModel<'_>| {
                let mut from = other.yaml.from.iter();
                from.any(|from| from.split('.').next() == Some(field.wire))
            };
            let read_by = siblings.filter(|other| reads(other));
            let link = Link::Field(FieldLink {
                read_by: read_by.map(|other| other.wire.to_owned()).collect(),
                label: format!("{name}.{}", field.wire),
                yaml: field.yaml,
                presence: field.presence,
                is_always_sent: field.always,
                union: union.cloned(),
            });
            let key = Key::Name(field.wire.to_owned());
            match (&field.ty, value) {
                (FieldType::Type(ty), value) => {
                    self.step(link, key, shape(model, ty), |walk| walk.value(ty, value));
                }
                (FieldType::Nested { name, list: true }, Value::Array(items)) => {
                    self.step(link, key, Shape::List, |walk| {
                        for (index, item) in items.iter().enumerate() {
                            walk.step(Link::Item, Key::Index(index), Shape::Object, |walk| {
                                walk.object(entity, name, None, item);
                            });
                        }
                    });
                }
                (FieldType::Nested { name, list }, value) => {
                    let shape = if *list { Shape::List } else { Shape::Object };
                    self.step(link, key, shape, |walk| {
                        walk.object(entity, name, None, value);
                    });
                }
            }
        }
    }

    fn step(&mut self, link: Link<'a>, key: Key, shape: Shape, inside: impl FnOnce(&mut Self)) {
        self.path.push(Step { link, key, shape });
        self.found.push(Position {
            steps: self.path.clone(),
        });
        inside(self);
        self.path.pop();
    }
}

fn shape(model: &Model<'_>, ty: &TypeRef) -> Shape {
    match ty {
        TypeRef::Bool | TypeRef::Flag => Shape::Bool,
        TypeRef::Integer | TypeRef::Seconds => Shape::Integer,
        TypeRef::Number => Shape::Number,
        TypeRef::DateTime => Shape::DateTime,
        TypeRef::Date => Shape::Date,
        TypeRef::Json => Shape::Any,
        TypeRef::List(_) => Shape::List,
        TypeRef::MapOf(_) => Shape::Map,
        TypeRef::Named(name) if matches!(model.kind(name), Some(Kind::Entity | Kind::Union)) => {
            Shape::Object
        }
        _ => Shape::Text,
    }
}

impl Position<'_> {
    /// The field that the value belongs to.
    pub(super) fn field(&self) -> Option<String> {
        match &self.steps.last()?.link {
            Link::Field(field) => Some(field.label.clone()),
            _ => None,
        }
    }

    /// The path as [`Problem`](mastodon_types::json::Problem) shows it.
    pub(super) fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.steps {
            match &step.key {
                Key::Index(index) => path.push_str(&format!("[{index}]")),
                Key::Name(name) if path.is_empty() => path.push_str(name),
                Key::Name(name) => path.push_str(&format!(".{name}")),
            }
        }
        path
    }

    /// What has to be tried once: the field in which the value is, and how the objects around it are contained in
    /// the body.
    pub(super) fn kind(&self) -> String {
        let is_field = |step: &Step<'_>| matches!(step.link, Link::Field(_));
        let last_field = self.steps.iter().rposition(is_field).unwrap_or(0);
        let names = self
            .steps
            .iter()
            .enumerate()
            .map(|(index, step)| match &step.link {
                Link::Field(field) if index == last_field => field.label.as_str(),
                Link::Field(field) if field.presence == Presence::Required => "required",
                Link::Field(field) if field.presence == Presence::Optional => "optional",
                Link::Field(_) => "default",
                Link::Item => "[]",
                Link::Entry => "{}",
            });
        names.collect::<Vec<_>>().join(" ")
    }

    /// Whether the mutation is possible here: an item of a list cannot be missing.
    pub(super) fn accepts(&self, mutation: &Mutation) -> bool {
        let is_item = self
            .steps
            .last()
            .is_some_and(|step| matches!(step.link, Link::Item));
        mutation.json().is_some() || !is_item
    }

    /// Whether the mutation decides which of several entities a body is.
    pub(super) fn selects_variant(&self, model: &Model<'_>, mutation: &Mutation) -> bool {
        let unions = self.steps.iter().filter_map(|step| match &step.link {
            Link::Field(FieldLink {
                union: Some(union),
                yaml: _,
                label,
                ..
            }) => Some((union, label)),
            _ => None,
        });
        let mut entities = unions.filter_map(|(union, label)| Some((model.entity(union)?, label)));
        mutation.json().is_none()
            && entities.any(|(entity, label)| {
                let mut conditions = entity.one_of.iter().map(|(_, condition)| condition);
                conditions.any(|condition| {
                    let key = condition.strip_prefix("has ");
                    key.is_some_and(|key| label.ends_with(&format!(".{key}")))
                })
            })
    }

    /// The body as JSON, with a placeholder for the value at this position.
    pub(super) fn template(&self, body: &Value) -> String {
        let mut body = body.clone();
        if let Some(value) = find(&mut body, &self.steps) {
            *value = PLACEHOLDER.into();
        }
        body.to_string()
    }

    /// The body without the value at this position, as JSON.
    pub(super) fn removed_from(&self, body: &Value) -> String {
        let mut body = body.clone();
        remove(&mut body, &self.steps);
        body.to_string()
    }
}

fn find<'v>(value: &'v mut Value, steps: &[Step<'_>]) -> Option<&'v mut Value> {
    steps.iter().try_fold(value, |value, step| match &step.key {
        Key::Name(name) => value.get_mut(name),
        Key::Index(index) => value.get_mut(index),
    })
}

fn remove(value: &mut Value, steps: &[Step<'_>]) {
    let Some((last, outer)) = steps.split_last() else {
        return;
    };
    match (find(value, outer), &last.key) {
        (Some(Value::Object(entries)), Key::Name(name)) => {
            entries.remove(name);
        }
        (Some(Value::Array(items)), Key::Index(index)) if *index < items.len() => {
            items.remove(*index);
        }
        _ => {}
    }
}

/// Removes the value at a path from both, and the values that are read from it. An item that the second list does not have is removed from the first.
pub(super) fn without(steps: &[Step<'_>], before: &Value, after: &Value) -> (Value, Value) {
    let (mut before, mut after) = (before.clone(), after.clone());
    let outer = steps.split_last().map_or(steps, |(_, outer)| outer);
    let length = |value: &mut Value| match find(value, outer) {
        Some(Value::Array(items)) => items.len(),
        _ => 0,
    };
    let is_dropped = length(&mut after) < length(&mut before);
    for (depth, step) in steps.iter().enumerate() {
        let Link::Field(field) = &step.link else {
            continue;
        };
        for name in &field.read_by {
            for value in [&mut before, &mut after] {
                if let Some(Value::Object(entries)) = find(value, &steps[..depth]) {
                    entries.remove(name);
                }
            }
        }
    }
    remove(&mut before, steps);
    if !is_dropped {
        remove(&mut after, steps);
    }
    (before, after)
}
