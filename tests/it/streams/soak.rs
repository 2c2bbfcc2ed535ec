//! Weeks in seconds: thousands of statuses over connections that fail in every way, each told once.
//!
//! `MASTODON_SOAK=10000 cargo test --workspace --test it streams::soak` takes the long way.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mastodon_sdk::{EventStream, Mastodon, Status, StreamEvent, StreamTransport, VersionCheck};
use mastodon_test_server::{Fault, TestServer};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::server::StreamServer;
use super::until;

/// How many statuses are posted; a few hundred unless the environment says otherwise.
fn posts() -> usize {
    let wanted = std::env::var("MASTODON_SOAK");
    wanted.map_or(600, |wanted| wanted.parse().expect("a number of statuses"))
}

/// How long nothing at all may happen before the test is a failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client whose calls fail at the first fault: what streams make of that is what counts.
fn client(server: &TestServer, name: &str) -> Mastodon {
    Mastodon::builder(server.url())
        .access_token(server.token(name, "read write follow"))
        .version_check(VersionCheck::Off)
        .max_retries(0)
        .build()
        .unwrap()
}

/// What strikes a stream, one after the other. Each is a way in which connections fail, or look as if.
fn strikes(via: StreamTransport) -> Vec<Fault> {
    let mut strikes = vec![
        Fault::cut_in_event(),
        Fault::cut_in_character(),
        Fault::duplicate(),
        Fault::close(1012, "restarting"),
        Fault::event("quantum_leap", "{}"),
        Fault::silence(),
        Fault::late_event(Duration::from_millis(20)),
        Fault::event("update", "{\"id\":7}"),
    ];
    strikes.extend(match via {
        StreamTransport::ServerSentEvents => [
            Fault::garbage("event: <html>\ndata: 502\n\n"),
            Fault::garbage([b"\xff\xfe\r\ndata\n\n\n:", &[0xc3; 300][..], b"\n"].concat()),
        ],
        _ => [Fault::garbage("{not json"), Fault::garbage([0xff, 0xfe])],
    });
    strikes
}

/// What strikes those who come back, and those who ask what they missed.
fn hurdles() -> [Vec<Fault>; 7] {
    let stream = |fault: Fault| fault.on("GET", "/api/v1/streaming");
    let lists = |fault: Fault| fault.on("GET", "/api/v1/timelines");
    [
        vec![],
        vec![stream(Fault::status(503).times(3))],
        vec![stream(Fault::cut()), lists(Fault::status(502))],
        vec![stream(Fault::answer(502, "text/html", "<html>"))],
        vec![
            stream(Fault::status(429)),
            lists(Fault::truncated()),
            Fault::status(500).on("GET", "/api/v1/notifications"),
        ],
        vec![stream(Fault::latency(Duration::from_millis(30)))],
        vec![
            lists(Fault::cut()),
            Fault::cut().on("GET", "/api/v2/instance"),
        ],
    ]
}

/// What came over a stream.
#[derive(Default)]
struct Heard {
    statuses: Vec<String>,
    mentions: Vec<String>,
    notifications: Vec<String>,
    cuts: usize,
    late: usize,
}

/// Listens to a stream until the last status has come over it in each form in which it brings statuses.
async fn listen(
    mut events: EventStream,
    all: usize,
    forms: usize,
    reached: watch::Sender<usize>,
) -> Heard {
    let mut heard = Heard::default();
    let mut deadline = Instant::now() + PATIENCE;
    loop {
        let next = timeout_at(deadline, events.try_next()).await;
        // What only comes again and again brings nothing on.
        let next = next.ok().filter(|_| Instant::now() < deadline);
        let Some(event) = next else {
            let (statuses, mentions) = (heard.statuses.len(), heard.mentions.len());
            let name = events.channel().name();
            panic!("{name}: nothing more after {statuses} statuses and {mentions} mentions");
        };
        match event.unwrap().expect("it goes on") {
            StreamEvent::Update(status) if status.account.acct != "alice" => {
                heard.statuses.push(status.id.to_string());
            }
            StreamEvent::Notification(told) => {
                heard.notifications.push(told.id.to_string());
                let status = told.status.as_ref().unwrap();
                heard.mentions.push(status.id.to_string());
            }
            StreamEvent::Disconnected(_) => heard.cuts += 1,
            StreamEvent::CaughtUp(caught_up) => {
                assert!(caught_up.missing.is_empty(), "{caught_up:?}");
                heard.late += caught_up.events;
            }
            _ => {}
        }
        let (statuses, mentions) = (heard.statuses.len(), heard.mentions.len());
        let least = match forms {
            2 => statuses.min(mentions),
            _ => statuses.max(mentions),
        };
        if reached.send_replace(least) < least {
            deadline = Instant::now() + PATIENCE;
        }
        if least >= all {
            let point = serde_json::to_string(&events.resume_point()).unwrap();
            assert!(point.len() < 4000, "what is known of lists grows: {point}");
            return heard;
        }
    }
}

async fn post(author: &Mastodon, number: usize) -> Status {
    // A character of more than a byte, so that it can be cut.
    let text = format!("@alice Nº {number} #rust");
    let posted = author.status_post(text).await.unwrap();
    posted.as_status().unwrap().clone()
}

