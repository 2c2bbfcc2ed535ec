//! Secrets appear in no error, log or `Debug` output. Each error variant is provoked with marked
//! secrets.

mod responses;

use std::collections::BTreeSet;
use std::error::Error as _;
use std::fmt::Debug;
use std::time::Duration;

use mastodon_sdk::auth::{App, AuthorizationRequest, Credentials, OUT_OF_BAND};
use mastodon_sdk::blocking::Wait;
use mastodon_sdk::call::StoredPage;
use mastodon_sdk::push::{PushKeyPair, PushReceiver};
use mastodon_sdk::rate_limit::RateLimitMode;
use mastodon_sdk::server::{ServerVersion, VersionCheck};
use mastodon_sdk::store::{Acquired, CheckpointStore, FileStore, LeaseId, MemoryStore, RedisStore};
use mastodon_sdk::{Account, Error, Mastodon, MastodonBuilder};
use tokio::net::TcpListener;

use crate::support::fixtures::{status, tag};
use crate::support::{
    CapturedLog, ScriptedServer, error_response, error_variant, json_response, response,
};

/// Part of every secret, twice in most: half of a secret must not appear either.
const MARK: &str = "s3cr3t";
/// Part of every numeric secret.
const NUMBER: &str = "7337733";
const TOKEN: &str = "t0ken-s3cr3t-s3cr3t";
const CLIENT: &str = "client-s3cr3t-s3cr3t";
const PASSWORD: &str = "pass \"s3cr3t\" wörd";
const CODE: &str = "code-s3cr3t-s3cr3t";
const KEY: &str = "key-s3cr3t-s3cr3t";
const REFRESH: &str = "refresh-s3cr3t-s3cr3t";

/// Collects everything that an application could print or log.
#[derive(Default)]
struct VisibleOutput {
    texts: Vec<String>,
    error_variants: BTreeSet<String>,
}

impl VisibleOutput {
    /// Records the `Debug` output of a value.
    fn debug(&mut self, value: &impl Debug) {
        self.texts.push(format!("{value:?} {value:#?}"));
    }

    /// Records the `Debug` output of a value, or message, `Debug` output and sources of an error.
    fn result<T: Debug>(&mut self, result: Result<T, Error>) {
        let error = match result {
            Ok(value) => return self.debug(&value),
            Err(error) => error,
        };
        self.debug(&error);
        self.texts.push(error.to_string());
        let mut source = error.source();
        while let Some(error) = source {
            self.texts.push(format!("{error} {error:?}"));
            source = error.source();
        }
        self.error_variants.insert(error_variant(&error));
    }

    /// Records an error and checks that its message is a complete sentence.
    fn error<T: Debug>(&mut self, result: Result<T, Error>) {
        let message = match &result {
            Ok(value) => panic!("expected an error: {value:?}"),
            Err(error) => error.to_string(),
        };
        let is_sentence =
            message.split_whitespace().count() >= 4 && !message.ends_with([':', ';', ' ']);
        assert!(
            is_sentence && !message.contains(['\n', '\t']) && !message.contains("Some("),
            "{message}"
        );
        self.result(result);
    }

    /// Records method and target of the requests: servers and proxies log them.
    fn request_lines(&mut self, server: &ScriptedServer) {
        self.texts.extend(server.request_lines());
    }
}

fn app() -> App {
    App::new("id", CLIENT, OUT_OF_BAND, "read write")
}

