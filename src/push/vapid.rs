//! VAPID (RFC 8292): the signature that identifies the server which sent a push message.

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
use super::headers::{header_value, parameter, truncated};
use crate::error::PushError;

/// Maximum lifetime of a VAPID token (RFC 8292, section 2).
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Maximum clock skew between client and server.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(5 * 60);

/// VAPID public key of a server: a point on the curve P-256.
///
/// Servers publish it as [`server_key`](crate::entities::WebPushSubscription::server_key) of a push
/// subscription and in the configuration of the instance. `FromStr` decodes it from base64, `Display`
/// encodes it as base64url.
#[derive(Clone, PartialEq, Eq)]
pub struct VapidKey(VerifyingKey);

/// Claims of a VAPID token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VapidClaims {
    /// `aud` claim: origin of the endpoint that the message was sent to.
    pub audience: String,
    /// `exp` claim: expiry time of the token.
    pub expires_at: Timestamp,
    /// `sub` claim: contact of the server's administrator, usually a `mailto:` URL. Chosen by the server.
    pub subject: Option<String>,
}

impl VapidKey {
    /// Verifies that the owner of this key sent a message to `endpoint`, and returns the claims of its
    /// VAPID token.
    ///
    /// The token is read from `Authorization: vapid t=…, k=…`, or from the draft version
    /// `Authorization: WebPush …` with `p256ecdsa` in the `Crypto-Key` header. Its audience must be the
    /// origin of `endpoint`, and `now` must be within its lifetime of at most 24 hours. A clock skew of five
    /// minutes is tolerated.
    ///
    /// # Errors
    ///
    /// [`PushError::NotSigned`], [`PushError::WrongSigner`], [`PushError::InvalidSignature`],
    /// [`PushError::WrongAudience`], [`PushError::Expired`] or [`PushError::LifetimeTooLong`] if the
    /// message is not authentic; [`PushError::MissingHeader`] or [`PushError::Malformed`] if the token
    /// cannot be decoded.
    pub fn verify(
        &self,
        headers: &HeaderMap,
        endpoint: &str,
        now: Timestamp,
    ) -> Result<VapidClaims, PushError> {
        let (token, key) = token_and_key(headers)?;
        if key.parse().as_ref() != Ok(self) {
            return Err(PushError::WrongSigner);
        }
        let claims = self.verify_token(&token)?;
        let expected = origin(endpoint).ok_or(PushError::Malformed {
            part: "the endpoint of the subscription",
            reason: "it is not an absolute URL",
        })?;
        if origin(&claims.audience).as_deref() != Some(&expected) {
            return Err(PushError::WrongAudience {
                expected,
                found: truncated(&claims.audience),
            });
        }
        let expires_at = claims.expires_at;
        let seconds_left = expires_at.duration_since(now).as_secs();
        if seconds_left < -(MAX_CLOCK_SKEW.as_secs() as i64) {
            return Err(PushError::Expired { expires_at });
        }
        if seconds_left > (MAX_LIFETIME + MAX_CLOCK_SKEW).as_secs() as i64 {
            return Err(PushError::LifetimeTooLong { expires_at });
        }
        Ok(claims)
    }

    /// Verifies the signature of a token and decodes its claims.
    fn verify_token(&self, token: &str) -> Result<VapidClaims, PushError> {
        const NOT_A_JWT: PushError = malformed("the token does not have the three parts of a JWT");
        let (signed, signature) = token.rsplit_once('.').ok_or(NOT_A_JWT)?;
        let (header, claims) = signed.split_once('.').ok_or(NOT_A_JWT)?;
        let header =
            decode_object(header).ok_or(malformed("the token's header is not base64url JSON"))?;
        if header["alg"] != "ES256" {
            return Err(malformed("the token is not signed with ES256"));
        }
        let signature = base64url::decode(signature)
            .and_then(|bytes| Signature::from_slice(&bytes).ok())
            .ok_or(PushError::InvalidSignature)?;
        self.0
            .verify(signed.as_bytes(), &signature)
            .map_err(|_| PushError::InvalidSignature)?;
        decode_claims(claims)
    }
}

pub(super) fn decode_claims(claims: &str) -> Result<VapidClaims, PushError> {
    let claims =
        decode_object(claims).ok_or(malformed("the token's claims are not base64url JSON"))?;
    let expires_at = claims["exp"]
        .as_f64()
        .and_then(|seconds| Timestamp::from_second(seconds as i64).ok())
        .ok_or(malformed("the token has no valid `exp` claim"))?;
    Ok(VapidClaims {
        audience: claims["aud"]
            .as_str()
            .ok_or(malformed("the token has no valid `aud` claim"))?
            .to_owned(),
        expires_at,
        subject: claims["sub"].as_str().map(str::to_owned),
    })
}

/// Returns the token and the public key, from the `vapid` scheme of RFC 8292 or the `WebPush` scheme of its
/// drafts.
fn token_and_key(headers: &HeaderMap) -> Result<(String, String), PushError> {
    let authorization = header_value(headers, "authorization")?.ok_or(PushError::NotSigned)?;
    let (scheme, credentials) = authorization
        .trim()
        .split_once(' ')
        .ok_or(malformed("there are no credentials after the scheme"))?;
    match scheme.to_ascii_lowercase().as_str() {
        "vapid" => {
            let required = |name| {
                let value = parameter(credentials, name).map(str::to_owned);
                value.ok_or(malformed("the parameter `t` or `k` is missing"))
            };
            Ok((required("t")?, required("k")?))
        }
        "webpush" | "bearer" => {
            let crypto_key = header_value(headers, "crypto-key")?;
            let crypto_key = crypto_key.ok_or(PushError::MissingHeader("Crypto-Key"))?;
            let key = parameter(&crypto_key, "p256ecdsa").ok_or(PushError::Malformed {
                part: "Crypto-Key",
                reason: "it contains no `p256ecdsa`",
            })?;
            Ok((credentials.trim().to_owned(), key.to_owned()))
        }
        _ => Err(PushError::NotSigned),
    }
}

const fn malformed(reason: &'static str) -> PushError {
    PushError::Malformed {
        part: "Authorization",
        reason,
    }
}

/// Decodes a JSON object from base64url.
fn decode_object(encoded: &str) -> Option<Value> {
    serde_json::from_slice(&base64url::decode(encoded)?)
        .ok()
        .filter(Value::is_object)
}

fn origin(url: &str) -> Option<String> {
    let origin = Url::parse(url).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

impl FromStr for VapidKey {
    type Err = PushError;

    /// Decodes a base64 string in either alphabet, with or without padding.
    fn from_str(encoded: &str) -> Result<Self, PushError> {
        base64url::decode(encoded)
            .and_then(|bytes| VerifyingKey::from_sec1_bytes(&bytes).ok())
            .map(Self)
            .ok_or(PushError::InvalidKey {
                key: "the server's VAPID key",
                reason: "it is not a base64 point on the curve P-256",
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
        let encoded = String::deserialize(deserializer)?;
        encoded.parse().map_err(serde::de::Error::custom)
    }
}
