//! Settings of the rate limits that a test has chosen.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Deserialize;

use crate::rate_limit::RateLimiter;
use crate::route::{Limit, RateLimitBucket};
use crate::routes::RATE_LIMIT_BUCKETS;
use crate::seed::{SeedError, SeedResult};

/// Rate limits that differ from those of Mastodon.
#[derive(Clone, Debug, Default)]
pub(crate) struct LimitSettings {
    /// Maximum number of requests, by bucket.
    pub(crate) overrides: BTreeMap<String, u32>,
    /// Lengths of windows in seconds, by bucket.
    pub(crate) windows: BTreeMap<String, u32>,
    pub(crate) is_unlimited: bool,
}

/// Changes of the rate limits. What is not given stays.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitChanges {
    /// Whether there are rate limits.
    pub(crate) enabled: Option<bool>,
    /// Limits by bucket: `general`, `media`, `deletions`, `paging`, `apps`, `accounts`, `email_confirmations`, `follows`,
    /// `statuses` or `reports`. Null restores those of Mastodon.
    pub(crate) buckets: BTreeMap<String, Option<BucketLimit>>,
}

/// Limit of a bucket.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(crate) struct BucketLimit {
    /// Maximum number of requests in a window.
    pub(crate) requests: Option<u32>,
    /// Length of the windows in seconds. Windows start at multiples of it.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub(crate) seconds: Option<u32>,
}

/// The rate limiter, which is replaced when the limits change.
#[derive(Debug)]
pub(crate) struct Limiter {
    current: Mutex<(LimitSettings, Arc<RateLimiter>)>,
    initial: LimitSettings,
}

impl Limiter {
    pub(crate) fn new(settings: LimitSettings) -> Self {
        Self {
            current: Mutex::new((settings.clone(), settings.limiter())),
            initial: settings,
        }
    }

    fn lock(&self) -> MutexGuard<'_, (LimitSettings, Arc<RateLimiter>)> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn current(&self) -> Arc<RateLimiter> {
        Arc::clone(&self.lock().1)
    }

    pub(crate) fn settings(&self) -> LimitSettings {
        self.lock().0.clone()
    }

    /// Changes the limits. The requests so far no longer count.
    pub(crate) fn change(&self, changes: &LimitChanges) -> SeedResult<()> {
        let changed = self.settings().changed(changes)?;
        let limiter = changed.limiter();
        *self.lock() = (changed, limiter);
        Ok(())
    }

    /// Restores the limits that the server had at its start, and forgets all counted requests.
    pub(crate) fn reset(&self) {
        *self.lock() = (self.initial.clone(), self.initial.limiter());
    }
}

impl LimitSettings {
    fn limiter(&self) -> Arc<RateLimiter> {
        if self.is_unlimited {
            return Arc::new(RateLimiter::unlimited());
        }
        let limiter = RateLimiter::with_overrides(self.overrides.clone(), self.windows.clone());
        // The names of the buckets were checked, so there is one.
        Arc::new(limiter.unwrap_or_default())
    }

    /// Returns the limits of a bucket.
    pub(crate) fn limits(&self, bucket: &RateLimitBucket) -> Vec<Limit> {
        let first = bucket.limits.first().map_or(0, |limit| limit.requests);
        let limits = bucket.limits.iter().map(|limit| Limit {
            requests: match self.overrides.get(bucket.name) {
                Some(max) if limit.requests == first => *max,
                Some(max) => limit.requests.max(*max),
                None => limit.requests,
            },
            seconds: *self.windows.get(bucket.name).unwrap_or(&limit.seconds),
            per: limit.per,
        });
        limits.collect()
    }

    /// Returns the settings with some changes.
    pub(crate) fn changed(&self, changes: &LimitChanges) -> SeedResult<Self> {
        let mut changed = self.clone();
        if let Some(enabled) = changes.enabled {
            changed.is_unlimited = !enabled;
        }
        for (name, limit) in &changes.buckets {
            let field = format!("buckets.{name}");
            if !RATE_LIMIT_BUCKETS.iter().any(|bucket| bucket.name == name) {
                let names: Vec<&str> = RATE_LIMIT_BUCKETS
                    .iter()
                    .map(|bucket| bucket.name)
                    .collect();
                let message = format!("unknown bucket; the buckets are {}", names.join(", "));
                return Err(SeedError::new(field, message));
            }
            let Some(limit) = limit else {
                changed.overrides.remove(name);
                changed.windows.remove(name);
                continue;
            };
            if limit.seconds == Some(0) {
                return Err(SeedError::new(
                    format!("{field}.seconds"),
                    "must be at least 1",
                ));
            }
            if let Some(requests) = limit.requests {
                changed.overrides.insert(name.clone(), requests);
            }
            if let Some(seconds) = limit.seconds {
                changed.windows.insert(name.clone(), seconds);
            }
        }
        Ok(changed)
    }
}