/// Posts in batches of various sizes, a fault before each; after it waits until everybody has heard all.
async fn write(
    server: &TestServer,
    via: StreamTransport,
    authors: [&Mastodon; 2],
    all: usize,
    mut reached: Vec<watch::Receiver<usize>>,
) -> Vec<String> {
    let (strikes, hurdles) = (strikes(via), hurdles());
    let listeners = match via {
        StreamTransport::ServerSentEvents => reached.len(),
        _ => 1,
    };
    let next = AtomicUsize::new(0);
    let mut posted = Vec::new();
    for round in 0.. {
        server.inject(strikes[round % strikes.len()].clone().times(listeners));
        for hurdle in &hurdles[round % hurdles.len()] {
            server.inject(hurdle.clone());
        }
        let batch = [1, 9, 2, 40, 14, 5, 90, 1, 60][round % 9].min(all - posted.len());
        let goal = posted.len() + batch;
        let write = |author: &'_ Mastodon| {
            let (author, next) = (author.clone(), &next);
            async move {
                let mut posted = Vec::new();
                while next.fetch_add(1, Ordering::Relaxed) < goal {
                    posted.push(post(&author, goal).await);
                }
                posted
            }
        };
        let (one, other) = tokio::join!(write(authors[0]), write(authors[1]));
        next.store(goal, Ordering::Relaxed);
        posted.extend(
            one.into_iter()
                .chain(other)
                .map(|status| status.id.to_string()),
        );
        for listener in &mut reached {
            // Who is gone has panicked, and says so.
            if listener.wait_for(|heard| *heard >= goal).await.is_err() {
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

fn in_order(ids: &[String]) -> bool {
    ids.is_sorted_by_key(|id| (id.len(), id.as_str()))
}

async fn each_is_told_once_and_in_order(via: StreamTransport) {
    let all = posts();
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
    let mut listeners = Vec::new();
    let mut reached = Vec::new();
    for (call, forms) in [
        (alice.stream_user(), 2),
        (alice.stream_user_notifications(), 1),
        (alice.stream_hashtag("rust"), 1),
    ] {
        let call = call
            .transport(via)
            .max_backoff(Duration::from_millis(5))
            .silence_timeout(Duration::from_millis(250));
        let (sender, receiver) = watch::channel(0);
        listeners.push(tokio::spawn(listen(
            call.await.unwrap(),
            all,
            forms,
            sender,
        )));
        reached.push(receiver);
    }
    let mut posted = write(&server, via, [&bob, &carol], all, reached).await;
    posted.sort_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
    let mut cuts = 0;
    for listener in listeners {
        let heard = listener.await.unwrap();
        for ids in [&heard.statuses, &heard.mentions] {
            assert!(in_order(ids));
            assert!(ids.is_empty() || *ids == posted);
        }
        assert!(in_order(&heard.notifications));
        cuts += heard.cuts;
        println!(
            "{via:?}: {all} posted, {} cuts, {} told late",
            heard.cuts, heard.late
        );
    }
    assert!(cuts > all / 50, "connections were cut {cuts} times");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_server_sent_events_each_is_told_once_and_in_order() {
    each_is_told_once_and_in_order(StreamTransport::ServerSentEvents).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_the_websocket_each_is_told_once_and_in_order() {
    each_is_told_once_and_in_order(StreamTransport::WebSocket).await;
}

/// The memory that the process has, in bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("a Linux system");
    let pages = pages.split(' ').nth(1).expect("the resident pages");
    pages.parse::<usize>().expect("a number") * 4096
}

async fn memory_stays_flat(via: StreamTransport) {
    if std::env::var_os("MASTODON_SOAK").is_none() {
        println!("skipped: MASTODON_SOAK is not set");
        return;
    }
    const BATCH: u64 = 500;
    let batches = posts() as u64 * 10 / BATCH;
    let mut server = StreamServer::start().await;
    server.list("/public", []);
    let client = server.client();
    let call = client.stream_public().transport(via);
    let call = call.max_backoff(Duration::from_millis(1));
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    let mut early = 0;
    for batch in 0..batches {
        let ids = batch * BATCH + 1..(batch + 1) * BATCH + 1;
        let last = (ids.end - 1).to_string();
        tokio::join!(connection.statuses(ids.clone()), until(&mut events, &last));
        server.list("/public", ids);
        drop(connection);
        until(&mut events, "lost").await;
        connection = server.accept().await;
        until(&mut events, "caught up 0").await;
        if batch == batches / 5 {
            early = resident();
        }
    }
    let grown = resident().saturating_sub(early);
    println!(
        "{via:?}: {} events, grown by {} kB",
        batches * BATCH,
        grown >> 10
    );
    assert!(grown < 8 << 20, "grown by {grown} bytes");
}

#[tokio::test]
async fn over_server_sent_events_memory_stays_flat() {
    memory_stays_flat(StreamTransport::ServerSentEvents).await;
}

#[tokio::test]
async fn over_the_websocket_memory_stays_flat() {
    memory_stays_flat(StreamTransport::WebSocket).await;
}
