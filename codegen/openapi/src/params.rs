//! Emits parameters and request bodies.

use super::reference;
use super::schemas::{
    bounds, is_file, list, object, param_about, param_schema, properties, schema, sent_schema,
    typed,
};
use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::{Kind, MethodModel, Model, Output, ParamModel};
use mastodon_spec::names::type_name;
use mastodon_spec::yaml::{Body, Paging, PagingStyle, ParamLocation, TypeRef};

/// The parameters of an operation. Path parameters can have different names than in the method.
pub(super) fn parameters(
    model: &Model<'_>,
    method: &MethodModel<'_>,
    in_path: &[(&str, String)],
) -> Json {
    let mut all: Vec<Object> = Vec::new();
    for (own, name) in in_path {
        let mut params = method.params.iter();
        let param = params.find(|param| param.wire == *own);
        all.push(
            parameter(name, "path")
                .with("required", true)
                .and(
                    param
                        .map(|param| param_about(model, param))
                        .unwrap_or_default(),
                )
                .with("schema", param.map(|param| schema(param.ty))),
        );
    }
    for param in sent(&method.params) {
        match param.location {
            ParamLocation::Query => all.extend(query(model, param)),
            ParamLocation::Header => all.push(
                parameter(param.wire, "header")
                    .flag("required", param.is_required())
                    .and(param_about(model, param))
                    .with("schema", param_schema(param.yaml, param.ty)),
            ),
            ParamLocation::Path | ParamLocation::Body => {}
        }
    }
    if let Some(paging) = &method.yaml.paging {
        all.extend(paged(model, method, paging));
    }
    if all.is_empty() {
        Json::Absent
    } else {
        all.into()
    }
}

fn parameter(name: &str, location: &str) -> Object {
    Object::new().with("name", name).with("in", location)
}

/// The parameters that the server supports.
fn sent<'p, 'm>(params: &'p [ParamModel<'m>]) -> impl Iterator<Item = &'p ParamModel<'m>> {
    params.iter().filter(|param| !param.yaml.unsupported)
}

/// A query parameter. A group of scalars is a `deepObject` (`name[key]`); deeper groups are flattened to
/// their full names, because OpenAPI has no style for them.
fn query(model: &Model<'_>, param: &ParamModel<'_>) -> Vec<Object> {
    let about = |parameter: Object, required: bool| {
        parameter
            .flag("required", required)
            .and(param_about(model, param))
    };
    let required = param.is_required();
    let nested = match param.ty {
        TypeRef::Json | TypeRef::MapOf(_) => true,
        TypeRef::Named(name) => model
            .input(name)
            .is_some_and(|input| input.params.iter().all(|field| is_scalar(model, field.ty))),
        _ => false,
    };
    if nested {
        let parameter = about(parameter(param.wire, "query"), required);
        return vec![
            parameter
                .with("style", "deepObject")
                .with("explode", true)
                .with("schema", param_schema(param.yaml, param.ty)),
        ];
    }
    let mut form = Form::default();
    form.add(model, param);
    let fields = form.fields.into_iter().chain(form.patterns);
    fields
        .map(|field| {
            let styled =
                matches!(field.schema.get("type"), Some(Json::Scalar(ty)) if ty == "array");
            about(parameter(&field.name, "query"), field.required)
                .with("style", styled.then_some("form"))
                .with("explode", styled.then_some(true))
                .with("schema", field.schema)
        })
        .collect()
}

fn is_scalar(model: &Model<'_>, ty: &TypeRef) -> bool {
    match ty {
        TypeRef::List(_) | TypeRef::MapOf(_) | TypeRef::Json => false,
        TypeRef::Named(name) => model.kind(name) != Some(Kind::Input),
        _ => true,
    }
}

/// The paging parameters: cursors or offset by reference, and the limit with the bounds of the list.
fn paged(model: &Model<'_>, method: &MethodModel<'_>, paging: &Paging) -> Vec<Object> {
    let described = &model.spec.api.paging;
    let mut all: Vec<Object> = method
        .cursors
        .iter()
        .map(|name| {
            if described.contains_key(*name) {
                reference("parameters", name)
            } else {
                parameter(name, "query").with("schema", cursor_schema(name))
            }
        })
        .collect();
    if let Some(limit) = paging.limit {
        let about = described
            .get("limit")
            .and_then(|param| param.description.as_deref());
        let since = paging.limit_since.as_ref();
        all.push(
            parameter("limit", "query")
                .with("description", about)
                .and(super::versions(model, since, None, None))
                .with(
                    "schema",
                    typed("integer")
                        .with("default", limit.default)
                        .with("maximum", limit.max),
                ),
        );
    }
    all
}

fn cursor_schema(name: &str) -> Object {
    typed(if name == "offset" {
        "integer"
    } else {
        "string"
    })
}

/// The shared paging parameters.
pub(super) fn components(model: &Model<'_>) -> Object {
    let shared = model
        .spec
        .api
        .paging
        .iter()
        .filter(|(name, _)| *name != "limit");
    shared
        .map(|(name, param)| {
            let schema = param
                .ty
                .as_ref()
                .map_or_else(|| cursor_schema(name), schema);
            let about = super::describe([param.description.as_deref(), param.note.as_deref()]);
            let parameter = parameter(name, "query")
                .with("description", about)
                .and(super::versions(model, param.since.as_ref(), None, None))
                .with("schema", schema.and(bounds(param)));
            (name.as_str(), parameter)
        })
        .collect()
}

