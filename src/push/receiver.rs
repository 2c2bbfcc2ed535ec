//! Verification and decryption of incoming push messages.

use std::fmt;

use http::HeaderMap;
use jiff::Timestamp;
use mastodon_types::json::{DecodeOptions, decode_bytes};

use super::keys::PushKeyPair;
use super::message::EncryptedPush;
use super::vapid::VapidKey;
use crate::entities::{PushNotification, WebPushSubscription};
use crate::error::PushError;
use crate::redact::{is_secret_path, redact};
use crate::serde_impls::{deserialize_struct, serialize_struct};

/// Verifies and decrypts the push messages of one subscription. Contains the subscription's keys, its
/// endpoint, and the VAPID key of the server.
///
/// An application that restarts needs the same receiver again: store it with serde. The stored form
/// contains the unencrypted keys: protect it.
///
/// ```no_run
/// use mastodon_sdk::push::{PushKeyPair, PushReceiver};
///
/// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), Box<dyn std::error::Error>> {
/// let keys = PushKeyPair::generate()?;
/// let subscription = mastodon
///     .push_subscription_set(keys.subscription("https://bot.example/push"))
///     .await?;
/// let receiver = PushReceiver::new(keys, &subscription)?;
/// std::fs::write("push.json", serde_json::to_string(&receiver)?)?;
/// // After a restart:
/// let receiver: PushReceiver = serde_json::from_str(&std::fs::read_to_string("push.json")?)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PushReceiver {
    keys: PushKeyPair,
    endpoint: String,
    server_key: VapidKey,
}

serialize_struct!(PushReceiver {
    keys,
    endpoint,
    server_key
});
deserialize_struct!(PushReceiver {
    keys: required,
    endpoint: required,
    server_key: required
});

impl fmt::Debug for PushReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The endpoint is a capability URL: everyone who knows it can send to it.
        f.debug_struct("PushReceiver")
            .field("keys", &self.keys)
            .field("server_key", &self.server_key)
            .finish_non_exhaustive()
    }
}

impl PushReceiver {
    /// Creates a receiver from the keys and the subscription that the server returned for them.
    ///
    /// # Errors
    ///
    /// [`PushError::InvalidKey`] if the subscription's `server_key` is not a P-256 public key.
    pub fn new(keys: PushKeyPair, subscription: &WebPushSubscription) -> Result<Self, PushError> {
        Ok(Self {
            keys,
            endpoint: subscription.endpoint.clone(),
            server_key: subscription.server_key.parse()?,
        })
    }

    /// Verifies that the server sent a message to this subscription, decrypts it, and returns its
    /// notification.
    ///
    /// `headers` and `body` are those of the HTTP request, unchanged. The VAPID token is checked against
    /// the current time; a clock skew of five minutes is tolerated.
    ///
    /// The same message can arrive more than once: the server sends it again if it received no response,
    /// and a captured request can be replayed until its token expires. Use
    /// [`notification_id`](PushNotification::notification_id) to drop duplicates.
    ///
    /// # Errors
    ///
    /// [`PushError`]. [`is_unauthenticated`](PushError::is_unauthenticated) returns `true` if the
    /// server did not send the message. If a push service verifies and removes the VAPID token before it
    /// forwards the message, use [`decrypt`](Self::decrypt) instead.
    pub fn receive(&self, headers: &HeaderMap, body: &[u8]) -> Result<PushNotification, PushError> {
        self.receive_at(headers, body, Timestamp::now())
    }

    pub(super) fn receive_at(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<PushNotification, PushError> {
        self.server_key.verify(headers, &self.endpoint, now)?;
        self.decrypt(headers, body)
    }

    /// Decrypts a message and returns its notification, without verifying the sender.
    ///
    /// # Errors
    ///
    /// [`PushError`] if the message is malformed, is encrypted for other keys, or is not a notification.
    pub fn decrypt(&self, headers: &HeaderMap, body: &[u8]) -> Result<PushNotification, PushError> {
        EncryptedPush::from_request(headers, body)?.decrypt_notification(&self.keys)
    }

    /// Returns the keys of the subscription.
    pub fn keys(&self) -> &PushKeyPair {
        &self.keys
    }

    /// Returns the VAPID key that the server signs push messages with.
    pub fn server_key(&self) -> &VapidKey {
        &self.server_key
    }
}

impl EncryptedPush<'_> {
    /// Decrypts the message and returns its notification.
    ///
    /// # Errors
    ///
    /// Those of [`decrypt`](Self::decrypt), and [`PushError::InvalidPayload`] if the payload is not a
    /// notification.
    pub fn decrypt_notification(&self, keys: &PushKeyPair) -> Result<PushNotification, PushError> {
        decode_notification(&self.decrypt(keys)?)
    }
}

pub(super) fn decode_notification(json: &[u8]) -> Result<PushNotification, PushError> {
    let decoded = decode_bytes(json, DecodeOptions::default());
    decoded
        .map(|decoded| decoded.value)
        .map_err(|failure| PushError::InvalidPayload {
            reason: if is_secret_path(&failure.path) {
                format!("expected {}", failure.expected)
            } else {
                redact(&failure.to_string())
            },
            path: failure.path,
        })
}
