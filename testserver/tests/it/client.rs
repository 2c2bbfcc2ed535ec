//! A client with nothing in it but a socket.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    /// The body; null where it is no JSON.
    pub(crate) json: Value,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    }

    /// The path and query of a link, such as `next`.
    pub(crate) fn link(&self, rel: &str) -> Option<String> {
        let wanted = format!("; rel=\"{rel}\"");
        let mut links = self.header("link")?.split(", ");
        let address = links.find_map(|link| link.strip_suffix(&wanted))?;
        let address = address.trim_matches(['<', '>']);
        let path = address.splitn(4, '/').nth(3)?;
        Some(format!("/{path}"))
    }

    /// The JSON of a call that worked.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.json);
        self.json
    }

    /// The text of a refusal.
    pub(crate) fn error(&self) -> &str {
        self.json["error"].as_str().unwrap_or_default()
    }
}

/// Sends a request as it is; an empty token is not sent.
pub(crate) async fn send(
    server: &TestServer,
    verb: &str,
    path: &str,
    token: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    send_to(server.url(), verb, path, token, headers, body).await
}

/// Sends a request to whichever host.
pub(crate) async fn send_to(
    url: &str,
    verb: &str,
    path: &str,
    token: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let host = url.strip_prefix("http://").unwrap();
    let mut request = format!("{verb} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    if !token.is_empty() {
        request += &format!("authorization: Bearer {token}\r\n");
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += &format!("content-length: {}\r\n\r\n", body.len());
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = answer.split_at(end.unwrap() + 4);
    let head = String::from_utf8(head.to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    Answer {
        status: status.parse().unwrap(),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        json: serde_json::from_slice(body).unwrap_or_default(),
        bytes: body.to_vec(),
    }
}

/// The id of an entity.
#[track_caller]
pub(crate) fn id(entity: &Value) -> String {
    entity["id"].as_str().unwrap().to_owned()
}

/// The ids of a list.
#[track_caller]
pub(crate) fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(id).collect()
}

/// Somebody with a token, or without one.
pub(crate) struct Client<'s> {
    server: &'s TestServer,
    pub(crate) token: String,
}

impl<'s> Client<'s> {
    /// A user who may do everything.
    pub(crate) fn user(server: &'s TestServer, name: &str) -> Self {
        let token = server.token(name, "read write follow push");
        Self { server, token }
    }

    /// A visitor without a token.
    pub(crate) fn visitor(server: &'s TestServer) -> Self {
        let token = String::new();
        Self { server, token }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.server, "GET", path, &self.token, &[], b"").await
    }

    /// Sends JSON.
    pub(crate) async fn call(&self, verb: &str, path: &str, body: &Value) -> Answer {
        let kind = [("content-type", "application/json")];
        let body = body.to_string();
        send(self.server, verb, path, &self.token, &kind, body.as_bytes()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, &body).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.call("PUT", path, &body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        send(self.server, "DELETE", path, &self.token, &[], b"").await
    }

    /// Posts a status, which must work.
    pub(crate) async fn status(&self, body: Value) -> Value {
        self.post("/api/v1/statuses", body).await.ok()
    }

    /// Posts a public status with that text and returns its id.
    pub(crate) async fn says(&self, text: &str) -> String {
        id(&self.status(json!({ "status": text })).await)
    }

    /// Does something with a status, such as `favourite`; it must work.
    pub(crate) async fn act(&self, id: &str, action: &str) -> Value {
        let path = format!("/api/v1/statuses/{id}/{action}");
        self.post(&path, json!({})).await.ok()
    }

    /// The status as this client sees it.
    pub(crate) async fn sees(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/statuses/{id}")).await.ok()
    }

    /// The types of this user's notifications, the latest first.
    pub(crate) async fn notified(&self) -> Vec<String> {
        let found = self.get("/api/v1/notifications").await.ok();
        let found = found.as_array().unwrap().iter();
        found
            .map(|one| one["type"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Sends a form, `name=value` pairs encoded by the caller.
    pub(crate) async fn form(&self, verb: &str, path: &str, pairs: &str) -> Answer {
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        let body = pairs.as_bytes();
        send(self.server, verb, path, &self.token, &kind, body).await
    }

    /// Sends files and texts; a file is a part with a name that ends in `@`.
    pub(crate) async fn multipart(
        &self,
        verb: &str,
        path: &str,
        parts: &[(&str, &[u8])],
    ) -> Answer {
        let mut body = Vec::new();
        for (name, content) in parts {
            let (name, file) = match name.strip_suffix('@') {
                Some(name) => (name, "; filename=\"file\""),
                None => (*name, ""),
            };
            let head = format!("--cut\r\ncontent-disposition: form-data; name=\"{name}\"{file}");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(b"\r\n\r\n");
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--cut--\r\n");
        let kind = [("content-type", "multipart/form-data; boundary=cut")];
        send(self.server, verb, path, &self.token, &kind, &body).await
    }
}
