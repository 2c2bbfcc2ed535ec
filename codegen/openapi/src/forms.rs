//! Emits parameters by their names in a form or query, including brackets.
//!
//! The names are written out: `source[privacy]`, `media_ids[]`, `poll[options][]`. The style `deepObject` cannot express
//! lists inside objects, and many tools that read it serialize the object in another way.

use mastodon_spec::json::Object;
use mastodon_spec::model::{Kind, Model, ParamModel};
use mastodon_spec::names::type_name;
use mastodon_spec::yaml::TypeRef;

use super::inputs::{bounds, is_file, param_about, sent_schema};
use super::types::{Direction, list, object, schema, typed};

/// Parameters by their names in a form.
#[derive(Default)]
pub(super) struct Form {
    /// Whether it contains files.
    pub(super) files: bool,
    pub(super) fields: Vec<FormField>,
    /// Parameters whose names contain an index, by pattern.
    pub(super) patterns: Vec<FormField>,
}

pub(super) struct FormField {
    pub(super) name: String,
    pub(super) schema: Object,
    /// Description and versions.
    pub(super) about: Object,
    pub(super) required: bool,
    pub(super) style: Style,
}

/// How the values of a field are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// One value.
    Plain,
    /// The name is repeated for each item of a list.
    Repeated,
    /// An object whose keys are not fixed: `name[key]`.
    Map,
}

impl Style {
    /// The keys of OpenAPI.
    pub(super) fn keys(self) -> Object {
        let keys = |style: &str| Object::new().with("style", style).with("explode", true);
        match self {
            Self::Plain => Object::new(),
            Self::Repeated => keys("form"),
            Self::Map => keys("deepObject"),
        }
    }
}

/// The context of the parameters of a group.
#[derive(Clone, Copy)]
struct Context {
    required: bool,
    /// The name is repeated for each item of an outer list.
    repeated: bool,
    /// The name is a pattern.
    pattern: bool,
}

impl Form {
    pub(super) fn add(&mut self, model: &Model<'_>, param: &ParamModel<'_>) {
        let context = Context {
            required: true,
            repeated: false,
            pattern: false,
        };
        self.param(model, param.wire.to_owned(), param, context);
    }

    fn param(&mut self, model: &Model<'_>, name: String, param: &ParamModel<'_>, context: Context) {
        let inside = Context {
            required: context.required && param.is_required(),
            ..context
        };
        let max_items = Object::new().with("maxItems", param.yaml.max_items);
        match param.ty {
            TypeRef::List(item) if param.yaml.indexed => {
                // The index can be any number.
                let name = format!("{}\\[\\d+\\]", escape(&name, inside.pattern));
                let inside = Context {
                    required: false,
                    pattern: true,
                    ..inside
                };
                self.value(model, name, item, param, inside, Object::new());
            }
            TypeRef::List(item) => {
                let brackets = if inside.pattern { "\\[\\]" } else { "[]" };
                let inside = Context {
                    repeated: true,
                    ..inside
                };
                self.value(model, name + brackets, item, param, inside, max_items);
            }
            ty => self.value(model, name, ty, param, inside, bounds(param.yaml)),
        }
    }

    fn value(
        &mut self,
        model: &Model<'_>,
        name: String,
        ty: &TypeRef,
        param: &ParamModel<'_>,
        context: Context,
        bounds: Object,
    ) {
        if is_file(ty) && !self.files {
            return;
        }
        if let Some(input) = ty.named().and_then(|name| model.input(name)) {
            for field in &input.params {
                let name = if context.pattern {
                    format!("{name}\\[{}\\]", escape(field.wire, false))
                } else {
                    format!("{name}[{}]", field.wire)
                };
                self.param(model, name, field, context);
            }
            return;
        }
        let plain = match ty {
            TypeRef::Json => typed("object"),
            _ if param.yaml.sent_as.is_some() => sent_schema(model, param.yaml, ty),
            // Some tools send what is described by a reference as JSON, that is, in quotes.
            TypeRef::Named(name) if model.kind(name) == Some(Kind::Id) => {
                typed("string").with("x-type", type_name(name))
            }
            _ => schema(model, Direction::Request, ty),
        };
        let (schema, style) = if context.repeated {
            (list(plain), Style::Repeated)
        } else if matches!(ty, TypeRef::Json | TypeRef::MapOf(_)) {
            (plain, Style::Map)
        } else {
            (plain, Style::Plain)
        };
        let field = FormField {
            name: if context.pattern {
                format!("^{name}$")
            } else {
                name
            },
            schema: schema.and(bounds),
            about: param_about(model, param),
            required: context.required && !context.pattern,
            style,
        };
        if context.pattern {
            self.patterns.push(field);
        } else {
            self.fields.push(field);
        }
    }

    /// The schema of a body, and the encodings of its fields.
    pub(super) fn media_type(self) -> Object {
        let encoding: Object = self
            .fields
            .iter()
            .map(|field| (field.name.as_str(), field.style.keys().or_absent()))
            .collect();
        let required = self.fields.iter().filter(|field| field.required);
        let required = required.map(|field| field.name.clone()).collect();
        let named = |fields: Vec<FormField>| -> Object {
            fields
                .into_iter()
                .map(|field| (field.name, field.schema.and(field.about)))
                .collect()
        };
        let schema = object(named(self.fields), required)
            .with("patternProperties", named(self.patterns).or_absent());
        Object::new()
            .with("schema", schema)
            .with("encoding", encoding.or_absent())
    }
}

/// Escapes a name for a pattern, unless it is already a pattern.
fn escape(name: &str, is_pattern: bool) -> String {
    if is_pattern {
        return name.to_owned();
    }
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(
            c,
            '[' | ']' | '.' | '(' | ')' | '*' | '+' | '?' | '|' | '^' | '$' | '\\'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
