//! Calls that repeat a request until the server reports a state: a follow request was decided, a poll has ended.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::call::core::BoxFuture;
use crate::call::response::PendingRefresh;
use crate::client::Mastodon;
use crate::entities::{
    AccountId, AsyncRefresh, AsyncRefreshStatus, MergedState, Poll, PollId, Relationship,
};
use crate::error::{Error, TimeoutSetting};

/// Default interval between the first two requests, and maximum interval. The interval doubles after each request.
const FIRST_INTERVAL: Duration = Duration::from_secs(2);
const MAX_INTERVAL: Duration = Duration::from_secs(60);

/// Default deadline.
const DEADLINE: Duration = Duration::from_secs(10 * 60);

/// Maximum time between two requests for the state of a poll: its end can be changed.
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// State of what is awaited.
enum State {
    Reached,
    /// The state will not be reached earlier than after this time.
    Pending(Duration),
    /// The state will not be reached.
    Never(Error),
}

type Fetch<T> = Arc<dyn Fn() -> BoxFuture<'static, Result<T, Error>> + Send + Sync>;
type Check<T> = Arc<dyn Fn(&T) -> State + Send + Sync>;

/// A call that repeats a request until the server reports a state, with its options.
///
/// [`Mastodon::wait_until`] and methods such as [`Mastodon::wait_for_follow`] return it. A request that fails is repeated
/// too if the same request may succeed later.
#[must_use = "a call does nothing until it is awaited"]
pub struct WaitUntilCall<T> {
    name: &'static str,
    fetch: Fetch<T>,
    check: Check<T>,
    /// Time before the first request.
    delay: Duration,
    interval: Duration,
    max_interval: Duration,
    deadline: Option<Duration>,
}

/// # Waiting for a state
impl Mastodon {
    /// Repeats a call until its result satisfies a condition, and returns that result.
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// use std::time::Duration;
    ///
    /// // A status with at least ten boosts.
    /// let popular = mastodon
    ///     .wait_until(|mastodon| mastodon.status("103270115826048975"), |status| status.reblogs_count >= 10)
    ///     .interval(Duration::from_secs(60))
    ///     .deadline(Duration::from_secs(24 * 60 * 60))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] if the condition is not satisfied before the deadline, and the errors of the call that a later
    /// call would not resolve.
    #[doc(alias("poll", "retry until"))]
    pub fn wait_until<T, C>(
        &self,
        call: impl Fn(&Self) -> C + Send + Sync + 'static,
        is_reached: impl Fn(&T) -> bool + Send + Sync + 'static,
    ) -> WaitUntilCall<T>
    where
        C: IntoFuture<Output = Result<T, Error>>,
        C::IntoFuture: Send + 'static,
    {
        let client = self.clone();
        WaitUntilCall::new(
            "wait_until",
            move || Box::pin(call(&client).into_future()),
            move |value| match is_reached(value) {
                true => State::Reached,
                false => State::Pending(Duration::ZERO),
            },
        )
    }

    /// Waits until a follow request was decided. Returns the relationship: `following` is true if the request was
    /// accepted, and false if it was rejected or withdrawn.
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// let bob = mastodon.account_find("@bob@example.org").await?;
    /// mastodon.account_follow(&bob).await?;
    /// if mastodon.wait_for_follow(&bob).await?.following {
    ///     println!("The request was accepted");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] if the request is not decided before the deadline, by default within ten minutes;
    /// [`Error::NotFound`] if the account does not exist; and those of [`Mastodon::account_relationships`].
    pub fn wait_for_follow(&self, id: impl Into<AccountId>) -> WaitUntilCall<Relationship> {
        const NAME: &str = "wait_for_follow";
        let (client, id): (_, AccountId) = (self.clone(), id.into());
        WaitUntilCall::new(
            NAME,
            move || {
                let (relationships, id) = (client.account_relationships([&id]), id.clone());
                Box::pin(async move {
                    let found = relationships.await?.into_iter().next();
                    found.ok_or_else(|| Error::NotFound {
                        endpoint: NAME,
                        what: format!("the account with the ID {id}"),
                        reason: "the server has no relationship to it".to_owned(),
                        needs_user: false,
                    })
                })
            },
            |relationship| match relationship.requested && !relationship.following {
                true => State::Pending(Duration::ZERO),
                false => State::Reached,
            },
        )
    }

    /// Waits until a poll has ended, and returns it with its final results. Requests it when it ends, and otherwise once
    /// an hour.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] if the server does not end the poll within ten minutes after its end, or before the deadline
    /// if one is set; [`Error::NotProvided`] if the poll has no end and no deadline is set; and those of
    /// [`Mastodon::poll`].
    pub fn wait_for_poll(&self, id: impl Into<PollId>) -> WaitUntilCall<Poll> {
        const NAME: &str = "wait_for_poll";
        let (client, id): (_, PollId) = (self.clone(), id.into());
        let call = WaitUntilCall::new(
            NAME,
            move || Box::pin(client.poll(&id).into_future()),
            |poll: &Poll| {
                if poll.expired {
                    return State::Reached;
                }
                let Some(end) = poll.expires_at else {
                    return State::Never(Error::NotProvided {
                        endpoint: NAME.into(),
                        what: "the end of the poll; set a `deadline`",
                    });
                };
                let left = end.duration_since(Timestamp::now());
                if left.unsigned_abs() > DEADLINE && left.is_negative() {
                    return State::Never(timeout(NAME, DEADLINE));
                }
                let left = Duration::try_from(left).unwrap_or_default();
                State::Pending(left.min(MAX_POLL_INTERVAL))
            },
        );
        WaitUntilCall {
            deadline: None,
            ..call
        }
    }

