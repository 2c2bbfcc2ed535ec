//! The instance, with the fallback to version 1 of the API.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use crate::call::endpoints::INSTANCE_V2;
use crate::call::request::{Request, SendFuture};
use crate::call::{CallFuture, Response};
use crate::client::Mastodon;
use crate::client::instance::{converted_to_v2, fetch_instance};
use crate::entities::Instance;
use crate::http::rate_limit::{OnWait, RateLimitWait};

/// A call of [`Mastodon::instance`] with its options.
#[must_use = "a call does nothing until it is awaited"]
#[derive(Clone)]
pub struct InstanceCall(Request);

/// # Instance
impl Mastodon {
    /// Returns the instance: its name, rules, limits and contact.
    ///
    /// If the server does not have version 2 of the endpoint, version 1 is requested and its data converted: on
    /// Mastodon before 4.0, Pleroma before 2.7, Akkoma, snac and others. What version 1 does not contain is then
    /// `None` or empty. [`instance_v2`](Self::instance_v2) and [`instance_v1`](Self::instance_v1) send one request
    /// each.
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// let instance = mastodon.instance().await?;
    /// println!("{} ({}) runs {}", instance.title, instance.domain, instance.version);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Mastodon's documentation: <https://docs.joinmastodon.org/methods/instance/#v2>
    ///
    /// # Errors
    ///
    /// Those of every call. If the server has neither version, the error is that of version 2, or
    /// [`Error::NotProvided`](crate::Error::NotProvided) if the responses are not instances.
    pub fn instance(&self) -> InstanceCall {
        InstanceCall(Request::new(self.core(), &INSTANCE_V2))
    }
}

impl InstanceCall {
    maybe_method!();

    /// Maximum duration of each attempt of a request, reading the response included.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.0.timeout = Some(timeout);
        self
    }

    /// Maximum duration of the whole call, including its retries and waiting for rate limits.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.0.deadline = Some(deadline);
        self
    }

    /// Calls a function whenever the call begins to wait for a rate limit, in addition to that of the client.
    pub fn on_wait(mut self, callback: impl Fn(&RateLimitWait) + Send + Sync + 'static) -> Self {
        self.0.on_wait = Some(OnWait::new(callback));
        self
    }

    /// Sends the call and returns its result with status, headers and rate limit.
    ///
    /// # Errors
    ///
    /// The same as awaiting the call.
    pub fn response(self) -> CallFuture<Response<Instance>> {
        CallFuture::from_future(self.send())
    }

    /// Sends the call and returns the response as untyped JSON of version 2. Members that only version 1 has are
    /// kept.
    ///
    /// # Errors
    ///
    /// The same as awaiting the call.
    pub fn json(self) -> CallFuture<serde_json::Value> {
        CallFuture::from_future(self.send())
    }

    fn send(self) -> SendFuture {
        Box::pin(async { converted_to_v2(fetch_instance(self.0).await?) })
    }
}

impl IntoFuture for InstanceCall {
    type Output = <CallFuture<Instance> as Future>::Output;
    type IntoFuture = CallFuture<Instance>;

    fn into_future(self) -> Self::IntoFuture {
        CallFuture::from_future(self.send())
    }
}

impl fmt::Debug for InstanceCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
