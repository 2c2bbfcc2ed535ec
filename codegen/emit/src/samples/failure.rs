//! Example error responses.

use super::answer::Answer;
use super::curl;
use super::response::{ENTITY_MARK, parts};
use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::facts::error_schemas;
use mastodon_spec::model::{MethodModel, Model};
use mastodon_spec::yaml::{ErrorSchema, TypeRef};

/// The statuses that say most about a method, best first. 401 and 403 have the same meaning for all methods.
const TELLING: [u16; 7] = [422, 404, 410, 409, 406, 400, 503];

/// Messages of Mastodon, by status.
const MESSAGES: &[(u16, &str)] = &[
    (401, "The access token is invalid"),
    (403, "This action is outside the authorized scopes"),
    (404, "Record not found"),
    (410, "Gone"),
    (422, "Validation failed: Text can't be blank"),
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
    (
        "ValidationError",
        "error",
        "Validation failed: Username has already been taken",
    ),
    ("ErrorDetail", "error", "ERR_TAKEN"),
    ("ErrorDetail", "description", "has already been taken"),
    (
        "MentionError",
        "error",
        "Your post would be sent to unexpected accounts",
    ),
];

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
    let body = Json::from(object(model, schema, fields, status));
    Some(Answer {
        status,
        headers: Vec::new(),
        body: parts(&curl::formatted(&body, 0)),
        entity: None,
    })
}

fn object(model: &Model<'_>, name: &str, schema: &ErrorSchema, status: u16) -> Object {
    let fields = schema.fields.iter().filter(|(_, field)| !field.optional);
    fields
        .filter_map(|(wire, field)| {
            let known = VALUES
                .iter()
                .find(|(own, field, _)| *own == name && field == wire);
            let value = match (known, field.ty.as_ref()?) {
                (Some((_, _, text)), _) => (*text).into(),
                (None, TypeRef::String) => message(model, status).into(),
                (None, ty) => value(model, ty, status),
            };
            Some((wire, value))
        })
        .collect()
}

fn value(model: &Model<'_>, ty: &TypeRef, status: u16) -> Json {
    match ty {
        TypeRef::List(inner) => vec![value(model, inner, status)].into(),
        TypeRef::MapOf(inner) => Object::new()
            .with("username", value(model, inner, status))
            .into(),
        TypeRef::Named(name) => match model.spec.api.error_schemas.get(name) {
            Some(schema) => object(model, name, schema, status).into(),
            None => format!("{ENTITY_MARK}{name}").into(),
        },
        _ => Json::Scalar(serde_json::Value::Null),
    }
}

/// The message of a status. For statuses without a known message, it is their meaning.
fn message(model: &Model<'_>, status: u16) -> String {
    let known = MESSAGES.iter().find(|(known, _)| *known == status);
    let meaning = || model.spec.api.error_statuses.get(&status);
    let text = known.map(|(_, text)| *text);
    let text = text.or_else(|| meaning().map(String::as_str));
    text.unwrap_or_default().trim_end_matches('.').to_owned()
}