fn builder(server: &ScriptedServer) -> MastodonBuilder {
    server.builder().access_token(TOKEN).max_retries(0)
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn no_error_of_any_variant_shows_a_secret() {
    let (log, _guard) = CapturedLog::start();
    let mut output = VisibleOutput::default();
    responses::call_with_every_response(&mut output).await;
    network_errors(&mut output).await;
    timeouts_and_limits(&mut output).await;
    errors_before_sending(&mut output).await;
    credentials_files(&mut output);
    push_messages(&mut output);
    redirects(&mut output).await;
    stores(&mut output).await;
    helpers(&mut output).await;
    successful_calls(&mut output).await;

    // `Internal` needs a failure of the operating system.
    let declared: BTreeSet<String> = declared_error_variants()
        .filter(|variant| variant != "Internal")
        .collect();
    assert_eq!(
        output.error_variants, declared,
        "every error variant that a test can provoke"
    );
    output.texts.push(log.text());
    assert!(output.texts.len() > 1000);
    for text in output.texts {
        for text in [unescaped(&text), text] {
            let at = text.find(MARK).or_else(|| text.find(NUMBER));
            assert!(at.is_none(), "{}", excerpt(&text, at.unwrap_or_default()));
        }
    }
}

/// Decodes what a reader of JSON or HTML would decode.
fn unescaped(text: &str) -> String {
    let mut out = text.replace('\\', "");
    for c in "s3cr3t73".chars() {
        let code = u32::from(c);
        for escape in [
            format!("u{code:04x}"),
            format!("&#{code};"),
            format!("%{code:02x}"),
        ] {
            out = out.replace(&escape, &c.to_string());
        }
    }
    out
}

/// The characters around a position in a text.
fn excerpt(text: &str, at: usize) -> String {
    let from = text[..at]
        .char_indices()
        .rev()
        .nth(300)
        .map_or(0, |(at, _)| at);
    text[from..].chars().take(500).collect()
}

/// A push message for other keys, and invalid keys.
fn push_messages(output: &mut VisibleOutput) {
    let subscription = |key: &str| {
        let json = format!(
            r#"{{"id":"1","endpoint":"https://a.example/s3cr3t","server_key":"{key}","alerts":{{}}}}"#
        );
        serde_json::from_str(&json).unwrap()
    };
    let keys = PushKeyPair::generate().unwrap();
    let stored = serde_json::to_string(&keys)
        .unwrap()
        .replace(':', ":\"s3cr3t");
    assert!(serde_json::from_str::<PushKeyPair>(&stored).is_err());
    let receiver = PushReceiver::new(keys.clone(), &subscription("s3cr3t"));
    output.error(receiver.map_err(Error::from));
    let valid_key =
        "BCk-QqERU0q-CfYZjcuB6lnyyOYfJ2AifKqfeGIm7Z-HiTU5T9eTG5GxVA0_OH5mMlI4UkkDTpaZwozy0TzdZ2M";
    let receiver = PushReceiver::new(keys, &subscription(valid_key)).unwrap();
    output.debug(&receiver);
    let message = receiver.receive(&http::HeaderMap::new(), b"s3cr3t");
    output.error(message.map_err(Error::from));
}

/// The variants of the error type, from its source.
fn declared_error_variants() -> impl Iterator<Item = String> {
    let source = include_str!("../../../src/error/mod.rs");
    let (_, rest) = source.split_once("pub enum Error {\n").unwrap();
    let (body, _) = rest.split_once("\n}\n").unwrap();
    let variants = body.lines().filter_map(|line| line.strip_prefix("    "));
    variants
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|line| {
            line.chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect()
        })
}

