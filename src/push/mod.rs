//! Push messages: keys for them, and reading what they say. Feature `push`.
//!
//! A server pushes a notification by sending it, encrypted, to an address that the program chose.
//! That address is mostly one of a push service; it can be the program's own.
//!
//! ```no_run
//! # async fn example(mastodon: mastodon_sdk::Mastodon, headers: http::HeaderMap, body: Vec<u8>) -> Result<(), mastodon_sdk::Error> {
//! use mastodon_sdk::methods::PushAlerts;
//! use mastodon_sdk::push::{PushKeyPair, PushReceiver};
//!
//! let keys = PushKeyPair::generate()?;
//! let subscription = mastodon
//!     .push_subscription_set(keys.subscription("https://bot.example/push"))
//!     .data(PushAlerts::new().mention(true).follow(true).into())
//!     .await?;
//! let receiver = PushReceiver::new(keys, &subscription)?;
//!
//! // With the headers and the body of each request that comes to that address:
//! let notification = receiver.receive(&headers, &body)?;
//! println!("{}: {}", notification.title, notification.body);
//! # Ok(())
//! # }
//! ```

mod base64url;
mod error;
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

pub use error::PushError;
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
