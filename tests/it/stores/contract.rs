//! What each store of leases, records and claims promises.

use std::sync::Arc;
use std::time::Duration;

use mastodon_sdk::Error;
use mastodon_sdk::store::{
    Acquired, CheckpointStore, ClaimState, FileStore, Lease, LeaseId, MemoryStore,
};

use super::redis_server::RedisServer;

/// Longer than a test takes.
const LONG: Duration = Duration::from_secs(3600);

const SHORT: Duration = Duration::from_millis(100);

/// Maximum time that a test waits for a condition.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(20);

type Store = Arc<dyn CheckpointStore>;

/// Runs a check with each store.
async fn each_store(check: impl AsyncFn(Store)) {
    check(Arc::new(MemoryStore::new())).await;
    let folder = tempfile::tempdir().unwrap();
    check(Arc::new(FileStore::open(folder.path()).unwrap())).await;
    if let Some(redis) = RedisServer::start() {
        check(Arc::new(redis.store().await)).await;
    }
}

/// Takes a lease as soon as no other owner holds it.
async fn acquire(store: &Store, owner: &str, duration: Duration) -> LeaseId {
    let acquire = async {
        loop {
            match store.acquire("bot", owner, duration).await.unwrap() {
                Acquired::Granted { fence } => return LeaseId::new("bot", owner, fence),
                Acquired::Held { expires_in } => tokio::time::sleep(expires_in).await,
            }
        }
    };
    tokio::time::timeout(MAX_WAIT, acquire).await.unwrap()
}

fn assert_lost<T: std::fmt::Debug>(result: &Result<T, Error>) {
    assert!(
        matches!(result, Err(Error::LeaseLost { name, .. }) if name == "bot"),
        "{result:?}"
    );
}

#[tokio::test]
async fn lease_is_granted_to_one_owner_until_it_ends() {
    each_store(async |store| {
        let first = acquire(&store, "first", LONG).await;
        let held = store.acquire("bot", "second", LONG).await.unwrap();
        assert!(
            matches!(held, Acquired::Held { expires_in } if expires_in <= LONG && expires_in > LONG / 2),
            "{held:?}"
        );
        assert!(matches!(
            store.acquire("other", "second", LONG).await.unwrap(),
            Acquired::Granted { .. }
        ));
        // The response of an earlier request may have been lost.
        let again = acquire(&store, "first", LONG).await;
        assert!(again.fence > first.fence);
        store.release(&first).await.unwrap();
        assert!(matches!(
            store.acquire("bot", "second", LONG).await.unwrap(),
            Acquired::Held { .. }
        ));
        store.release(&again).await.unwrap();
        assert_lost(&store.renew(&again, LONG).await);
        let second = acquire(&store, "second", LONG).await;
        assert!(second.fence > again.fence);
    })
    .await;
}

#[tokio::test]
async fn worker_that_was_replaced_changes_nothing() {
    each_store(async |store| {
        let stalled = acquire(&store, "stalled", SHORT).await;
        store.save(&stalled, "position", "1").await.unwrap();
        let next = acquire(&store, "next", LONG).await;
        let position = store.load("bot", "position").await.unwrap();
        assert_eq!(position.as_deref(), Some("1"));
        store.save(&next, "position", "2").await.unwrap();

        assert_lost(&store.save(&stalled, "position", "1").await);
        assert_lost(&store.renew(&stalled, LONG).await);
        assert_lost(&store.claim(&stalled, "mention", "key", LONG).await);
        store.release(&stalled).await.unwrap();
        let position = store.load("bot", "position").await.unwrap();
        assert_eq!(position.as_deref(), Some("2"));
        store.renew(&next, LONG).await.unwrap();
        let claim = store.claim(&next, "mention", "key", LONG).await.unwrap();
        assert_eq!(claim, ClaimState::New);
    })
    .await;
}

#[tokio::test]
async fn expired_lease_remains_valid_until_another_owner_takes_it() {
    each_store(async |store| {
        let lease = acquire(&store, "slow", SHORT).await;
        tokio::time::sleep(SHORT * 2).await;
        store.save(&lease, "position", "1").await.unwrap();
        store.renew(&lease, LONG).await.unwrap();
        assert!(matches!(
            store.acquire("bot", "next", LONG).await.unwrap(),
            Acquired::Held { .. }
        ));
    })
    .await;
}

#[tokio::test]
async fn claim_keeps_its_key_until_the_item_is_completed() {
    each_store(async |store| {
        let lease = acquire(&store, "first", SHORT).await;
        let claim = async |lease: &LeaseId, key: &str| {
            store.claim(lease, "mention", key, LONG).await.unwrap()
        };
        assert_eq!(claim(&lease, "first key").await, ClaimState::New);
        let key = "first key".to_owned();
        let repeated = ClaimState::Repeated { key };
        assert_eq!(claim(&lease, "second key").await, repeated);
        let next = acquire(&store, "next", LONG).await;
        assert_eq!(claim(&next, "third key").await, repeated);
        // The item remains completed even if the worker that completed it has lost the lease.
        store.complete("bot", "mention", LONG).await.unwrap();
        assert_eq!(claim(&next, "key").await, ClaimState::Completed);
    })
    .await;
}

