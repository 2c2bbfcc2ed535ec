//! Many accounts, run by several workers: each account is run by one worker at a time, and taken over by another one
//! when its worker stops. Positions, claims and rate limits are in Redis.
//!
//! `cargo run --example fleet` runs against a test server in memory, and uses the Redis on this machine if there is one:
//! `apt-get install redis-server` installs it. One worker stops on the way.
//!
//! `cargo run --example fleet -- --redis redis://:PASSWORD@HOST:6379 --credentials alice.json bob.json` runs one worker
//! for these accounts until it is stopped. Start it on as many machines as you like. The example `login` creates the
//! files.

#[allow(dead_code, reason = "other examples use more of it")]
mod shared;

use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use mastodon_sdk::auth::Credentials;
use mastodon_sdk::rate_limit::RateLimitStore;
use mastodon_sdk::store::{CheckpointStore, Lease, MemoryStore, RedisStore};
use mastodon_sdk::streaming::StreamEvent;
use mastodon_sdk::{Mastodon, MastodonBuilder, Status};
use mastodon_test_server::TestServer;
use tokio::task::JoinSet;

#[derive(Parser)]
struct Options {
    /// URL of Redis. Default: the one on this machine, or none.
    #[arg(long)]
    redis: Option<String>,
    /// Files with the credentials of the accounts.
    #[arg(long, num_args = 1..)]
    credentials: Vec<PathBuf>,
    /// Number of workers, against the test server.
    #[arg(long, default_value_t = 3)]
    workers: usize,
    /// Number of accounts, against the test server.
    #[arg(long, default_value_t = 9)]
    accounts: usize,
}

/// Time after which the accounts of a killed worker are taken over.
const LEASE: Duration = Duration::from_secs(10);

/// Time between two searches for accounts that no worker runs.
const SCAN_INTERVAL: Duration = Duration::from_millis(250);

/// What the workers share.
#[derive(Clone)]
pub(crate) struct Stores {
    checkpoints: Arc<dyn CheckpointStore>,
    /// Without one, each process counts its own requests.
    rate_limits: Option<Arc<dyn RateLimitStore>>,
}

