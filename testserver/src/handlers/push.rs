//! Web Push subscriptions: at most one per token.

use serde_json::{Map, Value, json};

use super::Context;
use crate::params::Params;
use crate::push::{Recipient, VAPID_PUBLIC_KEY};
use crate::response::{
    ErrorResponse, HandlerResult, Response, internal_server_error, missing_param, not_found_reason,
    unauthorized, validation_failed,
};
use crate::routes;
use crate::state::PushSubscription;

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "push_subscription_set" => set(context),
        "push_subscription" => get(context),
        "push_subscription_update" => update(context),
        "push_subscription_delete" => delete(context),
        _ => return None,
    })
}

fn token<'c>(context: &'c Context<'_>) -> Result<&'c str, ErrorResponse> {
    let token = context.token.as_ref();
    token
        .map(|token| token.value.as_str())
        .ok_or_else(|| unauthorized("The access token is invalid"))
}

fn set(context: &Context<'_>) -> HandlerResult {
    let params = &context.params;
    let attributes = params
        .map("subscription")
        .ok_or_else(|| missing_param("subscription"))?;
    // The real server fails if the keys are missing altogether.
    let keys = attributes.map("keys").ok_or_else(internal_server_error)?;
    let key = |name: &str| keys.non_blank(name).unwrap_or_default();
    let (p256dh, auth) = (key("p256dh"), key("auth"));
    let endpoint = attributes.non_blank("endpoint").unwrap_or_default();
    let recipient = Recipient::new(&p256dh, &auth);
    let problems = [
        (endpoint.is_empty(), "Endpoint can't be blank"),
        (!is_url(&endpoint), "Endpoint is invalid"),
        (p256dh.is_empty(), "Key p256dh can't be blank"),
        (auth.is_empty(), "Key auth can't be blank"),
        (
            recipient.is_none(),
            "is not a valid Ed25519 or Curve25519 key",
        ),
    ];
    let problems = problems.iter().filter(|(is_wrong, _)| *is_wrong);
    let errors: Vec<&str> = problems.map(|(_, problem)| *problem).collect();
    let (Some(recipient), []) = (recipient, &errors[..]) else {
        return Err(validation_failed(&errors.join(", ")));
    };
    let data = params.map("data");
    let token = token(context)?;
    let mut state = context.shared.state();
    let subscription = PushSubscription {
        id: state.next_row_id(),
        endpoint,
        recipient,
        standard: attributes.is_true("standard"),
        alerts: alerts_param(data),
        policy: policy_param(data),
    };
    let value = render_subscription(&subscription);
    state
        .push_subscriptions
        .insert(token.to_owned(), subscription);
    Ok(Response::json(&value))
}

fn get(context: &Context<'_>) -> HandlerResult {
    let state = context.shared.state();
    let subscription = state.push_subscriptions.get(token(context)?);
    Ok(Response::json(&render_subscription(
        subscription.ok_or_else(not_found_reason)?,
    )))
}

fn update(context: &Context<'_>) -> HandlerResult {
    let data = context.params.map("data");
    let policy = policy_param(data);
    let mut state = context.shared.state();
    let subscription = state
        .push_subscriptions
        .get_mut(token(context)?)
        .ok_or_else(not_found_reason)?;
    subscription.alerts = alerts_param(data);
    subscription.policy = policy;
    Ok(Response::json(&render_subscription(subscription)))
}

fn delete(context: &Context<'_>) -> HandlerResult {
    context
        .shared
        .state()
        .push_subscriptions
        .remove(token(context)?);
    Ok(Response::empty_object())
}

/// Returns the alerts that were sent. Unknown alerts are ignored.
fn alerts_param(data: Option<&Params>) -> Vec<(String, bool)> {
    let Some(params) = data.and_then(|data| data.map("alerts")) else {
        return Vec::new();
    };
    let known = known_alerts();
    known
        .filter_map(|name| Some((name.to_owned(), params.flag(name)?)))
        .collect()
}

fn known_alerts() -> impl Iterator<Item = &'static str> {
    let route = routes::all().filter(|route| route.name == "push_subscription_set");
    let data = route
        .flat_map(|route| route.params)
        .filter(|param| param.name == "data");
    let alerts = data
        .flat_map(|data| data.fields)
        .filter(|param| param.name == "alerts");
    alerts
        .flat_map(|alerts| alerts.fields)
        .map(|alert| alert.name)
}

/// Returns the policy that was sent. An unknown one is stored; it accepts no notification.
fn policy_param(data: Option<&Params>) -> String {
    let policy = data.and_then(|data| data.string("policy"));
    policy.unwrap_or_else(|| "all".to_owned())
}

fn is_url(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
}

fn render_subscription(subscription: &PushSubscription) -> Value {
    let alerts = subscription.alerts.iter();
    let alerts: Map<String, Value> = alerts
        .map(|(name, enabled)| (name.clone(), (*enabled).into()))
        .collect();
    json!({
        "id": subscription.id, "endpoint": subscription.endpoint, "standard": subscription.standard,
        "alerts": alerts, "server_key": VAPID_PUBLIC_KEY, "policy": subscription.policy,
    })
}
