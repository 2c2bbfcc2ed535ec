//! Soak test: connections fail in many ways, and each status is delivered exactly once.
//!
//! `MASTODON_SOAK=10000 cargo test --workspace --test it streams::soak` runs the long version.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::streaming::{EventStream, StreamEvent, StreamTransport};
use mastodon_sdk::{Mastodon, Status};
use mastodon_test_server::{Fault, TestServer};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::labels_until;
use super::server::StreamServer;

/// Number of statuses to post: `MASTODON_SOAK`, or a few hundred.
fn post_count() -> usize {
    let count = std::env::var("MASTODON_SOAK");
    count.map_or(600, |count| count.parse().expect("a number of statuses"))
}

/// Maximum time without progress.
const PROGRESS_TIMEOUT: Duration = Duration::from_secs(30);

/// A client without retries, so that each fault reaches the stream.
fn client(server: &TestServer, name: &str) -> Mastodon {
    Mastodon::builder(server.url())
        .access_token(server.token(name, "read write follow"))
        .version_check(VersionCheck::Off)
        .max_retries(0)
        .build()
        .unwrap()
}

/// Faults of an open stream.
fn stream_faults(transport: StreamTransport) -> Vec<Fault> {
    let mut faults = vec![
        Fault::disconnect_in_event(),
        Fault::disconnect_in_character(),
        Fault::duplicate_event(),
        Fault::close(1012, "restarting"),
        Fault::extra_event("quantum_leap", "{}"),
        Fault::stall(),
        Fault::delayed_event(Duration::from_millis(20)),
        Fault::extra_event("update", "{\"id\":7}"),
    ];
    faults.extend(match transport {
        StreamTransport::ServerSentEvents => [
            Fault::garbage("event: <html>\ndata: 502\n\n"),
            Fault::garbage([b"\xff\xfe\r\ndata\n\n\n:", &[0xc3; 300][..], b"\n"].concat()),
        ],
        _ => [Fault::garbage("{not json"), Fault::garbage([0xff, 0xfe])],
    });
    faults
}

/// Faults of reconnections and backfill requests.
fn reconnect_faults() -> [Vec<Fault>; 7] {
    let stream = |fault: Fault| fault.on("GET", "/api/v1/streaming");
    let lists = |fault: Fault| fault.on("GET", "/api/v1/timelines");
    [
        vec![],
        vec![stream(Fault::status(503).times(3))],
        vec![stream(Fault::disconnect()), lists(Fault::status(502))],
        vec![stream(Fault::response(502, "text/html", "<html>"))],
        vec![
            stream(Fault::status(429)),
            lists(Fault::truncated_body()),
            Fault::status(500).on("GET", "/api/v1/notifications"),
        ],
        vec![stream(Fault::latency(Duration::from_millis(30)))],
        vec![
            lists(Fault::disconnect()),
            Fault::disconnect().on("GET", "/api/v2/instance"),
        ],
    ]
}

/// IDs that a stream delivered, with counters.
#[derive(Default)]
struct Received {
    statuses: Vec<String>,
    mentions: Vec<String>,
    notifications: Vec<String>,
    disconnections: usize,
    backfilled: usize,
}

/// Reads a stream until it has delivered all statuses, as statuses, as mentions or as both (`forms` is 2).
async fn receive_all(
    mut events: EventStream,
    all: usize,
    forms: usize,
    progress: watch::Sender<usize>,
) -> Received {
    let mut received = Received::default();
    let mut deadline = Instant::now() + PROGRESS_TIMEOUT;
    loop {
        let next = timeout_at(deadline, events.try_next()).await;
        // Repeated state events alone are no progress.
        let next = next.ok().filter(|_| Instant::now() < deadline);
        let Some(event) = next else {
            let (statuses, mentions) = (received.statuses.len(), received.mentions.len());
            let name = events.channel().name();
            panic!("{name}: no progress after {statuses} statuses and {mentions} mentions");
        };
        match event.unwrap().expect("the stream should not have ended") {
            StreamEvent::Update(status) if status.account.acct != "alice" => {
                received.statuses.push(status.id.to_string());
            }
            StreamEvent::Notification(notification) => {
                received.notifications.push(notification.id.to_string());
                let status = notification.status.as_ref().unwrap();
                received.mentions.push(status.id.to_string());
            }
            StreamEvent::Disconnected(_) => received.disconnections += 1,
            StreamEvent::Backfilled(backfilled) => {
                assert!(backfilled.gaps.is_empty(), "{backfilled:?}");
                received.backfilled += backfilled.events;
            }
            _ => {}
        }
        let (statuses, mentions) = (received.statuses.len(), received.mentions.len());
        let count = match forms {
            2 => statuses.min(mentions),
            _ => statuses.max(mentions),
        };
        if progress.send_replace(count) < count {
            deadline = Instant::now() + PROGRESS_TIMEOUT;
        }
        if count >= all {
            let checkpoint = serde_json::to_string(&events.checkpoint()).unwrap();
            assert!(
                checkpoint.len() < 100_000,
                "the checkpoint grows: {checkpoint}"
            );
            return received;
        }
    }
}

async fn post(author: &Mastodon, number: usize) -> Status {
    // A multi-byte character, so that it can be cut in the middle.
    let text = format!("@alice Nº {number} #rust");
    author.status_post(text).await.unwrap()
}

