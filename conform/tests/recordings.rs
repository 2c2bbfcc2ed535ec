//! Recordings of real servers, where there are any: the folder is told by `MASTODON_RECORDINGS`.

use std::path::Path;
use std::process::Command;

#[test]
fn what_real_servers_said_is_known_and_read() {
    let Some(folder) = std::env::var_os("MASTODON_RECORDINGS") else {
        println!("skipped: MASTODON_RECORDINGS names no folder of recordings");
        return;
    };
    let recordings = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    for recording in
        recordings.filter(|path| path.extension().is_some_and(|ending| ending == "har"))
    {
        let summary = summary(&recording);
        assert!(
            summary.contains(" 0 do not,"),
            "{}: {summary}",
            recording.display()
        );
    }
}

#[test]
fn a_field_and_an_endpoint_that_nobody_knows_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("new.har");
    let exchange = |path: &str, body: &str| {
        serde_json::json!({
            "request": { "method": "GET", "url": format!("https://a.example{path}") },
            "response": { "status": 200, "content": { "text": body } },
        })
    };
    let entries = [
        exchange(
            "/api/v1/tags/rust?lang=en&colour=red",
            r#"{"name":"rust","url":"https://a.example","shade":1}"#,
        ),
        exchange("/api/v9/everything", "{}"),
        exchange("/api/v1/preferences", "[]"),
    ];
    std::fs::write(
        &recording,
        serde_json::json!({ "log": { "entries": entries } }).to_string(),
    )
    .unwrap();
    let output = run(&recording);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    for part in [
        "unknown parameter colour",
        "unknown field $.shade",
        "no endpoint of the specification: GET https://a.example/api/v9/everything 200 (1 times)",
        "the decoder refuses it",
        "0 of 3 exchanges conform, 2 do not, 1 are of unknown endpoints",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
}

fn summary(recording: &Path) -> String {
    String::from_utf8(run(recording).stdout)
        .unwrap()
        .lines()
        .last()
        .unwrap_or_default()
        .to_owned()
}

fn run(recording: &Path) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_mastodon-conform"))
        .arg(recording)
        .output()
        .unwrap()
}
