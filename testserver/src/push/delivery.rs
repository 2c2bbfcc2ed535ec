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

use super::encryption::EphemeralKeys;
use super::{PushJob, PushMessage, encode_base64, vapid};
use crate::handlers::instance::EMAIL;
use crate::server::Shared;
use crate::state::PushSubscription;

/// How long a push service may keep a message, in seconds.
const TTL: &str = "172800";
/// How long an endpoint may take to answer.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
/// The delays before a message that was not taken is sent again.
const RETRY_DELAYS: [u64; 5] = [15, 16, 31, 96, 271];

/// Sends whatever is to be pushed, for as long as the server runs.
pub(crate) async fn deliver_all(shared: Arc<Shared>) {
    let mut under_way = JoinSet::new();
    loop {
        let job = shared.push_queue.next().await;
        while under_way.try_join_next().is_some() {}
        let shared = Arc::clone(&shared);
        under_way.spawn(async move { deliver(&shared, &job).await });
    }
}

/// What came of an attempt.
enum AttemptResult {
    /// It was taken, or nobody wants it any more.
    Finished,
    /// It may be taken later.
    Retry,
}

async fn deliver(shared: &Shared, job: &PushJob) {
    let mut delays = RETRY_DELAYS.into_iter();
    while let AttemptResult::Retry = attempt(shared, job).await {
        let Some(delay) = delays.next() else { return };
        tokio::time::sleep(Duration::from_secs(delay)).await;
        shared.push_queue.begin_retry();
    }
}

async fn attempt(shared: &Shared, job: &PushJob) -> AttemptResult {
    let known = |subscription: &&PushSubscription| subscription.id == job.subscription;
    let subscription = shared.state().push_subscriptions.get(&job.token).cloned();
    let message = subscription
        .as_ref()
        .filter(known)
        .and_then(|subscription| message(shared, subscription, &job.payload));
    let Some((endpoint, mut message)) = message else {
        shared.push_queue.finish_attempt(None);
        return AttemptResult::Finished;
    };
    let loopback_addresses = loopback_addresses(&endpoint);
    if !loopback_addresses.is_empty() {
        let sending = send(&loopback_addresses, &endpoint, &message);
        let response = tokio::time::timeout(RESPONSE_TIMEOUT, sending).await;
        message.response_status = response.ok().flatten();
    }
    let outcome = match message.response_status {
        Some(200..300) => AttemptResult::Finished,
        Some(408 | 429) => AttemptResult::Retry,
        // The address is of no use any more.
        Some(400..500) => {
            let mut state = shared.state();
            if state
                .push_subscriptions
                .get(&job.token)
                .is_some_and(|found| known(&found))
            {
                state.push_subscriptions.remove(&job.token);
            }
            AttemptResult::Finished
        }
        None if loopback_addresses.is_empty() => AttemptResult::Finished,
        _ => AttemptResult::Retry,
    };
    shared.push_queue.finish_attempt(Some(message));
    outcome
}

/// The message as it is sent; `None` where its address is none.
fn message(
    shared: &Shared,
    subscription: &PushSubscription,
    payload: &str,
) -> Option<(Uri, PushMessage)> {
    let endpoint: Uri = subscription.endpoint.parse().ok()?;
    let token = vapid::vapid_token(&endpoint, EMAIL, shared.clock.now())?;
    let (key, keys) = (vapid::public_key(), EphemeralKeys::new()?);
    let (text, to) = (payload.as_bytes(), &subscription.recipient);
    let mut headers = HeaderMap::new();
    let mut set = |name: &'static str, value: String| {
        let value = HeaderValue::try_from(value).ok();
        value.map(|value| headers.insert(HeaderName::from_static(name), value))
    };
    let body = if subscription.standard {
        set("content-encoding", "aes128gcm".to_owned());
        set("authorization", format!("vapid t={token},k={key}"));
        keys.aes128gcm(text, to)
    } else {
        let dh = encode_base64(keys.encode_point());
        set("content-encoding", "aesgcm".to_owned());
        set("encryption", format!("salt={}", encode_base64(keys.salt)));
        set("crypto-key", format!("dh={dh};p256ecdsa={key}"));
        set("authorization", format!("WebPush {token}"));
        keys.aesgcm(text, to)
    };
    set("content-type", "application/octet-stream".to_owned());
    set("ttl", TTL.to_owned());
    set("urgency", "normal".to_owned());
    let message = PushMessage {
        endpoint: subscription.endpoint.clone(),
        headers,
        body: Bytes::from(body),
        response_status: None,
    };
    Some((endpoint, message))
}

/// Where an endpoint is, if it is on this machine and speaks HTTP without TLS.
fn loopback_addresses(endpoint: &Uri) -> Vec<SocketAddr> {
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
async fn send(
    loopback_addresses: &[SocketAddr],
    endpoint: &Uri,
    message: &PushMessage,
) -> Option<u16> {
    let stream = TcpStream::connect(loopback_addresses).await.ok()?;
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
        let found = |address: &str| loopback_addresses(&address.parse().unwrap());
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
