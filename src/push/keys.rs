//! The keys that push messages are encrypted for.

use std::fmt;

use p256::SecretKey;
use p256::elliptic_curve::sec1::ToSec1Point;
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::base64url;
use crate::error::push::PushError;
use crate::methods::{NewPushSubscription, PushKeys};
use crate::secret::SecretString;

/// The bytes of a point on the curve, uncompressed.
pub(super) const POINT: usize = 65;

/// The keys of a subscription to push messages: a key pair of the curve P-256, and a secret of 16
/// bytes that the server gets to know too.
///
/// Whoever has them can read the messages. `Debug` hides them, and their memory is overwritten when
/// they are dropped. They can be stored and read back with serde: what is written holds the keys
/// themselves, so keep it safe.
#[derive(Clone)]
pub struct PushKeyPair {
    pub(super) private: SecretKey,
    /// The public key, which is costly to work out: every message needs it.
    public: [u8; POINT],
    pub(super) auth: Zeroizing<[u8; 16]>,
}

impl PushKeyPair {
    /// Makes new keys.
    ///
    /// # Errors
    ///
    /// [`PushError::Random`] when the system gives no random numbers.
    pub fn generate() -> Result<Self, PushError> {
        loop {
            let (mut private, mut auth) = (Zeroizing::new([0; 32]), [0; 16]);
            for bytes in [&mut private[..], &mut auth[..]] {
                getrandom::fill(bytes).map_err(|error| PushError::Random(error.to_string()))?;
            }
            // One number in 2^32 is beyond the curve's order.
            if let Ok(keys) = Self::from_bytes(&private, &auth) {
                return Ok(keys);
            }
        }
    }

    /// The keys of another program: the private key as 32 bytes, the most significant first, and
    /// the secret.
    ///
    /// # Errors
    ///
    /// [`PushError::Key`] when the private key is none.
    pub fn from_bytes(private: &[u8; 32], auth: &[u8; 16]) -> Result<Self, PushError> {
        let private = SecretKey::from_slice(private).map_err(|_| PushError::Key {
            what: "the private key",
            reason: "it is zero, or too large for the curve P-256",
        })?;
        let mut public = [0; POINT];
        public.copy_from_slice(private.public_key().to_sec1_point(false).as_bytes());
        Ok(Self {
            private,
            public,
            auth: Zeroizing::new(*auth),
        })
    }

    /// What the server gets: the public key and the secret.
    pub fn public(&self) -> PushKeys {
        PushKeys::new(
            base64url::encode(&self.public),
            base64url::encode(&*self.auth),
        )
    }

    /// A subscription for [`push_subscription_set`](crate::Mastodon::push_subscription_set): what
    /// is pushed comes to `endpoint`, encrypted for these keys.
    pub fn subscription(&self, endpoint: impl Into<String>) -> NewPushSubscription {
        NewPushSubscription::new(endpoint, self.public())
    }

    /// The public key as an uncompressed point.
    pub fn public_point(&self) -> [u8; POINT] {
        self.public
    }
}

impl fmt::Debug for PushKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushKeyPair").finish_non_exhaustive()
    }
}

/// How the keys are stored: both in Base64.
#[derive(Serialize, Deserialize)]
#[serde(rename = "PushKeyPair")]
struct Stored {
    private_key: SecretString,
    auth: SecretString,
}

impl Serialize for PushKeyPair {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let private = Zeroizing::new(self.private.to_bytes());
        let stored = Stored {
            private_key: base64url::encode(&private).into(),
            auth: base64url::encode(&*self.auth).into(),
        };
        stored.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PushKeyPair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        let wrong = |what, reason| serde::de::Error::custom(PushError::Key { what, reason });
        let private = base64url::array(stored.private_key.expose())
            .map(Zeroizing::new)
            .ok_or_else(|| wrong("`private_key`", "it is not 32 bytes in Base64"))?;
        let auth = base64url::array(stored.auth.expose())
            .ok_or_else(|| wrong("`auth`", "it is not 16 bytes in Base64"))?;
        Self::from_bytes(&private, &auth).map_err(serde::de::Error::custom)
    }
}
