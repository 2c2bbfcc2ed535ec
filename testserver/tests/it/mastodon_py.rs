//! Mastodon.py, an independent client library, against the server.

use std::process::Stdio;

use mastodon_test_server::{Audience, TestServer};
use tokio::process::Command;

/// Returns a command for `MASTODON_PYTHON`, or for `python3` if it is unset.
fn python() -> Command {
    Command::new(std::env::var("MASTODON_PYTHON").unwrap_or_else(|_| "python3".to_owned()))
}

#[tokio::test]
async fn mastodon_py_works_against_the_server() {
    let mut probe = python();
    // Push and WebSockets need the packages of optional features.
    probe
        .args(["-c", "import mastodon, http_ece, cryptography, websocket"])
        .stderr(Stdio::null());
    if !probe.status().await.is_ok_and(|status| status.success()) {
        eprintln!(
            "skipped: run `pip install 'Mastodon.py[webpush,websocket-streaming]'`, or set MASTODON_PYTHON to an interpreter that has it"
        );
        return;
    }
    let builder = TestServer::builder().show_domain_blocks(Audience::All);
    let server = builder.start().await.unwrap();
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
