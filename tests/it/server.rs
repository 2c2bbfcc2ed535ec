//! A server that answers what a test tells it to, and remembers what it was asked.

use mastodon_sdk::{Mastodon, MastodonBuilder, VersionCheck};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How a request for the metadata of OAuth begins.
const METADATA: &str = "GET /.well-known/oauth-authorization-server ";

/// A scripted server; it answers its script in order, then 404.
pub(crate) struct Server {
    pub(crate) url: String,
    seen: watch::Receiver<Vec<String>>,
    asked: watch::Receiver<usize>,
}

impl Server {
    /// Each answer is a whole HTTP response; see [`json`]. An empty one cuts the connection.
    /// Whoever asks for the metadata of OAuth is told that there is none, beside the script.
    pub(crate) async fn start(script: Vec<String>) -> Self {
        Self::telling(json(404, "", "{}"), script).await
    }

    /// A server that answers with this to everybody who asks for the metadata of OAuth.
    pub(crate) async fn telling(metadata: String, script: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (record, seen) = watch::channel(Vec::new());
        let (count, asked) = watch::channel(0);
        let mut script = script.into_iter();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(request) = read(&mut stream).await else {
                    continue;
                };
                if request.starts_with(METADATA) {
                    count.send_modify(|asked| *asked += 1);
                    let _cut = stream.write_all(metadata.as_bytes()).await;
                    continue;
                }
                record.send_modify(|seen| seen.push(request));
                let answer = script
                    .next()
                    .unwrap_or_else(|| json(404, "", r#"{"error":"Record not found"}"#));
                let _cut = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { url, seen, asked }
    }

    /// A client of it that never asks for the version.
    pub(crate) fn client(&self) -> Mastodon {
        self.builder().build().unwrap()
    }

    pub(crate) fn builder(&self) -> MastodonBuilder {
        Mastodon::builder(&self.url)
            .access_token("hunter2")
            .version_check(VersionCheck::Off)
    }

    /// How often somebody asked for the metadata of OAuth.
    pub(crate) fn asked_for_metadata(&self) -> usize {
        *self.asked.borrow()
    }

    /// The requests so far, but for those for the metadata of OAuth.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.borrow().clone()
    }

    /// Until so many requests have come.
    pub(crate) async fn wait_for(&self, requests: usize) {
        let mut seen = self.seen.clone();
        seen.wait_for(|seen| seen.len() >= requests).await.unwrap();
    }
}

async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .to_lowercase()
                .split("content-length: ")
                .nth(1)
                .and_then(|rest| rest.lines().next()?.parse::<usize>().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// A response with JSON; further headers are lines that end in CRLF.
pub(crate) fn json(status: u16, headers: &str, body: &str) -> String {
    answer(status, "application/json", headers, body)
}

/// A success with this.
pub(crate) fn ok(value: &serde_json::Value) -> String {
    json(200, "", &value.to_string())
}

/// The JSON body of a request.
pub(crate) fn body(request: &str) -> serde_json::Value {
    serde_json::from_str(text(request)).unwrap()
}

/// The body of a request.
pub(crate) fn text(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

/// Verb and path of a request, with its query.
pub(crate) fn line(request: &str) -> &str {
    request.lines().next().unwrap().rsplit_once(' ').unwrap().0
}

pub(crate) fn answer(status: u16, kind: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

/// A tag, the smallest thing that comes in pages.
pub(crate) fn tag(name: &str) -> String {
    format!(r#"{{"id":"1","name":"{name}","url":"https://a.example/tags/{name}","history":[]}}"#)
}
