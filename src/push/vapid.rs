//! VAPID (RFC 8292): the signature that tells which server sent a push message.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use url::Url;

use super::base64url;
use super::message::parameter;
use crate::error::push::{PushError, header, shortened};

/// The longest that a signature may be good for.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// How far the server's clock may be off.
const LEEWAY: Duration = Duration::from_secs(5 * 60);

/// The key that a server signs push messages with, as `server_key` of its subscriptions and its
/// instance give it.
#[derive(Clone, PartialEq, Eq)]
pub struct VapidKey(VerifyingKey);

/// What a signature says. The subject is the sender's own word.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VapidClaims {
    /// The origin of the address that the message was sent to.
    pub audience: String,
    /// When the signature ends.
    pub expires_at: Timestamp,
    /// How to reach who runs the server: mostly a `mailto:` address.
    pub subject: Option<String>,
}

impl VapidKey {
    /// Checks that the owner of this key has sent a message to `endpoint`, by the headers that it
    /// came with: `Authorization: vapid t=…, k=…`, or the older `Authorization: WebPush …` with
    /// `p256ecdsa` in `Crypto-Key`. The clock of the sender may be five minutes off.
    ///
    /// # Errors
    ///
    /// [`PushError::NotSigned`], [`PushError::WrongSigner`], [`PushError::Signature`],
    /// [`PushError::Audience`], [`PushError::Expired`] or [`PushError::Lifetime`];
    /// [`PushError::Malformed`] where it cannot be read.
    pub fn verify(
        &self,
        headers: &HeaderMap,
        endpoint: &str,
        now: Timestamp,
    ) -> Result<VapidClaims, PushError> {
        let (token, key) = token(headers)?;
        if key.parse().as_ref() != Ok(self) {
            return Err(PushError::WrongSigner);
        }
        let claims = self.claims(&token)?;
        let expected = origin(endpoint).ok_or(malformed("the endpoint is no address"))?;
        if origin(&claims.audience).as_deref() != Some(&expected) {
            return Err(PushError::Audience {
                expected,
                found: shortened(&claims.audience),
            });
        }
        let at = claims.expires_at;
        let left = at.duration_since(now).as_secs();
        if left < -(LEEWAY.as_secs() as i64) {
            return Err(PushError::Expired { at });
        }
        if left > (LIFETIME + LEEWAY).as_secs() as i64 {
            return Err(PushError::Lifetime { at });
        }
        Ok(claims)
    }

    /// What a token says, if this key has signed it.
    fn claims(&self, token: &str) -> Result<VapidClaims, PushError> {
        let (signed, signature) = token
            .rsplit_once('.')
            .ok_or(malformed("the token has not three parts"))?;
        let (head, claims) = signed
            .split_once('.')
            .ok_or(malformed("the token has not three parts"))?;
        let head = object(head).ok_or(malformed("the token's head is not JSON in Base64"))?;
        if head["alg"] != "ES256" {
            return Err(malformed("the token is not signed with ES256"));
        }
        let signature = base64url::decode(signature)
            .and_then(|bytes| Signature::from_slice(&bytes).ok())
            .ok_or(PushError::Signature)?;
        self.0
            .verify(signed.as_bytes(), &signature)
            .map_err(|_| PushError::Signature)?;
        stated(claims)
    }
}

/// What the claims of a token say.
pub(super) fn stated(claims: &str) -> Result<VapidClaims, PushError> {
    let claims = object(claims).ok_or(malformed("the token's claims are not JSON in Base64"))?;
    let expires_at = claims["exp"]
        .as_f64()
        .and_then(|seconds| Timestamp::from_second(seconds as i64).ok())
        .ok_or(malformed("the token does not tell when it ends"))?;
    Ok(VapidClaims {
        audience: claims["aud"]
            .as_str()
            .ok_or(malformed("the token does not tell for whom it is"))?
            .to_owned(),
        expires_at,
        subject: claims["sub"].as_str().map(str::to_owned),
    })
}

/// The token and the key, in whichever of the two ways they were sent.
fn token(headers: &HeaderMap) -> Result<(String, String), PushError> {
    let given = header(headers, "authorization")?.ok_or(PushError::NotSigned)?;
    let (scheme, rest) = given
        .trim()
        .split_once(' ')
        .ok_or(malformed("nothing follows the scheme"))?;
    match scheme.to_ascii_lowercase().as_str() {
        "vapid" => {
            let part = |name| {
                let found = parameter(rest, name).map(str::to_owned);
                found.ok_or(malformed("`t` or `k` is missing"))
            };
            Ok((part("t")?, part("k")?))
        }
        "webpush" | "bearer" => {
            let keys = header(headers, "crypto-key")?;
            let keys = keys.ok_or(PushError::MissingHeader("Crypto-Key"))?;
            let key = parameter(&keys, "p256ecdsa").ok_or(PushError::Malformed {
                part: "Crypto-Key",
                reason: "it has no `p256ecdsa`",
            })?;
            Ok((rest.trim().to_owned(), key.to_owned()))
        }
        _ => Err(PushError::NotSigned),
    }
}

fn malformed(reason: &'static str) -> PushError {
    PushError::Malformed {
        part: "Authorization",
        reason,
    }
}

fn object(part: &str) -> Option<Value> {
    serde_json::from_slice(&base64url::decode(part)?)
        .ok()
        .filter(Value::is_object)
}

fn origin(address: &str) -> Option<String> {
    let origin = Url::parse(address).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

impl FromStr for VapidKey {
    type Err = PushError;

    /// The key in Base64, as servers give it.
    fn from_str(text: &str) -> Result<Self, PushError> {
        base64url::decode(text)
            .and_then(|bytes| VerifyingKey::from_sec1_bytes(&bytes).ok())
            .map(Self)
            .ok_or(PushError::Key {
                what: "the server's key for push messages",
                reason: "it is no point of the curve P-256 in Base64",
            })
    }
}

impl fmt::Display for VapidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(self.0.to_sec1_point(false).as_bytes()))
    }
}

impl fmt::Debug for VapidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VapidKey({self})")
    }
}

impl Serialize for VapidKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VapidKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
