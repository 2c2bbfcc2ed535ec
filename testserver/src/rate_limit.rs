//! Rate limits: who may send how many requests, and what the headers tell of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderName, StatusCode};
use jiff::Timestamp;
use serde_json::json;

use crate::clock::seconds_after;
use crate::ids::Id;
use crate::response::{ErrorResponse, Response};
use crate::route::{Family, Limit, Per, Route};
use crate::routes::FAMILIES;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Requests that show the numbers of their family but do not count: an edit posts nothing new.
const NOT_COUNTED: &[&str] = &["status_update"];

/// For whom a request counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requester {
    pub(crate) token: Option<String>,
    pub(crate) user: Option<Id>,
    pub(crate) address: String,
}

impl Requester {
    fn counter_key(&self, per: Per) -> String {
        let address = || format!("address {}", self.address);
        match per {
            Per::Token => self.token.clone().unwrap_or_else(address),
            Per::User => self
                .user
                .map_or_else(address, |user| format!("user {user}")),
            Per::Address => address(),
        }
    }
}

/// How one limit stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quota {
    limit: u32,
    used: u32,
    resets_at: Timestamp,
}

impl Quota {
    pub(crate) fn remaining(&self) -> u32 {
        self.limit.saturating_sub(self.used)
    }

    pub(crate) fn headers(&self) -> [(HeaderName, String); 3] {
        let resets_at = self.resets_at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ");
        [
            (LIMIT, self.limit.to_string()),
            (REMAINING, self.remaining().to_string()),
            (RESET, resets_at.to_string()),
        ]
    }
}

/// The window that window last, and the requests in it.
type Count = (i64, u32);

/// Counts requests in windows that begin at whole multiples of their length.
#[derive(Debug, Default)]
pub(crate) struct RateLimiter {
    overrides: BTreeMap<String, u32>,
    counts: Mutex<BTreeMap<(&'static str, usize, String), Count>>,
}

impl RateLimiter {
    /// A limiter in which some families have other limits; `None` where there is no family of that name.
    pub(crate) fn with_overrides(overrides: BTreeMap<String, u32>) -> Option<Self> {
        let known = |name: &String| FAMILIES.iter().any(|family| family.name == name);
        overrides.keys().all(known).then(|| Self {
            overrides,
            counts: Mutex::default(),
        })
    }

    /// A limiter that lets everything through.
    pub(crate) fn unlimited() -> Self {
        let overrides = FAMILIES
            .iter()
            .map(|family| (family.name.to_owned(), u32::MAX));
        Self {
            overrides: overrides.collect(),
            counts: Mutex::default(),
        }
    }

    /// Counts a request before it is looked at. Tells the limit that is nearest to its end.
    pub(crate) fn check(
        &self,
        route: &Route,
        paging: bool,
        requester: &Requester,
        now: Timestamp,
    ) -> Result<Option<Quota>, ErrorResponse> {
        let wanted = |family: &&Family| {
            family.name == "general"
                || family.name == route.family
                || paging && family.name == "paging"
        };
        let mut nearest: Option<Quota> = None;
        for family in FAMILIES.iter().filter(wanted) {
            // What counts only when it is done is refused here but counted later.
            let count = u32::from(!family.done);
            for (index, limit) in family.limits.iter().enumerate() {
                let quota = self.count(family, index, limit, requester, now, count);
                let full = if family.done {
                    quota.used >= quota.limit && !NOT_COUNTED.contains(&route.name)
                } else {
                    quota.used > quota.limit
                };
                if full {
                    return Err(too_many_requests(&quota));
                }
                let nearer = nearest.is_none_or(|other| quota.remaining() < other.remaining());
                if nearer && !family.done {
                    nearest = Some(quota);
                }
            }
        }
        Ok(nearest)
    }

    /// Counts what was done, where its family counts that. Tells how the limit stands then.
    pub(crate) fn count_success(
        &self,
        route: &Route,
        requester: &Requester,
        now: Timestamp,
    ) -> Option<Quota> {
        let family = FAMILIES
            .iter()
            .find(|family| family.done && family.name == route.family)?;
        let count = u32::from(!NOT_COUNTED.contains(&route.name));
        let limit = family.limits.first()?;
        Some(self.count(family, 0, limit, requester, now, count))
    }

    /// How the limit on all requests stands, as if nothing were left of it.
    pub(crate) fn exhausted_quota(&self, now: Timestamp) -> Option<Quota> {
        let family = FAMILIES.iter().find(|family| family.name == "general")?;
        let limit = family.limits.first()?;
        let allowed = self.allowed(family, limit);
        Some(Quota {
            limit: allowed,
            used: allowed,
            resets_at: window(limit, now).1,
        })
    }

    fn allowed(&self, family: &Family, limit: &Limit) -> u32 {
        match self.overrides.get(family.name) {
            // A further limit must not undercut the one that was asked for.
            Some(overrides) if limit.requests == family.limits[0].requests => *overrides,
            Some(overrides) => limit.requests.max(*overrides),
            None => limit.requests,
        }
    }

    fn count(
        &self,
        family: &Family,
        index: usize,
        limit: &Limit,
        requester: &Requester,
        now: Timestamp,
        add: u32,
    ) -> Quota {
        let (number, resets_at) = window(limit, now);
        let key = (family.name, index, requester.counter_key(limit.per));
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let (window, used) = counts.entry(key).or_insert((number, 0));
        if *window != number {
            (*window, *used) = (number, 0);
        }
        *used = used.saturating_add(add);
        Quota {
            limit: self.allowed(family, limit),
            used: *used,
            resets_at,
        }
    }
}

/// The number of the window at a time, and when it ends. The real server keeps the fraction of the second.
fn window(limit: &Limit, now: Timestamp) -> (i64, Timestamp) {
    let (period, second) = (i64::from(limit.seconds), now.as_second());
    let left = period - second.rem_euclid(period);
    let ends = seconds_after(now, left).unwrap_or(Timestamp::MAX);
    (second.div_euclid(period), ends)
}

/// 429, with the headers of the limit that is reached.
pub(crate) fn too_many_requests(quota: &Quota) -> ErrorResponse {
    let mut reply = Response::json(&json!({ "error": "Too many requests" }))
        .status(StatusCode::TOO_MANY_REQUESTS);
    reply.headers.extend(quota.headers());
    Box::new(reply)
}
