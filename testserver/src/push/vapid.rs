//! VAPID: the server signs what it pushes, so that the receiver knows who sent it.

use axum::http::Uri;
use jiff::{SignedDuration, Timestamp};
use p256::SecretKey;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::json;

use super::{decode_base64, encode_base64};

/// The public key that the server signs with: a point of the curve P-256, padded, as the API shows it. The pair
/// is the one of RFC 8291's example, so everyone knows the private key too; this server guards nothing.
pub(crate) const VAPID_PUBLIC_KEY: &str =
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8=";
const VAPID_PRIVATE_KEY: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";

/// How long a signature is good for.
const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// The key as the headers of push messages have it.
pub(super) fn public_key() -> &'static str {
    VAPID_PUBLIC_KEY.trim_end_matches('=')
}

/// A token that says, until tomorrow, that the server sends to this address.
pub(super) fn vapid_token(endpoint: &Uri, contact: &str, now: Timestamp) -> Option<String> {
    let key = SecretKey::from_slice(&decode_base64(VAPID_PRIVATE_KEY)?).ok()?;
    let ends = now.checked_add(TOKEN_LIFETIME).ok()?.as_second();
    let head = json!({ "alg": "ES256", "typ": "JWT" });
    let claims = json!({
        "aud": audience(endpoint)?, "exp": ends, "sub": format!("mailto:{contact}"),
    });
    let signed = format!(
        "{}.{}",
        encode_base64(head.to_string()),
        encode_base64(claims.to_string())
    );
    let signature: Signature = SigningKey::from(&key).sign(signed.as_bytes());
    Some(format!("{signed}.{}", encode_base64(signature.to_bytes())))
}

/// Scheme, host, and the port where it is not that of the scheme.
fn audience(endpoint: &Uri) -> Option<String> {
    let (scheme, host) = (endpoint.scheme_str()?, endpoint.host()?);
    let usual = match scheme {
        "https" => 443,
        _ => 80,
    };
    let port = endpoint.port_u16().filter(|port| *port != usual);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{scheme}://{}{port}", host.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use p256::elliptic_curve::sec1::ToSec1Point;

    use super::*;

    #[test]
    fn the_two_halves_of_the_key_belong_together() {
        let private = SecretKey::from_slice(&decode_base64(VAPID_PRIVATE_KEY).unwrap()).unwrap();
        let point = private.public_key().to_sec1_point(false);
        assert_eq!(encode_base64(point.as_bytes()), public_key());
    }

    #[test]
    fn the_audience_is_the_origin_of_the_address() {
        for (address, origin) in [
            ("https://Push.example/x?y=z", "https://push.example"),
            ("https://push.example:443/", "https://push.example"),
            ("http://127.0.0.1:8080/push", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/push", "http://[::1]:8080"),
        ] {
            assert_eq!(audience(&address.parse().unwrap()).as_deref(), Some(origin));
        }
    }
}
