//! Push messages: keys for them, and reading what they say. Feature `push`.
//!
//! A server pushes a notification by sending it, encrypted, to an address that the program chose.
//! That address is mostly one of a push service; it can be the program's own.
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
//! let take = |headers: HeaderMap, body: Bytes| async move {
//!     match receiver.receive(&headers, &body) {
//!         Ok(told) => println!("{}: {}", told.title, told.body),
//!         Err(error) => return (StatusCode::FORBIDDEN, error.to_string()),
//!     }
//!     (StatusCode::CREATED, String::new())
//! };
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! axum::serve(listener, Router::new().route("/push", post(take))).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Mastodon takes every status from 400 on, but for 408 and 429, as the end of the subscription, and sends a
//! message that was not answered or met a status from 500 on up to five times more. The example
//! `push_receiver` is a whole program.

mod base64url;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
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
    /// Makes keys for push messages. See [`PushKeyPair::generate`].
    ///
    /// # Errors
    ///
    /// When the system gives no random numbers.
    pub fn push_subscription_generate_keys() -> Result<PushKeyPair, Error> {
        Ok(PushKeyPair::generate()?)
    }

    /// Checks and reads a push message, its headers and its body as they came. See
    /// [`PushReceiver::receive`].
    ///
    /// # Errors
    ///
    /// [`Error::Push`] when it is not from the server, not for these keys, or cannot be read.
    pub fn push_subscription_decrypt_push(
        receiver: &PushReceiver,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<PushNotification, Error> {
        Ok(receiver.receive(headers, body)?)
    }
}

impl PushAlerts {
    /// Every type of notification.
    pub fn all() -> Self {
        let types = NotificationType::VALUES.iter();
        types.fold(Self::new(), |mut alerts, name| {
            alerts.0.set(name, true);
            alerts
        })
    }
}

impl From<PushAlerts> for PushSubscriptionData {
    /// These types of notification, whoever causes them.
    fn from(alerts: PushAlerts) -> Self {
        Self::new().alerts(alerts)
    }
}
