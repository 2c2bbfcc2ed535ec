//! Workers: processes that a test starts, kills, stops and continues. They run this test binary.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::store::{Claim, Lease, RedisStore};
use mastodon_sdk::streaming::StreamEvent;
use mastodon_sdk::{Error, Mastodon, Status, Timestamp};
use mastodon_test_server::TestServer;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::contract::MAX_WAIT;
use super::redis_server::RedisServer;

/// Environment variable with the [`Job`] of a worker.
const JOB: &str = "MASTODON_TEST_WORKER";

/// Start of the lines that a worker reports to the test.
const REPORT: &str = "worker: ";

/// What a worker does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) server: String,
    pub(super) token: String,
    pub(super) redis: String,
    pub(super) role: Role,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Role {
    /// Answers mentions, and stops for ever at one of them.
    Bot { stop: Option<(Step, usize)> },
    /// Sends requests as fast as the shared rate limit allows.
    Caller,
}

/// A step of answering a mention.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Step {
    Claimed,
    Posted,
}

/// A process. It is killed when this is dropped.
pub(super) struct Worker {
    process: Child,
    reports: UnboundedReceiver<String>,
}

impl Job {
    pub(super) fn new(server: &TestServer, user: &str, redis: &RedisServer, role: Role) -> Self {
        Self {
            server: server.url().to_owned(),
            token: server.token(user, "read write"),
            redis: redis.url(),
            role,
        }
    }

    /// Starts a process with this job.
    pub(super) fn start(&self) -> Worker {
        self.start_with(&[])
    }

    /// Starts a process with this job and environment variables.
    pub(super) fn start_with(&self, variables: &[(&str, &str)]) -> Worker {
        let (_, module) = module_path!().split_once("::").unwrap();
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                &format!("{module}::worker_process"),
                "--nocapture",
            ])
            .env(JOB, serde_json::to_string(self).unwrap())
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (sender, reports) = unbounded_channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(report) = line.strip_prefix(REPORT) {
                    // The test may have ended.
                    let _sent = sender.send(report.to_owned());
                }
            }
        });
        Worker { process, reports }
    }
}

impl Worker {
    /// Returns the next report; `None` if the process has ended.
    pub(super) async fn report(&mut self) -> Option<String> {
        let report = tokio::time::timeout(MAX_WAIT, self.reports.recv());
        report.await.expect("the worker reports nothing")
    }

    /// Returns the next report if there is one.
    pub(super) fn next_report(&mut self) -> Option<String> {
        self.reports.try_recv().ok()
    }

    /// Waits for a report.
    pub(super) async fn wait_for(&mut self, expected: &str) {
        while let Some(report) = self.report().await {
            if report == expected {
                return;
            }
        }
        panic!("the worker has ended, and did not report `{expected}`");
    }

    /// Ends the process at once: `kill -9`.
    pub(super) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Sends a signal to the process, such as `STOP`.
    pub(super) fn signal(&self, signal: &str) {
        let arguments = [format!("-{signal}"), self.process.id().to_string()];
        assert!(
            Command::new("kill")
                .args(arguments)
                .status()
                .unwrap()
                .success()
        );
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _killed = self.process.kill();
        let _exited = self.process.wait();
    }
}

/// Reports a line to the test. The test harness may have written to the current line.
fn report(line: impl std::fmt::Display) {
    println!("\n{REPORT}{line}");
}

/// Not a test: the process of a worker.
#[test]
fn worker_process() {
    let Ok(job) = std::env::var(JOB) else { return };
    let job: Job = serde_json::from_str(&job).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    runtime.block_on(job.run());
}

impl Job {
    async fn run(self) {
        let redis = Arc::new(RedisStore::builder(self.redis).connect().await.unwrap());
        let builder = Mastodon::builder(self.server).access_token(self.token);
        match self.role {
            Role::Bot { stop } => {
                let mastodon = builder.build().unwrap();
                let name = "bot";
                let lease = Lease::acquire(redis, name, Duration::from_secs(1))
                    .await
                    .unwrap();
                report("has the lease");
                let ended = answer_mentions(&mastodon, &lease, stop).await;
                report(format_args!("ended: {}", ended.unwrap_err()));
            }
            Role::Caller => {
                let builder = builder.version_check(VersionCheck::Off);
                let mastodon = builder.rate_limit_store(redis).build().unwrap();
                let error = send_requests(&mastodon).await.unwrap_err();
                report(format_args!("ended: {error}"));
            }
        }
    }
}

async fn send_requests(mastodon: &Mastodon) -> Result<(), Error> {
    loop {
        let response = mastodon.account_verify_credentials().response().await?;
        let end = response.headers["x-ratelimit-reset"].to_str().unwrap();
        let end: Timestamp = end.parse().unwrap();
        report(format_args!("sent in the window until {}", end.as_second()));
    }
}

async fn answer_mentions(
    mastodon: &Mastodon,
    lease: &Lease,
    stop: Option<(Step, usize)>,
) -> Result<(), Error> {
    let call = mastodon.stream_user_notifications();
    let mut events = call.resume_from(lease, "notifications").await?;
    report("streams");
    let mut number = 0;
    let mut stop_at = async |step| {
        number += usize::from(step == Step::Claimed);
        if stop == Some((step, number)) {
            report("stopped");
            std::future::pending::<()>().await;
        }
    };
    while let Some(event) = events.try_next().await? {
        let StreamEvent::Notification(notification) = event else {
            continue;
        };
        let Some(mention) = &notification.status else {
            continue;
        };
        let Some(claim) = claim(lease, mention).await? else {
            continue;
        };
        stop_at(Step::Claimed).await;
        if !(claim.is_repeated() && mastodon.status_has_reply(mention).await?) {
            mastodon
                .status_reply(mention, "Hello!")
                .idempotency_key(claim.idempotency_key())
                .await?;
        }
        stop_at(Step::Posted).await;
        claim.complete().await?;
        report(format_args!("answered {}", mention.id));
    }
    Ok(())
}

/// Claims a mention, as soon as Redis can be reached.
async fn claim(lease: &Lease, mention: &Status) -> Result<Option<Claim>, Error> {
    loop {
        match lease.claim(mention.id.as_str()).await {
            Err(error) if error.is_retryable() => {
                report(format_args!("waits: {error}"));
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            result => return result,
        }
    }
}
