//! Decryption of push messages, compared with Mozilla's `ece` on OpenSSL, and verification of the VAPID
//! signature.
//!
//!     cargo bench --manifest-path benches/peers/Cargo.toml --bench push

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ece::EcKeyComponents;
use ece::legacy::{decrypt_aesgcm, encrypt_aesgcm};
use http::HeaderMap;
use jiff::Timestamp;
use mastodon_sdk::push::{EncryptedPush, PushKeyPair, VapidKey};

/// Mastodon's push payload for a mention, with a body of maximum length.
fn payload() -> String {
    format!(
        r#"{{"access_token":"2fKxXbzZGZTjX2rN5ZVZ5b9qkU2Ck0n3pFqQpWJzq3E","preferred_locale":"en","notification_id":196013,"notification_type":"mention","icon":"https://files.mastodon.social/accounts/avatars/000/000/001/original/dc4286ceb8fab734.jpg","title":"You were mentioned by Somebody","body":"{}"}}"#,
        "Hello, world! ".repeat(10)
    )
}

fn push(criterion: &mut Criterion) {
    let (theirs, auth) = ece::generate_keypair_and_auth_secret().unwrap();
    let raw: EcKeyComponents = theirs.raw_components().unwrap();
    let private: [u8; 32] = raw.private_key().try_into().unwrap();
    let ours = PushKeyPair::from_bytes(&private, &auth).unwrap();
    let text = payload();

    let body = ece::encrypt(raw.public_key(), &auth, text.as_bytes()).unwrap();
    let decrypted = || {
        EncryptedPush::aes128gcm(&body)
            .unwrap()
            .decrypt(&ours)
            .unwrap()
    };
    let by_ece = || ece::decrypt(&raw, &auth, &body).unwrap();
    assert_eq!(decrypted(), text.as_bytes());
    assert_eq!(by_ece(), text.as_bytes());
    let mut group = criterion.benchmark_group("push/aes128gcm");
    group.throughput(Throughput::Elements(1));
    group.bench_function("mastodon-sdk", |bencher| bencher.iter(decrypted));
    group.bench_function("ece (OpenSSL)", |bencher| bencher.iter(by_ece));
    group.finish();

    let block = encrypt_aesgcm(raw.public_key(), &auth, text.as_bytes()).unwrap();
    let header = |name: &str| {
        let mut all = block.headers(None).into_iter();
        all.find(|(known, _)| known.eq_ignore_ascii_case(name))
            .unwrap()
            .1
    };
    let (encryption, crypto_key) = (header("encryption"), header("crypto-key"));
    let body = BASE64.decode(block.body()).unwrap();
    let decrypted = || {
        let message = EncryptedPush::aesgcm(&encryption, &crypto_key, &body).unwrap();
        message.decrypt(&ours).unwrap()
    };
    let by_ece = || decrypt_aesgcm(&raw, &auth, &block).unwrap();
    assert_eq!(decrypted(), text.as_bytes());
    assert_eq!(by_ece(), text.as_bytes());
    let mut group = criterion.benchmark_group("push/aesgcm");
    group.throughput(Throughput::Elements(1));
    group.bench_function("mastodon-sdk", |bencher| bencher.iter(decrypted));
    group.bench_function("ece (OpenSSL)", |bencher| bencher.iter(by_ece));
    group.finish();

    // Example from RFC 8292.
    let key =
        "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";
    let authorization = format!(
        "vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA, k={key}"
    );
    let mut headers = HeaderMap::new();
    headers.insert("authorization", authorization.parse().unwrap());
    let (key, now): (VapidKey, _) = (
        key.parse().unwrap(),
        Timestamp::from_second(1_453_500_000).unwrap(),
    );
    let verify = || {
        key.verify(&headers, "https://push.example.net/push", now)
            .unwrap()
    };
    criterion.bench_function("push/signature", |bencher| bencher.iter(verify));
}

criterion_group!(benches, push);
criterion_main!(benches);
