//! Validates parameters against the route table before the handler is called.

use super::{Params, Value, enums, human_name};
use crate::response::{ErrorResponse, missing_param, not_found, validation_failed};
use crate::route::{Param, ParamLocation, ParamType, Route};

/// Routes whose handlers validate the parameters.
const VALIDATED_BY_HANDLER: &[&str] = &[
    "account_create",
    "account_update_credentials",
    "collection_create",
    "email_subscription_create",
    "media_post_v1",
    "media_post_v2",
    "media_update",
    "poll_vote",
    "profile_update",
    "push_subscription_set",
    "push_subscription_update",
    "report",
    "status_post",
    "status_reblog",
    "status_update",
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
        if let ParamType::Enum(known) = param.param_type {
            enums::validate(route, param, params, known)?;
        }
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
            // In a query, what is not a number is zero.
            ParamType::Integer | ParamType::Number if param.location == ParamLocation::Body => {
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
