//! What one account costs: memory of a client, of its stream and of a page, connections, CPU time, and operations of Redis.
//!
//! `cargo bench --bench scale` prints the figures of `docs/scale.md`. Those of Redis need `redis-server` and `redis-cli`.

#![recursion_limit = "256"]

mod timeline;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mastodon_sdk::Status;
use mastodon_sdk::json::{self, DecodeOptions};
use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::store::{Lease, RedisStore};
use mastodon_sdk::streaming::StreamTransport;
use mastodon_sdk::{Mastodon, MastodonBuilder};
use mastodon_test_server::TestServer;

/// Number of accounts that are measured.
const ACCOUNTS: usize = 1_000;

/// Number of operations of each kind.
const OPERATIONS: usize = 2_000;

/// Environment variable of the process with the test server, whose memory is not measured.
const SERVER: &str = "MASTODON_SCALE_SERVER";

const MINUTE: Duration = Duration::from_secs(60);

/// Duration for which idle streams are measured.
const IDLE: Duration = Duration::from_secs(20);

const SERVER_SENT_EVENTS: &str = "its stream, server-sent events";

/// Number of pages that are measured.
const PAGES: usize = 100;

/// A process that is killed when this is dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _killed = self.0.kill();
        let _exited = self.0.wait();
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    if std::env::var_os(SERVER).is_some() {
        return runtime.block_on(serve());
    }
    let mut process = Command::new(std::env::current_exe().unwrap())
        .env(SERVER, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let _process = Process(process);
    let url = lines.next().unwrap();
    let tokens: Vec<String> = lines.by_ref().take(ACCOUNTS).collect();
    let builder = |token: &String| {
        let builder = Mastodon::builder(&url).access_token(token.as_str());
        builder.version_check(VersionCheck::Off)
    };
    runtime.block_on(async {
        measure_memory(&tokens.iter().map(builder).collect::<Vec<_>>()).await;
        measure_pages();
        measure_redis(&tokens.iter().map(builder).collect::<Vec<_>>()).await;
    });
}

/// Runs the test server, and prints its address and tokens of as many users.
async fn serve() {
    let server = TestServer::builder()
        .without_rate_limits()
        .start()
        .await
        .unwrap();
    println!("{}", server.url());
    for number in 0..ACCOUNTS {
        println!("{}", server.token(&format!("user{number}"), "read write"));
    }
    std::future::pending::<()>().await;
}

/// Prints the memory of a decoded page of a timeline, with every field of its 40 statuses.
fn measure_pages() {
    let body = timeline::body();
    let decode = || json::decode_bytes::<Vec<Status>>(&body, DecodeOptions::default()).unwrap();
    let before = Resources::now().memory;
    let pages: Vec<_> = (0..PAGES).map(|_| decode()).collect();
    let memory = Resources::now().memory.saturating_sub(before) / pages.len();
    println!(
        "a page of 40 statuses, {} bytes of JSON: {memory} bytes",
        body.len()
    );
}

