//! Sends push messages to where they are wanted, on this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::encrypt::Fresh;
use super::{Job, PushMessage, encoded, sign};
use crate::handlers::instance::EMAIL;
use crate::server::Shared;
use crate::state::Subscription;

/// How long a push service may keep a message, in seconds.
const TTL: &str = "172800";
/// How long an endpoint may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pauses before a message that was not taken is sent again.
const PAUSES: [u64; 5] = [15, 16, 31, 96, 271];

/// Sends whatever is to be pushed, for as long as the server runs.
pub(crate) async fn deliver_all(shared: Arc<Shared>) {
    let mut under_way = JoinSet::new();
    loop {
        let job = shared.outbox.next().await;
        while under_way.try_join_next().is_some() {}
        let shared = Arc::clone(&shared);
        under_way.spawn(async move { deliver(&shared, &job).await });
    }
}

/// What came of an attempt.
enum Outcome {
    /// It was taken, or nobody wants it any more.
    Over,
    /// It may be taken later.
    Later,
}

async fn deliver(shared: &Shared, job: &Job) {
    let mut pauses = PAUSES.into_iter();
    while let Outcome::Later = attempt(shared, job).await {
        let Some(pause) = pauses.next() else { return };
        tokio::time::sleep(Duration::from_secs(pause)).await;
        shared.outbox.again();
    }
}

async fn attempt(shared: &Shared, job: &Job) -> Outcome {
    let known = |subscription: &&Subscription| subscription.id == job.subscription;
    let subscription = shared.state().subscriptions.get(&job.token).cloned();
    let message = subscription
        .as_ref()
        .filter(known)
        .and_then(|subscription| message(shared, subscription, &job.payload));
    let Some((endpoint, mut message)) = message else {
        shared.outbox.done(None);
        return Outcome::Over;
    };
    let addresses = addresses(&endpoint);
    if !addresses.is_empty() {
        let sending = send(&addresses, &endpoint, &message);
        let answer = tokio::time::timeout(PATIENCE, sending).await;
        message.answer = answer.ok().flatten();
    }
    let outcome = match message.answer {
        Some(200..300) => Outcome::Over,
        Some(408 | 429) => Outcome::Later,
        // The address is of no use any more.
        Some(400..500) => {
            let mut state = shared.state();
            if state
                .subscriptions
                .get(&job.token)
                .is_some_and(|found| known(&found))
            {
                state.subscriptions.remove(&job.token);
            }
            Outcome::Over
        }
        None if addresses.is_empty() => Outcome::Over,
        _ => Outcome::Later,
    };
    shared.outbox.done(Some(message));
    outcome
}

/// The message as it is sent; `None` where its address is none.
fn message(
    shared: &Shared,
    subscription: &Subscription,
    payload: &str,
) -> Option<(Uri, PushMessage)> {
    let endpoint: Uri = subscription.endpoint.parse().ok()?;
    let token = sign::token(&endpoint, EMAIL, shared.clock.now())?;
    let (key, fresh) = (sign::public_key(), Fresh::new()?);
    let (text, to) = (payload.as_bytes(), &subscription.recipient);
    let mut headers = HeaderMap::new();
    let mut set = |name: &'static str, value: String| {
        let value = HeaderValue::try_from(value).ok();
        value.map(|value| headers.insert(HeaderName::from_static(name), value))
    };
    let body = if subscription.standard {
        set("content-encoding", "aes128gcm".to_owned());
        set("authorization", format!("vapid t={token},k={key}"));
        fresh.aes128gcm(text, to)
    } else {
        let dh = encoded(fresh.point());
        set("content-encoding", "aesgcm".to_owned());
        set("encryption", format!("salt={}", encoded(fresh.salt)));
        set("crypto-key", format!("dh={dh};p256ecdsa={key}"));
        set("authorization", format!("WebPush {token}"));
        fresh.aesgcm(text, to)
    };
    set("content-type", "application/octet-stream".to_owned());
    set("ttl", TTL.to_owned());
    set("urgency", "normal".to_owned());
    let message = PushMessage {
        endpoint: subscription.endpoint.clone(),
        headers,
        body: Bytes::from(body),
        answer: None,
    };
    Some((endpoint, message))
}

/// Where an endpoint is, if it is on this machine and speaks HTTP without TLS.
fn addresses(endpoint: &Uri) -> Vec<SocketAddr> {
    let host = endpoint.host().unwrap_or_default();
    let host = host.trim_matches(['[', ']']);
    let hosts = match host.parse::<IpAddr>() {
        Ok(address) if address.is_loopback() => vec![address],
        // Names are not looked up: who knows where they lead.
        Err(_) if host.eq_ignore_ascii_case("localhost") => {
            vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
        }
        _ => Vec::new(),
    };
    let plain = endpoint.scheme_str() == Some("http");
    let hosts = hosts.into_iter().filter(|_| plain);
    let port = endpoint.port_u16().unwrap_or(80);
    hosts.map(|host| SocketAddr::new(host, port)).collect()
}

/// The status that the endpoint answers.
async fn send(addresses: &[SocketAddr], endpoint: &Uri, message: &PushMessage) -> Option<u16> {
    let stream = TcpStream::connect(addresses).await.ok()?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    let path = endpoint.path_and_query();
    let mut request = Request::post(path.map_or("/", |path| path.as_str()))
        .header(header::HOST, endpoint.authority()?.as_str())
        .body(Body::from(message.body.clone()))
        .ok()?;
    request.headers_mut().extend(message.headers.clone());
    let answer = sender.send_request(request);
    let driven = async {
        // What goes wrong on the connection the answer tells.
        let _ended = connection.await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        answer = answer => answer.ok().map(|answer| answer.status().as_u16()),
        () = driven => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sent_to_another_machine_or_to_where_tls_is_wanted() {
        let found = |address: &str| addresses(&address.parse().unwrap());
        for here in [
            "http://127.0.0.1:8080/push",
            "http://127.9.9.9:8080/",
            "http://[::1]:8080/push",
            "http://LOCALHOST:8080/push",
        ] {
            let found = found(here);
            assert!(!found.is_empty(), "{here}");
            assert!(
                found
                    .iter()
                    .all(|one| one.ip().is_loopback() && one.port() == 8080)
            );
        }
        for elsewhere in [
            "https://127.0.0.1:8080/push",
            "http://push.example/push",
            "http://localhost.example/push",
            "http://192.168.0.1/push",
            "http://0.0.0.0/push",
            "http://[::ffff:8.8.8.8]/push",
        ] {
            assert_eq!(found(elsewhere), [], "{elsewhere}");
        }
    }
}
