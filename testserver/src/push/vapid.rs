//! VAPID (RFC 8292): signatures that identify the server to push services.

use axum::http::Uri;
use jiff::{SignedDuration, Timestamp};
use p256::SecretKey;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::json;

use super::{decode_base64, encode_base64};

/// Public VAPID key as the API returns it: an uncompressed P-256 point in padded Base64. The key pair is from the
/// example of RFC 8291, so the private key is public knowledge. A test server has nothing to protect.
pub(crate) const VAPID_PUBLIC_KEY: &str =
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8=";
const VAPID_PRIVATE_KEY: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";

/// Validity of a token.
const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// Returns the public key as the headers of push messages contain it: unpadded.
pub(super) fn public_key() -> &'static str {
    VAPID_PUBLIC_KEY.trim_end_matches('=')
}

/// Creates a signed token (JWT) for the origin of an endpoint.
pub(super) fn sign_token(endpoint: &Uri, contact: &str, now: Timestamp) -> Option<String> {
    let key = SecretKey::from_slice(&decode_base64(VAPID_PRIVATE_KEY)?).ok()?;
    let expires_at = now.checked_add(TOKEN_LIFETIME).ok()?.as_second();
    let header = json!({ "alg": "ES256", "typ": "JWT" });
    let claims = json!({
        "aud": audience(endpoint)?, "exp": expires_at, "sub": format!("mailto:{contact}"),
    });
    let unsigned_token = format!(
        "{}.{}",
        encode_base64(header.to_string()),
        encode_base64(claims.to_string())
    );
    let signature: Signature = SigningKey::from(&key).sign(unsigned_token.as_bytes());
    Some(format!(
        "{unsigned_token}.{}",
        encode_base64(signature.to_bytes())
    ))
}

/// Returns the origin of an endpoint: scheme, host, and the port if it is not the default.
fn audience(endpoint: &Uri) -> Option<String> {
    let (scheme, host) = (endpoint.scheme_str()?, endpoint.host()?);
    let default_port = match scheme {
        "https" => 443,
        _ => 80,
    };
    let port = endpoint.port_u16().filter(|port| *port != default_port);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{scheme}://{}{port}", host.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use p256::elliptic_curve::sec1::ToSec1Point;

    use super::*;

    #[test]
    fn private_and_public_key_form_a_pair() {
        let private = SecretKey::from_slice(&decode_base64(VAPID_PRIVATE_KEY).unwrap()).unwrap();
        let point = private.public_key().to_sec1_point(false);
        assert_eq!(encode_base64(point.as_bytes()), public_key());
    }

    #[test]
    fn audience_is_the_origin_of_the_endpoint() {
        for (endpoint, origin) in [
            ("https://Push.example/x?y=z", "https://push.example"),
            ("https://push.example:443/", "https://push.example"),
            ("http://127.0.0.1:8080/push", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/push", "http://[::1]:8080"),
        ] {
            assert_eq!(
                audience(&endpoint.parse().unwrap()).as_deref(),
                Some(origin)
            );
        }
    }
}
