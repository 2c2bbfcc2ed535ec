//! Every kind of failure, with marked secrets: none of them shows in what anybody may read.

mod answers;

use std::collections::BTreeSet;
use std::error::Error as _;
use std::fmt::Debug;
use std::time::Duration;

use mastodon_sdk::push::{PushKeyPair, PushReceiver};
use mastodon_sdk::{App, Credentials, Error, LoginRequest, Mastodon, MastodonBuilder, OUT_OF_BAND};
use mastodon_sdk::{RateLimit, ServerVersion, VersionCheck};
use tokio::net::TcpListener;

use crate::logs::Log;
use crate::server::{Server, answer, json, tag};

/// What stands in every secret. A half of it is a secret, too.
const MARK: &str = "s3cr3t";
/// What stands in every secret that is a number.
const NUMBER: &str = "7337733";
const TOKEN: &str = "t0ken-s3cr3t-s3cr3t";
const CLIENT: &str = "client-s3cr3t-s3cr3t";
const PASSWORD: &str = "pass \"s3cr3t\" wörd";
const CODE: &str = "code-s3cr3t-s3cr3t";
const KEY: &str = "key-s3cr3t-s3cr3t";
const REFRESH: &str = "refresh-s3cr3t-s3cr3t";

/// Collects whatever a program might show.
#[derive(Default)]
struct Shown {
    texts: Vec<String>,
    kinds: BTreeSet<String>,
}

impl Shown {
    fn debug(&mut self, value: &impl Debug) {
        self.texts.push(format!("{value:?} {value:#?}"));
    }

    /// An answer, or an error with its causes and what they look like inside.
    fn result<T: Debug>(&mut self, result: Result<T, Error>) {
        let error = match result {
            Ok(answer) => return self.debug(&answer),
            Err(error) => error,
        };
        self.debug(&error);
        self.texts.push(error.to_string());
        let mut cause = error.source();
        while let Some(deeper) = cause {
            self.texts.push(format!("{deeper} {deeper:?}"));
            cause = deeper.source();
        }
        self.kinds.insert(kind(&error));
    }

    /// An error, which is a sentence by itself.
    fn error<T: Debug>(&mut self, result: Result<T, Error>) {
        let said = match &result {
            Ok(answer) => panic!("it does not fail: {answer:?}"),
            Err(error) => error.to_string(),
        };
        let is_sentence = said.split_whitespace().count() >= 4 && !said.ends_with([':', ';', ' ']);
        assert!(
            is_sentence && !said.contains(['\n', '\t']) && !said.contains("Some("),
            "{said}"
        );
        self.result(result);
    }

    /// The addresses that were asked for.
    fn addresses(&mut self, server: &Server) {
        let first = |request: &String| request.lines().next().unwrap().to_owned();
        self.texts.extend(server.seen().iter().map(first));
    }
}

/// The name of an error's kind.
fn kind(error: &Error) -> String {
    let shown = format!("{error:?}");
    shown
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect()
}

fn app() -> App {
    App::new("id", CLIENT, OUT_OF_BAND, "read write")
}

fn builder(server: &Server) -> MastodonBuilder {
    server.builder().access_token(TOKEN).max_retries(0)
}

#[tokio::test(start_paused = true)]
async fn no_failure_of_any_kind_shows_a_secret() {
    let (log, _guard) = Log::begin();
    let mut shown = Shown::default();
    answers::answers(&mut shown).await;
    network(&mut shown).await;
    limits(&mut shown).await;
    before_sending(&mut shown).await;
    files(&mut shown);
    push(&mut shown);
    redirects(&mut shown).await;
    success(&mut shown).await;

    let declared: BTreeSet<String> = kinds().collect();
    assert_eq!(shown.kinds, declared, "every kind of error was met");
    shown.texts.push(log.text());
    assert!(shown.texts.len() > 1000);
    for text in shown.texts {
        let at = text.find(MARK).or_else(|| text.find(NUMBER));
        assert!(at.is_none(), "{}", excerpt(&text, at.unwrap_or_default()));
    }
}

fn excerpt(text: &str, at: usize) -> String {
    let from = text[..at]
        .char_indices()
        .rev()
        .nth(300)
        .map_or(0, |(at, _)| at);
    text[from..].chars().take(500).collect()
}

