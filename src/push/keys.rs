//! The keys of a push subscription.

use std::fmt;

use p256::SecretKey;
use p256::elliptic_curve::sec1::ToSec1Point;
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::base64url;
use crate::error::PushError;
use crate::methods::{NewPushSubscription, PushKeys};
use crate::serde_impls::{deserialize_struct, serialize_struct};
use mastodon_types::SecretString;

/// Length in bytes of a P-256 public key as an uncompressed point (SEC 1).
pub(super) const PUBLIC_KEY_LEN: usize = 65;

/// Keys of a push subscription (RFC 8291): a P-256 key pair, and the 16-byte authentication secret that
/// is shared with the server.
///
/// Both the private key and the authentication secret are needed to decrypt push messages. `Debug` omits
/// them, and dropping the keys zeroes their memory. The serde implementation stores them as unencrypted
/// base64url strings: protect what you store.
///
/// ```
/// use mastodon_sdk::push::PushKeyPair;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let keys = PushKeyPair::generate()?;
/// let stored = serde_json::to_string(&keys)?;
/// let restored: PushKeyPair = serde_json::from_str(&stored)?;
/// assert_eq!(restored.public_key(), keys.public_key());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PushKeyPair {
    pub(super) private: SecretKey,
    /// Cached: deriving the public key is expensive, and every message needs it.
    public: [u8; PUBLIC_KEY_LEN],
    pub(super) auth: Zeroizing<[u8; 16]>,
}

impl PushKeyPair {
    /// Generates keys from the operating system's random number generator.
    ///
    /// # Errors
    ///
    /// [`PushError::Random`] if the operating system returns no random numbers.
    pub fn generate() -> Result<Self, PushError> {
        loop {
            let (mut private, mut auth) = (Zeroizing::new([0; 32]), [0; 16]);
            for bytes in [&mut private[..], &mut auth[..]] {
                getrandom::fill(bytes).map_err(|error| PushError::Random(error.to_string()))?;
            }
            // About one random number in 2^32 exceeds the order of the curve and is not a private key.
            if let Ok(keys) = Self::from_bytes(&private, &auth) {
                return Ok(keys);
            }
        }
    }

    /// Imports existing keys: the private key as a big-endian integer of 32 bytes, and the authentication
    /// secret.
    ///
    /// # Errors
    ///
    /// [`PushError::InvalidKey`] if the private key is zero or not below the order of the curve.
    pub fn from_bytes(private: &[u8; 32], auth: &[u8; 16]) -> Result<Self, PushError> {
        let private = SecretKey::from_slice(private).map_err(|_| PushError::InvalidKey {
            key: "the private push key",
            reason: "it is zero, or too large for the curve P-256",
        })?;
        let mut public = [0; PUBLIC_KEY_LEN];
        public.copy_from_slice(private.public_key().to_sec1_point(false).as_bytes());
        Ok(Self {
            private,
            public,
            auth: Zeroizing::new(*auth),
        })
    }

    /// Returns the keys that are sent to the server: `p256dh`, the public key, and `auth`, the
    /// authentication secret, both as base64url.
    pub fn subscription_keys(&self) -> PushKeys {
        PushKeys::new(
            base64url::encode(&self.public),
            base64url::encode(&*self.auth),
        )
    }

    /// Returns a subscription with these keys, for
    /// [`push_subscription_set`](crate::Mastodon::push_subscription_set).
    ///
    /// `endpoint` is the URL that the server sends push messages to.
    pub fn subscription(&self, endpoint: impl Into<String>) -> NewPushSubscription {
        NewPushSubscription::new(endpoint, self.subscription_keys())
    }

    /// Returns the public key as an uncompressed point (SEC 1), 65 bytes.
    pub fn public_key(&self) -> [u8; PUBLIC_KEY_LEN] {
        self.public
    }
}

impl fmt::Debug for PushKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushKeyPair").finish_non_exhaustive()
    }
}

/// The serde representation: both keys as base64url.
struct SerializedKeys {
    private_key: SecretString,
    auth: SecretString,
}

serialize_struct!(SerializedKeys as "PushKeyPair", { private_key, auth });
deserialize_struct!(impl['de] SerializedKeys[] as "PushKeyPair", { private_key: required, auth: required });

impl Serialize for PushKeyPair {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let private = Zeroizing::new(self.private.to_bytes());
        let serialized = SerializedKeys {
            private_key: base64url::encode(&private).into(),
            auth: base64url::encode(&*self.auth).into(),
        };
        serialized.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PushKeyPair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let serialized = SerializedKeys::deserialize(deserializer)?;
        let invalid = |key, reason| serde::de::Error::custom(PushError::InvalidKey { key, reason });
        let private = base64url::decode_array(serialized.private_key.expose())
            .map(Zeroizing::new)
            .ok_or_else(|| invalid("the key `private_key`", "it is not 32 bytes in base64"))?;
        let auth = base64url::decode_array(serialized.auth.expose())
            .ok_or_else(|| invalid("the key `auth`", "it is not 16 bytes in base64"))?;
        Self::from_bytes(&private, &auth).map_err(serde::de::Error::custom)
    }
}
