//! Login with a browser on this machine: receives the redirect on a loopback port, RFC 8252 section 7.3.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{App, AuthorizationRequest};
use crate::client::Mastodon;
use crate::entities::Token;
use crate::error::Error;
use crate::facts::Scopes;

/// Maximum time for a browser to send its request once it has connected.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Maximum length of the head of a request in bytes.
const MAX_HEAD_LEN: usize = 16 << 10;

/// Result of serving a connection.
enum Outcome {
    /// The redirect, with the authorization code or an error.
    Redirect(Result<String, Error>),
    /// No request, or another one.
    Other,
}

/// # OAuth: login with a browser
impl Mastodon {
    /// Logs a user in with a browser on this machine: registers an application, passes the URL of the
    /// authorization page to `open`, receives the redirect on a loopback port, and exchanges the code for an
    /// access token. The last page in the browser asks the user to close it.
    ///
    /// - `name`: Application name shown on the authorization page.
    /// - `scopes`: Scopes to request.
    /// - `open`: Opens the URL in a browser, or prints it.
    ///
    /// There is no time limit: drop the future or use `tokio::time::timeout` to cancel.
    ///
    /// # Errors
    ///
    /// [`Error::AuthorizationDenied`] if the user denies the authorization, [`Error::Internal`] if no port can
    /// be opened, and those of [`create_app`](Self::create_app) and
    /// [`log_in_with_code`](Self::log_in_with_code).
    #[doc(alias("login", "sign in", "oauth", "localhost"))]
    pub async fn log_in_with_browser(
        &self,
        name: impl Into<String>,
        scopes: impl Into<Scopes>,
        open: impl FnOnce(&str),
    ) -> Result<(Self, App, Token), Error> {
        let scopes = scopes.into();
        let port_error = |error: io::Error| {
            Error::internal(format!("cannot open a port for the redirect: {error}"))
        };
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(port_error)?;
        let address = listener.local_addr().map_err(port_error)?;
        let app = self
            .create_app(name, format!("http://{address}/"), &scopes, None)
            .await?;
        let request = self.auth_request_url(&app, &scopes).await?;
        open(&request.url());
        let code = receive_redirect(&listener, &request).await?;
        let (client, token) = self.log_in_with_code(&app, &request, &code).await?;
        Ok((client, app, token))
    }
}

/// Waits for the redirect of the authorization request and returns its code. Browsers also open connections
/// in advance and request icons, so connections are served concurrently.
async fn receive_redirect(
    listener: &TcpListener,
    request: &AuthorizationRequest,
) -> Result<String, Error> {
    let mut connections = JoinSet::new();
    loop {
        match next_event(listener, &mut connections).await {
            Event::Accepted(Ok((stream, _))) => {
                let request = request.clone();
                connections.spawn(async move {
                    tokio::time::timeout(REQUEST_TIMEOUT, serve(stream, &request))
                        .await
                        .unwrap_or(Outcome::Other)
                });
            }
            // A connection that was closed before it was accepted does not end the wait.
            Event::Accepted(Err(_)) | Event::Served(Outcome::Other) => {}
            Event::Served(Outcome::Redirect(result)) => return result,
        }
    }
}

enum Event {
    Accepted(io::Result<(TcpStream, std::net::SocketAddr)>),
    Served(Outcome),
}

/// Waits until a connection is accepted or has been served.
async fn next_event(listener: &TcpListener, connections: &mut JoinSet<Outcome>) -> Event {
    std::future::poll_fn(|context| {
        if let std::task::Poll::Ready(Some(outcome)) = connections.poll_join_next(context) {
            return std::task::Poll::Ready(Event::Served(outcome.unwrap_or(Outcome::Other)));
        }
        listener.poll_accept(context).map(Event::Accepted)
    })
    .await
}

async fn serve(mut stream: TcpStream, request: &AuthorizationRequest) -> Outcome {
    let Some(target) = read_target(&mut stream).await else {
        return Outcome::Other;
    };
    if !target.starts_with("/?") {
        let _sent = send_page(&mut stream, "404 Not Found", "Not found.").await;
        return Outcome::Other;
    }
    let result = request.result_of_redirect(&format!("http://127.0.0.1{target}"));
    let (status, text) = match &result {
        Some(Ok(_)) => ("200 OK", "You are logged in. You can close this page."),
        Some(Err(_)) => (
            "200 OK",
            "The authorization was denied. You can close this page.",
        ),
        None => (
            "400 Bad Request",
            "This redirect belongs to another authorization request.",
        ),
    };
    // The result counts even if the page cannot be sent.
    let _sent = send_page(&mut stream, status, text).await;
    result.map_or(Outcome::Other, Outcome::Redirect)
}

/// Reads the head of a request and returns its target if the method is GET.
async fn read_target(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() > MAX_HEAD_LEN || stream.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let head = String::from_utf8(head).ok()?;
    let mut parts = head.lines().next()?.split(' ');
    (parts.next() == Some("GET")).then(|| parts.next().map(str::to_owned))?
}

async fn send_page(stream: &mut TcpStream, status: &str, text: &str) -> io::Result<()> {
    let page = format!("<!doctype html><meta charset=\"utf-8\"><title>{text}</title><p>{text}</p>");
    let response = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
         cache-control: no-store\r\nreferrer-policy: no-referrer\r\nconnection: close\r\n\r\n{page}",
        page.len()
    );
    stream.write_all(response.as_bytes()).await?;
    stream.shutdown().await
}
