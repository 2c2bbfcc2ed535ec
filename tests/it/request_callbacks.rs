//! `on_request` and `on_response`: metrics and signatures.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mastodon_sdk::streaming::StreamTransport;
use mastodon_sdk::transport::{OutgoingRequest, RequestOutcome};
use mastodon_sdk::{Error, Method, Upload};
use mastodon_test_server::{Fault, TestServer};

use crate::support::fixtures::status;
use crate::support::forwarder::{Forwarder, address_of};
use crate::support::{
    ScriptedServer, client_builder, error_variant, json_response, ok_json, request_body,
    request_header,
};

/// A list that callbacks fill.
#[derive(Clone, Default)]
struct Recorded(Arc<Mutex<Vec<String>>>);

impl Recorded {
    fn push(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Endpoint, attempt, method, path, status and error of a request.
fn summary(outcome: &RequestOutcome<'_>) -> String {
    let status = outcome.status().map_or(0, |status| status.as_u16());
    let error = outcome.error().map_or_else(String::new, error_variant);
    format!(
        "{} {} {} {} {status} {error}",
        outcome.endpoint(),
        outcome.attempt(),
        outcome.method(),
        outcome.url().path()
    )
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn each_attempt_is_reported_with_its_status_number_and_duration() {
    let server = ScriptedServer::start(vec![
        json_response(503, "", ""),
        json_response(429, "retry-after: 1\r\n", "{}"),
        json_response(307, "location: /api/v1/blocks/\r\n", ""),
        json_response(200, "x-total: 3\r\n", "[]"),
        json_response(404, "", "{}"),
    ])
    .await;
    let (requests, responses) = (Recorded::default(), Recorded::default());
    let (on_request, on_response) = (requests.clone(), responses.clone());
    let client = server
        .builder()
        .on_request(move |request| {
            let (endpoint, attempt) = (request.endpoint(), request.attempt());
            on_request.push(format!("{endpoint} {attempt} {}", request.url().path()));
        })
        .on_response(move |outcome| {
            assert!(outcome.duration() < Duration::from_secs(1));
            let total = outcome.headers().and_then(|headers| headers.get("x-total"));
            on_response.push(format!("{}{}", summary(outcome), total.is_some()));
        })
        .build()
        .unwrap();
    client.blocks().await.unwrap();
    client.request(Method::POST, "/api/v1/x").await.unwrap_err();
    assert_eq!(
        requests.take(),
        [
            "blocks 1 /api/v1/blocks",
            "blocks 2 /api/v1/blocks",
            "blocks 3 /api/v1/blocks",
            "blocks 3 /api/v1/blocks/",
            "POST /api/v1/x 1 /api/v1/x",
        ]
    );
    assert_eq!(
        responses.take(),
        [
            "blocks 1 GET /api/v1/blocks 503 false",
            "blocks 2 GET /api/v1/blocks 429 false",
            "blocks 3 GET /api/v1/blocks 307 false",
            "blocks 3 GET /api/v1/blocks/ 200 true",
            "POST /api/v1/x 1 POST /api/v1/x 404 false",
        ]
    );
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn failures_timeouts_and_dropped_calls_are_reported() {
    let server = TestServer::start().await.unwrap();
    let responses = Recorded::default();
    let on_response = responses.clone();
    let client = client_builder(&server, "alice", "read write")
        .version_check(mastodon_sdk::server::VersionCheck::Off)
        .max_retries(0)
        .on_response(move |outcome| on_response.push(summary(outcome)))
        .build()
        .unwrap();
    let path = "/api/v1/blocks";
    server.inject(Fault::disconnect().on("GET", path));
    client.blocks().await.unwrap_err();
    server.inject(Fault::truncated_body().on("GET", path));
    client.blocks().await.unwrap_err();
    let hour = Duration::from_secs(3600);
    server.inject(Fault::latency(hour).times(2).on("GET", path));
    let timeout = client.blocks().timeout(Duration::from_secs(1)).await;
    assert!(timeout.unwrap_err().is_timeout());
    let deadline = client.blocks().deadline(Duration::from_secs(1)).await;
    assert!(deadline.unwrap_err().is_timeout());
    assert_eq!(
        responses.take(),
        [
            "blocks 1 GET /api/v1/blocks 0 Network",
            "blocks 1 GET /api/v1/blocks 200 Network",
            "blocks 1 GET /api/v1/blocks 0 Timeout",
            "blocks 1 GET /api/v1/blocks 0 ",
        ]
    );
}

#[tokio::test]
async fn request_can_be_signed_with_its_body() {
    let server =
        ScriptedServer::start(vec![ok_json(&status(&[])), json_response(200, "", "[]")]).await;
    let client = server
        .builder()
        .on_request(|request| {
            let length = request.body().unwrap().len();
            let signature = format!("{} {} {length}", request.method(), request.url().path());
            request.set_header("X-Signature", &signature);
        })
        .on_request(|request| {
            let signed = request.headers().contains_key("x-signature");
            request.set_header("X-Signed", if signed { "yes" } else { "no" });
        })
        .build()
        .unwrap();
    client.status_post("Hi").await.unwrap();
    client.blocks().await.unwrap();
    let requests = server.requests();
    let length = request_body(&requests[0]).len();
    assert_eq!(
        request_header(&requests[0], "x-signature"),
        Some(&*format!("POST /api/v1/statuses {length}"))
    );
    assert_eq!(
        request_header(&requests[1], "x-signature"),
        Some("GET /api/v1/blocks 0")
    );
    for request in &requests {
        assert_eq!(request_header(request, "x-signed"), Some("yes"));
        assert_eq!(
            request_header(request, "authorization"),
            Some("Bearer hunter2")
        );
    }
}

#[tokio::test]
async fn body_of_a_file_is_not_visible() {
    let media = r#"{"id":"1","type":"image","url":"https://a.example/1"}"#;
    let server = ScriptedServer::start(vec![json_response(200, "", media)]).await;
    let bodies = Recorded::default();
    let on_request = bodies.clone();
    let client = server
        .builder()
        .on_request(move |request| on_request.push(format!("{:?}", request.body())));
    let upload = Upload::bytes("meow").file_name("cat.png");
    let limits = mastodon_sdk::media::MediaLimits::default();
    let call = client.build().unwrap().media_post(upload).limits(limits);
    call.await.unwrap();
    assert_eq!(bodies.take(), ["None"]);
}

#[tokio::test]
async fn reserved_header_of_a_callback_is_an_error_and_the_request_is_not_sent() {
    let server = ScriptedServer::start(vec![]).await;
    for (name, value) in [
        ("Authorization", "s3cr3t"),
        ("Host", "evil.example"),
        ("a b", "s3cr3t"),
        ("x", "s3cr3t\n"),
        ("X-Access", "s3cr3t"),
    ] {
        let client = server
            .builder()
            .header("X-Access", "hunter2")
            .on_request(move |request| request.set_header(name, value))
            .build()
            .unwrap();
        let error = client.blocks().await.unwrap_err();
        assert!(
            matches!(
                error,
                Error::Configuration {
                    setting: "on_request",
                    ..
                }
            ),
            "{error:?}"
        );
        let message = error.to_string();
        assert!(
            message.contains(&format!("sets the header `{name}`")) && !message.contains("s3cr3t"),
            "{message}"
        );
    }
    assert_eq!(server.requests().len(), 0);
}

/// Everything that a callback sees.
fn everything(request: &OutgoingRequest<'_>) -> String {
    let body = request.body().map(String::from_utf8_lossy);
    let headers = request.headers().values();
    let headers: Vec<_> = headers
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    format!("{request:?} {} {headers:?} {body:?}", request.url())
}

#[tokio::test]
async fn callbacks_see_no_secret() {
    let echo = "x-echo: Bearer hunter2\r\nx-other: yes\r\n";
    let server = ScriptedServer::start(vec![json_response(200, echo, "{}"); 3]).await;
    let seen = Recorded::default();
    let (on_request, on_response) = (seen.clone(), seen.clone());
    let client = server
        .builder()
        .header("X-Access", "s3cr3t")
        .on_request(move |request| on_request.push(everything(request)))
        .on_response(move |outcome| {
            let headers = outcome.headers().unwrap();
            on_response.push(format!("{outcome:?} {} {headers:?}", outcome.url()));
        })
        .build()
        .unwrap();
    client
        .oauth_revoke("id", "secret", "hunter2")
        .await
        .unwrap();
    let call = client.request(Method::GET, "/api/v1/x");
    call.query("access_token", "s3cr3t")
        .query("q", "shown")
        .await
        .unwrap();
    let seen = seen.take().join("\n");
    assert!(
        seen.contains("q=shown") && seen.contains("x-other"),
        "{seen}"
    );
    assert!(
        !seen.contains("hunter2") && !seen.contains("s3cr3t"),
        "{seen}"
    );
    let requests = server.requests();
    assert!(requests[1].contains("access_token=s3cr3t"));
    for request in &requests {
        assert_eq!(request_header(request, "x-access"), Some("s3cr3t"));
    }
}

#[tokio::test]
async fn streams_downloads_and_discovery_are_reported() {
    let server = TestServer::start().await.unwrap();
    let proxy = Forwarder::http_proxy(address_of(server.url())).await;
    let responses = Recorded::default();
    let on_response = responses.clone();
    let builder = client_builder(&server, "alice", "read")
        .proxy(proxy.url("http"))
        .on_response(move |outcome| on_response.push(summary(outcome)));
    let client = builder.clone().build().unwrap();
    let call = client.stream_user().transport(StreamTransport::WebSocket);
    drop(call.await.unwrap());
    let call = client
        .stream_user()
        .transport(StreamTransport::ServerSentEvents);
    drop(call.await.unwrap());
    let missing = client
        .download("http://files.example/cat.png")
        .bytes()
        .await;
    missing.unwrap_err();
    let seen = responses.take();
    for expected in [
        "stream_open_websocket 1 GET /api/v1/streaming 101 ",
        "stream_user 1 GET /api/v1/streaming/user 200 ",
        "download 1 GET /cat.png 404 ",
    ] {
        assert!(
            seen.iter().any(|line| line == expected),
            "{expected}: {seen:?}"
        );
    }
    drop(builder.discover().await.unwrap());
    assert_eq!(responses.take(), ["discover 1 GET /api/v2/instance 200 "]);
}
