//! Posts with random faults, against servers that treat idempotency keys differently.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use jiff::SignedDuration;
use mastodon_test_server::{Fault, IdempotencyKeys, TestServer};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::client::Mastodon;
use crate::entities::Status;
use crate::error::Error;
use crate::http::test_network::{Connecting, Connection, Network, TestNetwork};

const URL: &str = "http://127.0.0.1:1";
const STATUSES: &str = "/api/v1/statuses";

/// Connections in memory.
struct Memory(Arc<TestServer>);

impl Network for Memory {
    fn connect(&self, _: &Uri) -> Connecting<'_> {
        let (client, server) = tokio::io::duplex(1 << 16);
        self.0.serve_connection(server);
        Box::pin(async move { io::Result::Ok(Box::new(client) as Box<dyn Connection>) })
    }
}

/// What happens to one attempt.
#[derive(Clone, Copy, Debug)]
enum AttemptFault {
    CutBefore,
    /// After these milliseconds of the work of the server.
    CutAfter(u64),
    CutAfterWork,
    CutInBody,
    /// The status of a proxy that does not reach the server.
    ProxyFails(u16),
    /// The status of a proxy after these milliseconds of the work of the server.
    ProxyGivesUp(u16, u64),
}

impl AttemptFault {
    fn fault(self) -> Fault {
        match self {
            Self::CutBefore => Fault::disconnect(),
            Self::CutAfter(time) => Fault::disconnect_after(Duration::from_millis(time)),
            Self::CutAfterWork => Fault::lost_response(),
            Self::CutInBody => Fault::truncated_body(),
            Self::ProxyFails(status) => Fault::status(status),
            Self::ProxyGivesUp(status, time) => {
                Fault::status_after(Duration::from_millis(time), status)
            }
        }
    }
}

fn attempt_fault() -> impl Strategy<Value = AttemptFault> {
    let status = 502u16..=504;
    prop_oneof![
        Just(AttemptFault::CutBefore),
        (0u64..30_000).prop_map(AttemptFault::CutAfter),
        Just(AttemptFault::CutAfterWork),
        Just(AttemptFault::CutInBody),
        status.clone().prop_map(AttemptFault::ProxyFails),
        (status, 0u64..30_000).prop_map(|(status, time)| AttemptFault::ProxyGivesUp(status, time)),
    ]
}

#[derive(Clone, Debug)]
struct Case {
    keys: IdempotencyKeys,
    /// Milliseconds that the server works on each request.
    work: u64,
    /// Timeout of an attempt in milliseconds.
    timeout: u64,
    faults: Vec<AttemptFault>,
    /// Number of searches that fail.
    failing_searches: usize,
    is_scheduled: bool,
    /// Whether there is an older status with the same text.
    has_older: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let keys = prop::sample::select(vec![
        IdempotencyKeys::Locked,
        IdempotencyKeys::LockedAndFailing,
        IdempotencyKeys::StoredAfterPosting,
        IdempotencyKeys::Ignored,
    ]);
    // Times around that of a search, and up to the longest work that is waited for.
    let work = prop_oneof![0u64..4000, 0u64..30_000];
    let timeout = prop_oneof![Just(60_000u64), 100u64..10_000];
    (
        keys,
        work,
        timeout,
        vec(attempt_fault(), 0..=5),
        0usize..4,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(keys, work, timeout, faults, failing_searches, is_scheduled, has_older)| Case {
                keys,
                work,
                timeout,
                faults,
                failing_searches,
                is_scheduled,
                has_older,
            },
        )
}

fn client(server: &Arc<TestServer>, timeout: u64) -> Mastodon {
    let network = TestNetwork(Arc::new(Memory(Arc::clone(server))));
    let builder = Mastodon::builder(URL)
        .access_token(server.token("alice", "read write"))
        .timeout(Duration::from_millis(timeout));
    builder.network(network).build().unwrap()
}

/// IDs of alice's statuses and scheduled statuses with the text.
async fn posted(client: &Mastodon) -> Vec<String> {
    let me = client.me().await.unwrap();
    let published = client.account_statuses(&me.id).await.unwrap();
    let scheduled = client.scheduled_statuses().await.unwrap();
    let published = published.iter().filter(|status| is_post(status));
    let scheduled = scheduled.iter().filter(|entry| entry.params.text == "Once");
    let published = published.map(|status| status.id.as_str().to_owned());
    let scheduled = scheduled.map(|entry| entry.id.as_str().to_owned());
    published.chain(scheduled).collect()
}

fn is_post(status: &Status) -> bool {
    status.content.to_text() == "Once"
}

async fn run(case: &Case) -> Result<(), TestCaseError> {
    let builder = TestServer::builder().in_memory(URL).without_rate_limits();
    let server = Arc::new(builder.start().await.unwrap());
    let observer = client(&server, 60_000);
    if case.has_older {
        observer.status_post("Once").await.unwrap();
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    let older = posted(&observer).await;
    server.set_idempotency_keys(case.keys);
    server.set_work_time(Duration::from_millis(case.work));
    for fault in &case.faults {
        server.inject(fault.fault().on("POST", STATUSES));
    }
    let searches = Fault::status(503).times(case.failing_searches);
    server.inject(searches.on("GET", "/api/v1/accounts/"));
    let client = client(&server, case.timeout);
    let result: Result<String, Error> = if case.is_scheduled {
        let at = server.clock().now() + SignedDuration::from_hours(1);
        let post = client.status_post("Once").scheduled_at(at);
        post.await
            .map(|posted| posted.as_scheduled_status().unwrap().id.to_string())
    } else {
        let post = client.status_post("Once");
        post.await.map(|status| status.id.as_str().to_owned())
    };
    server.clear_faults();
    // The server finishes what it is still working on.
    tokio::time::sleep(Duration::from_secs(120)).await;
    let mut new = posted(&observer).await;
    new.retain(|id| !older.contains(id));
    match result {
        Ok(id) => prop_assert_eq!(new, [id]),
        Err(error) => prop_assert!(new.is_empty(), "{}: {:?}", error, new),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_status_is_never_posted_twice_and_no_call_fails_whose_status_is_there(case in case()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(run(&case))?;
    }
}
