//! Addresses at which a push service ends a subscription, without an access token.

use axum::http::{Method, StatusCode};
use jiff::Timestamp;

use super::{decode_base64, encode_base64};
use crate::ids::Id;
use crate::response::Response;
use crate::server::Shared;

const PATH: &str = "/api/web/push_subscriptions/";
/// Time in seconds for which an address is valid.
const LIFETIME: i64 = 172_800;

/// Returns the address at which a subscription can be ended, valid for 48 hours.
pub(crate) fn unsubscribe_url(server: &str, subscription: Id, now: Timestamp) -> String {
    let expires = now.as_second() + LIFETIME;
    let token = encode_base64(format!("{subscription}:{expires}"));
    format!("{server}{PATH}{token}")
}

/// Ends a subscription by its address. An address that is not valid any more changes nothing. Returns `None` for other
/// requests.
pub(crate) fn unsubscribe(shared: &Shared, method: &Method, path: &str) -> Option<Response> {
    let token = path.strip_prefix(PATH)?;
    if method != Method::DELETE {
        return None;
    }
    if let Some((subscription, expires)) = parse_token(token)
        && shared.clock.now().as_second() < expires
    {
        let subscriptions = &mut shared.state().push_subscriptions;
        subscriptions.retain(|_, known| known.id != subscription);
    }
    Some(Response::without_body(StatusCode::OK))
}

fn parse_token(token: &str) -> Option<(Id, i64)> {
    let text = String::from_utf8(decode_base64(token)?).ok()?;
    let (subscription, expires) = text.split_once(':')?;
    Some((subscription.parse().ok()?, expires.parse().ok()?))
}
