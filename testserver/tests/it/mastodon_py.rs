//! Mastodon.py, the Python library, as an independent judge of the server.

use std::process::Stdio;

use mastodon_test_server::TestServer;
use tokio::process::Command;

/// The interpreter: `MASTODON_PYTHON`, or `python3`.
fn python() -> Command {
    Command::new(std::env::var("MASTODON_PYTHON").unwrap_or_else(|_| "python3".to_owned()))
}

#[tokio::test]
async fn a_program_of_mastodon_py_finds_everything_as_on_a_real_server() {
    let mut probe = python();
    // Push and WebSockets need the packages of optional features.
    probe
        .args(["-c", "import mastodon, http_ece, cryptography, websocket"])
        .stderr(Stdio::null());
    if !probe.status().await.is_ok_and(|status| status.success()) {
        eprintln!(
            "skipped: `pip install 'Mastodon.py[webpush,websocket-streaming]'`, or name a Python that has it in MASTODON_PYTHON"
        );
        return;
    }
    let server = TestServer::start().await.unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mastodon_py.py");
    let output = python()
        .args([script, server.url()])
        .output()
        .await
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
