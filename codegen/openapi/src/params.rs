//! Parameters of path, query and headers, and the bodies of requests.

use super::reference;
use super::schemas::{
    bounds, is_file, list, object, param_about, param_schema, properties, schema, sent_schema,
    typed,
};
use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::{Kind, Model, ParamModel, is_required};
use mastodon_spec::names::type_name;
use mastodon_spec::yaml::{Body, Method, Paging, PagingStyle, Place, TypeRef};

/// The parameters of an operation. The path may call its own by other names than the method does.
pub(super) fn parameters(
    model: &Model<'_>,
    method: &Method,
    params: &[ParamModel<'_>],
    in_path: &[(&str, String)],
) -> Json {
    let mut all: Vec<Object> = Vec::new();
    for (own, name) in in_path {
        let param = params.iter().find(|param| param.wire == *own);
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
    for param in sent(params) {
        match param.place {
            Place::Query => all.extend(query(model, param)),
            Place::Header => all.push(
                parameter(param.wire, "header")
                    .flag("required", is_required(param.spec))
                    .and(param_about(model, param))
                    .with("schema", param_schema(param.spec, param.ty)),
            ),
            Place::Path | Place::Body => {}
        }
    }
    if let Some(paging) = &method.paging {
        all.extend(paged(model, method, paging));
    }
    if all.is_empty() {
        Json::Absent
    } else {
        all.into()
    }
}

fn parameter(name: &str, place: &str) -> Object {
    Object::new().with("name", name).with("in", place)
}

/// The parameters that the server reads.
fn sent<'p, 'm>(params: &'p [ParamModel<'m>]) -> impl Iterator<Item = &'p ParamModel<'m>> {
    params.iter().filter(|param| !param.spec.unsupported)
}

/// A parameter of the query. A group of plain values is a `deepObject`, which writes `name[key]`; what
/// is nested deeper stands there by its full names, as no style of OpenAPI can write it.
fn query(model: &Model<'_>, param: &ParamModel<'_>) -> Vec<Object> {
    let about = |parameter: Object, required: bool| {
        parameter
            .flag("required", required)
            .and(param_about(model, param))
    };
    let required = is_required(param.spec);
    let nested = match param.ty {
        TypeRef::Json | TypeRef::MapOf(_) => true,
        TypeRef::Named(name) => model.input(name).is_some_and(|input| {
            model
                .input_params(input)
                .iter()
                .all(|field| is_scalar(model, field.ty))
        }),
        _ => false,
    };
    if nested {
        let parameter = about(parameter(param.wire, "query"), required);
        return vec![
            parameter
                .with("style", "deepObject")
                .with("explode", true)
                .with("schema", param_schema(param.spec, param.ty)),
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

/// What pages a list: the cursors or the offset by reference, and the limit with the list's own bounds.
fn paged(model: &Model<'_>, method: &Method, paging: &Paging) -> Vec<Object> {
    let described = &model.spec.api.paging;
    let mut all: Vec<Object> = model
        .cursors(method)
        .into_iter()
        .map(|name| {
            if described.contains_key(name) {
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
                .and(super::life(model, since, None, None))
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

/// The cursors and the offset, which mean the same for every list.
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
                .and(super::life(model, param.since.as_ref(), None, None))
                .with("schema", schema.and(bounds(param)));
            (name.as_str(), parameter)
        })
        .collect()
}

/// How a list is paged, for programs.
pub(super) fn paging(model: &Model<'_>, method: &Method) -> Option<Object> {
    let paging = method.paging.as_ref()?;
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
    let list = match &method.returns {
        Some(mastodon_spec::yaml::Returns::Page {
            wrapper: Some((_, field)),
            ..
        }) => Some(field.as_str()),
        _ => None,
    };
    Some(
        Object::new()
            .with("style", style)
            .with("parameters", model.cursors(method))
            .with("link", link)
            .with("previous", previous.filter(|_| link))
            .with("limit", paging.limit.map(range))
            .with("documented-limit", paging.documented_limit.map(range))
            .with("items", list)
            .with(
                "loses",
                (!paging.dropped_by_link.is_empty())
                    .then(|| paging.dropped_by_link.iter().collect::<Json>()),
            ),
    )
}

/// The body of a request in every encoding that will do.
pub(super) fn body(model: &Model<'_>, method: &Method, params: &[ParamModel<'_>]) -> Json {
    let inside: Vec<ParamModel<'_>> = sent(params)
        .filter(|param| param.place == Place::Body)
        .cloned()
        .collect();
    if inside.is_empty() {
        return Json::Absent;
    }
    let has_file = inside.iter().any(|param| leads_to_file(model, param.ty));
    let form = |files: bool| {
        let mut form = Form {
            files,
            ..Form::default()
        };
        for param in &inside {
            form.add(model, param);
        }
        form.schema()
    };
    let encoding = method.body.unwrap_or_default();
    let media = |schema: Object| Object::new().with("schema", schema);
    let mut content = Object::new();
    match encoding {
        Body::Json => content.set("application/json", media(properties(model, &inside))),
        Body::Form => content.set("application/x-www-form-urlencoded", media(form(false))),
        Body::Multipart => {}
    }
    if has_file || encoding == Body::Multipart {
        content.set("multipart/form-data", media(form(true)));
    }
    let required = inside.iter().any(|param| is_required(param.spec));
    Object::new()
        .flag("required", required)
        .with("content", content)
        .into()
}

fn leads_to_file(model: &Model<'_>, ty: &TypeRef) -> bool {
    is_file(ty)
        || ty
            .named()
            .and_then(|name| model.input(name))
            .is_some_and(|input| {
                let inside = model.input_params(input);
                inside.iter().any(|param| leads_to_file(model, param.ty))
            })
}

/// Parameters under the names that they have in a form, brackets and all.
#[derive(Default)]
struct Form {
    files: bool,
    fields: Vec<FormField>,
    /// Those whose names hold an index or a key: their names are patterns.
    patterns: Vec<FormField>,
}

struct FormField {
    name: String,
    schema: Object,
    required: bool,
}

/// Where the parameters of a group stand.
#[derive(Clone, Copy)]
struct Around {
    required: bool,
    /// The name is repeated, once for each item of a list around it.
    repeated: bool,
    /// The name is a pattern.
    pattern: bool,
}

impl Form {
    fn add(&mut self, model: &Model<'_>, param: &ParamModel<'_>) {
        let around = Around {
            required: true,
            repeated: false,
            pattern: false,
        };
        self.param(model, param.wire.to_owned(), param, around);
    }

    fn param(&mut self, model: &Model<'_>, name: String, param: &ParamModel<'_>, around: Around) {
        let inside = Around {
            required: around.required && is_required(param.spec),
            ..around
        };
        let most = Object::new().with("maxItems", param.spec.max_items);
        match param.ty {
            TypeRef::List(item) if param.spec.indexed => {
                // An index per item keeps the items apart; their number is not known here.
                let name = format!("{}\\[\\d+\\]", escape(&name, inside.pattern));
                let inside = Around {
                    required: false,
                    pattern: true,
                    ..inside
                };
                self.value(model, name, item, param, inside, most);
            }
            TypeRef::List(item) => {
                let brackets = if inside.pattern { "\\[\\]" } else { "[]" };
                let inside = Around {
                    repeated: true,
                    ..inside
                };
                self.value(model, name + brackets, item, param, inside, most);
            }
            ty => self.value(model, name, ty, param, inside, bounds(param.spec)),
        }
    }

    fn value(
        &mut self,
        model: &Model<'_>,
        name: String,
        ty: &TypeRef,
        param: &ParamModel<'_>,
        around: Around,
        bounds: Object,
    ) {
        if is_file(ty) && !self.files {
            return;
        }
        if let Some(input) = ty.named().and_then(|name| model.input(name)) {
            for field in model.input_params(input) {
                let name = if around.pattern {
                    format!("{name}\\[{}\\]", escape(field.wire, false))
                } else {
                    format!("{name}[{}]", field.wire)
                };
                self.param(model, name, &field, around);
            }
            return;
        }
        let (name, pattern, plain) = match ty {
            TypeRef::Json | TypeRef::MapOf(_) => {
                let inner = match ty {
                    TypeRef::MapOf(inner) => schema(inner),
                    _ => Object::new(),
                };
                let name = format!("{}\\[.+\\]", escape(&name, around.pattern));
                (name, true, inner)
            }
            _ if param.spec.sent_as.is_some() => {
                (name, around.pattern, sent_schema(param.spec, ty))
            }
            _ => (name, around.pattern, plain(model, ty)),
        };
        let whole = if around.repeated { list(plain) } else { plain };
        let whole = whole.and(bounds).and(param_about(model, param));
        let field = FormField {
            name: if pattern { format!("^{name}$") } else { name },
            schema: whole,
            required: around.required && !pattern,
        };
        if pattern {
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

/// What a form can hold is text: ids and enumerations are written out, for tools that make types of
/// references only where JSON stands.
fn plain(model: &Model<'_>, ty: &TypeRef) -> Object {
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

/// A name as part of a pattern, unless it is one already.
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
