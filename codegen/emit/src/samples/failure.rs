//! Example error responses.

use super::answer::Answer;
use super::curl;
use super::response::{ENTITY_MARK, parts};
use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::facts::error_schemas;
use mastodon_spec::model::{MethodModel, Model};
use mastodon_spec::names::first_upper;
use mastodon_spec::yaml::{ErrorSchema, TypeRef};

/// The statuses that say most about a method, best first. 401 and 403 have the same meaning for all methods.
const TELLING: [u16; 7] = [422, 404, 410, 409, 406, 400, 503];

/// Messages of Mastodon, by status.
const MESSAGES: &[(u16, &str)] = &[
    (401, "The access token is invalid"),
    (403, "This action is outside the authorized scopes"),
    (404, "Record not found"),
    (410, "Gone"),
    (503, "Remote data could not be fetched"),
];

/// Example values of fields, by the schema and the field.
const VALUES: &[(&str, &str, &str)] = &[
    ("OAuthError", "error", "invalid_grant"),
    (
        "OAuthError",
        "error_description",
        "The provided authorization grant is invalid, expired or revoked.",
    ),
    ("ErrorDetail", "error", "ERR_INVALID"),
    ("ErrorDetail", "description", "is invalid"),
    (
        "MentionError",
        "error",
        "Your post would be sent to unexpected accounts",
    ),
];

/// The body of an error response; entities are named after a mark.
pub(super) fn object(model: &Model<'_>, schema: &str, status: u16) -> Option<Object> {
    let fields = model.spec.api.error_schemas.get(schema)?;
    let writer = Writer {
        model,
        param: "text",
        status,
    };
    Some(writer.object(schema, fields))
}

struct Writer<'w, 'a> {
    model: &'w Model<'a>,
    /// The parameter that is wrong.
    param: &'w str,
    status: u16,
}

/// An error response of a method; `None` if it has none.
pub fn failure(model: &Model<'_>, method: &MethodModel<'_>) -> Option<Answer> {
    let api = &model.spec.api;
    let possible = &method.yaml.errors;
    let special = |status: &&u16| {
        let (special, _) = error_schemas(api, method.name, Some(**status));
        !special.is_empty()
    };
    let telling = TELLING.iter().find(|status| possible.contains(status));
    let status = possible.iter().find(special).or(telling);
    let status = *status.or(possible.first())?;
    let (special, general) = error_schemas(api, method.name, Some(status));
    let schema = special.first().or(general.first())?;
    let fields = api.error_schemas.get(*schema)?;
    let mut params = method.arguments.iter().chain(&method.options);
    let param = params.find(|param| *param.ty == TypeRef::String);
    let writer = Writer {
        model,
        param: param.map_or("text", |param| param.wire),
        status,
    };
    let body = Json::from(writer.object(schema, fields));
    Some(Answer {
        status,
        headers: Vec::new(),
        body: parts(&curl::formatted(&body, 0)),
        entity: None,
    })
}

impl Writer<'_, '_> {
    fn object(&self, name: &str, schema: &ErrorSchema) -> Object {
        let fields = schema.fields.iter().filter(|(_, field)| !field.optional);
        fields
            .filter_map(|(wire, field)| {
                let mut known = VALUES.iter();
                let known = known.find(|(own, field, _)| *own == name && field == wire);
                let value = match (known, field.ty.as_ref()?) {
                    (Some((_, _, text)), _) => (*text).into(),
                    (None, TypeRef::String) => self.message().into(),
                    (None, ty) => self.value(ty),
                };
                Some((wire, value))
            })
            .collect()
    }

    fn value(&self, ty: &TypeRef) -> Json {
        match ty {
            TypeRef::List(inner) => vec![self.value(inner)].into(),
            TypeRef::MapOf(inner) => Object::new().with(self.param, self.value(inner)).into(),
            TypeRef::Named(name) => match self.model.spec.api.error_schemas.get(name) {
                Some(schema) => self.object(name, schema).into(),
                None => format!("{ENTITY_MARK}{name}").into(),
            },
            _ => Json::Scalar(serde_json::Value::Null),
        }
    }

    /// The message of the status. For statuses without a known message, it is their meaning.
    fn message(&self) -> String {
        if self.status == 422 {
            let param = first_upper(&self.param.replace('_', " "));
            return format!("Validation failed: {param} is invalid");
        }
        let known = MESSAGES.iter().find(|(known, _)| *known == self.status);
        let meaning = || self.model.spec.api.error_statuses.get(&self.status);
        let text = known.map(|(_, text)| *text);
        let text = text.or_else(|| meaning().map(String::as_str));
        text.unwrap_or_default().trim_end_matches('.').to_owned()
    }
}