/// Connections that fail or break.
async fn network_errors(output: &mut VisibleOutput) {
    let incomplete = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 900\r\n\r\n{";
    let large = json_response(200, "", &format!("[\"{}\"]", "x".repeat(5000)));
    for response in [
        String::new(),
        incomplete.to_owned(),
        "nonsense".to_owned(),
        large,
    ] {
        let server = ScriptedServer::start(vec![response]).await;
        let client = builder(&server).max_body(4096).build().unwrap();
        output.error(
            client
                .oauth_token("authorization_code", "id", CLIENT)
                .code(CODE)
                .await,
        );
    }
    for unreachable in [
        "http://127.0.0.1:1",
        "https://127.0.0.1:1",
        "https://mastodon.invalid",
    ] {
        let client = Mastodon::builder(unreachable)
            .access_token(TOKEN)
            .max_retries(0);
        let client = client.version_check(VersionCheck::Off).build().unwrap();
        output.error(client.oauth_revoke("id", CLIENT, TOKEN).await);
    }
    let lost_response = vec![String::new(), error_response(404, "Record not found")];
    let server = ScriptedServer::start(lost_response).await;
    output.error(
        builder(&server)
            .max_retries(1)
            .build()
            .unwrap()
            .status_delete("1")
            .await,
    );
}

/// Timeouts, rate limits, and the limits of the server.
async fn timeouts_and_limits(output: &mut VisibleOutput) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    for scheme in ["http", "https"] {
        let silent = Mastodon::builder(format!("{scheme}://{address}"));
        let silent = silent.access_token(TOKEN).max_retries(0);
        let silent = silent.version_check(VersionCheck::Off);
        let short = Duration::from_millis(20);
        for builder in [
            silent.clone().timeout(short),
            silent.clone().deadline(short),
            silent.connect_timeout(short),
        ] {
            let client = builder.build().unwrap();
            let call = client
                .oauth_revoke("id", CLIENT, TOKEN)
                .timeout(Duration::from_secs(1));
            output.error(call.await);
        }
    }
    let exhausted = "date: Fri, 07 Aug 2026 12:00:00 GMT\r\nx-ratelimit-limit: 300\r\n\
                 x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 2026-08-07T12:05:00.000Z\r\n";
    let server = ScriptedServer::start(vec![json_response(
        429,
        exhausted,
        r#"{"error":"Too many"}"#,
    )])
    .await;
    let client = builder(&server)
        .rate_limit_mode(RateLimitMode::Throw)
        .build()
        .unwrap();
    output.error(client.status("1").await);
    output.error(client.oauth_revoke("id", CLIENT, TOKEN).await);

    let instance = r#"{"version":"4.6.5","configuration":{"statuses":{"max_characters":500}}}"#;
    let file = response(200, "image/png", "", "s3cr3t");
    let server = ScriptedServer::start(vec![json_response(200, "", instance), file]).await;
    let client = builder(&server).version_check(VersionCheck::Endpoints);
    let client = client.build().unwrap();
    output.error(client.status_post("s3cr3t ".repeat(100)).await);
    let no_handshake = "HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    let streaming = ScriptedServer::start(vec![no_handshake.to_owned(); 9]).await;
    let instance = format!(
        r#"{{"version":"4.6.5","configuration":{{"urls":{{"streaming":"{}"}}}}}}"#,
        streaming.url
    );
    let without_streams = ScriptedServer::start(vec![json_response(200, "", &instance); 9]).await;
    let stream = builder(&without_streams).build().unwrap().stream_user();
    output.error(stream.max_attempts(1).await.map(|_| ()));
    let media = r#"{"id":"7","type":"image","url":null}"#;
    let failed = error_response(422, &format!("No {TOKEN}"));
    let media_server = ScriptedServer::start(vec![json_response(202, "", media), failed]).await;
    let uploads = builder(&media_server).build().unwrap();
    output.error(
        uploads
            .media_post(mastodon_sdk::Upload::bytes(&b"GIF89a"[..]))
            .await,
    );
    let private_url = format!("{}/1.png?token=s3cr3t", server.url);
    for url in [private_url.as_str(), &private_url, "https://u:s3cr3t@"] {
        let download = client.download(url).max_size(2);
        output.debug(&download);
        output.error(download.bytes().await);
    }
}

/// Errors that are found before a request is sent.
async fn stores(output: &mut VisibleOutput) {
    let file = tempfile::NamedTempFile::new().unwrap();
    output.error(FileStore::open(file.path().join("store")));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = format!("redis://user:{MARK}@{address}");
    output.error(RedisStore::builder(url).connect().await);
    let store = MemoryStore::new();
    let Acquired::Granted { fence } = store
        .acquire("bot", "worker", Duration::from_secs(60))
        .await
        .unwrap()
    else {
        panic!("nobody holds the lease");
    };
    let lease = LeaseId::new("bot", "worker", fence);
    store.release(&lease).await.unwrap();
    output.error(store.renew(&lease, Duration::from_secs(60)).await);
}