/// A message that is not for these keys, and keys that are none.
fn push(shown: &mut Shown) {
    let subscription = |key: &str| {
        let told = format!(
            r#"{{"id":"1","endpoint":"https://a.example/s3cr3t","server_key":"{key}","alerts":{{}}}}"#
        );
        serde_json::from_str(&told).unwrap()
    };
    let keys = PushKeyPair::generate().unwrap();
    let stored = serde_json::to_string(&keys)
        .unwrap()
        .replace(':', ":\"s3cr3t");
    assert!(serde_json::from_str::<PushKeyPair>(&stored).is_err());
    let unread = PushReceiver::new(keys.clone(), &subscription("s3cr3t"));
    shown.error(unread.map_err(Error::from));
    let known =
        "BCk-QqERU0q-CfYZjcuB6lnyyOYfJ2AifKqfeGIm7Z-HiTU5T9eTG5GxVA0_OH5mMlI4UkkDTpaZwozy0TzdZ2M";
    let receiver = PushReceiver::new(keys, &subscription(known)).unwrap();
    shown.debug(&receiver);
    let message = receiver.receive(&http::HeaderMap::new(), b"s3cr3t");
    shown.error(message.map_err(Error::from));
}

/// The kinds of errors that the library declares.
fn kinds() -> impl Iterator<Item = String> {
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

/// Connections that do not come about, or break.
async fn network(shown: &mut Shown) {
    let half = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 900\r\n\r\n{";
    let large = json(200, "", &format!("[\"{}\"]", "x".repeat(5000)));
    for broken in [String::new(), half.to_owned(), "nonsense".to_owned(), large] {
        let server = Server::start(vec![broken]).await;
        let client = builder(&server).max_body(4096).build().unwrap();
        shown.error(
            client
                .oauth_token("authorization_code", "id", CLIENT)
                .code(CODE)
                .await,
        );
    }
    for nowhere in [
        "http://127.0.0.1:1",
        "https://127.0.0.1:1",
        "https://mastodon.invalid",
    ] {
        let client = Mastodon::builder(nowhere)
            .access_token(TOKEN)
            .max_retries(0);
        let client = client.version_check(VersionCheck::Off).build().unwrap();
        shown.error(client.oauth_revoke("id", CLIENT, TOKEN).await);
    }
    let lost = vec![
        String::new(),
        json(404, "", r#"{"error":"Record not found"}"#),
    ];
    let server = Server::start(lost).await;
    shown.error(
        builder(&server)
            .max_retries(1)
            .build()
            .unwrap()
            .status_delete("1")
            .await,
    );
}

/// Limits of time and of rate.
async fn limits(shown: &mut Shown) {
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
            shown.error(call.await);
        }
    }
    let spent = "date: Fri, 07 Aug 2026 12:00:00 GMT\r\nx-ratelimit-limit: 300\r\n\
                 x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 2026-08-07T12:05:00.000Z\r\n";
    let server = Server::start(vec![json(429, spent, r#"{"error":"Too many"}"#)]).await;
    let client = builder(&server)
        .rate_limit(RateLimit::Throw)
        .build()
        .unwrap();
    shown.error(client.status("1").await);
    shown.error(client.oauth_revoke("id", CLIENT, TOKEN).await);

    let told = r#"{"version":"4.6.5","configuration":{"statuses":{"max_characters":500}}}"#;
    let file = answer(200, "image/png", "", "s3cr3t");
    let server = Server::start(vec![json(200, "", told), file]).await;
    let client = builder(&server).version_check(VersionCheck::Created);
    let client = client.build().unwrap();
    shown.error(client.status_post("s3cr3t ".repeat(100)).await);
    let told = r#"{"version":"4.6.5","configuration":{"urls":{"streaming":"nowhere"}}}"#;
    let nowhere = Server::start(vec![json(200, "", told); 9]).await;
    let stream = builder(&nowhere).build().unwrap().stream_user();
    shown.error(stream.max_attempts(1).await.map(|_| ()));
    let media = r#"{"id":"7","type":"image","url":null}"#;
    let failed = json(
        422,
        "",
        r#"{"error":"No s3cr3t"}"#.replace("s3cr3t", TOKEN).as_str(),
    );
    let server_of_media = Server::start(vec![json(202, "", media), failed]).await;
    let uploads = builder(&server_of_media).build().unwrap();
    shown.error(
        uploads
            .media_post(mastodon_sdk::Upload::bytes(&b"GIF89a"[..]))
            .await,
    );
    let private = format!("{}/1.png?token=s3cr3t", server.url);
    for address in [private.as_str(), &private, "https://u:s3cr3t@"] {
        let download = client.download(address).max_size(2);
        shown.debug(&download);
        shown.error(download.bytes().await);
    }
}

/// What is found to be wrong before anything is sent.
async fn before_sending(shown: &mut Shown) {
    for address in [
        "https://u:s3cr3t@a.example",
        "a.example/?access_token=s3cr3t",
        "http://u:s3cr3t@a b",
    ] {
        let builder = Mastodon::builder(address).access_token(TOKEN);
        shown.debug(&builder);
        shown.error(builder.build());
    }
    shown.error(
        Mastodon::builder("http://a.example")
            .access_token(TOKEN)
            .build(),
    );
    let old = ServerVersion::parse("3.0.0", None);
    let client = Mastodon::builder("a.example")
        .access_token(TOKEN)
        .server_version(old);
    let client = client.build().unwrap();
    shown.debug(&client);
    shown.error(client.status_quotes("1").await);
    shown.error(client.status("..").await);
    let server = Server::start(Vec::new()).await;
    let odd = server
        .builder()
        .access_token("odd\ns3cr3t")
        .build()
        .unwrap();
    shown.error(odd.status("1").await);
    shown.error(
        server
            .builder()
            .build()
            .unwrap()
            .auth_request_url(&app(), "push")
            .await,
    );
    let grant = json(200, "", r#"{"access_token":"new-s3cr3t","scope":"read"}"#);
    let server = Server::start(vec![grant]).await;
    shown.error(
        builder(&server)
            .build()
            .unwrap()
            .log_in_as_app(&app(), "read write")
            .await,
    );
}

/// Files of credentials that are damaged, and what is kept in whole ones.
fn files(shown: &mut Shown) {
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
        shown.error(Credentials::load(&path));
    }
    let client = Mastodon::builder("a.example")
        .access_token(TOKEN)
        .build()
        .unwrap();
    let kept = client.credentials(Some(&app()));
    kept.save(&path).unwrap();
    shown.debug(&kept);
    shown.debug(&Credentials::load(&path).unwrap());
    shown.error(kept.save(folder.path().join("missing/bot.json")));
}

/// Redirects: of a call to another host, and of a user back to the program.
async fn redirects(shown: &mut Shown) {
    let other = Server::start(Vec::new()).await;
    let away = format!("location: {}/?access_token={TOKEN}\r\n", other.url);
    let circle = format!("location: /?token={TOKEN}\r\n");
    for location in [away, circle] {
        let server = Server::start(vec![json(307, &location, ""); 9]).await;
        shown.error(builder(&server).build().unwrap().status("1").await);
    }
    assert!(other.seen().is_empty());
    let link = "link: </api/v1/followed_tags?max_id=1>; rel=\"next\"\r\n";
    let server = Server::start(vec![json(200, link, &format!("[{}]", tag("a")))]).await;
    let first = builder(&server)
        .build()
        .unwrap()
        .followed_tags()
        .max_id("1")
        .await
        .unwrap();
    shown.debug(&first);
    shown.error(first.next().await);
    shown.addresses(&server);
    let server = Server::start(Vec::new()).await;
    let client = builder(&server).build().unwrap();
    let login = client.auth_request_url(&app(), "read").await.unwrap();
    let state = login.state();
    for back in [
        format!("http://localhost/?code={CODE}&state=forged"),
        format!("http://localhost/?state={state}&code="),
        format!("http://localhost/?state={state}&error=access_denied&code={CODE}"),
        format!("localhost?code={CODE}"),
    ] {
        if let Err(error) = login.code_from_redirect(&back) {
            shown.error::<()>(Err(error));
        }
    }
}

/// What goes well is logged, too.
async fn success(shown: &mut Shown) {
    let token = format!(
        r#"{{"access_token":"new-s3cr3t","token_type":"Bearer","scope":"read","refresh_token":"{REFRESH}"}}"#
    );
    let application =
        format!(r#"{{"id":"1","name":"A program","client_id":"id","client_secret":"{CLIENT}"}}"#);
    let script = vec![
        json(200, "", &application),
        json(200, "", &token),
        json(200, "", &token),
        json(200, "", &token),
    ];
    let server = Server::start(script).await;
    let client = builder(&server).build().unwrap();
    let app = client
        .create_app("A program", OUT_OF_BAND, "read", None)
        .await
        .unwrap();
    let login: LoginRequest = client.auth_request_url(&app, "read").await.unwrap();
    let verifier: serde_json::Value = serde_json::to_value(&login).unwrap();
    let verifier = verifier["verifier"].as_str().unwrap().to_owned();
    assert!(!format!("{login:?} {}", login.url()).contains(&verifier));
    shown.debug(&app);
    shown.debug(&login);
    shown.debug(&client.log_in_with_code(&app, &login, CODE).await.unwrap());
    let call = || {
        client
            .oauth_token("authorization_code", "id", CLIENT)
            .code(CODE)
    };
    shown.debug(&call().response().await.unwrap());
    shown.debug(&call().raw().await.unwrap());
    shown.texts.push(login.url());
    shown.addresses(&server);
}
