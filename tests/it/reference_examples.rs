//! The calls in the API reference: each compiles, and sends the same request as the `curl` command next
//! to it.

mod prelude {
    pub(super) use std::pin::Pin;
    pub(super) use std::time::Duration;

    pub(super) use mastodon_sdk::auth::*;
    pub(super) use mastodon_sdk::call::Value;
    pub(super) use mastodon_sdk::methods::*;
    pub(super) use mastodon_sdk::streaming::*;
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

use crate::support::{
    ScriptedServer, form_body, json_body, json_response, multipart_body, request_body,
    request_header, request_line,
};

/// A request in a form that does not depend on the order of its parameters.
#[derive(Debug, PartialEq)]
struct NormalizedRequest {
    method: String,
    path: String,
    query: BTreeSet<(String, String)>,
    body: Body,
}

#[derive(Debug, PartialEq)]
enum Body {
    Empty,
    Json(serde_json::Value),
    Form(BTreeSet<(String, String)>),
}

fn normalize(request: &str) -> NormalizedRequest {
    let (method, target) = request_line(request).split_once(' ').unwrap();
    let url = Url::parse("http://localhost")
        .unwrap()
        .join(target)
        .unwrap();
    let content_type = request_header(request, "content-type").unwrap_or_default();
    let body = match content_type.split(';').next().unwrap() {
        "application/json" => Body::Json(json_body(request)),
        "application/x-www-form-urlencoded" => Body::Form(form_body(request).into_iter().collect()),
        "multipart/form-data" => Body::Form(
            // The content of a file is not part of the documented call; its name is.
            multipart_body(request)
                .into_iter()
                .map(|part| {
                    let value = part.file_name.unwrap_or(part.value);
                    (part.name.to_owned(), value.to_owned())
                })
                .collect(),
        ),
        _ => {
            let body = request_body(request);
            assert_eq!(body, "", "a body with the content type `{content_type}`");
            Body::Empty
        }
    };
    NormalizedRequest {
        method: method.to_owned(),
        path: url.path().to_owned(),
        query: url.query_pairs().into_owned().collect(),
        body,
    }
}

fn has_curl_with_json() -> bool {
    // curl has the option `--json` since 7.82.
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
async fn each_rust_call_sends_the_same_request_as_its_curl_command() {
    if !has_curl_with_json() {
        println!("skipped: curl 7.82 or later is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cat.png"), "\u{89}PNG\r\n").unwrap();
    let server = ScriptedServer::start(vec![json_response(200, "", "{}")]).await;
    let mastodon = server.client();
    // A successful response without rate limit headers shows that the server has no limits to wait for.
    mastodon.preferences().await.unwrap();
    let (mut compared, mut files) = (0, Vec::new());
    for (name, run, curl) in calls::CALLS {
        // Not comparable: streams have another host, the scripted server does not record requests for
        // the OAuth metadata, and an edit first fetches the status whose fields it preserves.
        if curl.contains("//streaming.")
            || name.starts_with("oauth_authori")
            || *name == "status_update"
        {
            continue;
        }
        let before = server.requests().len();
        let outcome = run(&mastodon).await;
        let by_rust = server.requests()[before..].last().cloned();
        // Only the address of the request: examples of URLs in it stay as they are.
        let command = curl.replacen("https://mastodon.example", &server.url, 1);
        let output = Command::new("sh")
            .args(["-c", &command])
            .current_dir(folder.path())
            .env("TOKEN", "hunter2")
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {output:?}");
        let by_curl = server.requests().last().cloned().unwrap();
        let Some(by_rust) = by_rust else {
            // The image is in the working directory of the command, which the Rust call does not have.
            let error = outcome.unwrap_err().to_string();
            assert!(error.contains("cat.png"), "{name}: {error}");
            files.push(*name);
            continue;
        };
        assert_eq!(normalize(&by_curl), normalize(&by_rust), "{name}: {curl}");
        let token = request_header(&by_curl, "authorization");
        assert!(
            token.is_none() || token == request_header(&by_rust, "authorization"),
            "{name}"
        );
        compared += 1;
    }
    assert!(compared > 250, "only {compared} calls were compared");
    assert!(files.len() < 10, "not compared: {files:?}");
}
