//! A real Redis, if it is installed.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use mastodon_sdk::store::RedisStore;
use tempfile::TempDir;

pub(super) const PASSWORD: &str = "s3cret-Redis-password";

/// Maximum time until Redis accepts connections.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// Returns a port that no other test uses: Redis is restarted at its port, which the operating system could have given
/// to another test meanwhile. Ports that it gives away by itself are larger.
fn unused_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + u16::try_from(std::process::id() % 400).unwrap() * 50;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed) % 50;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A `redis-server` that keeps its data in a temporary folder.
pub(super) struct RedisServer {
    folder: TempDir,
    port: u16,
    process: Child,
}

impl RedisServer {
    /// Starts a server. Returns `None`, with a notice, if `redis-server` is not installed.
    pub(super) fn start() -> Option<Self> {
        if Command::new("redis-server")
            .arg("--version")
            .output()
            .is_err()
        {
            println!(
                "skipped: redis-server is not installed; `apt-get install redis-server` installs it"
            );
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let port = unused_port();
        let process = spawn(&folder, port);
        Some(Self {
            folder,
            port,
            process,
        })
    }

    pub(super) fn url(&self) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{}/0", self.port)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) async fn store(&self) -> RedisStore {
        RedisStore::builder(self.url()).connect().await.unwrap()
    }

    /// Kills the server at once.
    pub(super) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts the server again, with the data that it has written.
    pub(super) fn restart(&mut self) {
        self.process = spawn(&self.folder, self.port);
    }

    /// Runs a command and returns the lines of its result.
    pub(super) fn command(&self, arguments: &[&str]) -> Vec<String> {
        let output = Command::new("redis-cli")
            .args([
                "--no-auth-warning",
                "-a",
                PASSWORD,
                "-p",
                &self.port.to_string(),
            ])
            .args(arguments)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _killed = self.process.kill();
        let _exited = self.process.wait();
    }
}

fn spawn(folder: &TempDir, port: u16) -> Child {
    let process = Command::new("redis-server")
        .args(["--port", &port.to_string()])
        .args(["--bind", "127.0.0.1"])
        .args(["--requirepass", PASSWORD])
        .args(["--appendonly", "yes"])
        .args(["--save", ""])
        .arg("--dir")
        .arg(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(start.elapsed() < START_TIMEOUT, "Redis does not start");
        std::thread::sleep(Duration::from_millis(5));
    }
    process
}
