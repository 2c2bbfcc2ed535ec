//! A server that sends prepared responses and records the requests.

use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::{Mastodon, MastodonBuilder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::recorded_request::request_line;

/// Start of a request for the OAuth server metadata.
const METADATA_REQUEST: &str = "GET /.well-known/oauth-authorization-server ";

/// A server that sends the responses of its script in order, then 404.
///
/// Requests for the OAuth server metadata are not part of the script and are not recorded.
pub(crate) struct ScriptedServer {
    pub(crate) url: String,
    requests: watch::Receiver<Vec<String>>,
    metadata_requests: watch::Receiver<usize>,
}

impl ScriptedServer {
    /// Starts a server without OAuth metadata.
    ///
    /// Each response is a complete HTTP response; see [`json_response`]. An empty one closes the
    /// connection.
    pub(crate) async fn start(script: Vec<String>) -> Self {
        Self::with_oauth_metadata(json_response(404, "", "{}"), script).await
    }

    /// Starts a server that sends this response to each request for the OAuth metadata.
    pub(crate) async fn with_oauth_metadata(metadata: String, script: Vec<String>) -> Self {
        Self::with_oauth_metadata_for(|_| metadata, script).await
    }

    /// Like [`with_oauth_metadata`](Self::with_oauth_metadata), for metadata with the server's own URL.
    pub(crate) async fn with_oauth_metadata_for(
        metadata: impl FnOnce(&str) -> String,
        script: Vec<String>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Self::run(listener, metadata(&url), script)
    }

    /// Starts a server that accepts connections from this listener.
    pub(crate) fn start_on(listener: TcpListener, script: Vec<String>) -> Self {
        Self::run(listener, json_response(404, "", "{}"), script)
    }

    fn run(listener: TcpListener, metadata: String, script: Vec<String>) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (record, requests) = watch::channel(Vec::new());
        let (count, metadata_requests) = watch::channel(0);
        let mut script = script.into_iter();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(request) = read_request(&mut stream).await else {
                    continue;
                };
                if request.starts_with(METADATA_REQUEST) {
                    count.send_modify(|count| *count += 1);
                    let _closed = stream.write_all(metadata.as_bytes()).await;
                    continue;
                }
                record.send_modify(|requests| requests.push(request));
                let response = script
                    .next()
                    .unwrap_or_else(|| json_response(404, "", r#"{"error":"Record not found"}"#));
                let _closed = stream.write_all(response.as_bytes()).await;
            }
        });
        Self {
            url,
            requests,
            metadata_requests,
        }
    }

    /// Client of this server that does not request the server version.
    pub(crate) fn client(&self) -> Mastodon {
        self.builder().build().unwrap()
    }

    /// Builder of such a client.
    pub(crate) fn builder(&self) -> MastodonBuilder {
        Mastodon::builder(&self.url)
            .access_token("hunter2")
            .version_check(VersionCheck::Off)
    }

    /// Number of requests for the OAuth metadata.
    pub(crate) fn metadata_requests(&self) -> usize {
        *self.metadata_requests.borrow()
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.borrow().clone()
    }

    /// Method and target of each request so far.
    pub(crate) fn request_lines(&self) -> Vec<String> {
        let requests = self.requests.borrow();
        requests
            .iter()
            .map(|request| request_line(request).to_owned())
            .collect()
    }

    /// Waits until the server has received this number of requests.
    pub(crate) async fn wait_for_requests(&self, count: usize) {
        let mut requests = self.requests.clone();
        requests
            .wait_for(|requests| requests.len() >= count)
            .await
            .unwrap();
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
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

/// An HTTP response; additional headers are lines that end in CRLF.
pub(crate) fn response(status: u16, content_type: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

/// A response with JSON.
pub(crate) fn json_response(status: u16, headers: &str, body: &str) -> String {
    response(status, "application/json", headers, body)
}

/// A response with status 200 and this value.
pub(crate) fn ok_json(value: &serde_json::Value) -> String {
    json_response(200, "", &value.to_string())
}

/// A response with this status and Mastodon's error object.
pub(crate) fn error_response(status: u16, message: &str) -> String {
    let body = serde_json::json!({ "error": message });
    json_response(status, "", &body.to_string())
}
