//! The calls that the reference of the API shows: each compiles, and sends what the command of `curl`
//! beside it sends.

mod prelude {
    pub(super) use std::pin::Pin;
    pub(super) use std::time::Duration;

    pub(super) use mastodon_sdk::methods::*;
    pub(super) use mastodon_sdk::*;

    pub(super) type Outcome = Result<(), Box<dyn std::error::Error>>;
    pub(super) type Run = for<'a> fn(&'a Mastodon) -> Pin<Box<dyn Future<Output = Outcome> + 'a>>;
}

#[rustfmt::skip]
#[allow(deprecated, unused_imports, unused_mut, unused_variables)]
#[path = "../generated/calls.rs"]
mod calls;

use std::collections::BTreeSet;
use std::process::Command;

use url::Url;

use crate::server::{Server, line, text};

/// What a request asks, however it is written down.
#[derive(Debug, PartialEq)]
struct Asked {
    verb: String,
    path: String,
    query: BTreeSet<(String, String)>,
    body: Body,
}

#[derive(Debug, PartialEq)]
enum Body {
    Nothing,
    Json(serde_json::Value),
    Form(BTreeSet<(String, String)>),
}

fn asked(request: &str) -> Asked {
    let (verb, address) = line(request).split_once(' ').unwrap();
    let url = Url::parse("http://localhost")
        .unwrap()
        .join(address)
        .unwrap();
    let kind = header(request, "content-type").unwrap_or_default();
    let body = text(request);
    Asked {
        verb: verb.to_owned(),
        path: url.path().to_owned(),
        query: url.query_pairs().into_owned().collect(),
        body: match kind.split_once(';').map_or(kind, |(kind, _)| kind) {
            "application/json" => Body::Json(serde_json::from_str(body).unwrap()),
            "application/x-www-form-urlencoded" => Body::Form(
                url::form_urlencoded::parse(body.as_bytes())
                    .into_owned()
                    .collect(),
            ),
            "multipart/form-data" => Body::Form(parts(kind, body)),
            _ => {
                assert_eq!(body, "", "a body of the kind `{kind}`");
                Body::Nothing
            }
        },
    }
}

fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let head = request.split_once("\r\n\r\n")?.0;
    head.lines().skip(1).find_map(|line| {
        let (own, value) = line.split_once(": ")?;
        own.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// The parts of a multipart body by name. What a file holds is not what the call says.
fn parts(kind: &str, body: &str) -> BTreeSet<(String, String)> {
    let (_, boundary) = kind.split_once("boundary=").unwrap();
    let boundary = format!("--{boundary}");
    let parts = body.split(&boundary).skip(1);
    parts
        .filter_map(|part| {
            let (head, value) = part.split_once("\r\n\r\n")?;
            let attribute = |name: &str| {
                let (_, rest) = head.split_once(&format!("{name}=\""))?;
                Some(rest.split_once('"')?.0.to_owned())
            };
            let value = attribute("filename").unwrap_or_else(|| value.trim_end().to_owned());
            Some((attribute(" name")?, value))
        })
        .collect()
}

fn has_curl() -> bool {
    // `--json` came with 7.82.
    let version = Command::new("curl").arg("--version").output();
    let version = version.map(|out| String::from_utf8_lossy(&out.stdout).into_owned());
    let version = version.unwrap_or_default();
    let number = version.split(' ').nth(1).unwrap_or_default();
    let mut parts = number
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next(), parts.next()) >= (Some(7), Some(82))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_call_in_rust_and_the_command_of_curl_send_the_same() {
    if !has_curl() {
        println!("skipped: there is no curl of 7.82 or later");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cat.png"), "\u{89}PNG\r\n").unwrap();
    let server = Server::start(Vec::new()).await;
    let mastodon = server.client();
    let (mut compared, mut files) = (0, Vec::new());
    for (name, run, curl) in calls::CALLS {
        // What the runtime does by itself is more than one request, as it is for an edit, which carries
        // over what it does not give; the metadata of OAuth the server of these tests answers by itself.
        if curl.contains("//streaming.")
            || name.starts_with("oauth_authori")
            || *name == "status_update"
        {
            continue;
        }
        let before = server.seen().len();
        let outcome = run(&mastodon).await;
        let by_rust = server.seen()[before..].last().cloned();
        let command = curl.replace("https://mastodon.example", &server.url);
        let out = Command::new("sh")
            .args(["-c", &command])
            .current_dir(folder.path())
            .env("TOKEN", "hunter2")
            .output()
            .unwrap();
        assert!(out.status.success(), "{name}: {out:?}");
        let by_curl = server.seen().last().cloned().unwrap();
        let Some(by_rust) = by_rust else {
            // The picture is where the command runs, and not where the test does.
            let error = outcome.unwrap_err().to_string();
            assert!(error.contains("cat.png"), "{name}: {error}");
            files.push(*name);
            continue;
        };
        assert_eq!(asked(&by_curl), asked(&by_rust), "{name}: {curl}");
        let token = header(&by_curl, "authorization");
        assert!(
            token.is_none() || token == header(&by_rust, "authorization"),
            "{name}"
        );
        compared += 1;
    }
    assert!(compared > 250, "{compared} calls only");
    assert!(files.len() < 10, "{files:?} are not compared");
}
