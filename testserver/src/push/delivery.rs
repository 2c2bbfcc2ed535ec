//! Delivers push messages to endpoints on loopback addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use jiff::SignedDuration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::encryption::EphemeralKeys;
use super::{PushJob, PushMessage, encode_base64, unsubscribe_url, vapid};
use crate::handlers::instance::CONTACT_EMAIL;
use crate::render;
use crate::server::Shared;
use crate::state::PushSubscription;

/// `TTL` header: time in seconds that a push service may store a message.
const TTL: &str = "172800";
/// Age from which a notification is not pushed any more.
const MESSAGE_LIFETIME: SignedDuration = SignedDuration::from_hours(48);
/// Maximum time to wait for the response of an endpoint.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
/// Delays before each retry, in seconds.
const RETRY_DELAYS: [u64; 5] = [15, 16, 31, 96, 271];

/// Delivers all queued messages until the task is aborted.
pub(crate) async fn deliver_all(shared: Arc<Shared>) {
    let mut deliveries = JoinSet::new();
    loop {
        let job = shared.push_queue.next().await;
        while deliveries.try_join_next().is_some() {}
        let shared = Arc::clone(&shared);
        deliveries.spawn(async move { deliver(&shared, &job).await });
    }
}

/// Result of a delivery attempt.
enum AttemptResult {
    /// The message was accepted, or the subscription no longer exists.
    Finished,
    /// The attempt failed. Another one may succeed.
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
    let is_same = |subscription: &&PushSubscription| subscription.id == job.subscription;
    let payload = current_payload(shared, job);
    let message =
        payload.and_then(|(subscription, payload)| build_message(shared, &subscription, &payload));
    let Some((endpoint, mut message)) = message else {
        shared.push_queue.finish_attempt(None);
        return AttemptResult::Finished;
    };
    let addresses = loopback_addresses(&endpoint);
    if !addresses.is_empty() {
        let sending = send(&addresses, &endpoint, &message);
        let response = tokio::time::timeout(RESPONSE_TIMEOUT, sending).await;
        message.response_status = response.ok().flatten();
    }
    let result = match message.response_status {
        Some(200..300) => AttemptResult::Finished,
        Some(408 | 429) => AttemptResult::Retry,
        // The push service no longer accepts the subscription.
        Some(400..500) => {
            let mut state = shared.state();
            if state
                .push_subscriptions
                .get(&job.token)
                .is_some_and(|found| is_same(&found))
            {
                state.push_subscriptions.remove(&job.token);
            }
            AttemptResult::Finished
        }
        None if addresses.is_empty() => AttemptResult::Finished,
        _ => AttemptResult::Retry,
    };
    shared.push_queue.finish_attempt(Some(message));
    result
}

/// Returns the subscription and the contents of a message as they are now. `None` if the subscription or the notification
/// no longer exists, the subscription no longer accepts the notification, or the notification is too old.
fn current_payload(shared: &Shared, job: &PushJob) -> Option<(PushSubscription, String)> {
    let state = shared.state();
    let subscription = state.push_subscriptions.get(&job.token);
    let subscription = subscription.filter(|found| found.id == job.subscription)?;
    let notification = state.notifications.get(&job.notification)?;
    let age = shared.clock.now().duration_since(notification.created);
    if age > MESSAGE_LIFETIME || !subscription.accepts(&state, notification) {
        return None;
    }
    let payload = render::push(&state, &job.token, notification).to_string();
    Some((subscription.clone(), payload))
}

