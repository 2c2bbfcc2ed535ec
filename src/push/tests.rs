//! Against the examples of the standards, and against what http_ece and Python's cryptography made.

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use proptest::prelude::*;

use super::base64url::{array, decode};
use super::message::{PushEncoding, unpad};
use super::{EncryptedPush, PushError, PushKeyPair, PushReceiver, VapidKey};
use crate::entities::NotificationType;

/// The keys of the receiver in RFC 8291's example.
const PRIVATE: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
const RFC_8291: &str = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";

/// The same notification for those keys, by http_ece 1.2.1; the salt is 0, 1, 2 … 15.
const AES128GCM: &str = "AAECAwQFBgcICQoLDA0ODwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A9NTcXc3d63ooLCgKeB8D9TnpIJVDLHCIjwGeulbkyLK0O6w3BN9E4oMW22FQzbWcYqXTHYKQLATRiOLYrldQnf6K_tDn5fobPbfcTWfxYAkBwj5D1d-OjeU4gDoRSjIAA9H7Q2Z_rq5GKWycOpXECPnPSXwdAi2lnFAju3wzo03Q2d_2uFFbUZMLzIoCGBeyX9c2YmikAomjRfXnW9uqVRzk7R9NGevJH_uZw0R0cBiAE1A3nl0JSZ1S1ZuKRZ41t9-hw-Mi0gH8mxep9s2R7OQKCEz2nnPAlPRbDs-oo_gfHwLLFzUA";
const AESGCM: &str = "2z2nfwBZidRnDu-gVUax8JltXdCUk2KxErMHWPSroKEVZetwv4OOHY2OSpYF7WDUuQz1zMKsEtS4gwsoVmQDPbwROkaWyF2zbBkAUptQXCT5A8arldyMYDMhcDRtyW5_2jP3_ScdpbmkyPmcIV0OBhhdbLAkoqrTUElKU-KKTISH3tZtedg2eHd3MM9qP_BFbmWw301JMhUKa7G5Da5uqzJY-m5QBtYJ2oLxA2diQop9IOq8zCxI1cX6GZxQ1ve77uD4UIxOgCw04K91CCmq08jqsl4ekFhFtc15JwtD_Zw9CVwB0wPD";
const ENCRYPTION: &str = "salt=AAECAwQFBgcICQoLDA0ODw";
const SENDER: &str =
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";

/// What the server signs with, and a token of it for <https://bot.example:8443> until 1900000000.
const SERVER_KEY: &str =
    "BFGP9Mh3c3RTGtYafHOIpDEBMXKTfsib4avaxXVZQLQ7Dk-oOM1DYSWlbvKmy1uks-Gx3_Zgrz-nStxEFUaj7Do";
const TOKEN: &str = "eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJFUzI1NiJ9.eyJhdWQiOiAiaHR0cHM6Ly9ib3QuZXhhbXBsZTo4NDQzIiwgImV4cCI6IDE5MDAwMDAwMDAsICJzdWIiOiAibWFpbHRvOmFkbWluQGEuZXhhbXBsZSJ9.yWzIvixeuNBDSwmVzKNPlH7cB-SemjufyKN21oJvmcIJw3yx-0MMk0MJvccFvvCHjOiSA_uI9cVKOFEEsaWf6Q";
const END: i64 = 1_900_000_000;

fn keys() -> PushKeyPair {
    PushKeyPair::from_bytes(&array(PRIVATE).unwrap(), &array(AUTH).unwrap()).unwrap()
}

