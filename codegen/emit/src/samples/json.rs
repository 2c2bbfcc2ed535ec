//! Examples as JSON: of responses, with all entities written out, and of requests.

use std::collections::BTreeMap;

use super::entities::{Examples, Nested, REFERENCE, variant};
use super::response::ENTITY_MARK;
use super::value::Value;
use super::{Given, Sample, failure};
use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::{Kind, MethodModel, Model, ParamModel};
use mastodon_spec::names::type_name;
use mastodon_spec::yaml::{JsonType, ParamLocation, TypeRef};

/// Examples of a specification.
pub struct JsonExamples<'m, 'a> {
    model: &'m Model<'a>,
    examples: Examples<'m, 'a>,
    /// The examples of entities, by the names of their types.
    entities: BTreeMap<String, Json>,
}

/// The body of an example call.
#[derive(Debug, Default, PartialEq)]
pub struct BodyExample {
    /// As JSON, without files.
    pub json: Object,
    /// As fields of a form, without files. The value of a repeated field is a list.
    pub form: Object,
    /// The names of files, as fields of a form.
    pub files: Object,
}

impl<'m, 'a> JsonExamples<'m, 'a> {
    /// Writes the examples of all entities.
    pub fn new(model: &'m Model<'a>) -> Self {
        let examples = Examples::new(model, Nested::Named);
        let mut named: BTreeMap<String, Json> = BTreeMap::new();
        let files = model.spec.entities.values();
        for (name, entity) in files.flat_map(|file| &file.entities) {
            if let Some(variant) = variant(name, entity) {
                named.insert(type_name(name), format!("{REFERENCE}{variant}").into());
            }
            for item in model.structs(name) {
                named.insert(item.name.clone(), examples.object(name, item).into());
            }
        }
        let mut entities = BTreeMap::new();
        for name in named.keys() {
            write_entity(name, &named, &mut entities);
        }
        Self {
            model,
            examples,
            entities,
        }
    }

    /// An example of a type in a response.
    pub fn response(&self, ty: &TypeRef) -> Json {
        match ty {
            TypeRef::List(inner) => vec![self.response(inner)].into(),
            TypeRef::MapOf(inner) => Object::new().with("en", self.response(inner)).into(),
            TypeRef::Named(name) => {
                let entity = self.entity(name);
                entity.unwrap_or_else(|| self.examples.plain("", ty))
            }
            plain => self.examples.plain("", plain),
        }
    }

    /// An example of an error response.
    pub fn error(&self, schema: &str, status: u16) -> Option<Json> {
        let object = failure::object(self.model, schema, status)?;
        let mark = ENTITY_MARK.to_string();
        let entity = &mut |name: &str| self.entity(name).unwrap_or(Json::Absent);
        Some(replace_references(object.into(), &mark, entity))
    }

    fn entity(&self, name: &str) -> Option<Json> {
        self.entities.get(&type_name(name)).cloned()
    }

    /// An example of a parameter; `None` for a group of parameters.
    pub fn parameter(&self, param: &ParamModel<'a>) -> Option<Json> {
        let name = param.ty.named();
        let is_group = name.is_some_and(|name| self.model.kind(name) == Some(Kind::Input));
        let value = || Value::of(self.model, param).json(param.yaml.sent_as);
        let own = param.yaml.example.as_ref().map(Json::from);
        own.or_else(|| (!is_group).then(value))
    }

    /// The body of the example call of a method.
    pub fn body(&self, method: &MethodModel<'a>) -> BodyExample {
        let sample = Sample::new(self.model, method);
        let mut body = BodyExample::default();
        for Given { param, value } in sample.at(ParamLocation::Body) {
            let sent_as = param.yaml.sent_as;
            if let Some(own) = param.yaml.example.as_ref().filter(|own| is_scalar(own)) {
                body.json.set(param.wire, own);
                body.form.set(param.wire, own);
                continue;
            }
            let form = if value.has_file() {
                &mut body.files
            } else {
                body.json.set(param.wire, value.json(sent_as));
                &mut body.form
            };
            let name = param.wire.to_owned();
            let context = Context {
                is_indexed: param.yaml.indexed,
                is_repeated: false,
                sent_as,
            };
            write_fields(value, name, context, form);
        }
        body
    }
}

fn is_scalar(value: &serde_json::Value) -> bool {
    !value.is_array() && !value.is_object()
}

/// Writes an entity, after those that it contains. No example contains itself.
fn write_entity(
    name: &str,
    named: &BTreeMap<String, Json>,
    written: &mut BTreeMap<String, Json>,
) -> Json {
    if let Some(known) = written.get(name) {
        return known.clone();
    }
    let example = named.get(name).cloned().unwrap_or(Json::Absent);
    let whole = replace_references(example, REFERENCE, &mut |name| {
        write_entity(name, named, written)
    });
    written.insert(name.to_owned(), whole.clone());
    whole
}

/// Replaces strings with a mark and the name of an entity.
fn replace_references(json: Json, mark: &str, entity: &mut impl FnMut(&str) -> Json) -> Json {
    match json {
        Json::Scalar(serde_json::Value::String(text)) => match text.strip_prefix(mark) {
            Some(name) => entity(name),
            None => text.into(),
        },
        Json::List(items) => items
            .into_iter()
            .map(|item| replace_references(item, mark, entity))
            .collect(),
        Json::Object(object) => object
            .entries()
            .map(|(key, value)| (key, replace_references(value.clone(), mark, entity)))
            .collect::<Object>()
            .into(),
        other => other,
    }
}

/// What applies to a value in a form.
#[derive(Clone, Copy)]
struct Context {
    /// The names of items contain an index.
    is_indexed: bool,
    /// The name is repeated for each item of an outer list.
    is_repeated: bool,
    sent_as: Option<JsonType>,
}

fn write_fields(value: &Value, name: String, context: Context, form: &mut Object) {
    match value {
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let (name, is_repeated) = if context.is_indexed {
                    (format!("{name}[{index}]"), false)
                } else {
                    (format!("{name}[]"), true)
                };
                let inside = Context {
                    is_indexed: false,
                    is_repeated,
                    ..context
                };
                write_fields(item, name, inside, form);
            }
        }
        Value::Group(_, members) => {
            for member in members {
                let name = format!("{name}[{}]", member.wire);
                let inside = Context {
                    is_indexed: false,
                    sent_as: None,
                    ..context
                };
                write_fields(&member.value, name, inside, form);
            }
        }
        plain => {
            let value = plain.json(context.sent_as);
            if !context.is_repeated {
                form.set(name, value);
                return;
            }
            let mut items = match form.get(&name) {
                Some(Json::List(items)) => items.clone(),
                _ => Vec::new(),
            };
            items.push(value);
            form.set(name, items);
        }
    }
}
