//! Waiting for rate limits: deadlines, callbacks and log messages.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::store::Wait;
use crate::error::{EndpointName, Error};
use crate::facts::RateLimitBucket;

/// Waits of at least this duration are logged at the level `info`.
const LONG_WAIT: Duration = Duration::from_secs(5);

/// A wait of a call for a rate limit, for the callback of [`on_wait`](crate::MastodonBuilder::on_wait).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimitWait {
    /// Name of the method, or the HTTP method and path of a [`request`](crate::Mastodon::request).
    pub endpoint: Cow<'static, str>,
    /// Rate limit for which the call waits.
    pub bucket: RateLimitBucket,
    /// How long the rate limit allows no further request. A call that waits behind others may wait longer.
    pub duration: Duration,
}

/// Callback for waits.
#[derive(Clone)]
pub(crate) struct OnWait(Arc<dyn Fn(&RateLimitWait) + Send + Sync>);

impl OnWait {
    pub(crate) fn new(callback: impl Fn(&RateLimitWait) + Send + Sync + 'static) -> Self {
        Self(Arc::new(callback))
    }
}

impl fmt::Debug for OnWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnWait(..)")
    }
}

/// The waiting of one call.
#[derive(Debug)]
pub(crate) struct Waiting<'a> {
    endpoint: EndpointName,
    /// When the call has to be finished.
    deadline: Option<Instant>,
    callbacks: [Option<&'a OnWait>; 2],
    /// End of the last wait that was announced.
    announced: Option<(RateLimitBucket, Instant)>,
}

impl<'a> Waiting<'a> {
    pub(crate) fn new(
        endpoint: impl Into<EndpointName>,
        deadline: Option<Instant>,
        callbacks: [Option<&'a OnWait>; 2],
    ) -> Self {
        Self {
            endpoint: endpoint.into(),
            deadline,
            callbacks,
            announced: None,
        }
    }

    /// Announces a wait. Fails if it cannot end before the deadline.
    pub(super) fn wait(&mut self, bucket: RateLimitBucket, wait: &Wait) -> Result<(), Refused> {
        let Some(duration) = wait.allowed_in else {
            return Ok(());
        };
        let now = Instant::now();
        // A time that cannot be represented is later than any deadline.
        let end = now.checked_add(duration);
        if self
            .deadline
            .is_some_and(|deadline| end.is_none_or(|end| end > deadline))
        {
            return Err(Refused {
                bucket,
                wait: *wait,
            });
        }
        let is_announced = self.announced.is_some_and(|(announced, until)| {
            announced == bucket && end.is_some_and(|end| end <= until + Duration::from_secs(1))
        });
        if !is_announced {
            self.announce(bucket, duration);
        }
        if let Some(end) = end.filter(|_| !is_announced) {
            self.announced = Some((bucket, end));
        }
        Ok(())
    }

    fn announce(&self, bucket: RateLimitBucket, duration: Duration) {
        let endpoint = &*self.endpoint;
        let name = bucket.name();
        if duration >= LONG_WAIT {
            tracing::info!(
                endpoint,
                bucket = name,
                ?duration,
                "waiting for a rate limit"
            );
        } else {
            tracing::debug!(
                endpoint,
                bucket = name,
                ?duration,
                "waiting for a rate limit"
            );
        }
        let wait = RateLimitWait {
            endpoint: self.endpoint.clone(),
            bucket,
            duration,
        };
        for callback in self.callbacks.into_iter().flatten() {
            (callback.0)(&wait);
        }
    }
}

/// A rate limit allows the request only later than the call can wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused {
    pub(super) bucket: RateLimitBucket,
    pub(super) wait: Wait,
}

impl Refused {
    pub(crate) fn into_error(self, endpoint: impl Into<EndpointName>) -> Error {
        let Wait {
            retry_in,
            allowed_in,
            limit,
            remaining,
            ..
        } = self.wait;
        Error::RateLimited {
            endpoint: endpoint.into(),
            bucket: self.bucket,
            limit,
            remaining,
            reset_in: allowed_in.unwrap_or(retry_in),
        }
    }
}
