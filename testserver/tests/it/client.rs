//! A minimal HTTP client, so that tests see exactly what the server sends.

use std::io::ErrorKind;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An HTTP response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    /// The body, or null if it is not JSON.
    pub(crate) json: Value,
    pub(crate) bytes: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut matching = self.headers.iter().filter(|(known, _)| known == name);
        matching.next().map(|(_, value)| value.as_str())
    }

    /// Returns the path and query of a link, such as `next`.
    pub(crate) fn link(&self, rel: &str) -> Option<String> {
        let suffix = format!("; rel=\"{rel}\"");
        let mut links = self.header("link")?.split(", ");
        let url = links.find_map(|link| link.strip_suffix(&suffix))?;
        let url = url.trim_matches(['<', '>']);
        let path = url.splitn(4, '/').nth(3)?;
        Some(format!("/{path}"))
    }

    /// Returns the JSON of a successful response.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.json);
        self.json
    }

    /// Returns the message of an error response.
    pub(crate) fn error(&self) -> &str {
        self.json["error"].as_str().unwrap_or_default()
    }
}

/// Sends a request. No token is sent if `token` is empty. Unless the headers have another `accept`, JSON is asked for.
pub(crate) async fn send(
    server: &TestServer,
    method: &str,
    path: &str,
    token: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Response {
    send_to(server.url(), method, path, token, headers, body).await
}

/// Sends a request to any server. The `host` header is that of its URL unless the headers have another one.
pub(crate) async fn send_to(
    url: &str,
    method: &str,
    path: &str,
    token: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Response {
    let host = url.strip_prefix("http://").unwrap();
    let mut request = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "host") {
        request += &format!("host: {host}\r\n");
    }
    if !token.is_empty() {
        request += &format!("authorization: Bearer {token}\r\n");
    }
    if !headers.iter().any(|(name, _)| *name == "accept") {
        request += "accept: application/json\r\n";
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += &format!("content-length: {}\r\n\r\n", body.len());
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await.unwrap();
    let head_end = response.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = response.split_at(head_end.unwrap() + 4);
    let head = String::from_utf8(head.to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    Response {
        status: status.parse().unwrap(),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        json: serde_json::from_slice(body).unwrap_or_default(),
        bytes: body.to_vec(),
    }
}

/// Sends raw bytes and reads until the server closes the connection.
///
/// Returns an empty string if the server sends nothing.
pub(crate) async fn send_raw(server: &TestServer, request: &str) -> String {
    let host = server.url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    if let Err(error) = stream.read_to_end(&mut response).await {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    String::from_utf8(response).unwrap()
}

/// Returns the ID of an entity.
#[track_caller]
pub(crate) fn id(entity: &Value) -> String {
    entity["id"].as_str().unwrap().to_owned()
}

/// Returns the IDs of a list of entities.
#[track_caller]
pub(crate) fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(id).collect()
}

/// A client with a token, or without one.
pub(crate) struct Client<'s> {
    server: &'s TestServer,
    pub(crate) token: String,
}

impl<'s> Client<'s> {
    /// Returns a client for a user, with all user scopes.
    pub(crate) fn user(server: &'s TestServer, name: &str) -> Self {
        Self::with_token(server, server.token(name, "read write follow push"))
    }

    /// Returns a client with the given token.
    pub(crate) fn with_token(server: &'s TestServer, token: String) -> Self {
        Self { server, token }
    }

    /// Returns a client without a token.
    pub(crate) fn anonymous(server: &'s TestServer) -> Self {
        Self::with_token(server, String::new())
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        send(self.server, "GET", path, &self.token, &[], b"").await
    }

    /// Sends a JSON body.
    pub(crate) async fn send_json(&self, method: &str, path: &str, body: &Value) -> Response {
        let headers = [("content-type", "application/json")];
        let body = body.to_string();
        send(
            self.server,
            method,
            path,
            &self.token,
            &headers,
            body.as_bytes(),
        )
        .await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Response {
        self.send_json("POST", path, &body).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Response {
        self.send_json("PUT", path, &body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Response {
        send(self.server, "DELETE", path, &self.token, &[], b"").await
    }

    /// Posts a status; the request must succeed.
    pub(crate) async fn post_status(&self, body: Value) -> Value {
        self.post("/api/v1/statuses", body).await.ok()
    }

    /// Posts a public status and returns its ID.
    pub(crate) async fn post_text(&self, text: &str) -> String {
        id(&self.post_status(json!({ "status": text })).await)
    }

    /// Posts a direct status and returns its ID.
    pub(crate) async fn post_direct(&self, text: &str, in_reply_to: Option<&str>) -> String {
        let body = json!({ "status": text, "visibility": "direct", "in_reply_to_id": in_reply_to });
        id(&self.post_status(body).await)
    }

    /// Performs an action on a status, such as `favourite`; the request must succeed.
    pub(crate) async fn act_on_status(&self, id: &str, action: &str) -> Value {
        let path = format!("/api/v1/statuses/{id}/{action}");
        self.post(&path, json!({})).await.ok()
    }

    /// Fetches a status as this client sees it.
    pub(crate) async fn fetch_status(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/statuses/{id}")).await.ok()
    }

    /// Fetches the types of the user's notifications, newest first.
    pub(crate) async fn notification_types(&self) -> Vec<String> {
        let list = self.get("/api/v1/notifications").await.ok();
        let notifications = list.as_array().unwrap().iter();
        notifications
            .map(|notification| notification["type"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Sends a form: `name=value` pairs, encoded by the caller.
    pub(crate) async fn send_form(&self, method: &str, path: &str, pairs: &str) -> Response {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let body = pairs.as_bytes();
        send(self.server, method, path, &self.token, &headers, body).await
    }

    /// Sends a multipart form. A part whose name ends in `@` is sent as a file.
    pub(crate) async fn send_multipart(
        &self,
        method: &str,
        path: &str,
        parts: &[(&str, &[u8])],
    ) -> Response {
        let mut body = Vec::new();
        for (name, content) in parts {
            let (name, file) = match name.strip_suffix('@') {
                Some(name) => (name, "; filename=\"file\""),
                None => (*name, ""),
            };
            let head =
                format!("--boundary\r\ncontent-disposition: form-data; name=\"{name}\"{file}");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(b"\r\n\r\n");
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--boundary--\r\n");
        let headers = [("content-type", "multipart/form-data; boundary=boundary")];
        send(self.server, method, path, &self.token, &headers, &body).await
    }
}