/// Posts batches of statuses with faults before each. Waits after each batch until all streams have delivered
/// it.
async fn post_batches(
    server: &TestServer,
    transport: StreamTransport,
    authors: [&Mastodon; 2],
    all: usize,
    mut progress: Vec<watch::Receiver<usize>>,
) -> Vec<String> {
    let (stream_faults, reconnect_faults) = (stream_faults(transport), reconnect_faults());
    let connections = match transport {
        StreamTransport::ServerSentEvents => progress.len(),
        _ => 1,
    };
    let next = AtomicUsize::new(0);
    let mut posted = Vec::new();
    for round in 0.. {
        let fault = stream_faults[round % stream_faults.len()].clone();
        server.inject(fault.times(connections));
        for fault in &reconnect_faults[round % reconnect_faults.len()] {
            server.inject(fault.clone());
        }
        let batch = [1, 9, 2, 40, 14, 5, 90, 1, 60][round % 9].min(all - posted.len());
        let goal = posted.len() + batch;
        let post_until_goal = |author: &'_ Mastodon| {
            let (author, next) = (author.clone(), &next);
            async move {
                let mut posted = Vec::new();
                while next.fetch_add(1, Ordering::Relaxed) < goal {
                    posted.push(post(&author, goal).await);
                }
                posted
            }
        };
        let [first, second] = authors;
        let (first, second) = tokio::join!(post_until_goal(first), post_until_goal(second));
        next.store(goal, Ordering::Relaxed);
        posted.extend(
            first
                .into_iter()
                .chain(second)
                .map(|status| status.id.to_string()),
        );
        for receiver in &mut progress {
            // A dropped sender means that its task has panicked. The caller reports the panic.
            if receiver.wait_for(|count| *count >= goal).await.is_err() {
                return posted;
            }
        }
        server.clear_faults();
        if goal == all {
            break;
        }
    }
    posted
}

#[track_caller]
fn assert_in_order(ids: &[String]) {
    let order = |id: &String| (id.len(), id.clone());
    let mut pairs = ids.windows(2);
    let inverted = pairs.find(|pair| order(&pair[0]) > order(&pair[1]));
    assert_eq!(inverted, None, "of {} events", ids.len());
}

async fn each_status_is_delivered_once_and_in_order(transport: StreamTransport) {
    let all = post_count();
    let server = TestServer::builder()
        .without_rate_limits()
        .start()
        .await
        .unwrap();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| client(&server, name));
    for author in [&bob, &carol] {
        alice
            .account_follow(author.me().await.unwrap())
            .await
            .unwrap();
    }
    let mut tasks = Vec::new();
    let mut progress = Vec::new();
    for (call, forms) in [
        (alice.stream_user(), 2),
        (alice.stream_user_notifications(), 1),
        (alice.stream_hashtag("rust"), 1),
    ] {
        let call = call
            .transport(transport)
            .max_backoff(Duration::from_millis(5))
            .idle_timeout(Duration::from_millis(250));
        let (sender, receiver) = watch::channel(0);
        tasks.push(tokio::spawn(receive_all(
            call.await.unwrap(),
            all,
            forms,
            sender,
        )));
        progress.push(receiver);
    }
    let mut posted = post_batches(&server, transport, [&bob, &carol], all, progress).await;
    posted.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    let mut disconnections = 0;
    for task in tasks {
        let received = task.await.unwrap();
        for ids in [&received.statuses, &received.mentions] {
            assert_in_order(ids);
            assert!(ids.is_empty() || *ids == posted);
        }
        assert_in_order(&received.notifications);
        disconnections += received.disconnections;
        println!(
            "{transport:?}: {all} posted, {} disconnections, {} backfilled",
            received.disconnections, received.backfilled
        );
    }
    assert!(
        disconnections > all / 50,
        "only {disconnections} disconnections"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_server_sent_events_each_status_is_delivered_once_and_in_order() {
    each_status_is_delivered_once_and_in_order(StreamTransport::ServerSentEvents).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_the_websocket_each_status_is_delivered_once_and_in_order() {
    each_status_is_delivered_once_and_in_order(StreamTransport::WebSocket).await;
}

/// Resident memory of the process in bytes.
fn resident_memory() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("Linux `/proc`");
    let pages = pages.split(' ').nth(1).expect("resident pages");
    pages.parse::<usize>().expect("a number") * 4096
}

async fn memory_use_does_not_grow(transport: StreamTransport) {
    if std::env::var_os("MASTODON_SOAK").is_none() {
        println!("skipped: MASTODON_SOAK is not set");
        return;
    }
    const BATCH: u64 = 500;
    let batches = post_count() as u64 * 10 / BATCH;
    let mut server = StreamServer::start().await;
    server.add_to_list("/public", []);
    let client = server.client();
    let call = client.stream_public().transport(transport);
    let call = call.max_backoff(Duration::from_millis(1));
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    let mut baseline = 0;
    for batch in 0..batches {
        let ids = batch * BATCH + 1..(batch + 1) * BATCH + 1;
        let last = (ids.end - 1).to_string();
        tokio::join!(
            connection.send_statuses(ids.clone()),
            labels_until(&mut events, &last)
        );
        server.add_to_list("/public", ids);
        drop(connection);
        labels_until(&mut events, "disconnected").await;
        connection = server.accept().await;
        labels_until(&mut events, "backfilled 0").await;
        if batch == batches / 5 {
            baseline = resident_memory();
        }
    }
    let growth = resident_memory().saturating_sub(baseline);
    println!(
        "{transport:?}: {} events, memory growth {} kB",
        batches * BATCH,
        growth >> 10
    );
    assert!(growth < 8 << 20, "memory grew by {growth} bytes");
}

#[tokio::test]
async fn over_server_sent_events_memory_use_does_not_grow() {
    memory_use_does_not_grow(StreamTransport::ServerSentEvents).await;
}

#[tokio::test]
async fn over_the_websocket_memory_use_does_not_grow() {
    memory_use_does_not_grow(StreamTransport::WebSocket).await;
}
