//! What the fuzz targets hold the readers of push messages to.

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;

use super::base64url::encode;
use super::message::unpad;
use super::receiver::read;
use super::vapid::stated;
use super::{PushEncoding, PushReceiver};

/// A receiver with the keys of RFC 8291's example.
const RECEIVER: &str = r#"{
    "keys": { "private_key": "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94", "auth": "BTBZMqHH6r4Tts7J_aSIgg" },
    "endpoint": "https://bot.example:8443/push",
    "server_key": "BFGP9Mh3c3RTGtYafHOIpDEBMXKTfsib4avaxXVZQLQ7Dk-oOM1DYSWlbvKmy1uks-Gx3_Zgrz-nStxEFUaj7Do"
}"#;

/// When the signatures of the seeds are good.
const NOW: i64 = 1_899_999_940;

fn receiver() -> PushReceiver {
    serde_json::from_str(RECEIVER).unwrap()
}

/// The headers, a line each, and the body after an empty one.
fn parts(request: &[u8]) -> (HeaderMap, &[u8]) {
    let end = request.windows(2).position(|two| two == b"\n\n");
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

/// A request is read or refused.
pub fn push_message(request: &[u8]) {
    let (headers, body) = parts(request);
    let receiver = receiver();
    let now = Timestamp::from_second(NOW).unwrap();
    let received = receiver.receive_at(&headers, body, now);
    let decrypted = receiver.decrypt(&headers, body);
    assert!(
        received.is_err() || received == decrypted,
        "the signature changes nothing of what a message says"
    );
}

/// What is inside a message once it is decrypted, and inside a signature once it is checked, is read or refused.
pub fn push_text(text: &[u8]) {
    for encoding in [PushEncoding::Aesgcm, PushEncoding::Aes128gcm] {
        if let Ok(rest) = unpad(encoding, text.to_vec()) {
            assert!(rest.len() < text.len());
            let _read_or_refused = read(&rest);
        }
    }
    let _read_or_refused = (read(text), stated(&encode(text)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fuzzing_begins_with_messages_that_are_accepted() {
        let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/push_message");
        let now = Timestamp::from_second(NOW).unwrap();
        for encoding in ["aesgcm", "aes128gcm"] {
            let Ok(seed) = std::fs::read(format!("{seeds}/{encoding}")) else {
                println!("skipped: the published crate has no seeds");
                return;
            };
            let (headers, body) = parts(&seed);
            let read = receiver().receive_at(&headers, body, now).unwrap();
            assert!(!read.title.is_empty(), "{encoding}");
        }
    }
}
