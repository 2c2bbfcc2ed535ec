//! Permission to send one request.

use std::mem::take;

use http::HeaderMap;
use tokio::runtime::Handle;

use super::attribution::outcomes;
use super::headers::RateLimitHeaders;
use super::store::{FinishedRequest, Outcome};
use super::{Granted, RateLimiter};
use crate::tasks::spawn;

/// Permission to send one request. The request counts as in flight until this is finished or dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Permit<'a> {
    limiter: &'a RateLimiter,
    granted: Vec<Granted>,
}

impl<'a> Permit<'a> {
    pub(super) fn new(limiter: &'a RateLimiter) -> Self {
        Self {
            limiter,
            granted: Vec::new(),
        }
    }

    pub(super) fn extend(&mut self, granted: Vec<Granted>) {
        if self.granted.is_empty() {
            self.granted = granted;
        } else {
            self.granted.extend(granted);
        }
    }

    /// Finishes the request and updates the rate limits from its response. `is_success`: its status is successful.
    pub(crate) async fn finish(mut self, headers: &HeaderMap, throttled: bool, is_success: bool) {
        let granted = take(&mut self.granted);
        let report = RateLimitHeaders::parse(headers, throttled);
        let outcomes = outcomes(&granted, report.as_ref(), is_success);
        let shared = self.finish_local(granted, outcomes);
        if let Some(store) = self.limiter.shared.as_ref().filter(|_| !shared.is_empty()) {
            store.finish(&shared, &self.limiter.local).await;
            for request in &shared {
                self.limiter.notify(request.bucket.bucket);
            }
        }
    }

    /// Finishes what was granted by the store of this process. Returns what was granted by the shared store.
    fn finish_local(&self, granted: Vec<Granted>, outcomes: Vec<Outcome>) -> Vec<FinishedRequest> {
        let mut shared = Vec::new();
        for (granted, outcome) in granted.into_iter().zip(outcomes) {
            let Granted {
                bucket,
                ticket,
                is_shared,
            } = granted;
            let request = FinishedRequest::new(bucket, ticket, outcome);
            if is_shared {
                shared.push(request);
            } else {
                self.limiter.local.finish_one(&request);
                self.limiter.notify(request.bucket.bucket);
            }
        }
        shared
    }
}

impl Drop for Permit<'_> {
    /// Finishes a request that failed or was cancelled.
    fn drop(&mut self) {
        let granted = take(&mut self.granted);
        if granted.is_empty() {
            return;
        }
        let outcomes = vec![Outcome::Unknown; granted.len()];
        let shared = self.finish_local(granted, outcomes);
        let store = self.limiter.shared.as_ref().filter(|_| !shared.is_empty());
        if let (Some(store), Ok(runtime)) = (store.cloned(), Handle::try_current()) {
            let memory = self.limiter.local.clone();
            spawn(
                &runtime,
                async move { store.finish(&shared, &memory).await },
            );
        }
    }
}
