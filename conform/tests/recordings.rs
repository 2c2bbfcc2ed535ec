//! Checks recordings of real servers, if `MASTODON_RECORDINGS` names a folder with them.

use std::path::Path;
use std::process::Command;

#[test]
fn recorded_exchanges_conform() {
    let Some(folder) = std::env::var_os("MASTODON_RECORDINGS") else {
        println!("skipped: MASTODON_RECORDINGS is not set to a folder of recordings");
        return;
    };
    let recordings = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut checked = 0;
    for recording in
        recordings.filter(|path| path.extension().is_some_and(|extension| extension == "har"))
    {
        let summary = summary(&recording);
        assert!(
            summary.contains(" 0 do not conform,"),
            "{}: {summary}",
            recording.display()
        );
        checked += 1;
    }
    // A folder without recordings must not pass.
    assert!(checked > 0, "the folder contains no recordings");
}

#[test]
fn unknown_parameters_fields_and_endpoints_are_reported() {
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
        exchange("/api/v1/statuses/1", "[]"),
    ];
    std::fs::write(
        &recording,
        serde_json::json!({ "log": { "entries": entries } }).to_string(),
    )
    .unwrap();
    let output = run(&recording);
    assert_eq!(output.status.code(), Some(1));
    let report = String::from_utf8(output.stdout).unwrap();
    for part in [
        "unknown parameter colour",
        "unknown field $.shade",
        "unknown endpoint: GET https://a.example/api/v9/everything 200 (1 times)",
        "the decoder tolerates it: .: expected an object (Preferences), found []",
        "the decoder tolerates it: .: expected an object (Preferences), found []",
        "0 of 4 exchanges conform, 3 do not conform, 1 have an unknown endpoint",
    ] {
        assert!(report.contains(part), "{part:?} is not in {report}");
    }
}

#[test]
fn parameters_of_other_clients_and_plain_text_are_notes() {
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("foreign.har");
    let exchange = |path: &str, headers: &[(&str, &str)], body: &str| {
        let header =
            |(name, value): &(&str, &str)| serde_json::json!({ "name": name, "value": value });
        let headers: Vec<_> = headers.iter().map(header).collect();
        serde_json::json!({
            "request": { "method": "GET", "url": format!("https://a.example{path}"), "headers": headers },
            "response": { "status": 200, "content": { "text": body } },
        })
    };
    let husky = [("User-Agent", "Husky/1.0")];
    let entries = [
        exchange(
            "/api/v1/timelines/home?with_relationships=true&preview=1",
            &[],
            "[]",
        ),
        exchange("/api/v1/timelines/home?new_of_husky=1", &husky, "[]"),
        exchange("/api/v1/timelines/home?with_relationships=1", &[], "[]"),
        exchange("/health", &[("accept", "*/*")], "OK"),
        exchange("/api/v1/streaming/health", &[], "OK"),
    ];
    let recorded = serde_json::json!({ "log": { "entries": entries } });
    std::fs::write(&recording, recorded.to_string()).unwrap();
    let output = run(&recording);
    let report = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        report.lines().collect::<Vec<_>>(),
        [
            "note: instance_health: plain text, because the request did not ask for JSON (1 times)",
            "note: timeline_home: unknown parameter new_of_husky, sent by a client of other server software (1 times)",
            "note: timeline_home: unknown parameter preview, a parameter of other server software (1 times)",
            "note: timeline_home: unknown parameter with_relationships, a parameter of other server software (2 times)",
            "5 of 5 exchanges conform, 0 do not conform, 0 have an unknown endpoint",
        ]
    );
    assert!(output.status.success());

    // The SDK requests JSON, so text in response is an error.
    let requested = exchange("/health", &[("Accept", "application/json")], "OK");
    let recorded = serde_json::json!({ "log": { "entries": [requested] } });
    std::fs::write(&recording, recorded.to_string()).unwrap();
    let report = String::from_utf8(run(&recording).stdout).unwrap();
    assert!(report.contains("the decoder rejects it"), "{report}");
}

/// The last line of the report.
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
