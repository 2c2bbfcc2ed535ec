//! Rate limits: waiting, and what clones of a client share.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mastodon_sdk::rate_limit::{
    FileRateLimitStore, RateLimitBucket, RateLimitMode, RateLimitStatus,
};
use mastodon_sdk::{Error, Mastodon, Upload};
use mastodon_test_server::TestServer;

use crate::support::fixtures::RELATIONSHIP;
use crate::support::{CapturedLog, ScriptedServer, client_builder, client_for, json_response};

fn client(server: &TestServer, user: &str, mode: RateLimitMode) -> Mastodon {
    client_builder(server, user, "read write")
        .rate_limit_mode(mode)
        .build()
        .unwrap()
}

#[tokio::test]
async fn clones_share_the_rate_limit_of_their_token_and_other_tokens_have_their_own() {
    let builder = TestServer::builder().rate_limit("general", 5);
    let server = builder.start().await.unwrap();
    let alice = client(&server, "alice", RateLimitMode::Throw);
    let calls = (0..5).map(|_| {
        let clone = alice.clone();
        tokio::spawn(async move { clone.me().await.map(|me| me.acct) })
    });
    for call in futures_util::future::join_all(calls).await {
        assert_eq!(call.unwrap().unwrap(), "alice");
    }
    let bob = client(&server, "bob", RateLimitMode::Throw);
    assert_eq!(
        alice
            .rate_limit_status(RateLimitBucket::General)
            .unwrap()
            .remaining,
        0
    );
    assert!(alice.me().await.unwrap_err().is_rate_limited());
    assert_eq!(bob.rate_limit_status(RateLimitBucket::General), None);
    assert_eq!(bob.me().await.unwrap().acct, "bob");
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn rate_limit_buckets_are_separate_and_shared_by_clones() {
    let server = TestServer::start().await.unwrap();
    let alice = client(&server, "alice", RateLimitMode::Throw);
    let exhausted = RateLimitStatus::new(Some(30), 0, Duration::from_secs(60));
    alice.set_rate_limit_status(RateLimitBucket::Deletions, exhausted);
    let clone = alice.clone();
    assert!(
        clone
            .status_delete("1")
            .await
            .unwrap_err()
            .is_rate_limited()
    );
    clone.me().await.unwrap();
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn cancelled_wait_neither_blocks_other_clones_nor_uses_a_request() {
    let server = TestServer::start().await.unwrap();
    let alice = client(&server, "alice", RateLimitMode::Wait);
    let status = |remaining| RateLimitStatus::new(Some(300), remaining, Duration::from_secs(200));
    alice.set_rate_limit_status(RateLimitBucket::General, status(0));
    let timed_out = IntoFuture::into_future(alice.clone().me().deadline(Duration::from_secs(5)));
    let dropped = tokio::spawn(IntoFuture::into_future(alice.clone().me()));
    let waiting = tokio::spawn(IntoFuture::into_future(alice.clone().me()));
    assert!(timed_out.await.unwrap_err().is_rate_limited());
    dropped.abort();
    assert!(dropped.await.unwrap_err().is_cancelled());
    alice.set_rate_limit_status(RateLimitBucket::General, status(2));
    assert_eq!(waiting.await.unwrap().unwrap().acct, "alice");
    alice.me().await.unwrap();
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn rate_limited_call_is_retried_in_the_waiting_modes_and_fails_in_throw_mode() {
    let throttled = json_response(
        429,
        "retry-after: 30\r\n",
        r#"{"error":"Too many requests"}"#,
    );
    for mode in [RateLimitMode::Wait, RateLimitMode::Pace] {
        let server = ScriptedServer::start(vec![
            throttled.clone(),
            json_response(200, "", RELATIONSHIP),
        ])
        .await;
        let client = server.builder().rate_limit_mode(mode).build().unwrap();
        let start = tokio::time::Instant::now();
        client.account_block("1").await.unwrap();
        assert!(start.elapsed().as_secs() >= 29, "{mode:?}");
    }

    let server = ScriptedServer::start(vec![throttled]).await;
    let client = server
        .builder()
        .rate_limit_mode(RateLimitMode::Throw)
        .build()
        .unwrap();
    let error = client.account_block("1").await.unwrap_err();
    assert!(
        matches!(error, Error::RateLimited { remaining: 0, .. }),
        "{error:?}"
    );
    assert!(error.is_rate_limited());
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn retry_after_date_delays_the_retry_after_a_429() {
    let headers =
        "date: Fri, 07 Aug 2026 12:00:00 GMT\r\nretry-after: Fri, 07 Aug 2026 12:01:40 GMT\r\n";
    let server = ScriptedServer::start(vec![
        json_response(429, headers, "{}"),
        json_response(200, "", "[]"),
    ])
    .await;
    let start = tokio::time::Instant::now();
    server.client().blocks().await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 100);
}

#[tokio::test]
async fn requests_with_a_position_count_against_the_paging_bucket() {
    let exhausted = "date: Fri, 07 Aug 2026 12:00:00 GMT\r\nx-ratelimit-limit: 300\r\n\
                     x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 2026-08-07T12:15:00.000Z\r\n";
    let server = ScriptedServer::start(vec![
        json_response(200, exhausted, "[]"),
        json_response(200, "", "[]"),
    ])
    .await;
    let client = server
        .builder()
        .rate_limit_mode(RateLimitMode::Throw)
        .build()
        .unwrap();
    client.timeline_home().max_id("7").await.unwrap();
    let error = client.timeline_home().max_id("6").await.unwrap_err();
    assert!(error.is_rate_limited());
    client.timeline_home().await.unwrap();
    assert_eq!(
        client
            .rate_limit_status(RateLimitBucket::Paging)
            .unwrap()
            .remaining,
        0
    );
}

/// Sends calls of a new client at the same time, and returns how many requests the server rejected.
async fn rejected_of_concurrent_calls<F: Future<Output = ()> + Send + 'static>(
    count: usize,
    call: impl Fn(Mastodon) -> F,
) -> usize {
    let server = TestServer::start().await.unwrap();
    let client = client(&server, "alice", RateLimitMode::Wait);
    let calls = (0..count).map(|_| tokio::spawn(call(client.clone())));
    for call in futures_util::future::join_all(calls).await {
        call.unwrap();
    }
    server.rate_limited_requests()
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn new_client_with_a_thousand_concurrent_calls_exceeds_no_rate_limit() {
    let rejected = rejected_of_concurrent_calls(1000, |client| async move {
        client.announcements().await.unwrap();
    })
    .await;
    println!("1000 concurrent calls: {rejected} rejected");
    assert_eq!(rejected, 0);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn new_client_with_sixty_concurrent_uploads_sends_no_file_in_vain() {
    let pixel = &include_bytes!("../../examples/shared/pixel.png")[..];
    let rejected = rejected_of_concurrent_calls(60, move |client| async move {
        let upload = Upload::bytes(pixel).file_name("pixel.png");
        client.media_post(upload).await.unwrap();
    })
    .await;
    println!("60 concurrent uploads: {rejected} rejected");
    assert_eq!(rejected, 0);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn call_whose_deadline_is_before_the_reset_fails_at_once_and_names_the_rate_limit() {
    let server = TestServer::start().await.unwrap();
    let alice = client_for(&server, "alice");
    let exhausted = RateLimitStatus::new(Some(300), 0, Duration::from_secs(200));
    alice.set_rate_limit_status(RateLimitBucket::General, exhausted);
    let waiting = tokio::spawn(IntoFuture::into_future(alice.me()));
    tokio::time::sleep(Duration::from_secs(20)).await;
    // Others wait already, without a deadline.
    let start = tokio::time::Instant::now();
    let error = alice
        .me()
        .deadline(Duration::from_secs(60))
        .await
        .unwrap_err();
    assert_eq!(start.elapsed().as_secs(), 0);
    let Error::RateLimited {
        bucket, reset_in, ..
    } = &error
    else {
        panic!("{error:?}");
    };
    assert_eq!(
        (*bucket, reset_in.as_secs()),
        (RateLimitBucket::General, 180)
    );
    assert!(
        error
            .to_string()
            .contains("the rate limit `general` allows no request for 180s")
    );
    // A deadline after the reset is waited for.
    alice.me().deadline(Duration::from_secs(300)).await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 180);
    waiting.await.unwrap().unwrap();
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn waits_are_reported_to_the_callbacks_and_long_ones_are_logged() {
    let (log, _guard) = CapturedLog::start();
    let server = TestServer::start().await.unwrap();
    let waits = Arc::new(Mutex::new(Vec::new()));
    let add = |name: &'static str| {
        let waits = Arc::clone(&waits);
        move |wait: &mastodon_sdk::rate_limit::RateLimitWait| {
            let endpoint = wait.endpoint.to_string();
            let entry = (name, endpoint, wait.bucket, wait.duration.as_secs());
            waits.lock().unwrap().push(entry);
        }
    };
    let builder = client_builder(&server, "alice", "read write").on_wait(add("client"));
    let alice = builder.build().unwrap();
    let exhausted = RateLimitStatus::new(Some(30), 0, Duration::from_secs(600));
    alice.set_rate_limit_status(RateLimitBucket::Deletions, exhausted);
    let missing = alice.status_delete("1").on_wait(add("call")).await;
    assert!(missing.unwrap_err().is_not_found());
    alice.me().await.unwrap();
    let endpoint = "status_delete".to_owned();
    let expected =
        ["client", "call"].map(|name| (name, endpoint.clone(), RateLimitBucket::Deletions, 600));
    assert_eq!(*waits.lock().unwrap(), expected);
    let log = log.text();
    let line = log
        .lines()
        .find(|line| line.contains("INFO") && line.contains("waiting"));
    assert!(line.is_some_and(|line| line.contains("deletions")), "{log}");
}

#[tokio::test]
async fn clients_of_one_server_share_the_limit_of_their_address() {
    let server = TestServer::start().await.unwrap();
    let other_server = TestServer::start().await.unwrap();
    let [alice, bob, elsewhere] = [(&server, "alice"), (&server, "bob"), (&other_server, "bob")]
        .map(|(server, user)| client(server, user, RateLimitMode::Throw));
    let exhausted = RateLimitStatus::new(Some(7500), 0, Duration::from_secs(60));
    alice.set_rate_limit_status(RateLimitBucket::Address, exhausted);
    let error = bob.me().await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::RateLimited {
                bucket: RateLimitBucket::Address,
                ..
            }
        ),
        "{error:?}"
    );
    elsewhere.me().await.unwrap();
    // Without a token, all requests are counted by address.
    let visitor = || Mastodon::builder(other_server.url()).build().unwrap();
    let first = visitor();
    first.instance().await.unwrap();
    let known = visitor()
        .rate_limit_status(RateLimitBucket::General)
        .unwrap();
    assert_eq!(known.remaining, 299);
    // So are registrations of applications, with and without a token.
    let register = async |client: &Mastodon| client.app_create("App", "https://a.example").await;
    for _ in 0..5 {
        register(&first).await.unwrap();
    }
    assert!(register(&elsewhere).await.unwrap_err().is_rate_limited());
    assert_eq!(other_server.rate_limited_requests(), 0);
}

#[tokio::test]
async fn limit_of_statuses_in_a_response_is_not_taken_for_that_of_all_requests() {
    let start = "2026-08-07T12:20:10Z".parse().unwrap();
    let server = TestServer::builder()
        .start_time(start)
        .start()
        .await
        .unwrap();
    let alice = client(&server, "alice", RateLimitMode::Throw);
    alice.status_post("Hello").await.unwrap();
    let status = alice.status_post("Hello again").await.unwrap();
    // All requests of the next five minutes are left, but not all statuses of the three hours.
    server.clock().advance(Duration::from_secs(300));
    alice.me().await.unwrap();
    let boosted = alice.status_reblog(&status).response().await.unwrap();
    let shown = boosted.rate_limit_status.unwrap();
    assert!(
        shown.reset_in > Duration::from_secs(3600),
        "the limit of statuses: {shown:?}"
    );
    let general = alice.rate_limit_status(RateLimitBucket::General).unwrap();
    assert!(general.reset_in <= Duration::from_secs(301), "{general:?}");
    assert_eq!(general.remaining, 298);
    let statuses = alice.rate_limit_status(RateLimitBucket::Statuses).unwrap();
    assert_eq!((statuses.limit, statuses.remaining), (Some(300), 298));
}

const WORKER: &str = "MASTODON_RATE_LIMIT_WORKER";

/// Starts a process that sends requests until the rate limit is exhausted, and prints a line for each.
fn start_worker(server: &TestServer, token: &str, folder: &std::path::Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["rate_limits::worker", "--exact", "--nocapture"])
        .env(
            WORKER,
            format!("{} {token} {}", server.url(), folder.display()),
        )
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Not a test, but the process that `start_worker` starts.
#[tokio::test]
async fn worker() {
    let Ok(settings) = std::env::var(WORKER) else {
        return;
    };
    let mut settings = settings.splitn(3, ' ');
    let mut next = || settings.next().unwrap();
    let builder = Mastodon::builder(next()).access_token(next());
    let store = Arc::new(FileRateLimitStore::open(next()).unwrap());
    let client = builder
        .rate_limit_store(store)
        .deadline(Duration::from_secs(30));
    let client = client.build().unwrap();
    loop {
        match client.announcements().await {
            Ok(_) => println!("sent"),
            Err(error) if error.is_rate_limited() => return,
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn processes_share_a_rate_limit_through_files_even_if_one_is_killed() {
    let start = "2026-08-07T12:00:02Z".parse().unwrap();
    let builder = TestServer::builder()
        .rate_limit("general", 60)
        .start_time(start);
    let server = builder.start().await.unwrap();
    let (token, folder) = (server.token("alice", "read"), tempfile::tempdir().unwrap());
    let mut workers: Vec<Child> = (0..4)
        .map(|_| start_worker(&server, &token, folder.path()))
        .collect();
    let mut outputs: Vec<_> = workers
        .iter_mut()
        .map(|worker| BufReader::new(worker.stdout.take().unwrap()).lines())
        .collect();
    let (counts, workers) = tokio::task::spawn_blocking(move || {
        let is_sent = |line: &String| line.contains("sent");
        // The first one is killed after its second request.
        outputs[0]
            .by_ref()
            .map(Result::unwrap)
            .filter(is_sent)
            .nth(1);
        workers[0].kill().unwrap();
        let count = |output: std::io::Lines<_>| output.map(Result::unwrap).filter(is_sent).count();
        let counts: Vec<usize> = outputs.into_iter().map(count).collect();
        for worker in &mut workers {
            worker.wait().unwrap();
        }
        (counts, workers)
    })
    .await
    .unwrap();
    assert_eq!(workers.len(), 4);
    assert_eq!(server.rate_limited_requests(), 0, "{counts:?}");
    let other = Mastodon::builder(server.url()).access_token(token);
    let other = other.rate_limit_mode(RateLimitMode::Throw).build().unwrap();
    let left = match other.announcements().response().await {
        Ok(response) => response.rate_limit_status.unwrap().remaining,
        Err(error) if error.is_rate_limited() => 0,
        Err(error) => panic!("{error}"),
    };
    assert!(left <= 3, "95 % of the limit are used: {left}, {counts:?}");
    let survivors = &counts[1..];
    assert!(survivors.iter().all(|count| *count >= 5), "{counts:?}");
}
