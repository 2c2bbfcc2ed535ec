//! Decrypts and verifies the examples of the RFCs, and messages encrypted with the Python packages http_ece and
//! cryptography.

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use proptest::prelude::*;

use super::base64url::{decode, decode_array};
use super::message::{PushEncoding, remove_padding};
use super::{EncryptedPush, PushError, PushKeyPair, PushReceiver, VapidClaims, VapidKey};
use crate::entities::NotificationType;

/// The receiver's keys in the example of RFC 8291, and its message.
const PRIVATE: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
const RFC_8291: &str = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";

/// One notification for those keys in both encodings, encrypted with http_ece 1.2.1. The salt is the bytes 0 to 15.
const AES128GCM: &str = "AAECAwQFBgcICQoLDA0ODwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A9NTcXc3d63ooLCgKeB8D9TnpIJVDLHCIjwGeulbkyLK0O6w3BN9E4oMW22FQzbWcYqXTHYKQLATRiOLYrldQnf6K_tDn5fobPbfcTWfxYAkBwj5D1d-OjeU4gDoRSjIAA9H7Q2Z_rq5GKWycOpXECPnPSXwdAi2lnFAju3wzo03Q2d_2uFFbUZMLzIoCGBeyX9c2YmikAomjRfXnW9uqVRzk7R9NGevJH_uZw0R0cBiAE1A3nl0JSZ1S1ZuKRZ41t9-hw-Mi0gH8mxep9s2R7OQKCEz2nnPAlPRbDs-oo_gfHwLLFzUA";
const AESGCM: &str = "2z2nfwBZidRnDu-gVUax8JltXdCUk2KxErMHWPSroKEVZetwv4OOHY2OSpYF7WDUuQz1zMKsEtS4gwsoVmQDPbwROkaWyF2zbBkAUptQXCT5A8arldyMYDMhcDRtyW5_2jP3_ScdpbmkyPmcIV0OBhhdbLAkoqrTUElKU-KKTISH3tZtedg2eHd3MM9qP_BFbmWw301JMhUKa7G5Da5uqzJY-m5QBtYJ2oLxA2diQop9IOq8zCxI1cX6GZxQ1ve77uD4UIxOgCw04K91CCmq08jqsl4ekFhFtc15JwtD_Zw9CVwB0wPD";
const ENCRYPTION: &str = "salt=AAECAwQFBgcICQoLDA0ODw";
const SENDER: &str =
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";

/// The server's VAPID key, and a token signed with it for <https://bot.example:8443>.
const SERVER_KEY: &str =
    "BFGP9Mh3c3RTGtYafHOIpDEBMXKTfsib4avaxXVZQLQ7Dk-oOM1DYSWlbvKmy1uks-Gx3_Zgrz-nStxEFUaj7Do";
const TOKEN: &str = "eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJFUzI1NiJ9.eyJhdWQiOiAiaHR0cHM6Ly9ib3QuZXhhbXBsZTo4NDQzIiwgImV4cCI6IDE5MDAwMDAwMDAsICJzdWIiOiAibWFpbHRvOmFkbWluQGEuZXhhbXBsZSJ9.yWzIvixeuNBDSwmVzKNPlH7cB-SemjufyKN21oJvmcIJw3yx-0MMk0MJvccFvvCHjOiSA_uI9cVKOFEEsaWf6Q";
/// Expiry of [`TOKEN`], in Unix time.
const TOKEN_EXPIRY: i64 = 1_900_000_000;

fn keys() -> PushKeyPair {
    PushKeyPair::from_bytes(
        &decode_array(PRIVATE).unwrap(),
        &decode_array(AUTH).unwrap(),
    )
    .unwrap()
}

fn bytes(encoded: &str) -> Vec<u8> {
    decode(encoded).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        )
    };
    pairs.iter().map(pair).collect()
}

/// Returns a request as Mastodon sends it if the subscription is `standard`.
fn standard_request() -> (HeaderMap, Vec<u8>) {
    let authorization = format!("vapid t={TOKEN},k={SERVER_KEY}");
    let headers = headers(&[
        ("content-encoding", "aes128gcm"),
        ("authorization", &authorization),
    ]);
    (headers, bytes(AES128GCM))
}

/// Returns a request as Mastodon sends it if the subscription is not `standard`.
fn legacy_request() -> (HeaderMap, Vec<u8>) {
    let key = format!("dh={SENDER};p256ecdsa={SERVER_KEY}");
    let headers = headers(&[
        ("content-encoding", "aesgcm"),
        ("encryption", ENCRYPTION),
        ("crypto-key", &key),
        ("authorization", &format!("WebPush {TOKEN}")),
    ]);
    (headers, bytes(AESGCM))
}

