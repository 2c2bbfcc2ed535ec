//! Checking parameters against the route table before a handler sees them.

use super::{Params, Value, human};
use crate::reply::{Refusal, invalid, unprocessable};
use crate::route::{Kind, Param, Place, Route};

/// Routes whose handlers say themselves what is wrong, or take what is missing as nothing.
const OWN_RULES: &[&str] = &[
    "account_create",
    "account_lookup",
    "account_search",
    "account_update_credentials",
    "featured_tag_create",
    "list_update",
    "profile_update",
];

/// Refuses what is missing or impossible.
pub(crate) fn check(route: &Route, params: &Params) -> Result<(), Refusal> {
    if OWN_RULES.contains(&route.name) {
        return Ok(());
    }
    for param in route
        .params
        .iter()
        .filter(|param| matches!(param.place, Place::Query | Place::Body))
    {
        check_one(param, params)?;
    }
    Ok(())
}

fn check_one(param: &Param, params: &Params) -> Result<(), Refusal> {
    let Some(value) = params.get(param.name) else {
        return if param.required {
            Err(invalid(&format!("{} can't be blank", human(param.name))))
        } else {
            Ok(())
        };
    };
    if param.required && is_blank(value) {
        return Err(invalid(&format!("{} can't be blank", human(param.name))));
    }
    let items = if param.list {
        value.items()
    } else {
        vec![value]
    };
    for item in items {
        match param.kind {
            Kind::Enum(values) if param.place == Place::Body => {
                let text = item.text().unwrap_or_default();
                if !text.is_empty() && !values.contains(&text.as_str()) {
                    return Err(unprocessable(&format!(
                        "'{text}' is not a valid {}",
                        param.name
                    )));
                }
            }
            Kind::Integer | Kind::Number => {
                let text = item.text().unwrap_or_default();
                if !text.is_empty() && text.trim().parse::<f64>().is_err() {
                    return Err(invalid(&format!("{} is not a number", human(param.name))));
                }
            }
            Kind::Object => {
                if let Value::Map(group) = item {
                    for field in param.fields {
                        check_one(field, group)?;
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
        Value::Text(text) => text.trim().is_empty(),
        Value::List(items) => items.is_empty(),
        _ => false,
    }
}
