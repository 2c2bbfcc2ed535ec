//! Reset, and behavior of the server.

use std::collections::BTreeMap;

use serde::Serialize;

use super::ControlError;
use super::endpoint::{Call, Empty, Endpoint, endpoint};
use crate::behavior::Behavior;
use crate::limit_settings::LimitChanges;
use crate::route::CountedBy;
use crate::routes::RATE_LIMIT_BUCKETS;
use crate::seed::Patch;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    endpoint!(POST "/reset", "Restores the state that the server had at its start: its data, clock, behavior and limits. Removes faults and logs, and cuts streaming connections.", reset: Empty => Empty),
    endpoint!(GET "/behavior", "Returns the behavior of the server.", behavior: Empty => Behavior),
    endpoint!(PATCH "/behavior", "Changes the behavior of the server. What is not given stays; null restores the default.", change_behavior: Patch<Behavior> => Behavior),
    endpoint!(GET "/limits", "Returns the rate limits.", limits: Empty => LimitsInfo),
    endpoint!(PATCH "/limits", "Changes the rate limits. What is not given stays. The requests so far no longer count.", change_limits: LimitChanges => LimitsInfo),
    endpoint!(DELETE "/limits/counts", "Forgets the requests that rate limits have counted.", clear_counts: Empty => Empty),
];

async fn reset(call: &Call, _: Empty) -> Result<Empty, ControlError> {
    call.shared.reset()?;
    Ok(Empty {})
}

async fn behavior(call: &Call, _: Empty) -> Result<Behavior, ControlError> {
    Ok(call.shared.behavior.get())
}

async fn change_behavior(call: &Call, patch: Patch<Behavior>) -> Result<Behavior, ControlError> {
    let changed = patch.apply(&call.shared.behavior.get())?;
    call.shared.behavior.set(changed.clone());
    Ok(changed)
}

/// Rate limits of the server.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LimitsInfo {
    /// Whether there are rate limits.
    enabled: bool,
    /// Number of requests that were rejected because a limit was exceeded.
    rejected_requests: usize,
    /// Limits by bucket.
    buckets: BTreeMap<String, Vec<LimitInfo>>,
}

/// Maximum number of requests per window.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LimitInfo {
    requests: u32,
    /// Length of the window in seconds.
    seconds: u32,
    per: Per,
}

/// What requests are counted by.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum Per {
    Token,
    User,
    Address,
}

fn limits_info(call: &Call) -> LimitsInfo {
    let limiter = &call.shared.rate_limiter;
    let settings = limiter.settings();
    let buckets = RATE_LIMIT_BUCKETS.iter().map(|bucket| {
        let limits = settings.limits(bucket).into_iter();
        let limits = limits.map(|limit| LimitInfo {
            requests: limit.requests,
            seconds: limit.seconds,
            per: match limit.per {
                CountedBy::Token => Per::Token,
                CountedBy::User => Per::User,
                CountedBy::Address => Per::Address,
            },
        });
        (bucket.name.to_owned(), limits.collect())
    });
    LimitsInfo {
        enabled: !settings.is_unlimited,
        rejected_requests: limiter.current().rejected(),
        buckets: buckets.collect(),
    }
}

async fn limits(call: &Call, _: Empty) -> Result<LimitsInfo, ControlError> {
    Ok(limits_info(call))
}

async fn change_limits(call: &Call, changes: LimitChanges) -> Result<LimitsInfo, ControlError> {
    call.shared.rate_limiter.change(&changes)?;
    Ok(limits_info(call))
}

async fn clear_counts(call: &Call, _: Empty) -> Result<Empty, ControlError> {
    call.shared.rate_limiter.current().clear();
    Ok(Empty {})
}