fn receiver() -> PushReceiver {
    let subscription = serde_json::json!({ "id": 1, "endpoint": "https://bot.example:8443/push/7", "server_key": SERVER_KEY, "alerts": {} });
    PushReceiver::new(keys(), &serde_json::from_value(subscription).unwrap()).unwrap()
}

#[test]
fn rfc_8291_example_is_decrypted() {
    let body = bytes(RFC_8291);
    let payload = EncryptedPush::aes128gcm(&body).unwrap().decrypt(&keys());
    assert_eq!(
        payload.unwrap(),
        b"When I grow up, I want to be a watermelon"
    );
}

#[test]
fn aesgcm_draft_example_is_decrypted() {
    let keys = PushKeyPair::from_bytes(
        &decode_array("9FWl15_QUQAWDaD3k3l50ZBZQJ4au27F1V4F0uLSD_M").unwrap(),
        &decode_array("R29vIGdvbyBnJyBqb29iIQ").unwrap(),
    );
    let body = bytes("6nqAQUME8hNqw5J3kl8cpVVJylXKYqZOeseZG8UueKpA");
    let message = EncryptedPush::aesgcm(
        "keyid=\"dhkey\"; salt=\"lngarbyKfMoi9Z75xYXmkg\"",
        "keyid=\"dhkey\"; dh=\"BNoRDbb84JGm8g5Z5CFxurSqsXWJ11ItfXEWYVLE85Y7CYkDjXsIEc4aqxYaQ1G8BqkXCJ6DPpDrWtdWj_mugHU\"",
        &body,
    );
    let payload = message.unwrap().decrypt(&keys.unwrap());
    assert_eq!(payload.unwrap(), b"I am the walrus");
}

#[test]
fn rfc_8188_example_is_decrypted_and_a_second_record_is_rejected() {
    let message = |salt, max_record, encrypted| EncryptedPush {
        encoding: PushEncoding::Aes128gcm,
        salt: decode_array(salt).unwrap(),
        sender_key: [0; 65],
        max_record,
        encrypted,
    };
    let one = bytes("I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg");
    let payload = message("I1BsxtFttlv3u_Oo94xnmw", 4096, &one[21..])
        .decrypt_record(&bytes("yqdlZ-tYemfogSmv7Ws5PQ"), b"");
    assert_eq!(payload.unwrap(), b"I am the walrus");

    let two = bytes(
        "uNCkWiNYzKTnBN9ji3-qWAAAABkCYTHOG8chz_gnvgOqdGYovxyjuqRyJFjEDyoF1Fvkj6hQPdPHI51OEUKEpgz3SsLWIqS_uA",
    );
    let both = message("uNCkWiNYzKTnBN9ji3-qWA", 25, &two[23..]).check_size();
    assert_eq!(
        both.unwrap_err(),
        PushError::RecordSize {
            bytes: 50,
            min: 17,
            max: 25
        }
    );
    let first = message("uNCkWiNYzKTnBN9ji3-qWA", 25, &two[23..48]);
    let first = first.decrypt_record(&bytes("BO3ZVPxUlnLORbVGMpbT1Q"), b"");
    assert_eq!(
        first.unwrap_err(),
        PushError::InvalidPadding("the delimiter announces another record")
    );
}

#[test]
fn both_encodings_yield_the_notification_and_its_token_is_redacted() {
    for (headers, body) in [standard_request(), legacy_request()] {
        let notification = receiver()
            .receive_at(&headers, &body, at(TOKEN_EXPIRY - 60))
            .unwrap();
        assert_eq!(notification.notification_id.as_str(), "110512");
        assert_eq!(notification.notification_type, NotificationType::Mention);
        assert_eq!(notification.preferred_locale.as_deref(), Some("en"));
        assert_eq!(
            notification.icon.as_deref(),
            Some("https://a.example/bob.png")
        );
        assert_eq!(
            (notification.title.as_str(), notification.body.as_str()),
            ("You were mentioned by Bob", "@alice Grüße")
        );
        assert_eq!(
            notification.access_token.as_ref().unwrap().expose(),
            "hunter2"
        );
        assert!(!format!("{notification:?}").contains("hunter2"));
    }
}

