//! Validates parameters against the route table before the handler is called.

use super::{Params, Value, human_name};
use crate::response::{ErrorResponse, missing_param, not_found, unprocessable, validation_failed};
use crate::route::{Param, ParamLocation, ParamType, Route};

/// Enumerations whose values Mastodon validates, with the name of the attribute. It refuses unknown values of the others
/// before the validation.
const VALIDATED: &[(&str, &str)] = &[
    ("replies_policy", "Replies policy"),
    ("filter_action", "Action"),
];

/// Routes whose handlers validate the parameters.
const VALIDATED_BY_HANDLER: &[&str] = &[
    "account_create",
    "account_update_credentials",
    "collection_create",
    "email_subscription_create",
    "profile_update",
    "report",
    "webfinger",
];

/// Rejects missing required parameters and invalid values.
pub(crate) fn validate(route: &Route, params: &Params) -> Result<(), ErrorResponse> {
    if VALIDATED_BY_HANDLER.contains(&route.name) {
        return Ok(());
    }
    for param in route
        .params
        .iter()
        .filter(|param| matches!(param.location, ParamLocation::Query | ParamLocation::Body))
    {
        validate_param(param, params)?;
    }
    Ok(())
}

fn validate_param(param: &Param, params: &Params) -> Result<(), ErrorResponse> {
    let value = params.get(param.name).filter(|value| {
        // A blank value counts as missing only where a value is required.
        param.missing_status == 200 || !is_blank(value)
    });
    let Some(value) = value else {
        return match param.missing_status {
            200 => Ok(()),
            400 => Err(missing_param(param.name)),
            404 => Err(not_found()),
            _ => Err(validation_failed(&format!(
                "{} can't be blank",
                human_name(param.name)
            ))),
        };
    };
    let items = if param.is_list {
        value.items()
    } else {
        vec![value]
    };
    for item in items {
        match param.param_type {
            ParamType::Enum(values) if param.location == ParamLocation::Body => {
                let text = item.string().unwrap_or_default();
                if !text.is_empty() && !values.contains(&text.as_str()) {
                    let validated = VALIDATED.iter().find(|(name, _)| *name == param.name);
                    if let Some((_, attribute)) = validated {
                        return Err(validation_failed(&format!(
                            "{attribute} is not included in the list"
                        )));
                    }
                    return Err(unprocessable(&format!(
                        "'{text}' is not a valid {}",
                        param.name
                    )));
                }
            }
            ParamType::Integer | ParamType::Number => {
                let text = item.string().unwrap_or_default();
                if !text.is_empty() && text.trim().parse::<f64>().is_err() {
                    return Err(validation_failed(&format!(
                        "{} is not a number",
                        human_name(param.name)
                    )));
                }
            }
            ParamType::Object => {
                if let Value::Map(object) = item {
                    for field in param.fields {
                        validate_param(field, object)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::String(text) => text.trim().is_empty(),
        Value::List(items) => items.is_empty(),
        _ => false,
    }
}