async fn errors_before_sending(output: &mut VisibleOutput) {
    for address in [
        "https://u:s3cr3t@a.example",
        "a.example/?access_token=s3cr3t",
        "http://u:s3cr3t@a b",
    ] {
        let builder = Mastodon::builder(address).access_token(TOKEN);
        output.debug(&builder);
        output.error(builder.build());
    }
    for address in ["https://u:s3cr3t@a.example", "u:s3cr3t@a.example"] {
        output.error(Mastodon::discover(address).await);
    }
    output.error(
        Mastodon::builder("http://a.example")
            .access_token(TOKEN)
            .build(),
    );
    let index = r#"{"links":[{"rel":"a","href":"https://a.example/?token=s3cr3t"}]}"#;
    let server = ScriptedServer::start(vec![json_response(200, "", index)]).await;
    let client = builder(&server).build().unwrap();
    output.error(client.instance_nodeinfo().await);
    output.error(client.blocks().wait());
    let stored = r#"{"server":"https://a.example","endpoint":"blocks","values":[["token","s3cr3t"]],"body":[]}"#;
    let stored: StoredPage<Account> = serde_json::from_str(stored).unwrap();
    output.error(stored.attach(&client));
    let old = ServerVersion::parse("3.0.0", None);
    let client = Mastodon::builder("a.example")
        .access_token(TOKEN)
        .server_version(old);
    let client = client.build().unwrap();
    output.debug(&client);
    output.error(client.status_quotes("1").await);
    let without_token = Mastodon::builder("a.example").version_check(VersionCheck::Off);
    let without_token = without_token.build().unwrap();
    output.error(without_token.status_post("s3cr3t").await);
    output.error(
        client
            .status("https://u:s3cr3t@a.example/1?token=s3cr3t")
            .await,
    );
    output.error(client.status("..").await);
    let server = ScriptedServer::start(Vec::new()).await;
    let invalid_token = server
        .builder()
        .access_token("invalid\ns3cr3t")
        .build()
        .unwrap();
    output.error(invalid_token.status("1").await);
    output.error(
        server
            .builder()
            .build()
            .unwrap()
            .auth_request_url(&app(), "push")
            .await,
    );
    let grant = json_response(200, "", r#"{"access_token":"new-s3cr3t","scope":"read"}"#);
    let server = ScriptedServer::start(vec![grant]).await;
    output.error(
        builder(&server)
            .build()
            .unwrap()
            .log_in_with_client_credentials(&app(), "read write")
            .await,
    );
}

/// Damaged and intact credentials files.
fn credentials_files(output: &mut VisibleOutput) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bot.json");
    for text in [
        "{\"version\":1,\"access_token\":\"t0ken-s3cr3t",
        "{\"version\":1,\"access_token\":[\"t0ken-s3cr3t\"]}",
        "{\"version\":\"t0ken-s3cr3t\"}",
        "{\"version\":9,\"access_token\":\"t0ken-s3cr3t\"}",
        "{\"version\":1,\"app\":{\"client_secret\":\"s3cr3t\"}}",
        "not a token s3cr3t",
    ] {
        std::fs::write(&path, text).unwrap();
        output.error(Credentials::load(&path));
    }
    let client = Mastodon::builder("a.example")
        .access_token(TOKEN)
        .build()
        .unwrap();
    let credentials = client.credentials(Some(&app()));
    credentials.save(&path).unwrap();
    output.debug(&credentials);
    output.debug(&Credentials::load(&path).unwrap());
    output.error(credentials.save(folder.path().join("missing/bot.json")));
}

