//! Logging in through the browser of this machine: the answer comes to a port that is opened for it.

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

/// How long a browser has for its request once it has connected.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest head of a request that is read.
const MAX_HEAD: usize = 16 << 10;

/// What one connection came to.
enum Visit {
    /// The user has answered.
    Answer(Result<String, Error>),
    /// Something else was asked for, or nothing.
    Other,
}

/// # Leave to act for somebody: the browser
impl Mastodon {
    /// Logs a user in through the browser of this machine, from registering the program to the
    /// token: `show` is given the address to open; the answer comes to a port of this machine that is
    /// open until then. The page that the user ends on says that it can be closed.
    ///
    /// - `name`: What users read on the page that asks them.
    /// - `show`: Opens the address, or prints it for the user.
    ///
    /// Give up by dropping the future, or with a timeout around it.
    ///
    /// # Errors
    ///
    /// When the user refuses, no port can be opened, or as registering and logging in do.
    pub async fn log_in_with_browser(
        &self,
        name: &str,
        scopes: impl Into<Scopes>,
        show: impl FnOnce(&str),
    ) -> Result<(Self, App, Token), Error> {
        let scopes = scopes.into();
        let failed = |error: io::Error| {
            Error::internal(format!("cannot open a port for the redirect: {error}"))
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let app = self
            .create_app(name, format!("http://{address}/"), &scopes, None)
            .await?;
        let login = self.auth_request_url(&app, &scopes).await?;
        show(&login.url());
        let code = answer(&listener, &login).await?;
        let (client, token) = self.log_in_with_code(&app, &login, &code).await?;
        Ok((client, app, token))
    }
}

/// Waits for the visit that brings the user's answer. Browsers also open connections in advance and
/// ask for icons, so visits are served side by side.
async fn answer(listener: &TcpListener, login: &AuthorizationRequest) -> Result<String, Error> {
    let mut visits = JoinSet::new();
    loop {
        let next = poll_either(listener, &mut visits).await;
        match next {
            Either::Connection(Ok((stream, _))) => {
                let login = login.clone();
                visits.spawn(async move {
                    let visit = tokio::time::timeout(PATIENCE, serve(stream, &login)).await;
                    visit.unwrap_or(Visit::Other)
                });
            }
            // A connection that was gone before it was taken is no reason to stop.
            Either::Connection(Err(_)) | Either::Visit(Visit::Other) => {}
            Either::Visit(Visit::Answer(answer)) => return answer,
        }
    }
}

enum Either {
    Connection(io::Result<(TcpStream, std::net::SocketAddr)>),
    Visit(Visit),
}

/// The next connection, or the end of a visit.
async fn poll_either(listener: &TcpListener, visits: &mut JoinSet<Visit>) -> Either {
    std::future::poll_fn(|context| {
        if let std::task::Poll::Ready(Some(visit)) = visits.poll_join_next(context) {
            return std::task::Poll::Ready(Either::Visit(visit.unwrap_or(Visit::Other)));
        }
        listener.poll_accept(context).map(Either::Connection)
    })
    .await
}

async fn serve(mut stream: TcpStream, login: &AuthorizationRequest) -> Visit {
    let Some(target) = target(&mut stream).await else {
        return Visit::Other;
    };
    if !target.starts_with("/?") {
        let _sent = reply(&mut stream, "404 Not Found", "Nothing is here.").await;
        return Visit::Other;
    }
    let answer = login.result_of_redirect(&format!("http://127.0.0.1{target}"));
    let (status, text) = match &answer {
        Some(Ok(_)) => ("200 OK", "You are logged in. You can close this page."),
        Some(Err(_)) => ("200 OK", "You did not give leave. You can close this page."),
        None => ("400 Bad Request", "This answer belongs to another log-in."),
    };
    // The user has answered whether or not the page could still be shown.
    let _sent = reply(&mut stream, status, text).await;
    answer.map_or(Visit::Other, Visit::Answer)
}

/// The target of a GET request.
async fn target(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() > MAX_HEAD || stream.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let head = String::from_utf8(head).ok()?;
    let mut words = head.lines().next()?.split(' ');
    (words.next() == Some("GET")).then(|| words.next().map(str::to_owned))?
}

async fn reply(stream: &mut TcpStream, status: &str, text: &str) -> io::Result<()> {
    let page = format!("<!doctype html><meta charset=\"utf-8\"><title>{text}</title><p>{text}</p>");
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
         cache-control: no-store\r\nreferrer-policy: no-referrer\r\nconnection: close\r\n\r\n{page}",
        page.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}
