//! Rate limits: request counters per bucket, and the `X-RateLimit-*` headers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderName, StatusCode};
use jiff::Timestamp;
use serde_json::json;

use crate::clock::seconds_after;
use crate::ids::Id;
use crate::response::{ErrorResponse, Response};
use crate::route::{CountedBy, Limit, RateLimitBucket, Route};
use crate::routes::RATE_LIMIT_BUCKETS;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Routes whose responses have the headers of a bucket that does not count them: Mastodon does not pass the flag by which
/// boosts and reports would be counted.
const NOT_COUNTED: &[(&str, &str)] = &[("status_reblog", "statuses"), ("report", "reports")];

/// Identities that a request can be counted under.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requester {
    pub(crate) token: Option<String>,
    pub(crate) user: Option<Id>,
    pub(crate) address: String,
}

impl Requester {
    /// Returns whether the token belongs to an application and not to a user.
    fn is_app(&self) -> bool {
        self.token.is_some() && self.user.is_none()
    }

    fn counter_key(&self, per: CountedBy) -> String {
        let address = || format!("address {}", self.address);
        match per {
            CountedBy::Token => self.token.clone().unwrap_or_else(address),
            CountedBy::User => self
                .user
                .map_or_else(address, |user| format!("user {user}")),
            CountedBy::Address => address(),
        }
    }
}

/// Quota of one limit: allowed and used requests, and the time of the reset.
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

/// Number of the latest window, and the requests counted in it.
type Count = (i64, u32);

/// Counts requests in fixed windows. Each window starts at a multiple of its length.
#[derive(Debug, Default)]
pub(crate) struct RateLimiter {
    overrides: BTreeMap<String, u32>,
    /// Lengths of windows in seconds, instead of Mastodon's.
    windows: BTreeMap<String, u32>,
    counts: Mutex<BTreeMap<(&'static str, usize, String), Count>>,
    rejected: AtomicUsize,
}

impl RateLimiter {
    /// Creates a limiter with other limits and windows for some buckets; `None` if a bucket is unknown.
    pub(crate) fn with_overrides(
        overrides: BTreeMap<String, u32>,
        windows: BTreeMap<String, u32>,
    ) -> Option<Self> {
        let exists = |name: &String| RATE_LIMIT_BUCKETS.iter().any(|bucket| bucket.name == name);
        let is_known = overrides.keys().chain(windows.keys()).all(exists);
        is_known.then(|| Self {
            overrides,
            windows,
            ..Self::default()
        })
    }

    /// Creates a limiter that rejects no request.
    pub(crate) fn unlimited() -> Self {
        let overrides = RATE_LIMIT_BUCKETS
            .iter()
            .map(|bucket| (bucket.name.to_owned(), u32::MAX));
        Self {
            overrides: overrides.collect(),
            ..Self::default()
        }
    }

    /// Forgets all counted requests.
    pub(crate) fn clear(&self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.clear();
        self.rejected.store(0, Ordering::Relaxed);
    }

    /// Returns the number of requests that were rejected because a limit was exceeded.
    pub(crate) fn rejected(&self) -> usize {
        self.rejected.load(Ordering::Relaxed)
    }

    /// Counts a request before it is handled. Returns the quota with the fewest remaining requests, or the error
    /// response if a limit is exceeded. `is_counted`: whether a success will be counted by the buckets that count only
    /// those.
    pub(crate) fn check(
        &self,
        route: &Route,
        is_paging: bool,
        is_counted: bool,
        requester: &Requester,
        now: Timestamp,
    ) -> Result<Option<Quota>, ErrorResponse> {
        let applies = |bucket: &&RateLimitBucket| {
            ["general", "address"].contains(&bucket.name)
                || bucket.name == route.bucket
                || is_paging && bucket.name == "paging"
        };
        let mut lowest: Option<Quota> = None;
        for bucket in RATE_LIMIT_BUCKETS.iter().filter(applies) {
            // Buckets that count only successful requests are checked here and counted afterwards.
            let count = u32::from(!bucket.counts_only_success);
            for (index, limit) in bucket.limits.iter().enumerate() {
                let mut quota = self.count(bucket, index, limit, requester, now, count);
                if bucket.name == "general" && limit.per == CountedBy::Token && requester.is_app() {
                    // An application is also counted like a visitor.
                    let visitor = Requester {
                        token: None,
                        ..requester.clone()
                    };
                    let as_visitor = self.count(bucket, index, limit, &visitor, now, count);
                    quota = [quota, as_visitor]
                        .into_iter()
                        .min_by_key(Quota::remaining)
                        .unwrap_or(quota);
                }
                let is_exceeded = if bucket.counts_only_success {
                    is_counted && quota.used >= quota.limit
                } else {
                    quota.used > quota.limit
                };
                if is_exceeded {
                    self.rejected.fetch_add(1, Ordering::Relaxed);
                    return Err(too_many_requests(&quota));
                }
                let is_lower = lowest.is_none_or(|other| quota.remaining() < other.remaining());
                if is_lower && !bucket.counts_only_success {
                    lowest = Some(quota);
                }
            }
        }
        Ok(lowest)
    }