    /// Waits until the notifications of accepted notification requests have been merged into the user's notifications,
    /// which the server does after [`accept_notification_request`](Self::accept_notification_request).
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] if they are not merged before the deadline, by default within ten minutes; and those of
    /// [`Mastodon::notifications_merged`].
    pub fn wait_for_notifications_merged(&self) -> WaitUntilCall<MergedState> {
        let client = self.clone();
        WaitUntilCall::new(
            "wait_for_notifications_merged",
            move || Box::pin(client.notifications_merged().into_future()),
            |state| match state.merged {
                true => State::Reached,
                false => State::Pending(Duration::ZERO),
            },
        )
    }

    /// Waits until a background job of the server has finished: polls its state at the interval that the
    /// server specifies. The call that started the job then returns more results.
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// let mut thread = mastodon.status_context("103270115826048975").response().await?;
    /// if let Some(pending) = thread.pending_refresh() {
    ///     mastodon.await_async_refresh(&pending).await?;
    ///     thread = mastodon.status_context("103270115826048975").response().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] if the job has not finished before the deadline, by default within ten minutes; and those of
    /// [`Mastodon::get_async_refresh_status`].
    pub fn await_async_refresh(&self, pending: &PendingRefresh) -> WaitUntilCall<AsyncRefresh> {
        let (client, id) = (self.clone(), pending.id.clone());
        let interval = pending.retry.max(Duration::from_secs(1));
        let call = WaitUntilCall::new(
            "await_async_refresh",
            move || {
                let job = client.get_async_refresh_status(id.as_str());
                Box::pin(async move { Ok(job.await?.async_refresh) })
            },
            |job: &AsyncRefresh| match job.status {
                AsyncRefreshStatus::Running => State::Pending(Duration::ZERO),
                _ => State::Reached,
            },
        );
        WaitUntilCall {
            delay: interval,
            interval,
            max_interval: interval,
            ..call
        }
    }
}

fn timeout(name: &'static str, limit: Duration) -> Error {
    Error::timeout(name, TimeoutSetting::Condition, limit)
}

impl<T> WaitUntilCall<T> {
    fn new(
        name: &'static str,
        fetch: impl Fn() -> BoxFuture<'static, Result<T, Error>> + Send + Sync + 'static,
        check: impl Fn(&T) -> State + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            fetch: Arc::new(fetch),
            check: Arc::new(check),
            delay: Duration::ZERO,
            interval: FIRST_INTERVAL,
            max_interval: MAX_INTERVAL,
            deadline: Some(DEADLINE),
        }
    }

    maybe_method!();

    /// Time between the first two requests. It doubles after each request, up to
    /// [`max_interval`](Self::max_interval). Default: two seconds; for background jobs what the server specifies. At
    /// least a tenth of a second.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval.max(Duration::from_millis(100));
        self.max_interval = self.max_interval.max(self.interval);
        self
    }

    /// Maximum time between two requests. Default: one minute. It is not less than [`interval`](Self::interval).
    pub fn max_interval(mut self, interval: Duration) -> Self {
        self.max_interval = interval.max(self.interval);
        self
    }

    /// Maximum duration of the whole call. Default: ten minutes; for a poll ten minutes after its end.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    async fn run(self) -> Result<T, Error> {
        let Some(limit) = self.deadline else {
            return self.repeat().await;
        };
        // The requests only read, so one can be abandoned.
        tokio::time::timeout(limit, self.repeat())
            .await
            .unwrap_or_else(|_| Err(timeout(self.name, limit)))
    }

    async fn repeat(&self) -> Result<T, Error> {
        tokio::time::sleep(self.delay).await;
        let mut interval = self.interval;
        loop {
            let least = match (self.fetch)().await {
                Ok(value) => match (self.check)(&value) {
                    State::Reached => return Ok(value),
                    State::Pending(least) => least,
                    State::Never(error) if self.deadline.is_none() => return Err(error),
                    State::Never(_) => Duration::ZERO,
                },
                Err(error) if error.is_retryable() => {
                    tracing::info!(%error, "{}: the request failed; it is repeated", self.name);
                    match error {
                        Error::RateLimited { reset_in, .. } => reset_in,
                        _ => Duration::ZERO,
                    }
                }
                Err(error) => return Err(error),
            };
            let next = Instant::now().checked_add(interval.max(least));
            match next {
                Some(next) => tokio::time::sleep_until(next).await,
                // A time that cannot be represented is never reached.
                None => std::future::pending().await,
            }
            interval = interval.saturating_mul(2).min(self.max_interval);
        }
    }
}

impl<T: Send + 'static> IntoFuture for WaitUntilCall<T> {
    type Output = Result<T, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<T> Clone for WaitUntilCall<T> {
    fn clone(&self) -> Self {
        Self {
            name: self.name,
            fetch: Arc::clone(&self.fetch),
            check: Arc::clone(&self.check),
            delay: self.delay,
            interval: self.interval,
            max_interval: self.max_interval,
            deadline: self.deadline,
        }
    }
}

impl<T> fmt::Debug for WaitUntilCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(self.name)
            .field("interval", &self.interval)
            .field("max_interval", &self.max_interval)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