#[tokio::test]
async fn claims_expire() {
    each_store(async |store| {
        let lease = acquire(&store, "first", LONG).await;
        store.claim(&lease, "a", "key", SHORT).await.unwrap();
        store.complete("bot", "b", SHORT).await.unwrap();
        tokio::time::sleep(SHORT * 2).await;
        for item in ["a", "b"] {
            let claim = store.claim(&lease, item, "key", LONG).await.unwrap();
            assert_eq!(claim, ClaimState::New, "{item}");
        }
    })
    .await;
}

#[tokio::test]
async fn names_with_any_characters_are_told_apart() {
    each_store(async |store| {
        let lease = acquire(&store, "owner", LONG).await;
        let long = ["a", "b"].map(|end| "é/".repeat(100) + end);
        let names = [
            "a/b", "a_b", "../a", "a:{b}", "a b\n", "A", "a", &long[0], &long[1],
        ];
        for name in names {
            store.save(&lease, name, name).await.unwrap();
            store.claim(&lease, name, name, LONG).await.unwrap();
        }
        for name in names {
            let record = store.load("bot", name).await.unwrap();
            assert_eq!(record.as_deref(), Some(name));
            let key = name.to_owned();
            let claim = store.claim(&lease, name, "other", LONG).await.unwrap();
            assert_eq!(claim, ClaimState::Repeated { key }, "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn dropped_lease_is_taken_at_once_and_a_held_one_is_extended() {
    each_store(async |store| {
        let lease = Lease::acquire(Arc::clone(&store), "bot", SHORT)
            .await
            .unwrap();
        // Three times as long as the lease.
        tokio::time::sleep(SHORT * 3).await;
        let other = Lease::try_acquire(Arc::clone(&store), "bot", SHORT).await;
        assert!(other.unwrap().is_none(), "the lease was extended");
        let waiting = tokio::spawn(Lease::acquire(Arc::clone(&store), "bot", LONG / 60));
        drop(lease);
        let next = tokio::time::timeout(MAX_WAIT, waiting).await.unwrap();
        assert!(!next.unwrap().unwrap().is_lost());
    })
    .await;
}

#[tokio::test]
async fn lease_holder_learns_that_it_was_replaced() {
    each_store(async |store| {
        let lease = Lease::acquire(Arc::clone(&store), "bot", SHORT)
            .await
            .unwrap();
        lease.save("position", &vec!["1"]).await.unwrap();
        // A later lease, as if this process had been stalled while it was granted.
        let later = LeaseId::new("bot", "next", 1 << 52);
        store.save(&later, "position", "[\"2\"]").await.unwrap();
        tokio::time::timeout(MAX_WAIT, lease.lost()).await.unwrap();
        assert!(lease.is_lost());
        assert_lost(&lease.save("position", &vec!["1"]).await);
        assert_lost(&lease.claim("mention").await);
        let position: Option<Vec<String>> = lease.load("position").await.unwrap();
        assert_eq!(position.unwrap(), ["2"]);
    })
    .await;
}

#[tokio::test]
async fn item_is_claimed_once_in_a_process_and_again_after_a_failure() {
    each_store(async |store| {
        let lease = Lease::acquire(Arc::clone(&store), "bot", LONG / 60)
            .await
            .unwrap();
        let claim = lease.claim("mention").await.unwrap().unwrap();
        assert!(!claim.is_repeated());
        let key = claim.idempotency_key().to_owned();
        assert_eq!(key.len(), 32);
        assert!(lease.claim("mention").await.unwrap().is_none());
        drop(claim);
        let claim = lease.claim("mention").await.unwrap().unwrap();
        assert!(claim.is_repeated());
        assert_eq!(claim.idempotency_key(), key);
        claim.complete().await.unwrap();
        assert!(lease.claim("mention").await.unwrap().is_none());
        let other = lease.claim("other").await.unwrap().unwrap();
        assert_ne!(other.idempotency_key(), key);
    })
    .await;
}

#[tokio::test]
async fn invalid_names_durations_and_records_are_rejected() {
    let store: Store = Arc::new(MemoryStore::new());
    let acquire = async |name: &str, duration| {
        Lease::acquire(Arc::clone(&store), name, duration)
            .await
            .map(drop)
    };
    for (name, duration, expected) in [
        ("", LONG, "`name`: it must not be empty"),
        (&"a".repeat(600), LONG, "it has 600 bytes"),
        ("a", Duration::ZERO, "`duration`: it must be between"),
        ("a", Duration::MAX, "`duration`: it must be between"),
    ] {
        let error = acquire(name, duration).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let lease = Lease::acquire(Arc::clone(&store), "a", LONG).await.unwrap();
    let error = lease.save("a", &"x".repeat(2 << 20)).await.unwrap_err();
    assert!(error.to_string().contains("at most 1048576"), "{error}");
    lease.save("a", &"text").await.unwrap();
    let error = lease.load::<u32>("a").await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the record `a` of `a` has another type"),
        "{error}"
    );
    assert!(!error.is_retryable());
}