/// The extension `x-paging`.
pub(super) fn paging(method: &MethodModel<'_>) -> Option<Object> {
    let paging = method.yaml.paging.as_ref()?;
    let range = |limit: mastodon_spec::yaml::Limit| {
        Object::new()
            .with("default", limit.default)
            .with("maximum", limit.max)
    };
    let (style, previous) = match paging.style {
        PagingStyle::Cursor => (
            "cursor",
            Some(paging.prev_cursor.as_deref().unwrap_or("min_id")),
        ),
        PagingStyle::Offset => ("offset", None),
    };
    let link = paging.link_header.unwrap_or(true);
    let list = match method.output {
        Output::Page {
            wrapper: Some((_, field)),
            ..
        } => Some(field),
        _ => None,
    };
    Some(
        Object::new()
            .with("style", style)
            .with("parameters", method.cursors.clone())
            .with("link-header", link)
            .with("prev-cursor", previous.filter(|_| link))
            .with("limit", paging.limit.map(range))
            .with("documented-limit", method.yaml.documented.limit.map(range))
            .with(
                "next-on-last-page",
                paging.next_on_last_page.then_some(true),
            )
            .with("items", list)
            .with(
                "dropped-by-link",
                (!paging.dropped_by_link.is_empty())
                    .then(|| paging.dropped_by_link.iter().collect::<Json>()),
            ),
    )
}

/// The request body in each encoding that the method supports.
pub(super) fn body(model: &Model<'_>, method: &MethodModel<'_>) -> Json {
    let in_body: Vec<ParamModel<'_>> = sent(&method.params)
        .filter(|param| param.location == ParamLocation::Body)
        .cloned()
        .collect();
    if in_body.is_empty() {
        return Json::Absent;
    }
    let has_file = in_body.iter().any(|param| contains_file(model, param.ty));
    let form = |files: bool| {
        let mut form = Form {
            files,
            ..Form::default()
        };
        for param in &in_body {
            form.add(model, param);
        }
        form.schema()
    };
    let encoding = method.yaml.body.unwrap_or_default();
    let media = |schema: Object| Object::new().with("schema", schema);
    let mut content = Object::new();
    match encoding {
        Body::Json => content.set("application/json", media(properties(model, &in_body))),
        Body::Form => content.set("application/x-www-form-urlencoded", media(form(false))),
        Body::Multipart => {}
    }
    if has_file || encoding == Body::Multipart {
        content.set("multipart/form-data", media(form(true)));
    }
    let required = in_body.iter().any(ParamModel::is_required);
    Object::new()
        .flag("required", required)
        .with("content", content)
        .into()
}

fn contains_file(model: &Model<'_>, ty: &TypeRef) -> bool {
    is_file(ty)
        || ty
            .named()
            .and_then(|name| model.input(name))
            .is_some_and(|input| {
                input
                    .params
                    .iter()
                    .any(|param| contains_file(model, param.ty))
            })
}

/// Parameters by their names in a form, including brackets.
#[derive(Default)]
struct Form {
    files: bool,
    fields: Vec<FormField>,
    /// Parameters whose names contain an index or a key, by pattern.
    patterns: Vec<FormField>,
}

struct FormField {
    name: String,
    schema: Object,
    required: bool,
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
    fn add(&mut self, model: &Model<'_>, param: &ParamModel<'_>) {
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
                self.value(model, name, item, param, inside, max_items);
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
        let (name, is_pattern, schema) = match ty {
            TypeRef::Json | TypeRef::MapOf(_) => {
                let inner = match ty {
                    TypeRef::MapOf(inner) => schema(inner),
                    _ => Object::new(),
                };
                let name = format!("{}\\[.+\\]", escape(&name, context.pattern));
                (name, true, inner)
            }
            _ if param.yaml.sent_as.is_some() => {
                (name, context.pattern, sent_schema(param.yaml, ty))
            }
            _ => (name, context.pattern, inline_schema(model, ty)),
        };
        let schema = if context.repeated {
            list(schema)
        } else {
            schema
        };
        let schema = schema.and(bounds).and(param_about(model, param));
        let field = FormField {
            name: if is_pattern {
                format!("^{name}$")
            } else {
                name
            },
            schema,
            required: context.required && !is_pattern,
        };
        if is_pattern {
            self.patterns.push(field);
        } else {
            self.fields.push(field);
        }
    }

    fn schema(self) -> Object {
        let required = self.fields.iter().filter(|field| field.required);
        let required = required.map(|field| field.name.clone()).collect();
        let named = |fields: Vec<FormField>| -> Object {
            fields
                .into_iter()
                .map(|field| (field.name, field.schema))
                .collect()
        };
        object(named(self.fields), required)
            .with("patternProperties", named(self.patterns).or_absent())
    }
}

/// The schema of a value in a form. Ids and enumerations are inlined, because some tools support references in
/// JSON bodies only.
fn inline_schema(model: &Model<'_>, ty: &TypeRef) -> Object {
    let Some(name) = ty.named() else {
        return schema(ty);
    };
    let values = model.enumeration(name).map(|enumeration| {
        enumeration
            .values
            .keys()
            .map(String::as_str)
            .collect::<Json>()
    });
    match model.kind(name) {
        Some(Kind::Id | Kind::Enum) => typed("string")
            .with("x-type", type_name(name))
            .with("x-extensible-enum", values),
        _ => schema(ty),
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