#[test]
fn payload_that_cannot_be_read_is_reported_without_its_access_token() {
    for payload in [
        r#"[{"access_token":73377337}]"#,
        r#"{"access_token":73377337,"notification_id":{"access_token":73377337}}"#,
        r#"{"notification_id":[{"access_token":"73377337"}]}"#,
        r#"{"notification_id":{"access\u005ftoken":73377337}}"#,
        r#"{"notification_id":["{\"access_token\":73377337}"]}"#,
        r#"{"access_token":{"x":73377337},"notification_id":[]}"#,
    ] {
        let error = super::receiver::decode_notification(payload.as_bytes()).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("7337"), "{shown}");
        assert!(matches!(error, PushError::InvalidPayload { .. }), "{shown}");
    }
}

#[test]
fn encoding_is_detected_without_a_content_encoding_header() {
    for (mut headers, body) in [standard_request(), legacy_request()] {
        headers.remove("content-encoding");
        assert!(receiver().decrypt(&headers, &body).is_ok());
    }
}

#[test]
fn modified_and_truncated_bodies_are_rejected() {
    for (headers, body) in [standard_request(), legacy_request()] {
        for byte in 0..body.len() {
            let mut changed = body.clone();
            changed[byte] ^= 1 << (byte % 8);
            // The record size of RFC 8188 is not authenticated. A larger one is harmless.
            let is_record_size =
                headers["content-encoding"] == "aes128gcm" && (16..20).contains(&byte);
            let result = receiver().decrypt(&headers, &changed);
            assert!(result.is_err() || is_record_size, "byte {byte}");
        }
        for length in 0..body.len() {
            assert!(receiver().decrypt(&headers, &body[..length]).is_err());
        }
    }
}

#[test]
fn wrong_keys_and_a_wrong_salt_do_not_decrypt() {
    let other = PushKeyPair::generate().unwrap();
    let wrong_auth = PushKeyPair::from_bytes(&decode_array(PRIVATE).unwrap(), &[7; 16]).unwrap();
    for (headers, body) in [standard_request(), legacy_request()] {
        let message = EncryptedPush::from_request(&headers, &body).unwrap();
        for keys in [&other, &wrong_auth] {
            assert_eq!(message.decrypt(keys), Err(PushError::Decryption));
        }
        let mut salted = message.clone();
        salted.salt[0] ^= 1;
        assert_eq!(salted.decrypt(&keys()), Err(PushError::Decryption));
    }
}

