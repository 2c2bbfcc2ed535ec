//! The life of a call, from its check to its answer. Nothing here depends on the type of the answer.

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tracing::Instrument;

use crate::body::Body;
use crate::client::Mastodon;
use crate::complete::{complete, is_incomplete};
use crate::decode;
use crate::encode::random_name;
use crate::endpoint::{Endpoint, Place, RateFamily, Verb};
use crate::error::{Error, refusal};
use crate::rate_limit::{RateLimit, read};
use crate::request::{CURSORS, Request, check_arguments};
use crate::response::{Deprecation, text};
use crate::retry::{Failed, done_before, pause};
use crate::secret::Secrets;
use crate::status_check;
use crate::transport::RawResponse;
use crate::version;

/// The header that keeps a post from counting twice.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// Sends a request, and again where that is safe and may help.
pub(crate) async fn send(mut request: Request) -> Result<(RawResponse, Request), Error> {
    let endpoint = request.endpoint;
    let span = tracing::info_span!(
        "mastodon",
        endpoint = endpoint.name,
        verb = ?endpoint.verb,
        path = endpoint.path,
        status = tracing::field::Empty,
    );
    let began = Instant::now();
    let deadline = request.deadline;
    let life = async {
        check_version(&request).await?;
        check_arguments(&request)?;
        if is_incomplete(&request) {
            // It asks the server: a call of its own, hence the box.
            Box::pin(complete(&mut request)).await?;
        }
        status_check::check(&request).await?;
        ensure_key(&mut request)?;
        attempts(&request).await
    };
    let response = async {
        let response = within(deadline, endpoint, life).await;
        if let Ok(response) = &response {
            tracing::Span::current().record("status", response.status.as_u16());
        }
        tracing::debug!(duration = ?began.elapsed(), ok = response.is_ok(), "call ended");
        response
    }
    .instrument(span)
    .await?;
    request.client.remember(endpoint, &response);
    Ok((response, request))
}

pub(crate) async fn within<T>(
    deadline: Option<Duration>,
    endpoint: &'static Endpoint,
    life: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let Some(limit) = deadline else {
        return life.await;
    };
    tokio::time::timeout(limit, life)
        .await
        .unwrap_or(Err(Error::timeout(endpoint, "deadline", limit)))
}

pub(crate) async fn check_version(request: &Request) -> Result<(), Error> {
    let used = request.values.iter().map(|(name, _)| name);
    let mut needs = version::needs(request.endpoint, request.check, used).peekable();
    if needs.peek().is_none() {
        return Ok(());
    }
    // Asking is a call of its own, hence the box.
    let Some(server) = Box::pin(request.client.known_version()).await else {
        return Ok(());
    };
    match needs.find(|need| !need.is_met_by(&server)) {
        None => Ok(()),
        Some(need) => Err(Error::Version {
            endpoint: request.endpoint.name,
            what: need.parameter.map_or_else(
                || "the endpoint".to_owned(),
                |name| format!("the parameter `{name}`"),
            ),
            needed: need.since,
            server: server.to_string(),
        }),
    }
}

/// A post gets its key before the first attempt, so that all attempts have the same.
fn ensure_key(request: &mut Request) -> Result<(), Error> {
    if keyed(request.endpoint) && request.values.get(IDEMPOTENCY_KEY).is_none() {
        request.values.set(IDEMPOTENCY_KEY, random_name()?);
    }
    Ok(())
}

fn keyed(endpoint: &Endpoint) -> bool {
    endpoint
        .param(IDEMPOTENCY_KEY)
        .is_some_and(|param| param.place == Place::Header)
}

/// Files are looked at where that holds nobody up.
async fn encoded(request: &Request) -> Result<http::Request<Body>, Error> {
    if !request.values.iter().any(|(_, value)| value.has_file()) {
        return request.outgoing();
    }
    let request = request.clone();
    tokio::task::spawn_blocking(move || request.outgoing())
        .await
        .unwrap_or_else(|error| Err(Error::Config(format!("cannot read the file: {error}"))))
}

/// The budget that a request counts against. Servers count positions within lists on their own.
fn family(request: &Request) -> RateFamily {
    let own = request.endpoint.family;
    let positioned = CURSORS
        .iter()
        .any(|cursor| request.values.get(cursor).is_some());
    if own == RateFamily::General && positioned {
        RateFamily::Paging
    } else {
        own
    }
}