/// Redirects of calls, and of the user back to the application.
async fn redirects(output: &mut VisibleOutput) {
    let other = ScriptedServer::start(Vec::new()).await;
    let other_host = format!("location: {}/?access_token={TOKEN}\r\n", other.url);
    let loop_location = format!("location: /?token={TOKEN}\r\n");
    let path = format!("location: {}/{TOKEN}/x\r\n", other.url);
    for location in [other_host, loop_location, path] {
        let server = ScriptedServer::start(vec![json_response(307, &location, ""); 9]).await;
        output.error(builder(&server).build().unwrap().status("1").await);
    }
    assert!(other.requests().is_empty());
    let link = "link: </api/v1/followed_tags?max_id=1>; rel=\"next\"\r\n";
    let server =
        ScriptedServer::start(vec![json_response(200, link, &format!("[{}]", tag("a")))]).await;
    let first = builder(&server)
        .build()
        .unwrap()
        .followed_tags()
        .max_id("1")
        .await
        .unwrap();
    output.debug(&first);
    output.error(first.next().await);
    output.request_lines(&server);
    let server = ScriptedServer::start(Vec::new()).await;
    let client = builder(&server).build().unwrap();
    let login = client.auth_request_url(&app(), "read").await.unwrap();
    let state = login.state();
    for redirect in [
        format!("http://localhost/?code={CODE}&state=forged"),
        format!("http://localhost/?state={state}&code="),
        format!("http://localhost/?state={state}&error=access_denied&code={CODE}"),
        format!("localhost?code={CODE}"),
    ] {
        if let Err(error) = login.code_from_redirect(&redirect) {
            output.error::<()>(Err(error));
        }
    }
}

/// Successful calls are logged, too.
/// Methods that combine several calls.
async fn helpers(output: &mut VisibleOutput) {
    for address in [
        "https://u:s3cr3t@b.example/@carol?token=s3cr3t#s3cr3t",
        "https://b.example/@carol/7?access_token=s3cr3t",
        "u:s3cr3t@b.example",
        "u:s3cr3t@b.example/@carol",
    ] {
        let server = ScriptedServer::start(Vec::new()).await;
        let client = Mastodon::builder(&server.url).build().unwrap();
        let (account, status) = (client.account_find(address), client.status_find(address));
        output.debug(&account);
        output.debug(&status);
        output.error(account.await);
        output.error(status.await);
        output.request_lines(&server);
    }
    let posted = serde_json::to_string(&status(&[])).unwrap();
    let refused = r#"{"error":"The access token t0ken-s3cr3t-s3cr3t is invalid"}"#;
    let script = vec![
        json_response(200, "", &posted),
        json_response(422, "", refused),
    ];
    let server = ScriptedServer::start(script).await;
    let client = builder(&server).build().unwrap();
    output.error(client.thread_post(["One", "Two"]).await);
}

async fn successful_calls(output: &mut VisibleOutput) {
    let token = format!(
        r#"{{"access_token":"new-s3cr3t","token_type":"Bearer","scope":"read","refresh_token":"{REFRESH}"}}"#
    );
    let application =
        format!(r#"{{"id":"1","name":"Example app","client_id":"id","client_secret":"{CLIENT}"}}"#);
    // Servers repeat what they receive in headers, too.
    let echo =
        format!("x-echo: Bearer {TOKEN}, code={CODE}, {CLIENT}\r\nset-cookie: id=s3cr3t\r\n");
    let script = vec![
        json_response(200, "", &application),
        json_response(200, "", &token),
        json_response(200, &echo, &token),
        json_response(200, &echo, &token),
    ];
    let server = ScriptedServer::start(script).await;
    let client = builder(&server).build().unwrap();
    let app = client
        .create_app("Example app", OUT_OF_BAND, "read", None)
        .await
        .unwrap();
    let login: AuthorizationRequest = client.auth_request_url(&app, "read").await.unwrap();
    let stored_login = serde_json::to_value(&login).unwrap();
    let verifier = stored_login["code_verifier"].as_str().unwrap();
    assert!(!format!("{login:?} {}", login.url()).contains(verifier));
    output.debug(&app);
    output.debug(&login);
    output.debug(&client.log_in_with_code(&app, &login, CODE).await.unwrap());
    let call = || {
        client
            .oauth_token("authorization_code", "id", CLIENT)
            .code(CODE)
    };
    output.debug(&call().response().await.unwrap());
    output.debug(&call().raw().await.unwrap());
    output.texts.push(login.url());
    output.request_lines(&server);
}
