//! What is special about Redis.

use std::sync::Arc;
use std::time::Duration;

use mastodon_sdk::Error;
use mastodon_sdk::store::{CheckpointStore, Lease, RedisStore};

use super::contract::MAX_WAIT;
use super::redis_server::{PASSWORD, RedisServer};

const MINUTE: Duration = Duration::from_secs(60);

/// Repeats an operation until it succeeds.
async fn eventually<T>(operation: impl AsyncFn() -> Result<T, Error>) -> T {
    let repeat = async {
        loop {
            match operation().await {
                Ok(value) => return value,
                Err(error) => assert!(error.is_retryable(), "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(MAX_WAIT, repeat).await.unwrap()
}

#[tokio::test]
async fn leases_records_and_claims_survive_a_restart_of_redis() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    let store = Arc::new(redis.store().await);
    let lease = Lease::acquire(store.clone(), "bot", MINUTE).await.unwrap();
    lease.save("home", &"7").await.unwrap();
    lease
        .claim("mention")
        .await
        .unwrap()
        .unwrap()
        .complete()
        .await
        .unwrap();
    redis.kill();
    let error = lease.save("home", &"8").await.unwrap_err();
    assert!(
        matches!(error, Error::Store { .. }) && error.is_retryable(),
        "{error}"
    );
    redis.restart();
    let position: Option<String> = eventually(async || lease.load("home").await).await;
    assert_eq!(position.as_deref(), Some("7"));
    assert!(lease.claim("mention").await.unwrap().is_none());
    let other = Lease::try_acquire(store, "bot", MINUTE).await.unwrap();
    assert!(other.is_none(), "the lease is still held");
    lease.save("home", &"8").await.unwrap();
}

#[tokio::test]
async fn holder_continues_after_redis_has_lost_its_data_and_later_leases_have_larger_fences() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let store = Arc::new(redis.store().await);
    let lease = Lease::acquire(store.clone(), "bot", MINUTE).await.unwrap();
    redis.command(&["FLUSHALL"]);
    lease.save("home", &"8").await.unwrap();
    // Until the holder extends its lease, another worker can take it.
    let next = Lease::try_acquire(store, "bot", MINUTE)
        .await
        .unwrap()
        .unwrap();
    let error = lease.save("home", &"9").await.unwrap_err();
    assert!(matches!(error, Error::LeaseLost { .. }), "{error}");
    assert_eq!(
        next.load::<String>("home").await.unwrap().as_deref(),
        Some("8")
    );
}

#[tokio::test]
async fn all_keys_have_the_prefix_and_expire() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let builder = RedisStore::builder(redis.url())
        .key_prefix("bots")
        .keep(Duration::MAX);
    let store = Arc::new(builder.connect().await.unwrap());
    let lease = Lease::acquire(store.clone(), "alice", MINUTE)
        .await
        .unwrap();
    lease.save("home", &"1").await.unwrap();
    lease
        .claim("a")
        .await
        .unwrap()
        .unwrap()
        .complete()
        .await
        .unwrap();
    let _claim = lease.claim("b").await.unwrap().unwrap();
    let mut keys = redis.command(&["KEYS", "*"]);
    keys.sort();
    let expected = ["claim:a", "claim:b", "lease", "records"];
    assert_eq!(keys, expected.map(|key| format!("bots:{{alice}}:{key}")));
    for key in keys {
        let expiry: i64 = redis.command(&["PTTL", &key])[0].parse().unwrap();
        assert!(expiry > 0, "{key}: {expiry}");
    }
    let other = RedisStore::builder(redis.url()).connect().await.unwrap();
    assert_eq!(other.load("alice", "home").await.unwrap(), None);
}

#[tokio::test]
async fn password_of_redis_is_shown_nowhere() {
    let builder = RedisStore::builder(format!("redis://user:{PASSWORD}@127.0.0.1:1/0"));
    let mut shown = vec![format!("{builder:?}")];
    let error = builder.connect().await.unwrap_err();
    shown.extend([error.to_string(), format!("{error:?}")]);
    assert!(
        shown[1].contains("Redis at redis://127.0.0.1:1/0"),
        "{shown:?}"
    );
    for url in [
        format!("redis://:{PASSWORD}@127.0.0.1:port"),
        format!("redis://:{PASSWORD}@127.0.0.1/not-a-number"),
        format!("http://:{PASSWORD}@127.0.0.1"),
        format!("{PASSWORD}@127.0.0.1"),
    ] {
        let error = RedisStore::builder(url).connect().await.unwrap_err();
        assert!(matches!(error, Error::Configuration { .. }), "{error}");
        shown.extend([error.to_string(), format!("{error:?}")]);
    }
    if let Some(redis) = RedisServer::start() {
        let store = redis.store().await;
        shown.push(format!("{store:?}"));
        let wrong = format!("redis://:wrong-{PASSWORD}@127.0.0.1:{}", redis.port());
        let error = RedisStore::builder(wrong).connect().await.unwrap_err();
        assert!(!error.is_retryable(), "{error}");
        shown.extend([error.to_string(), format!("{error:?}")]);
    }
    assert!(
        shown.iter().all(|text| !text.contains(PASSWORD)),
        "{shown:#?}"
    );
}