    /// Counts a successful request, if its bucket counts only those. Returns the resulting quota. `is_counted`: whether
    /// the request has created something.
    pub(crate) fn count_success(
        &self,
        route: &Route,
        is_counted: bool,
        requester: &Requester,
        now: Timestamp,
    ) -> Option<Quota> {
        let shown = NOT_COUNTED.iter().find(|(name, _)| *name == route.name);
        let name = shown.map_or(route.bucket, |(_, bucket)| bucket);
        let bucket = RATE_LIMIT_BUCKETS
            .iter()
            .find(|bucket| bucket.counts_only_success && bucket.name == name)?;
        let count = u32::from(is_counted && shown.is_none());
        let limit = bucket.limits.first()?;
        Some(self.count(bucket, 0, limit, requester, now, count))
    }

    /// Returns the quota of the general bucket as if it were exhausted.
    pub(crate) fn exhausted_quota(&self, now: Timestamp) -> Option<Quota> {
        let bucket = RATE_LIMIT_BUCKETS
            .iter()
            .find(|bucket| bucket.name == "general")?;
        let limit = bucket.limits.first()?;
        let allowed = self.allowed(bucket, limit);
        Some(Quota {
            limit: allowed,
            used: allowed,
            resets_at: self.window_at(bucket, limit, now).1,
        })
    }

    fn allowed(&self, bucket: &RateLimitBucket, limit: &Limit) -> u32 {
        match self.overrides.get(bucket.name) {
            // The override applies to the first limit. The other limits must not be lower than the override.
            Some(max) if limit.requests == bucket.limits[0].requests => *max,
            Some(max) => limit.requests.max(*max),
            None => limit.requests,
        }
    }

    /// Returns the number of the window that contains `now`, and the end of that window. As in Mastodon, the end keeps
    /// the fraction of the second of `now`.
    fn window_at(
        &self,
        bucket: &RateLimitBucket,
        limit: &Limit,
        now: Timestamp,
    ) -> (i64, Timestamp) {
        let seconds = self.windows.get(bucket.name);
        let period = i64::from(*seconds.unwrap_or(&limit.seconds));
        let second = now.as_second();
        let remaining = period - second.rem_euclid(period);
        let end = seconds_after(now, remaining).unwrap_or(Timestamp::MAX);
        (second.div_euclid(period), end)
    }

    fn count(
        &self,
        bucket: &RateLimitBucket,
        index: usize,
        limit: &Limit,
        requester: &Requester,
        now: Timestamp,
        add: u32,
    ) -> Quota {
        let (number, resets_at) = self.window_at(bucket, limit, now);
        let key = (bucket.name, index, requester.counter_key(limit.per));
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let (window, used) = counts.entry(key).or_insert((number, 0));
        if *window != number {
            (*window, *used) = (number, 0);
        }
        *used = used.saturating_add(add);
        Quota {
            limit: self.allowed(bucket, limit),
            used: *used,
            resets_at,
        }
    }
}

/// 429: the limit is exceeded. The headers describe that limit.
pub(crate) fn too_many_requests(quota: &Quota) -> ErrorResponse {
    let mut response = Response::json(&json!({ "error": "Too many requests" }))
        .status(StatusCode::TOO_MANY_REQUESTS);
    response.headers.extend(quota.headers());
    Box::new(response)
}
