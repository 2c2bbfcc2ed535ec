//! Behavior that differs between servers, or that only a busy or older server shows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::feed_behavior::FeedBehavior;
use crate::posting::IdempotencyKeys;
use crate::posting_behavior::PostingBehavior;
use crate::seconds;
use crate::settings::InstanceSettings;
use crate::streaming::StreamingBehavior;

/// Behavior of the server. The default is an idle server with the version of Mastodon that it imitates.
///
/// Set by [`TestServerBuilder::behavior`](crate::TestServerBuilder::behavior) or
/// [`TestServer::set_behavior`](crate::TestServer::set_behavior), by `behavior` in a seed file, or by
/// `PATCH /_test/behavior`. Durations in JSON and YAML are in seconds, such as `0.25`.
///
/// ```
/// use mastodon_test_server::{Behavior, IdempotencyKeys};
///
/// let mut older = Behavior::default();
/// older.idempotency_keys = IdempotencyKeys::StoredAfterPosting;
/// older.password_grant = true;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Behavior {
    /// Whether the email addresses of new users are confirmed at once. Default: false; the user has to open the link
    /// in the confirmation email.
    pub confirmed_sign_ups: bool,
    /// Whether a client can exchange an email address and a password for a token (`grant_type=password`), as before
    /// Mastodon 4.4. Default: false.
    pub password_grant: bool,
    /// Whether trends show only what the staff has approved: hashtags, links and statuses. Default: false; everything
    /// can trend.
    pub trend_review: bool,
    /// Whether the server is in limited federation mode: it answers only its users, and only knows accounts of domains
    /// that the staff has allowed. Default: false.
    pub limited_federation: bool,
    /// What the server does with idempotency keys. Default: `locked`.
    pub idempotency_keys: IdempotencyKeys,
    /// Time that the server works on each POST request of a user before the request has an effect. The server finishes
    /// a request even if its client disconnects. Default: 0.
    #[serde(with = "seconds")]
    #[cfg_attr(test, schemars(with = "f64", range(min = 0)))]
    pub work_time: Duration,
    /// Settings of the administrator.
    pub instance: InstanceSettings,
    /// Time from the posting of a status with a link until its preview card is there. The response and the event of a
    /// new status never have the card. Default: 0, so that the next request finds it.
    #[serde(with = "seconds")]
    #[cfg_attr(test, schemars(with = "f64", range(min = 0)))]
    pub card_delay: Duration,
    /// Timing and failures of posts, media and actions.
    pub posting: PostingBehavior,
    /// Rules of home timelines, lists and notifications.
    pub feeds: FeedBehavior,
    /// Timing and rules of streaming.
    pub streaming: StreamingBehavior,
}

/// The behavior, shared by all parts of the server.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedBehavior(Arc<Mutex<Behavior>>);

impl SharedBehavior {
    pub(crate) fn get(&self) -> Behavior {
        self.lock().clone()
    }

    pub(crate) fn set(&self, behavior: Behavior) {
        *self.lock() = behavior;
    }

    /// Calls a function with the behavior, such as one that returns or changes a field of it.
    pub(crate) fn with<T>(&self, function: impl FnOnce(&mut Behavior) -> T) -> T {
        function(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Behavior> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