#[test]
fn errors_name_the_missing_or_malformed_part() {
    let rejection = |headers: &HeaderMap, body: &[u8]| {
        let error = EncryptedPush::from_request(headers, body).unwrap_err();
        error.to_string()
    };
    let (valid, body) = legacy_request();
    for (header, expected) in [
        ("encryption", "`Encryption`"),
        ("crypto-key", "`Crypto-Key`"),
    ] {
        let mut headers = valid.clone();
        headers.remove(header);
        assert!(rejection(&headers, &body).contains(expected));
    }
    for (header, value, expected) in [
        ("content-encoding", "gzip", "`gzip`"),
        ("encryption", "salt=AAAA", "`salt` of 16 bytes"),
        ("encryption", "AAECAwQFBgcICQoLDA0ODw", "`salt` of 16 bytes"),
        (
            "encryption",
            "salt=AAECAwQFBgcICQoLDA0ODw;rs=0",
            "record size",
        ),
        (
            "encryption",
            "salt=AAECAwQFBgcICQoLDA0ODw;rs=-1",
            "record size",
        ),
        (
            "encryption",
            "salt=AAECAwQFBgcICQoLDA0ODw;rs=100",
            "encrypted bytes",
        ),
        ("crypto-key", "dh=****", "`dh` of 65 bytes"),
        ("crypto-key", "p256ecdsa=AAAA", "`dh` of 65 bytes"),
    ] {
        let mut headers = valid.clone();
        headers.insert(header, HeaderValue::from_static(value));
        let error = rejection(&headers, &body);
        assert!(error.contains(expected), "{value}: {error}");
    }
    let mut headers = valid.clone();
    headers.insert("encryption", HeaderValue::from_bytes(b"salt=\xff").unwrap());
    assert!(rejection(&headers, &body).contains("ASCII"));

    let (headers, body) = standard_request();
    assert!(rejection(&headers, b"").contains("truncated"));
    assert!(rejection(&headers, br#"{"title":"plain"}"#).contains("truncated"));
    let mut short = body.clone();
    short[20] = 64;
    assert!(rejection(&headers, &short).contains("65 bytes"));
    assert!(rejection(&headers, &vec![0; 1 << 20]).contains("65 bytes"));
    let mut large = body.clone();
    large.resize(1 << 20, 0);
    assert!(rejection(&headers, &large).contains("the limit is 65536"));
    let mut small = body.clone();
    small[16..20].copy_from_slice(&100u32.to_be_bytes());
    assert!(rejection(&headers, &small).contains("17 to 100"));

    // Accepting a point that is not on the curve would leak the private key (invalid curve attack).
    let mut off_curve = body;
    off_curve[60] ^= 1;
    let error = receiver().decrypt(&headers, &off_curve).unwrap_err();
    assert!(error.to_string().contains("not a point on the curve"));
}

#[test]
fn padding_is_removed_and_invalid_padding_is_rejected() {
    use PushEncoding::{Aes128gcm, Aesgcm};
    for (encoding, padded) in [
        (Aesgcm, &b"\0\x02\0\0Hi"[..]),
        (Aesgcm, b"\0\0Hi"),
        (Aes128gcm, b"Hi\x02"),
        (Aes128gcm, b"Hi\x02\0\0\0"),
    ] {
        assert_eq!(remove_padding(encoding, padded.to_vec()).unwrap(), b"Hi");
    }
    for (encoding, padded) in [
        (Aesgcm, &b""[..]),
        (Aesgcm, b"\0"),
        (Aesgcm, b"\0\x03Hi"),
        (Aesgcm, b"\xff\xffHi"),
        (Aesgcm, b"\0\x01Hi"),
        (Aes128gcm, b""),
        (Aes128gcm, b"\0\0"),
        (Aes128gcm, b"Hi"),
        (Aes128gcm, b"Hi\x01"),
    ] {
        assert!(matches!(
            remove_padding(encoding, padded.to_vec()),
            Err(PushError::InvalidPadding(_))
        ));
    }
}

#[test]
fn rfc_8292_example_is_verified() {
    let key =
        "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";
    let authorization = format!(
        "vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA, k={key}"
    );
    let claims = key.parse::<VapidKey>().unwrap().verify(
        &headers(&[("authorization", &authorization)]),
        "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
        at(1_453_500_000),
    );
    let claims = claims.unwrap();
    assert_eq!(claims.audience, "https://push.example.net");
    assert_eq!(claims.subject.as_deref(), Some("mailto:push@example.com"));
    assert_eq!(claims.expires_at, at(1_453_523_768));
}

#[test]
fn wrong_signer_audience_and_time_are_unauthenticated() {
    let key: VapidKey = SERVER_KEY.parse().unwrap();
    let (endpoint, now) = ("https://bot.example:8443/push/7", at(TOKEN_EXPIRY - 60));
    for (headers, _) in [standard_request(), legacy_request()] {
        assert!(key.verify(&headers, endpoint, now).is_ok());
        assert!(
            key.verify(&headers, endpoint, at(TOKEN_EXPIRY + 299))
                .is_ok()
        );
        let rejection = |result: Result<VapidClaims, PushError>| {
            let error = result.unwrap_err();
            assert!(error.is_unauthenticated(), "{error}");
            error
        };
        assert_eq!(
            rejection(key.verify(&headers, endpoint, at(TOKEN_EXPIRY + 301))),
            PushError::Expired {
                expires_at: at(TOKEN_EXPIRY)
            }
        );
        assert_eq!(
            rejection(key.verify(&headers, endpoint, at(TOKEN_EXPIRY - 90_000))),
            PushError::LifetimeTooLong {
                expires_at: at(TOKEN_EXPIRY)
            }
        );
        for other_origin in [
            "https://bot.example/push/7",
            "http://bot.example:8443/",
            "https://x.example:8443/",
        ] {
            assert!(matches!(
                rejection(key.verify(&headers, other_origin, now)),
                PushError::WrongAudience { .. }
            ));
        }
        let other: VapidKey = SENDER.parse().unwrap();
        assert_eq!(
            rejection(other.verify(&headers, endpoint, now)),
            PushError::WrongSigner
        );
        let mut unsigned = headers.clone();
        unsigned.remove("authorization");
        assert_eq!(
            rejection(key.verify(&unsigned, endpoint, now)),
            PushError::NotSigned
        );
        unsigned.insert(
            "authorization",
            HeaderValue::from_static("Basic aHVudGVyMg=="),
        );
        assert_eq!(
            rejection(key.verify(&unsigned, endpoint, now)),
            PushError::NotSigned
        );
    }
}

#[test]
fn modified_tokens_are_rejected() {
    let key: VapidKey = SERVER_KEY.parse().unwrap();
    for index in 0..TOKEN.len() {
        let mut token = TOKEN.as_bytes().to_vec();
        token[index] = if token[index] == b'A' { b'B' } else { b'A' };
        let token = String::from_utf8(token).unwrap();
        let headers = headers(&[("authorization", &format!("vapid t={token},k={SERVER_KEY}"))]);
        let result = key.verify(&headers, "https://bot.example:8443/", at(TOKEN_EXPIRY - 60));
        assert!(result.is_err(), "character {index}");
    }
}

#[test]
fn malformed_tokens_and_other_algorithms_are_rejected() {
    let key: VapidKey = SERVER_KEY.parse().unwrap();
    let signature = TOKEN.rsplit_once('.').unwrap().1;
    for (token, expected) in [
        ("hunter2".to_owned(), "three parts"),
        (format!("a.{signature}"), "three parts"),
        (format!("!.e30.{signature}"), "header is not base64url JSON"),
        // {"alg":"none"} and {"alg":"HS256"}
        (format!("eyJhbGciOiJub25lIn0.e30.{signature}"), "ES256"),
        (format!("eyJhbGciOiJIUzI1NiJ9.e30.{signature}"), "ES256"),
        ("eyJhbGciOiJFUzI1NiJ9.e30.".to_owned(), "signature"),
        ("eyJhbGciOiJFUzI1NiJ9.e30.AAAA".to_owned(), "signature"),
    ] {
        let headers = headers(&[("authorization", &format!("vapid k={SERVER_KEY}, t={token}"))]);
        let error = key
            .verify(&headers, "https://bot.example:8443/", at(TOKEN_EXPIRY - 60))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(expected) && !error.contains("hunter2"),
            "{error}"
        );
    }
}

#[test]
fn keys_are_redacted_in_debug_output_and_restored_by_serde() {
    let keys = keys();
    assert!(!format!("{keys:?} {:?}", receiver()).contains(PRIVATE));
    assert!(!format!("{keys:?} {:?} {:?}", keys.subscription_keys(), receiver()).contains(AUTH));
    let stored = serde_json::to_string(&receiver()).unwrap();
    assert!(stored.contains(PRIVATE) && stored.contains(AUTH));
    let restored: PushReceiver = serde_json::from_str(&stored).unwrap();
    let (headers, body) = standard_request();
    assert!(
        restored
            .receive_at(&headers, &body, at(TOKEN_EXPIRY))
            .is_ok()
    );
    assert_ne!(
        PushKeyPair::generate().unwrap().public_key(),
        PushKeyPair::generate().unwrap().public_key()
    );
}

#[test]
fn invalid_stored_keys_are_rejected_without_being_shown() {
    for stored in [
        serde_json::json!({ "private_key": "hunter2", "auth": AUTH }),
        serde_json::json!({ "private_key": "A".repeat(43), "auth": AUTH }),
        serde_json::json!({ "private_key": "_".repeat(42) + "8", "auth": AUTH }),
        serde_json::json!({ "private_key": PRIVATE, "auth": "hunter2" }),
        serde_json::json!({ "auth": AUTH }),
    ] {
        let error = serde_json::from_value::<PushKeyPair>(stored)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("key") && !error.contains("hunter2"),
            "{error}"
        );
    }
    let subscription = serde_json::json!({ "id": 1, "endpoint": "https://b.example", "server_key": "", "alerts": {} });
    let error = PushReceiver::new(keys(), &serde_json::from_value(subscription).unwrap());
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("the server's VAPID key")
    );
}