/// Encrypts and signs a message; `None` if the endpoint is not a valid URL.
fn build_message(
    shared: &Shared,
    subscription: &PushSubscription,
    payload: &str,
) -> Option<(Uri, PushMessage)> {
    let endpoint: Uri = subscription.endpoint.parse().ok()?;
    let token = vapid::sign_token(&endpoint, CONTACT_EMAIL, shared.clock.now())?;
    let (key, keys) = (vapid::public_key(), EphemeralKeys::new()?);
    let (plaintext, recipient) = (payload.as_bytes(), &subscription.recipient);
    let mut headers = HeaderMap::new();
    let mut set = |name: &'static str, value: String| {
        let value = HeaderValue::try_from(value).ok();
        value.map(|value| headers.insert(HeaderName::from_static(name), value))
    };
    let body = if subscription.standard {
        set("content-encoding", "aes128gcm".to_owned());
        set("authorization", format!("vapid t={token},k={key}"));
        keys.encrypt_aes128gcm(plaintext, recipient)
    } else {
        let dh = encode_base64(keys.public_point());
        set("content-encoding", "aesgcm".to_owned());
        set("encryption", format!("salt={}", encode_base64(keys.salt)));
        set("crypto-key", format!("dh={dh};p256ecdsa={key}"));
        set("authorization", format!("WebPush {token}"));
        keys.encrypt_aesgcm(plaintext, recipient)
    };
    set("content-type", "application/octet-stream".to_owned());
    set("ttl", TTL.to_owned());
    set("urgency", "normal".to_owned());
    let unsubscribe = unsubscribe_url(&shared.url, subscription.id, shared.clock.now());
    set("unsubscribe-url", unsubscribe);
    let message = PushMessage {
        endpoint: subscription.endpoint.clone(),
        headers,
        body: Bytes::from(body),
        payload: payload.to_owned(),
        response_status: None,
    };
    Some((endpoint, message))
}

/// Returns the addresses of an endpoint; none if it is not on a loopback address or requires TLS.
fn loopback_addresses(endpoint: &Uri) -> Vec<SocketAddr> {
    let host = endpoint.host().unwrap_or_default();
    let host = host.trim_matches(['[', ']']);
    let hosts = match host.parse::<IpAddr>() {
        Ok(address) if address.is_loopback() => vec![address],
        // Other host names are not resolved, because they could point to another machine.
        Err(_) if host.eq_ignore_ascii_case("localhost") => {
            vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
        }
        _ => Vec::new(),
    };
    let is_plain_http = endpoint.scheme_str() == Some("http");
    let hosts = hosts.into_iter().filter(|_| is_plain_http);
    let port = endpoint.port_u16().unwrap_or(80);
    hosts.map(|host| SocketAddr::new(host, port)).collect()
}

/// Sends a message and returns the status of the response; `None` if there is no response.
async fn send(addresses: &[SocketAddr], endpoint: &Uri, message: &PushMessage) -> Option<u16> {
    let stream = TcpStream::connect(addresses).await.ok()?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    let path = endpoint.path_and_query();
    let mut request = Request::post(path.map_or("/", |path| path.as_str()))
        .header(header::HOST, endpoint.authority()?.as_str())
        .body(Body::from(message.body.clone()))
        .ok()?;
    request.headers_mut().extend(message.headers.clone());
    let response = sender.send_request(request);
    let connection_driver = async {
        // A connection error also fails the response, so it is ignored here.
        let _result = connection.await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        response = response => response.ok().map(|response| response.status().as_u16()),
        () = connection_driver => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_endpoints_on_loopback_addresses_are_contacted() {
        let addresses = |endpoint: &str| loopback_addresses(&endpoint.parse().unwrap());
        for local in [
            "http://127.0.0.1:8080/push",
            "http://127.9.9.9:8080/",
            "http://[::1]:8080/push",
            "http://LOCALHOST:8080/push",
        ] {
            let addresses = addresses(local);
            assert!(!addresses.is_empty(), "{local}");
            assert!(
                addresses
                    .iter()
                    .all(|address| address.ip().is_loopback() && address.port() == 8080)
            );
        }
        for other in [
            "https://127.0.0.1:8080/push",
            "http://push.example/push",
            "http://localhost.example/push",
            "http://192.168.0.1/push",
            "http://0.0.0.0/push",
            "http://[::ffff:8.8.8.8]/push",
        ] {
            assert_eq!(addresses(other), [], "{other}");
        }
    }
}
