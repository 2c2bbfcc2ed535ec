//! What every store of rate limits does.

use std::time::Duration;

use super::{
    CountedBucket, Decision, FinishedRequest, Outcome, RateLimitStore, Reservation, Ticket, Wait,
    WindowReport,
};
use crate::facts::RateLimitBucket;
use crate::http::rate_limit::RateLimitStatus;

/// Server of the buckets. A store of several tests needs another one for each.
pub(crate) struct Contract<'a> {
    pub(crate) store: &'a dyn RateLimitStore,
    pub(crate) server: &'a str,
}

impl Contract<'_> {
    /// Checks everything.
    pub(crate) async fn check(&self) {
        self.first_request_goes_alone_and_its_headers_allow_the_others()
            .await;
        self.request_counts_against_all_buckets_or_none().await;
        self.those_who_wait_take_turns().await;
        self.refused_request_exhausts_the_bucket().await;
        self.bucket_that_the_server_does_not_report_has_no_limit()
            .await;
    }

    fn bucket(&self, identity: &str, bucket: RateLimitBucket) -> CountedBucket {
        CountedBucket::new(self.server, identity, bucket)
    }

    async fn reserve(&self, buckets: &[CountedBucket], waiter: &str) -> Decision {
        let reservation = Reservation::new(buckets.to_vec(), waiter);
        self.store.reserve(&reservation).await.unwrap()
    }

    async fn granted(&self, bucket: &CountedBucket, waiter: &str) -> Ticket {
        match self.reserve(std::slice::from_ref(bucket), waiter).await {
            Decision::Granted { tickets, .. } => tickets[0],
            Decision::Wait(wait) => panic!("{bucket:?}: {wait:?}"),
        }
    }

    async fn waits(&self, bucket: &CountedBucket, waiter: &str) -> Wait {
        match self.reserve(std::slice::from_ref(bucket), waiter).await {
            Decision::Granted { .. } => panic!("{bucket:?}: granted"),
            Decision::Wait(wait) => wait,
        }
    }

    async fn finish(
        &self,
        bucket: &CountedBucket,
        ticket: Ticket,
        outcome: Outcome,
    ) -> Option<RateLimitStatus> {
        let request = FinishedRequest::new(bucket.clone(), ticket, outcome);
        self.store.finish(&[request]).await.unwrap()[0]
    }

    async fn set_remaining(&self, bucket: &CountedBucket, remaining: u32) {
        let status = RateLimitStatus::new(Some(30), remaining, MINUTES);
        self.store.set_status(bucket, status).await.unwrap();
    }

    async fn first_request_goes_alone_and_its_headers_allow_the_others(&self) {
        let bucket = self.bucket("first", RateLimitBucket::General);
        let first = self.granted(&bucket, "a").await;
        assert!(first.is_first);
        assert_eq!(self.waits(&bucket, "b").await.allowed_in, None);
        let report = WindowReport::new(Some(300), 2, MINUTES);
        let status = self
            .finish(&bucket, first, Outcome::Reported(report))
            .await
            .unwrap();
        assert_eq!((status.limit, status.remaining), (Some(300), 2));
        for _ in 0..2 {
            assert!(!self.granted(&bucket, "b").await.is_first);
        }
        let wait = self.waits(&bucket, "b").await;
        let left = wait.allowed_in.unwrap();
        assert!(
            left <= MINUTES && left + Duration::from_secs(60) > MINUTES,
            "{left:?}"
        );
        assert!(wait.retry_in <= left);
        assert_eq!((wait.limit, wait.remaining, wait.index), (Some(300), 0, 0));
    }

    async fn request_counts_against_all_buckets_or_none(&self) {
        let buckets = [RateLimitBucket::Media, RateLimitBucket::General]
            .map(|bucket| self.bucket("all", bucket));
        self.set_remaining(&buckets[0], 5).await;
        self.set_remaining(&buckets[1], 0).await;
        for _ in 0..20 {
            let Decision::Wait(wait) = self.reserve(&buckets, "a").await else {
                panic!("granted");
            };
            assert_eq!(wait.index, 1);
        }
        self.set_remaining(&buckets[1], 20).await;
        for _ in 0..5 {
            let granted = self.reserve(&buckets, "a").await;
            assert!(matches!(granted, Decision::Granted { .. }), "{granted:?}");
        }
        let Decision::Wait(wait) = self.reserve(&buckets, "a").await else {
            panic!("granted");
        };
        assert_eq!(wait.index, 0);
    }

    async fn those_who_wait_take_turns(&self) {
        let bucket = self.bucket("turns", RateLimitBucket::General);
        self.set_remaining(&bucket, 0).await;
        for waiter in ["a", "b", "c"] {
            self.waits(&bucket, waiter).await;
        }
        self.set_remaining(&bucket, 30).await;
        for waiter in ["a", "b", "c", "a"] {
            self.granted(&bucket, waiter).await;
            // It now waits behind the others.
            if waiter != "c" {
                assert_eq!(self.waits(&bucket, waiter).await.allowed_in, None);
            }
        }
    }

    async fn refused_request_exhausts_the_bucket(&self) {
        let bucket = self.bucket("refused", RateLimitBucket::General);
        self.set_remaining(&bucket, 30).await;
        let ticket = self.granted(&bucket, "a").await;
        let report = WindowReport {
            is_throttled: true,
            ..WindowReport::new(Some(30), 0, MINUTES)
        };
        self.finish(&bucket, ticket, Outcome::Reported(report))
            .await;
        assert_eq!(self.waits(&bucket, "a").await.remaining, 0);
    }

    async fn bucket_that_the_server_does_not_report_has_no_limit(&self) {
        let bucket = self.bucket("unreported", RateLimitBucket::Apps);
        let first = self.granted(&bucket, "a").await;
        self.finish(&bucket, first, Outcome::NotReported).await;
        for _ in 0..20 {
            self.granted(&bucket, "a").await;
        }
    }
}

const MINUTES: Duration = Duration::from_secs(600);

#[tokio::test]
async fn memory_store_keeps_the_contract() {
    let store = super::MemoryRateLimitStore::new();
    let server = "https://a.example";
    Contract {
        store: &store,
        server,
    }
    .check()
    .await;
}

#[tokio::test]
async fn file_store_keeps_the_contract_also_if_a_file_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let store = super::FileRateLimitStore::open(folder.path().join("new")).unwrap();
    let server = "https://a.example";
    Contract {
        store: &store,
        server,
    }
    .check()
    .await;
    for file in std::fs::read_dir(folder.path().join("new")).unwrap() {
        std::fs::write(file.unwrap().path(), b"{\"buckets\":{\"first/ge").unwrap();
    }
    Contract {
        store: &store,
        server,
    }
    .check()
    .await;
}
