//! What a client tells by way of `tracing`, and what it never tells.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

use crate::server::{Server, json};

/// Keeps what is logged by this thread.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    pub(crate) fn begin() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(log.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[tokio::test]
async fn an_endpoint_that_is_going_to_be_dropped_is_warned_of() {
    let headers = "deprecation: @1668384000\r\nsunset: Fri, 07 Aug 2026 12:00:00 GMT\r\n";
    let server = Server::start(vec![json(200, headers, "[]")]).await;
    let (log, _guard) = Log::begin();
    let response = server.client().trending_tags().response().await.unwrap();
    let told = response.deprecation().unwrap();
    assert_eq!(told.since.unwrap().to_string(), "2022-11-14T00:00:00Z");
    assert_eq!(told.sunset.unwrap().to_string(), "2026-08-07T12:00:00Z");
    let warning = log.text();
    let warning = warning.lines().find(|line| line.contains("WARN")).unwrap();
    for part in [
        "trending_tags",
        "2022-11-14T00:00:00Z",
        "2026-08-07T12:00:00Z",
    ] {
        assert!(warning.contains(part), "{warning}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_names_each_call_and_holds_no_secret() {
    let busy = json(
        429,
        "retry-after: 1\r\n",
        r#"{"error":"Too many requests"}"#,
    );
    let refused = json(403, "", r#"{"error":"unauthorized_client"}"#);
    let server = Server::start(vec![busy, json(200, "", "[]"), refused]).await;
    let (log, _guard) = Log::begin();
    let client = server.client();
    client.notifications().await.unwrap();
    let error = client.oauth_revoke("id", "s3cret", "hunter2").await;
    let text = format!("{} {error:?}", log.text());
    assert!(
        text.contains("endpoint=\"notifications\"") && text.contains("endpoint=\"oauth_revoke\""),
        "{text}"
    );
    assert!(
        !text.contains("hunter2") && !text.contains("s3cret"),
        "{text}"
    );
}