fn bytes(text: &str) -> Vec<u8> {
    decode(text).unwrap()
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

/// As Mastodon sends it to a subscription that is `standard`, and to one that is not.
fn standard() -> (HeaderMap, Vec<u8>) {
    let authorization = format!("vapid t={TOKEN},k={SERVER_KEY}");
    let headers = headers(&[
        ("content-encoding", "aes128gcm"),
        ("authorization", &authorization),
    ]);
    (headers, bytes(AES128GCM))
}

fn legacy() -> (HeaderMap, Vec<u8>) {
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
fn the_example_of_rfc_8291_is_decrypted() {
    let body = bytes(RFC_8291);
    let text = EncryptedPush::aes128gcm(&body).unwrap().decrypt(&keys());
    assert_eq!(text.unwrap(), b"When I grow up, I want to be a watermelon");
}

#[test]
fn the_example_of_the_older_draft_is_decrypted() {
    let keys = PushKeyPair::from_bytes(
        &array("9FWl15_QUQAWDaD3k3l50ZBZQJ4au27F1V4F0uLSD_M").unwrap(),
        &array("R29vIGdvbyBnJyBqb29iIQ").unwrap(),
    );
    let body = bytes("6nqAQUME8hNqw5J3kl8cpVVJylXKYqZOeseZG8UueKpA");
    let message = EncryptedPush::aesgcm(
        "keyid=\"dhkey\"; salt=\"lngarbyKfMoi9Z75xYXmkg\"",
        "keyid=\"dhkey\"; dh=\"BNoRDbb84JGm8g5Z5CFxurSqsXWJ11ItfXEWYVLE85Y7CYkDjXsIEc4aqxYaQ1G8BqkXCJ6DPpDrWtdWj_mugHU\"",
        &body,
    );
    let text = message.unwrap().decrypt(&keys.unwrap());
    assert_eq!(text.unwrap(), b"I am the walrus");
}

#[test]
fn a_record_opens_as_in_rfc_8188_and_a_message_of_two_records_is_refused() {
    let message = |salt, record, encrypted| EncryptedPush {
        encoding: PushEncoding::Aes128gcm,
        salt: array(salt).unwrap(),
        sender: [0; 65],
        record,
        encrypted,
    };
    let one = bytes("I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg");
    let opened = message("I1BsxtFttlv3u_Oo94xnmw", 4096, &one[21..])
        .open(&bytes("yqdlZ-tYemfogSmv7Ws5PQ"), b"");
    assert_eq!(opened.unwrap(), b"I am the walrus");

    let two = bytes(
        "uNCkWiNYzKTnBN9ji3-qWAAAABkCYTHOG8chz_gnvgOqdGYovxyjuqRyJFjEDyoF1Fvkj6hQPdPHI51OEUKEpgz3SsLWIqS_uA",
    );
    let refused = message("uNCkWiNYzKTnBN9ji3-qWA", 25, &two[23..]).checked();
    assert_eq!(
        refused.unwrap_err(),
        PushError::RecordSize {
            bytes: 50,
            least: 17,
            most: 25
        }
    );
    let first = message("uNCkWiNYzKTnBN9ji3-qWA", 25, &two[23..48]);
    let going_on = first.open(&bytes("BO3ZVPxUlnLORbVGMpbT1Q"), b"");
    assert_eq!(
        going_on.unwrap_err(),
        PushError::Padding("the message goes on in another record")
    );
}

#[test]
fn both_encodings_are_received_as_a_typed_notification_whose_token_stays_hidden() {
    for (headers, body) in [standard(), legacy()] {
        let got = receiver()
            .receive_at(&headers, &body, at(END - 60))
            .unwrap();
        assert_eq!(got.notification_id.as_str(), "110512");
        assert_eq!(got.notification_type, NotificationType::Mention);
        assert_eq!(got.preferred_locale.as_deref(), Some("en"));
        assert_eq!(got.icon.as_deref(), Some("https://a.example/bob.png"));
        assert_eq!(
            (got.title.as_str(), got.body.as_str()),
            ("You were mentioned by Bob", "@alice Grüße")
        );
        assert_eq!(got.access_token.as_ref().unwrap().expose(), "hunter2");
        assert!(!format!("{got:?}").contains("hunter2"));
    }
}

#[test]
fn the_encoding_is_told_without_its_header() {
    for (mut headers, body) in [standard(), legacy()] {
        headers.remove("content-encoding");
        assert!(receiver().decrypt(&headers, &body).is_ok());
    }
}

#[test]
fn no_byte_of_a_body_can_be_changed_or_cut_off() {
    for (headers, body) in [standard(), legacy()] {
        for byte in 0..body.len() {
            let mut changed = body.clone();
            changed[byte] ^= 1 << (byte % 8);
            // The record size of RFC 8188 is no part of what is protected; a larger one does no harm.
            let size = headers["content-encoding"] == "aes128gcm" && (16..20).contains(&byte);
            let got = receiver().decrypt(&headers, &changed);
            assert!(got.is_err() || size, "byte {byte}");
        }
        for length in 0..body.len() {
            assert!(receiver().decrypt(&headers, &body[..length]).is_err());
        }
    }
}

#[test]
fn other_keys_and_another_salt_do_not_decrypt() {
    let other = PushKeyPair::generate().unwrap();
    let mixed = PushKeyPair::from_bytes(&array(PRIVATE).unwrap(), &[7; 16]).unwrap();
    for (headers, body) in [standard(), legacy()] {
        let message = EncryptedPush::from_request(&headers, &body).unwrap();
        for keys in [&other, &mixed] {
            assert_eq!(message.decrypt(keys), Err(PushError::Decryption));
        }
        let mut salted = message.clone();
        salted.salt[0] ^= 1;
        assert_eq!(salted.decrypt(&keys()), Err(PushError::Decryption));
    }
}

#[test]
fn what_is_missing_or_malformed_is_named() {
    let refused = |headers: &HeaderMap, body: &[u8]| {
        let error = EncryptedPush::from_request(headers, body).unwrap_err();
        error.to_string()
    };
    let (whole, body) = legacy();
    for (header, named) in [
        ("encryption", "`Encryption`"),
        ("crypto-key", "`Crypto-Key`"),
    ] {
        let mut headers = whole.clone();
        headers.remove(header);
        assert!(refused(&headers, &body).contains(named));
    }
    for (header, value, says) in [
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
        let mut headers = whole.clone();
        headers.insert(header, HeaderValue::from_static(value));
        let error = refused(&headers, &body);
        assert!(error.contains(says), "{value}: {error}");
    }
    let mut headers = whole.clone();
    headers.insert("encryption", HeaderValue::from_bytes(b"salt=\xff").unwrap());
    assert!(refused(&headers, &body).contains("ASCII"));

    let (headers, body) = standard();
    assert!(refused(&headers, b"").contains("cut off"));
    assert!(refused(&headers, br#"{"title":"plain"}"#).contains("cut off"));
    let mut short = body.clone();
    short[20] = 64;
    assert!(refused(&headers, &short).contains("65 bytes"));
    assert!(refused(&headers, &vec![0; 1 << 20]).contains("65 bytes"));
    let mut large = body.clone();
    large.resize(1 << 20, 0);
    assert!(refused(&headers, &large).contains("none has more than"));
    let mut small = body.clone();
    small[16..20].copy_from_slice(&100u32.to_be_bytes());
    assert!(refused(&headers, &small).contains("17 to 100"));

    // A point that is not on the curve would give away the private key, bit by bit.
    let mut off = body;
    off[60] ^= 1;
    let error = receiver().decrypt(&headers, &off).unwrap_err();
    assert!(error.to_string().contains("no point of the curve"));
}

#[test]
fn padding_is_taken_off_and_wrong_padding_refused() {
    use PushEncoding::{Aes128gcm, Aesgcm};
    for (encoding, padded) in [
        (Aesgcm, &b"\0\x02\0\0Hi"[..]),
        (Aesgcm, b"\0\0Hi"),
        (Aes128gcm, b"Hi\x02"),
        (Aes128gcm, b"Hi\x02\0\0\0"),
    ] {
        assert_eq!(unpad(encoding, padded.to_vec()).unwrap(), b"Hi");
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
            unpad(encoding, padded.to_vec()),
            Err(PushError::Padding(_))
        ));
    }
}

#[test]
fn the_example_of_rfc_8292_is_verified() {
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
fn what_the_server_did_not_sign_for_here_and_now_is_forged() {
    let key: VapidKey = SERVER_KEY.parse().unwrap();
    let (there, now) = ("https://bot.example:8443/push/7", at(END - 60));
    for (headers, _) in [standard(), legacy()] {
        assert!(key.verify(&headers, there, now).is_ok());
        assert!(key.verify(&headers, there, at(END + 299)).is_ok());
        let forged = |result: Result<_, PushError>| {
            let error = result.map(|_: super::VapidClaims| ()).unwrap_err();
            assert!(error.is_forged(), "{error}");
            error
        };
        assert_eq!(
            forged(key.verify(&headers, there, at(END + 301))),
            PushError::Expired { at: at(END) }
        );
        assert_eq!(
            forged(key.verify(&headers, there, at(END - 90_000))),
            PushError::Lifetime { at: at(END) }
        );
        for elsewhere in [
            "https://bot.example/push/7",
            "http://bot.example:8443/",
            "https://x.example:8443/",
        ] {
            assert!(matches!(
                forged(key.verify(&headers, elsewhere, now)),
                PushError::Audience { .. }
            ));
        }
        let other: VapidKey = SENDER.parse().unwrap();
        assert_eq!(
            forged(other.verify(&headers, there, now)),
            PushError::WrongSigner
        );
        let mut bare = headers.clone();
        bare.remove("authorization");
        assert_eq!(forged(key.verify(&bare, there, now)), PushError::NotSigned);
        bare.insert(
            "authorization",
            HeaderValue::from_static("Basic aHVudGVyMg=="),
        );
        assert_eq!(forged(key.verify(&bare, there, now)), PushError::NotSigned);
    }
}

#[test]
fn no_letter_of_a_token_can_be_changed() {
    let key: VapidKey = SERVER_KEY.parse().unwrap();
    for at_ in 0..TOKEN.len() {
        let mut token = TOKEN.as_bytes().to_vec();
        token[at_] = if token[at_] == b'A' { b'B' } else { b'A' };
        let token = String::from_utf8(token).unwrap();
        let headers = headers(&[("authorization", &format!("vapid t={token},k={SERVER_KEY}"))]);
        let result = key.verify(&headers, "https://bot.example:8443/", at(END - 60));
        assert!(result.is_err(), "letter {at_}");
    }
}

#[test]
fn a_token_of_another_algorithm_or_without_its_claims_is_refused() {
    let key: VapidKey = SERVER_KEY.parse().unwrap();
    let signature = TOKEN.rsplit_once('.').unwrap().1;
    for (token, says) in [
        ("hunter2".to_owned(), "three parts"),
        (format!("a.{signature}"), "three parts"),
        (format!("!.e30.{signature}"), "head is not JSON"),
        // {"alg":"none"} and {"alg":"HS256"}
        (format!("eyJhbGciOiJub25lIn0.e30.{signature}"), "ES256"),
        (format!("eyJhbGciOiJIUzI1NiJ9.e30.{signature}"), "ES256"),
        ("eyJhbGciOiJFUzI1NiJ9.e30.".to_owned(), "signature"),
        ("eyJhbGciOiJFUzI1NiJ9.e30.AAAA".to_owned(), "signature"),
    ] {
        let headers = headers(&[("authorization", &format!("vapid k={SERVER_KEY}, t={token}"))]);
        let error = key
            .verify(&headers, "https://bot.example:8443/", at(END - 60))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(says) && !error.contains("hunter2"),
            "{error}"
        );
    }
}

#[test]
fn keys_are_hidden_and_come_back_from_where_they_were_stored() {
    let keys = keys();
    assert!(!format!("{keys:?} {:?}", receiver()).contains(PRIVATE));
    assert!(!format!("{keys:?} {:?} {:?}", keys.public(), receiver()).contains(AUTH));
    let stored = serde_json::to_string(&receiver()).unwrap();
    assert!(stored.contains(PRIVATE) && stored.contains(AUTH));
    let back: PushReceiver = serde_json::from_str(&stored).unwrap();
    let (headers, body) = standard();
    assert!(back.receive_at(&headers, &body, at(END)).is_ok());
    assert_ne!(
        PushKeyPair::generate().unwrap().public_point(),
        PushKeyPair::generate().unwrap().public_point()
    );
}

#[test]
fn stored_keys_that_are_none_are_refused_without_being_shown() {
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
    assert!(error.unwrap_err().to_string().contains("the server's key"));
}

proptest! {
    #[test]
    fn whatever_comes_is_refused_and_not_panicked_on(
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
    fn whatever_is_decrypted_loses_its_padding_or_is_refused(text in prop::collection::vec(0u8..4, 0..40)) {
        for encoding in [PushEncoding::Aesgcm, PushEncoding::Aes128gcm] {
            if let Ok(rest) = unpad(encoding, text.clone()) {
                prop_assert!(rest.len() < text.len());
            }
        }
    }
}
