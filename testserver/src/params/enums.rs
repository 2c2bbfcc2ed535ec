//! What Mastodon does with unknown values of parameters that have a fixed set of values. It depends on the code that
//! reads the parameter, so no rule fits all.

use super::{Params, Value};
use crate::response::{
    ErrorResponse, bad_request, internal_server_error, unprocessable, validation_failed,
};
use crate::route::{Param, Route};

/// Rejects an unknown value of a parameter with a fixed set of values.
pub(super) fn validate(
    route: &Route,
    param: &Param,
    params: &Params,
    known: &[&str],
) -> Result<(), ErrorResponse> {
    // A parameter that was sent as null reaches the model, too.
    if !params.contains(param.name) {
        return Ok(());
    }
    let value = params.get(param.name).and_then(Value::string);
    let value = value.unwrap_or_default();
    if known.contains(&value.as_str()) {
        return Ok(());
    }
    let is_blank = value.trim().is_empty();
    match (param.name, route.name) {
        // The visibility of the account's defaults, or of the boosted status.
        ("visibility", _) if is_blank => Ok(()),
        ("visibility", _) => Err(not_in_list("Visibility")),
        ("quote_approval_policy", _) if is_blank => Ok(()),
        ("quote_approval_policy", _) => Err(unprocessable("Record invalid")),
        ("replies_policy", _) => Err(not_in_list("Replies policy")),
        ("filter_action", _) => Err(not_in_list("Action")),
        ("context", _) => validate_contexts(params, known),
        // The broken rules decide the category.
        ("category", "report") if is_blank || !params.list("rule_ids").is_empty() => Ok(()),
        // Neither the controller nor the model expects these.
        ("category", "report") | ("order", "directory") => Err(internal_server_error()),
        (name, "notifications_policy_update_v2" | "update_notifications_policy")
            if name.starts_with("for_") =>
        {
            Err(internal_server_error())
        }
        ("expand_accounts", "grouped_notifications") if params.get(param.name).is_some() => {
            Err(bad_request(&format!(
                "Invalid value for 'expand_accounts': '{value}', allowed values are 'full' and 'partial_avatars'"
            )))
        }
        // All others find nothing, or are stored as they are.
        _ => Ok(()),
    }
}

fn not_in_list(attribute: &str) -> ErrorResponse {
    validation_failed(&format!("{attribute} is not included in the list"))
}

/// Rejects filters with an unknown context. Blank contexts are ignored.
fn validate_contexts(params: &Params, known: &[&str]) -> Result<(), ErrorResponse> {
    let contexts = params.list("context");
    let mut named = contexts.iter().map(|context| context.trim());
    if named.any(|context| !context.is_empty() && !known.contains(&context)) {
        return Err(validation_failed(
            "Context None or invalid context supplied",
        ));
    }
    Ok(())
}
