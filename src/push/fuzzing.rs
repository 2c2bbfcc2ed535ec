//! Fuzz targets of the push message decoders.

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;

use super::base64url::encode;
use super::message::remove_padding;
use super::receiver::decode_notification;
use super::vapid::decode_claims;
use super::{PushEncoding, PushReceiver};

/// A stored receiver with the keys of the example in RFC 8291.
const RECEIVER: &str = r#"{
    "keys": { "private_key": "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94", "auth": "BTBZMqHH6r4Tts7J_aSIgg" },
    "endpoint": "https://bot.example:8443/push",
    "server_key": "BFGP9Mh3c3RTGtYafHOIpDEBMXKTfsib4avaxXVZQLQ7Dk-oOM1DYSWlbvKmy1uks-Gx3_Zgrz-nStxEFUaj7Do"
}"#;

/// Unix time at which the VAPID tokens of the seeds are valid.
const NOW: i64 = 1_899_999_940;

fn receiver() -> PushReceiver {
    serde_json::from_str(RECEIVER).unwrap()
}

/// Splits an input into headers, one per line, and the body after an empty line.
fn headers_and_body(request: &[u8]) -> (HeaderMap, &[u8]) {
    let end = request.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = end.map_or((&b""[..], request), |end| {
        (&request[..end], &request[end + 2..])
    });
    let mut headers = HeaderMap::new();
    for line in head.split(|byte| *byte == b'\n') {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let (name, value) = (parts.next(), parts.next().map(<[u8]>::trim_ascii));
        let name = name.and_then(|name| HeaderName::from_bytes(name).ok());
        let value = value.and_then(|value| HeaderValue::from_bytes(value).ok());
        if let (Some(name), Some(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    (headers, body)
}

/// Checks that every request is decoded or rejected, and the signature does not affect the notification.
pub fn push_message(request: &[u8]) {
    let (headers, body) = headers_and_body(request);
    let receiver = receiver();
    let now = Timestamp::from_second(NOW).unwrap();
    let received = receiver.receive_at(&headers, body, now);
    let decrypted = receiver.decrypt(&headers, body);
    assert!(
        received.is_err() || received == decrypted,
        "the notification differs without the signature check"
    );
}

/// Checks that every decrypted message and every set of signed claims is decoded or rejected.
pub fn push_plaintext(plaintext: &[u8]) {
    for encoding in [PushEncoding::Aesgcm, PushEncoding::Aes128gcm] {
        if let Ok(payload) = remove_padding(encoding, plaintext.to_vec()) {
            assert!(payload.len() < plaintext.len());
            let _decoded_or_rejected = decode_notification(&payload);
        }
    }
    let _decoded_or_rejected = (
        decode_notification(plaintext),
        decode_claims(&encode(plaintext)),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_messages_are_accepted() {
        let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/push_message");
        let now = Timestamp::from_second(NOW).unwrap();
        for encoding in ["aesgcm", "aes128gcm"] {
            let Ok(seed) = std::fs::read(format!("{seeds}/{encoding}")) else {
                println!("skipped: the published crate has no seeds");
                return;
            };
            let (headers, body) = headers_and_body(&seed);
            let notification = receiver().receive_at(&headers, body, now).unwrap();
            assert!(!notification.title.is_empty(), "{encoding}");
        }
    }
}
