//! Web Push: subscription keys, and verification and decryption of push messages. Feature `push`.
//!
//! A server delivers a notification as an encrypted `POST` request
//! ([RFC 8030](https://www.rfc-editor.org/rfc/rfc8030)) to the endpoint URL of a push subscription. The
//! payload is encrypted for the subscription's keys
//! ([RFC 8291](https://www.rfc-editor.org/rfc/rfc8291)), and the server signs the request with VAPID
//! ([RFC 8292](https://www.rfc-editor.org/rfc/rfc8292)). The endpoint usually belongs to a push service;
//! it can also be an HTTP server of the application itself, as in this example:
//!
//! ```no_run
//! use axum::http::{HeaderMap, StatusCode};
//! use axum::{Router, body::Bytes, routing::post};
//! use mastodon_sdk::methods::PushAlerts;
//! use mastodon_sdk::push::{PushKeyPair, PushReceiver};
//!
//! # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), Box<dyn std::error::Error>> {
//! let keys = PushKeyPair::generate()?;
//! let subscription = mastodon
//!     .push_subscription_set(keys.subscription("https://bot.example/push"))
//!     .data(PushAlerts::new().mention(true).follow(true).into())
//!     .await?;
//! let receiver = PushReceiver::new(keys, &subscription)?;
//! let handler = |headers: HeaderMap, body: Bytes| async move {
//!     match receiver.receive(&headers, &body) {
//!         Ok(notification) => println!("{}: {}", notification.title, notification.body),
//!         Err(error) => return (StatusCode::FORBIDDEN, error.to_string()),
//!     }
//!     (StatusCode::CREATED, String::new())
//! };
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! axum::serve(listener, Router::new().route("/push", post(handler))).await?;
//! # Ok(())
//! # }
//! ```
//!
//! The status of the response decides what Mastodon does next. A 2xx status is success. A 4xx status other
//! than 408 and 429 deletes the subscription. After any other status, or without a response, Mastodon sends
//! the message again, up to five times. The example `push_receiver` is a complete application.
//!
//! Mastodon's documentation: <https://docs.joinmastodon.org/methods/push/>

mod base64url;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod headers;
mod keys;
mod message;
mod receiver;
mod vapid;

#[cfg(test)]
mod tests;

use http::HeaderMap;

use crate::client::Mastodon;
use crate::entities::{NotificationType, PushNotification};
use crate::error::Error;
use crate::methods::{PushAlerts, PushSubscriptionData};

pub use crate::error::PushError;
pub use keys::PushKeyPair;
pub use message::{EncryptedPush, PushEncoding};
pub use receiver::PushReceiver;
pub use vapid::{VapidClaims, VapidKey};

/// # Push messages
impl Mastodon {
    /// Generates the keys of a push subscription. Same as [`PushKeyPair::generate`].
    ///
    /// # Errors
    ///
    /// [`Error::Push`] with [`PushError::Random`] if the operating system returns no random numbers.
    pub fn push_subscription_generate_keys() -> Result<PushKeyPair, Error> {
        Ok(PushKeyPair::generate()?)
    }

    /// Verifies and decrypts a push message and returns its notification. Same as
    /// [`PushReceiver::receive`].
    ///
    /// `headers` and `body` are those of the HTTP request, unchanged.
    ///
    /// # Errors
    ///
    /// [`Error::Push`] if the message is not signed by the server, is encrypted for other keys, or is
    /// malformed.
    pub fn push_subscription_decrypt_push(
        receiver: &PushReceiver,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<PushNotification, Error> {
        Ok(receiver.receive(headers, body)?)
    }
}

impl PushAlerts {
    /// Enables every notification type that this version of the SDK knows.
    ///
    /// ```
    /// use mastodon_sdk::methods::PushAlerts;
    /// let all_but_favourites = PushAlerts::all().favourite(false);
    /// ```
    pub fn all() -> Self {
        let types = NotificationType::VALUES.iter();
        types.fold(Self::new(), |mut alerts, name| {
            alerts.0.set(*name, true);
            alerts
        })
    }
}

impl From<PushAlerts> for PushSubscriptionData {
    /// Creates subscription data with these alerts and the server's default policy: notifications from anyone.
    fn from(alerts: PushAlerts) -> Self {
        Self::new().alerts(alerts)
    }
}
