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
use crate::throttles::{THROTTLES, Throttle, ThrottleLimit, ThrottledRequest};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Routes whose responses have the headers of a bucket that does not count them: Mastodon does not pass the flag by which
/// boosts and reports would be counted.
const NOT_COUNTED: &[(&str, &str)] = &[("status_reblog", "statuses"), ("report", "reports")];

/// Maximum number of counters that are kept.
const MAX_COUNTERS: usize = 20_000;

/// Identities that a request can be counted under.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requester {
    pub(crate) token: Option<String>,
    pub(crate) user: Option<Id>,
    pub(crate) address: String,
}

impl Requester {
    fn counter_key(&self, per: CountedBy) -> String {
        let address = || format!("address {}", self.address);
        match per {
            CountedBy::Token => self
                .token
                .as_ref()
                .map_or_else(address, |token| format!("token {token}")),
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

/// The latest window in which a requester was counted.
#[derive(Debug)]
struct Count {
    window: i64,
    used: u32,
    resets_at: Timestamp,
}

/// Counts requests in fixed windows. Each window starts at a multiple of its length.
#[derive(Debug, Default)]
pub(crate) struct RateLimiter {
    overrides: BTreeMap<String, u32>,
    is_unlimited: bool,
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
            is_unlimited: true,
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

    /// Counts a request by all throttles that apply, before it is handled. Returns the quota with the fewest remaining
    /// requests, or the error response if a limit is exceeded.
    pub(crate) fn check(
        &self,
        request: &ThrottledRequest<'_>,
        requester: &Requester,
        now: Timestamp,
    ) -> Result<Option<Quota>, ErrorResponse> {
        let mut lowest: Option<Quota> = None;
        for (index, throttle) in THROTTLES.iter().enumerate() {
            if !(throttle.applies)(request) {
                continue;
            }
            let Some(limit) = self.throttle_limit(throttle) else {
                continue;
            };
            let quota = self.count(("throttle", index), limit, throttle.per, requester, now, 1);
            if quota.used > quota.limit {
                self.rejected.fetch_add(1, Ordering::Relaxed);
                return Err(too_many_requests(&quota));
            }
            // Of equal quotas the first is reported.
            if lowest.is_none_or(|other| quota.remaining() < other.remaining()) {
                lowest = Some(quota);
            }
        }
        Ok(lowest)
    }

    /// Returns the limit of a throttle, with the settings of this server.
    fn throttle_limit(&self, throttle: &Throttle) -> Option<Limit> {
        let per = match throttle.limit {
            ThrottleLimit::Fixed(limit) => {
                return Some(Limit {
                    requests: if self.is_unlimited {
                        u32::MAX
                    } else {
                        limit.requests
                    },
                    ..limit
                });
            }
            ThrottleLimit::OfBucket(per) => per,
        };
        let mut buckets = RATE_LIMIT_BUCKETS.iter();
        let bucket = buckets.find(|bucket| Some(bucket.name) == throttle.bucket)?;
        let limit = bucket.limits.iter().find(|limit| limit.per == per)?;
        Some(self.configured(bucket, limit))
    }

    /// Rejects a request if the user has already created as many records as the family of the route allows.
    pub(crate) fn check_family(
        &self,
        route: &Route,
        requester: &Requester,
        now: Timestamp,
    ) -> Result<(), ErrorResponse> {
        let Some((bucket, index)) = family(route.bucket) else {
            return Ok(());
        };
        let Some(limit) = bucket.limits.first() else {
            return Ok(());
        };
        let limit = self.configured(bucket, limit);
        let quota = self.count(("family", index), limit, CountedBy::User, requester, now, 0);
        if quota.used >= quota.limit {
            self.rejected.fetch_add(1, Ordering::Relaxed);
            return Err(too_many_requests(&quota));
        }
        Ok(())
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
        let (bucket, index) = family(shown.map_or(route.bucket, |(_, bucket)| bucket))?;
        let count = u32::from(is_counted && shown.is_none());
        let limit = self.configured(bucket, bucket.limits.first()?);
        let key = ("family", index);
        Some(self.count(key, limit, CountedBy::User, requester, now, count))
    }

    /// Returns the quota of the general bucket as if it were exhausted.
    pub(crate) fn exhausted_quota(&self, now: Timestamp) -> Option<Quota> {
        let bucket = RATE_LIMIT_BUCKETS
            .iter()
            .find(|bucket| bucket.name == "general")?;
        let limit = self.configured(bucket, bucket.limits.first()?);
        Some(Quota {
            limit: limit.requests,
            used: limit.requests,
            resets_at: window_at(limit, now).1,
        })
    }

    /// Returns a limit with the settings of this server.
    fn configured(&self, bucket: &RateLimitBucket, limit: &Limit) -> Limit {
        let requests = match self.overrides.get(bucket.name) {
            // The override applies to the first limit. The other limits must not be lower than the override.
            Some(max) if limit.requests == bucket.limits[0].requests => *max,
            Some(max) => limit.requests.max(*max),
            None => limit.requests,
        };
        let seconds = self.windows.get(bucket.name);
        Limit {
            requests,
            seconds: *seconds.unwrap_or(&limit.seconds),
            per: limit.per,
        }
    }

    fn count(
        &self,
        (kind, index): (&'static str, usize),
        limit: Limit,
        per: CountedBy,
        requester: &Requester,
        now: Timestamp,
        add: u32,
    ) -> Quota {
        let (number, resets_at) = window_at(limit, now);
        let key = (kind, index, requester.counter_key(per));
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MAX_COUNTERS {
            counts.retain(|_, count| count.resets_at > now);
        }
        if counts.len() >= MAX_COUNTERS {
            counts.clear();
        }
        let count = counts.entry(key).or_insert(Count {
            window: number,
            used: 0,
            resets_at,
        });
        if count.window != number {
            (count.window, count.used) = (number, 0);
        }
        count.resets_at = resets_at;
        count.used = count.used.saturating_add(add);
        let used = count.used;
        Quota {
            limit: limit.requests,
            used,
            resets_at,
        }
    }
}

/// Returns the bucket of a family: records that a user creates, counted when the request has succeeded.
fn family(name: &str) -> Option<(&'static RateLimitBucket, usize)> {
    let mut buckets = RATE_LIMIT_BUCKETS.iter().enumerate();
    let (index, bucket) =
        buckets.find(|(_, bucket)| bucket.counts_only_success && bucket.name == name)?;
    Some((bucket, index))
}

/// Returns the number of the window that contains `now`, and the end of that window. As in Mastodon, the end keeps the
/// fraction of the second of `now`.
fn window_at(limit: Limit, now: Timestamp) -> (i64, Timestamp) {
    let period = i64::from(limit.seconds);
    let second = now.as_second();
    let remaining = period - second.rem_euclid(period);
    let end = seconds_after(now, remaining).unwrap_or(Timestamp::MAX);
    (second.div_euclid(period), end)
}

/// 429: the limit is exceeded. The headers describe that limit.
pub(crate) fn too_many_requests(quota: &Quota) -> ErrorResponse {
    let mut response = Response::json(&json!({ "error": "Too many requests" }))
        .status(StatusCode::TOO_MANY_REQUESTS);
    response.headers.extend(quota.headers());
    Box::new(response)
}