/// An account that a worker can run.
#[derive(Clone)]
struct Account {
    /// Unique name, such as its address.
    name: String,
    client: MastodonBuilder,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::exit_code(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let stores = Stores::open(options.redis.as_deref()).await?;
    if options.credentials.is_empty() {
        return demonstrate(&stores, options.workers, options.accounts).await;
    }
    let account = |file: &PathBuf| {
        let name = file.file_stem().unwrap_or_default();
        Ok(Account {
            name: name.to_string_lossy().into_owned(),
            client: Credentials::load(file)?.builder()?,
        })
    };
    let accounts: Result<Vec<_>, mastodon_sdk::Error> =
        options.credentials.iter().map(account).collect();
    let accounts = accounts?;
    // With several workers, each takes its share first.
    let share = accounts.len().div_ceil(options.workers.max(1));
    work("this worker".to_owned(), stores, accounts, share).await;
    Ok(())
}

impl Stores {
    async fn open(redis: Option<&str>) -> Result<Self, mastodon_sdk::Error> {
        let url = redis.unwrap_or("redis://127.0.0.1:6379");
        match RedisStore::builder(url)
            .key_prefix("fleet-example")
            .connect()
            .await
        {
            Ok(store) => {
                println!("workers share {store:?}");
                let store = Arc::new(store);
                Ok(Self {
                    checkpoints: store.clone(),
                    rate_limits: Some(store),
                })
            }
            Err(error) if redis.is_none() => {
                println!("no Redis ({error}): positions and claims are kept in memory");
                Ok(Self::in_memory())
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) fn in_memory() -> Self {
        Self {
            checkpoints: Arc::new(MemoryStore::new()),
            rate_limits: None,
        }
    }
}

/// Runs accounts that no other worker runs: at first a share of them, then those that remain without a worker.
async fn work(worker: String, stores: Stores, accounts: Vec<Account>, share: usize) {
    let mut running = JoinSet::new();
    // How often an account was found without a worker.
    let mut found_free: HashMap<String, u32> = HashMap::new();
    loop {
        while running.try_join_next().is_some() {}
        for account in &accounts {
            let has_share = running.len() >= share;
            if has_share && *found_free.entry(account.name.clone()).or_default() == 0 {
                // Others may be about to take it.
                found_free.insert(account.name.clone(), 1);
                continue;
            }
            let lease = Lease::try_acquire(stores.checkpoints.clone(), &account.name, LEASE).await;
            match lease {
                Ok(Some(lease)) => {
                    println!("{worker} runs {}", account.name);
                    let (worker, account, stores) =
                        (worker.clone(), account.clone(), stores.clone());
                    running.spawn(async move {
                        if let Err(error) = run_account(&account, &lease, &stores).await {
                            // The lease ends, and a worker starts again.
                            eprintln!("{worker}: {}: {error}", account.name);
                        }
                    });
                }
                Ok(None) => {}
                Err(error) => eprintln!("{worker}: {error}"),
            }
        }
        tokio::time::sleep(SCAN_INTERVAL).await;
    }
}

/// Posts a greeting once, then answers each mention once.
async fn run_account(
    account: &Account,
    lease: &Lease,
    stores: &Stores,
) -> Result<(), mastodon_sdk::Error> {
    let mut builder = account.client.clone();
    if let Some(store) = &stores.rate_limits {
        builder = builder.rate_limit_store(store.clone());
    }
    let mastodon = builder.build()?;
    let mut events = mastodon
        .stream_user_notifications()
        .resume_from(lease, "notifications")
        .await?;
    if let Some(claim) = lease.claim("greeting").await? {
        let key = claim.idempotency_key();
        mastodon
            .status_post("I count words.")
            .idempotency_key(key)
            .await?;
        claim.complete().await?;
    }
    while let Some(event) = events.try_next().await? {
        if let StreamEvent::Notification(notification) = event
            && let Some(mention) = &notification.status
        {
            answer(&mastodon, lease, mention).await?;
        }
    }
    Ok(())
}

async fn answer(
    mastodon: &Mastodon,
    lease: &Lease,
    mention: &Status,
) -> Result<(), mastodon_sdk::Error> {
    let Some(claim) = lease.claim(mention.id.as_str()).await? else {
        return Ok(());
    };
    // A worker that was stopped may have answered.
    if !(claim.is_repeated() && mastodon.status_has_reply(mention).await?) {
        let words = mention.content.to_text().split_whitespace().count();
        mastodon
            .status_reply(mention, format!("You said {words} words to me."))
            .idempotency_key(claim.idempotency_key())
            .await?;
    }
    claim.complete().await
}

/// Runs the workers against a test server, stops one of them on the way, and checks that each mention is answered once.
pub(crate) async fn demonstrate(
    stores: &Stores,
    workers: usize,
    accounts: usize,
) -> Result<(), Box<dyn Error>> {
    let server = TestServer::start().await?;
    let run = std::process::id();
    let bots: Vec<_> = (1..=accounts)
        .map(|number| format!("bot{number}"))
        .collect();
    let account = |bot: &String| Account {
        // Each run has other accounts.
        name: format!("{bot}-{run}"),
        client: shared::client_builder(&server, bot, "read write"),
    };
    let all: Vec<_> = bots.iter().map(account).collect();
    let share = accounts.div_ceil(workers.max(1));
    let start = |number| {
        let (stores, all) = (stores.clone(), all.clone());
        tokio::spawn(work(format!("worker {number}"), stores, all, share))
    };
    let running: Vec<_> = (1..=workers.max(1)).map(start).collect();

    let bob = shared::client_builder(&server, "bob", "read write").build()?;
    // A new bot answers what arrives after its first start.
    while bob
        .timeline_local()
        .limit(40)
        .await?
        .remaining_up_to(1000)
        .await?
        .len()
        < accounts
    {
        tokio::time::sleep(SCAN_INTERVAL).await;
    }
    for bot in &bots {
        bob.status_post(format!("@{bot} one")).await?;
    }
    wait_for_answers(&bob, accounts).await?;
    if let [stopped, _, ..] = running.as_slice() {
        println!("worker 1 stops");
        stopped.abort();
    }
    for bot in &bots {
        bob.status_post(format!("@{bot} one two")).await?;
    }
    wait_for_answers(&bob, 2 * accounts).await?;
    for worker in &running {
        worker.abort();
    }
    println!("{} mentions, each answered once", 2 * accounts);
    Ok(())
}

/// Waits until a user has this number of mentions, and fails if there are more.
async fn wait_for_answers(user: &Mastodon, expected: usize) -> Result<(), Box<dyn Error>> {
    let mut events = user.stream_user_notifications().await?;
    loop {
        let answers = user
            .notifications()
            .limit(80)
            .await?
            .remaining()
            .await?
            .len();
        if answers > expected {
            return Err(format!("{answers} answers to {expected} mentions").into());
        }
        if answers == expected {
            return Ok(());
        }
        events.try_next().await?;
    }
}