async fn measure_memory(builders: &[MastodonBuilder]) {
    let mut last = Resources::now();
    let mut print = |what: &str| {
        let now = Resources::now();
        let bytes = now.memory.saturating_sub(last.memory) / ACCOUNTS;
        let sockets = now.sockets.saturating_sub(last.sockets) as f64 / ACCOUNTS as f64;
        println!("{what:<44} {bytes:>8} bytes {sockets:>5.1} connections");
        last = now;
    };
    let started = Instant::now();
    let clients: Vec<_> = builders
        .iter()
        .map(|builder| builder.clone().build().unwrap())
        .collect();
    println!("{ACCOUNTS} clients by build: {:?}", started.elapsed());
    print("a client with its own settings");
    let started = Instant::now();
    let base = builders[0].clone().build().unwrap();
    let sharing: Vec<_> = (0..ACCOUNTS)
        .map(|number| base.with_token(format!("token{number}")))
        .collect();
    println!("{ACCOUNTS} clients by with_token: {:?}", started.elapsed());
    print("a client by with_token");
    drop(sharing);
    for client in &clients {
        client.account_verify_credentials().await.unwrap();
    }
    print("its connection for calls");
    for (name, transport) in [
        (SERVER_SENT_EVENTS, StreamTransport::ServerSentEvents),
        ("a second stream, its WebSocket", StreamTransport::WebSocket),
        (
            "a third stream on the same WebSocket",
            StreamTransport::WebSocket,
        ),
    ] {
        let mut streams = Vec::new();
        let mut checkpoint = Resources::now();
        let before = checkpoint.memory;
        for (number, client) in clients.iter().enumerate() {
            let stream = match name {
                "a third stream on the same WebSocket" => client.stream_user_notifications(),
                _ => client.stream_user(),
            };
            streams.push(stream.transport(transport).await.unwrap());
            if name == SERVER_SENT_EVENTS && (number + 1) % (ACCOUNTS / 4) == 0 {
                let now = Resources::now();
                let streams = number + 1;
                let memory = now.memory.saturating_sub(before) / 1024;
                let time = now.cpu_time.saturating_sub(checkpoint.cpu_time);
                println!(
                    "{streams:>6} streams: {memory} KB, opening the last {}: {time:?} of CPU time",
                    ACCOUNTS / 4
                );
                checkpoint = now;
            }
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        print(name);
        if name == SERVER_SENT_EVENTS {
            let before = Resources::now().cpu_time;
            tokio::time::sleep(IDLE).await;
            let time = Resources::now().cpu_time.saturating_sub(before);
            println!("{ACCOUNTS} idle streams for {IDLE:?}: {time:?} of CPU time");
        }
        // They are measured together with those that follow.
        std::mem::forget(streams);
    }
}

async fn measure_redis(builders: &[MastodonBuilder]) {
    let folder = std::env::temp_dir().join(format!("mastodon-scale-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let socket = folder.join("redis.sock");
    let started = Command::new("redis-server")
        .args([
            "--port",
            "6399",
            "--save",
            "",
            "--appendonly",
            "yes",
            "--dir",
        ])
        .arg(&folder)
        .arg("--unixsocket")
        .arg(&socket)
        .stdout(Stdio::null())
        .spawn();
    let Ok(process) = started else {
        println!("the figures of Redis are skipped: redis-server is not installed");
        return;
    };
    let _process = Process(process);
    while !socket.exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let builder = RedisStore::builder("redis://127.0.0.1:6399");
    let store = Arc::new(builder.connect().await.unwrap());
    let mut leases = Vec::new();
    measure("take a lease", async |number| {
        let name = format!("account {number}");
        leases.push(
            Lease::acquire(store.clone(), &name, MINUTE * 60)
                .await
                .unwrap(),
        );
    })
    .await;
    let id = "112233445566778899";
    measure("save a position of 300 bytes", async |number| {
        let lease = &leases[number];
        lease.save("notifications", &[id; 14]).await.unwrap();
    })
    .await;
    measure("claim a mention", async |number| {
        std::mem::forget(leases[number].claim(id).await.unwrap());
    })
    .await;
    measure("claim another, and complete it", async |number| {
        let claim = leases[number].claim("998877665544332211").await.unwrap();
        claim.unwrap().complete().await.unwrap();
    })
    .await;
    let mut clients = Vec::new();
    for builder in builders {
        clients.push(
            builder
                .clone()
                .rate_limit_store(store.clone())
                .build()
                .unwrap(),
        );
    }
    measure("a call, with a shared rate limit", async |number| {
        let client = &clients[number % ACCOUNTS];
        client.account_verify_credentials().await.unwrap();
    })
    .await;
    std::mem::forget(leases);
    let _removed = std::fs::remove_dir_all(folder);
}

/// Runs an operation many times, and prints its time, and what it costs Redis.
async fn measure(what: &str, mut operation: impl AsyncFnMut(usize)) {
    let (scripts, seconds, memory) = redis_info();
    let start = Instant::now();
    for number in 0..OPERATIONS {
        operation(number).await;
    }
    let elapsed = start.elapsed() / u32::try_from(OPERATIONS).unwrap();
    let after = redis_info();
    let per = |difference: f64| difference / OPERATIONS as f64;
    println!(
        "{what:<44} {:>6.0} µs, Redis: {:.2} scripts, {:>4.0} µs, {:>5.0} bytes",
        elapsed.as_secs_f64() * 1e6,
        per(after.0 - scripts),
        per(after.1 - seconds),
        per(after.2 - memory),
    );
}

/// Returns the number of scripts that Redis has run, their time in microseconds, and the memory in use.
fn redis_info() -> (f64, f64, f64) {
    let output = Command::new("redis-cli")
        .args(["-p", "6399", "INFO", "everything"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let field = |line: &str, name: &str| -> f64 {
        let line = text
            .lines()
            .find_map(|text| text.strip_prefix(line))
            .unwrap_or_default();
        let value = line
            .split([',', ':'])
            .find_map(|field| field.strip_prefix(name));
        value.map_or(0.0, |value| value.trim().parse().unwrap())
    };
    let evalsha = "cmdstat_evalsha:";
    (
        field(evalsha, "calls="),
        field(evalsha, "usec="),
        field("used_memory:", ""),
    )
}

/// What the process uses.
struct Resources {
    /// Resident memory in bytes.
    memory: usize,
    sockets: usize,
    /// Time that the process has spent on a core.
    cpu_time: Duration,
}

impl Resources {
    fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes =
            resident.and_then(|text| text.trim().split(' ').next()?.parse::<usize>().ok());
        let is_socket = |entry: std::io::Result<std::fs::DirEntry>| {
            let target = std::fs::read_link(entry.ok()?.path()).ok()?;
            target.to_str()?.starts_with("socket:").then_some(())
        };
        let files = std::fs::read_dir("/proc/self/fd").into_iter().flatten();
        Self {
            memory: kilobytes.unwrap_or_default() * 1024,
            sockets: files.filter_map(is_socket).count(),
            cpu_time: cpu_time().unwrap_or_default(),
        }
    }
}

/// Returns the time that the process has spent on a core.
fn cpu_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in parentheses, may contain spaces.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    // Linux counts in hundredths of a second.
    Some(Duration::from_millis((user + system) * 10))
}