proptest! {
    #[test]
    fn arbitrary_requests_are_rejected_without_panic(
        pairs in prop::collection::vec((
            prop::sample::select(vec!["content-encoding", "encryption", "crypto-key", "authorization"]),
            prop_oneof![
                "[ -~]{0,80}",
                "(salt|dh|rs|p256ecdsa|t|k)=[A-Za-z0-9_=.+/-]{0,90}(;|,)(salt|dh|rs|p256ecdsa|t|k)=[A-Za-z0-9_-]{0,90}",
                "(vapid|WebPush) [A-Za-z0-9_.=, -]{0,120}",
                "aes(128)?gcm",
            ],
        ), 0..6),
        body in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut headers = HeaderMap::new();
        for (name, value) in &pairs {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        prop_assert!(receiver().receive(&headers, &body).is_err());
        prop_assert!(receiver().decrypt(&headers, &body).is_err());
    }

    #[test]
    fn arbitrary_plaintext_is_unpadded_or_rejected(padded in prop::collection::vec(0u8..4, 0..40)) {
        for encoding in [PushEncoding::Aesgcm, PushEncoding::Aes128gcm] {
            if let Ok(payload) = remove_padding(encoding, padded.clone()) {
                prop_assert!(payload.len() < padded.len());
            }
        }
    }
}
