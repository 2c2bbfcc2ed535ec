//! Push messages that come in, checked and read.

use std::fmt;

use http::HeaderMap;
use jiff::Timestamp;
use mastodon_types::__private as types;
use serde::{Deserialize, Serialize};

use super::error::PushError;
use super::keys::PushKeyPair;
use super::message::EncryptedPush;
use super::vapid::VapidKey;
use crate::entities::{PushNotification, WebPushSubscription};

/// What it takes to accept the push messages of one subscription: the keys, the address, and the key
/// that the server signs with.
///
/// It can be stored and read back with serde, so that a program which starts again can read what
/// comes then; what is written holds the keys themselves, so keep it safe.
#[derive(Clone, Serialize, Deserialize)]
pub struct PushReceiver {
    keys: PushKeyPair,
    endpoint: String,
    server_key: VapidKey,
}

impl fmt::Debug for PushReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whoever knows the address can send to it.
        f.debug_struct("PushReceiver")
            .field("keys", &self.keys)
            .field("server_key", &self.server_key)
            .finish_non_exhaustive()
    }
}

impl PushReceiver {
    /// For the keys that were given to the server, and the subscription that it made of them.
    ///
    /// # Errors
    ///
    /// [`PushError::Key`] when the subscription holds no key of the server.
    pub fn new(keys: PushKeyPair, subscription: &WebPushSubscription) -> Result<Self, PushError> {
        Ok(Self {
            keys,
            endpoint: subscription.endpoint.clone(),
            server_key: subscription.server_key.parse()?,
        })
    }

    /// Checks that a message is from the server and for this subscription, decrypts it, and reads
    /// what it says. It wants the request's headers and body as they came.
    ///
    /// The same message comes again where somebody repeats it, or where the answer to the server was
    /// lost: [`notification_id`](PushNotification::notification_id) tells.
    ///
    /// # Errors
    ///
    /// [`PushError`]; [`is_forged`](PushError::is_forged) where the server did not send it. Where
    /// that fails because a push service stands between, which checks the signature and takes it
    /// off, use [`decrypt`](Self::decrypt).
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

    /// Decrypts a message and reads what it says, whoever has sent it.
    ///
    /// # Errors
    ///
    /// [`PushError`] when it is not for these keys, was changed, or is no notification.
    pub fn decrypt(&self, headers: &HeaderMap, body: &[u8]) -> Result<PushNotification, PushError> {
        EncryptedPush::from_request(headers, body)?.notification(&self.keys)
    }

    /// The keys.
    pub fn keys(&self) -> &PushKeyPair {
        &self.keys
    }

    /// The key that the server signs with.
    pub fn server_key(&self) -> &VapidKey {
        &self.server_key
    }
}

impl EncryptedPush<'_> {
    /// Decrypts it and reads what it says.
    ///
    /// # Errors
    ///
    /// As [`decrypt`](Self::decrypt), and [`PushError::Payload`] when it is no notification.
    pub fn notification(&self, keys: &PushKeyPair) -> Result<PushNotification, PushError> {
        read(&self.decrypt(keys)?)
    }
}

/// Reads what a message says.
pub(super) fn read(text: &[u8]) -> Result<PushNotification, PushError> {
    let payload = |path: String, reason: String| PushError::Payload { path, reason };
    let text =
        std::str::from_utf8(text).map_err(|error| payload(".".to_owned(), error.to_string()))?;
    types::decode(text).map_err(|lost| payload(lost.path, lost.error.to_string()))
}
