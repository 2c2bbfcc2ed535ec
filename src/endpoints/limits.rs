//! Checks statuses and media against the server's limits before they are sent.

use std::sync::Arc;

use crate::client::Mastodon;
use crate::client::server_info::ServerInfo;
use crate::error::{Error, LimitBound, LimitUnit};

/// Checks a call against the limits of a Mastodon server. Outdated limits are fetched again before they
/// reject the call. If the limits are unknown, only the server checks them.
pub(super) async fn check_server_limits(
    client: &Mastodon,
    info: Option<Arc<ServerInfo>>,
    may_fetch: bool,
    check: impl Fn(&ServerInfo) -> Result<(), Error>,
) -> Result<(), Error> {
    let check = |info: Option<&ServerInfo>| match info {
        Some(info) if info.version.software.is_mastodon() => check(info),
        _ => Ok(()),
    };
    let result = check(info.as_deref());
    let is_outdated = info.is_some_and(|info| info.is_outdated());
    if result.is_err() && is_outdated && may_fetch {
        return check(client.refresh_server_info().await.as_deref());
    }
    result
}

/// Fails if a value exceeds a maximum.
pub(super) fn check_max(
    endpoint: &'static str,
    argument: &str,
    unit: LimitUnit,
    max: Option<u64>,
    actual: u64,
) -> Result<(), Error> {
    check(endpoint, argument, unit, LimitBound::AtMost, max, actual)
}

/// Fails if a value is below a minimum.
pub(super) fn check_min(
    endpoint: &'static str,
    argument: &str,
    unit: LimitUnit,
    min: Option<u64>,
    actual: u64,
) -> Result<(), Error> {
    check(endpoint, argument, unit, LimitBound::AtLeast, min, actual)
}

fn check(
    endpoint: &'static str,
    argument: &str,
    unit: LimitUnit,
    bound: LimitBound,
    limit: Option<u64>,
    actual: u64,
) -> Result<(), Error> {
    let is_violated = |limit: &u64| match bound {
        LimitBound::AtMost => actual > *limit,
        LimitBound::AtLeast => actual < *limit,
    };
    match limit.filter(is_violated) {
        None => Ok(()),
        Some(limit) => Err(Error::Limit {
            endpoint: endpoint.into(),
            argument: argument.to_owned(),
            unit,
            bound,
            limit,
            actual,
        }),
    }
}