async fn attempts(request: &Request) -> Result<RawResponse, Error> {
    let (inner, endpoint) = (&request.client.inner, request.endpoint);
    let settings = &inner.settings;
    let http = encoded(request).await?;
    let family = family(request);
    let may_repeat = endpoint.repeatable || keyed(endpoint) || endpoint.verb == Verb::Get;
    let timeout = request.timeout.unwrap_or(settings.timeout);
    let (mut failures, mut refusals) = (0, 0);
    // Whether an earlier attempt may have been carried out.
    let mut perhaps_done = false;
    loop {
        let permit = inner
            .limiter
            .acquire(family)
            .await
            .map_err(|budget| Error::rate_limited(endpoint, budget))?;
        let mut result = inner
            .transport
            .send(endpoint, http.clone(), inner.token.as_ref(), timeout)
            .await;
        match &mut result {
            Ok(response) => {
                response.secrets = Secrets::of(inner.token.as_ref(), &request.values);
                permit.learn(&response.headers, response.status.as_u16() == 429);
            }
            Err(_) => drop(permit),
        }
        let can_be_sent = http.body().can_be_sent();
        let may_go_on = failures < settings.max_retries && can_be_sent;
        match result {
            Ok(response) if response.status.as_u16() == 429 => {
                match read(&response.headers, true) {
                    Some(budget) if settings.rate_limit == RateLimit::Throw => {
                        return Err(Error::rate_limited(endpoint, budget));
                    }
                    // The limiter has learnt of it and makes the next turn of the loop wait.
                    _ if refusals < MAX_REFUSALS && can_be_sent => refusals += 1,
                    _ => return judge(endpoint, inner.base.host_str(), response),
                }
            }
            Ok(response)
                if matches!(response.status.as_u16(), 502..=504) && may_repeat && may_go_on =>
            {
                perhaps_done = true;
                failures += 1;
                tokio::time::sleep(pause(failures, &response.headers)).await;
            }
            Ok(response) => {
                if perhaps_done && let Some(end) = done_before(request, &response).await {
                    return end;
                }
                return judge(endpoint, inner.base.host_str(), response);
            }
            Err(error) => {
                let failed = Failed::how(&error)
                    .filter(|failed| may_go_on && (may_repeat || *failed == Failed::Before));
                let Some(failed) = failed else {
                    return Err(error);
                };
                perhaps_done |= failed == Failed::Perhaps;
                failures += 1;
                tokio::time::sleep(pause(failures, &HeaderMap::new())).await;
            }
        }
    }
}

/// Refusals in a row after which waiting is given up: the server counts otherwise than it says.
const MAX_REFUSALS: u32 = 5;

fn shown(time: Option<Timestamp>) -> Option<String> {
    time.map(|time| time.to_string())
}

/// Asks for an address of the server itself, as the endpoint's answer names it, without the token.
pub(crate) async fn get<T: DeserializeOwned>(
    client: &Mastodon,
    endpoint: &'static Endpoint,
    address: &str,
) -> Result<T, Error> {
    let inner = &client.inner;
    let same = inner
        .base
        .join(address)
        .ok()
        .filter(|url| url.origin() == inner.base.origin() && !address.is_empty());
    let Some(url) = same else {
        return Err(Error::Config(format!(
            "{}: the server names no address of its own for it",
            endpoint.name
        )));
    };
    let request = http::Request::get(url.as_str())
        .body(Body::default())
        .map_err(|error| Error::Config(error.to_string()))?;
    let timeout = inner.settings.timeout;
    let response = inner
        .transport
        .send(endpoint, request, None, timeout)
        .await?;
    decode::read(endpoint, &judge(endpoint, inner.base.host_str(), response)?)
}

/// Whether an answer is one.
fn judge(
    endpoint: &'static Endpoint,
    host: Option<&str>,
    response: RawResponse,
) -> Result<RawResponse, Error> {
    if !response.status.is_success() {
        return Err(refusal(endpoint.name, &response));
    }
    if let Some(Deprecation { since, sunset }) = Deprecation::read(&response.headers) {
        let (endpoint, since, sunset) = (endpoint.name, shown(since), shown(sunset));
        tracing::warn!(
            endpoint,
            since,
            sunset,
            "the server is going to drop this endpoint"
        );
    }
    let kind = text(&response.headers, "content-type").unwrap_or_default();
    if kind.starts_with("text/html") && !response.body.is_empty() {
        return Err(Error::NotMastodon {
            endpoint: endpoint.name,
            host: host.unwrap_or_default().to_owned(),
        });
    }
    Ok(response)
}
