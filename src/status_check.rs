//! A status is held against the server's limits before it is sent.

use std::sync::Arc;
use std::time::Duration;

use unicode_segmentation::UnicodeSegmentation;

use crate::client::Mastodon;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::generated::api::STATUS_LIMITS;
use crate::generated::endpoints::{STATUS_POST, STATUS_UPDATE};
use crate::params::{Group, Value};
use crate::request::Request;
use crate::server_info::{ServerInfo, StatusLimits};
use crate::text;
use crate::version::VersionCheck;

/// How old an answer may be that a status or a file is refused for; an administrator may have raised the limits since.
pub(crate) const FRESH: Duration = Duration::from_secs(3600);

/// Refuses a status that the server would refuse for its size.
///
/// A server is asked for its limits only where an ordinary one would refuse the status.
pub(crate) async fn check(request: &Request) -> Result<(), Error> {
    let (client, endpoint) = (&request.client, request.endpoint);
    let posts = std::ptr::eq(endpoint, &STATUS_POST) || std::ptr::eq(endpoint, &STATUS_UPDATE);
    if !posts || !client.inner.settings.check_limits {
        return Ok(());
    }
    let refuses = |info: &ServerInfo| {
        let judged = info.version.software.is_mastodon();
        judged
            .then(|| violation(endpoint, &request.values, &info.limits))
            .flatten()
    };
    let known = client.known_info();
    let may_ask = request.check != VersionCheck::Off;
    let suspicious = match &known {
        Some(info) if info.age() < FRESH || !may_ask => return refuses(info).map_or(Ok(()), Err),
        Some(info) => refuses(info).is_some(),
        None => violation(endpoint, &request.values, &STATUS_LIMITS).is_some(),
    };
    if !suspicious || !may_ask {
        return Ok(());
    }
    // Asking is a call of its own, hence the box.
    let info = Box::pin(asked_anew(client, known.is_some())).await;
    info.and_then(|info| refuses(&info)).map_or(Ok(()), Err)
}

/// What the server says now, whether it said something before or not; `None` where it does not tell.
pub(crate) async fn asked_anew(client: &Mastodon, outdated: bool) -> Option<Arc<ServerInfo>> {
    if outdated {
        client.clear_caches();
    }
    // A server that cannot be asked now says itself what it refuses.
    client.server_info().await.ok().flatten()
}

/// The first limit that a status exceeds.
fn violation(endpoint: &'static Endpoint, values: &Group, limits: &StatusLimits) -> Option<Error> {
    let text = |name: &str| match values.get(name) {
        Some(Value::Text(text)) => text.as_ref(),
        _ => "",
    };
    let error = |argument: &str, unit, bound, limit, actual| Error::Limit {
        endpoint: endpoint.name,
        argument: argument.to_owned(),
        unit,
        bound,
        limit,
        actual,
    };
    let at_most = |argument, unit, limit: Option<u64>, actual| {
        let limit = limit.filter(|limit| actual > *limit)?;
        Some(error(argument, unit, "at most", limit, actual))
    };
    let count = |name: &str| match values.get(name) {
        Some(Value::List(items)) => u64::try_from(items.len()).unwrap_or(u64::MAX),
        _ => 0,
    };
    let per_link = limits
        .characters_per_link
        .or(STATUS_LIMITS.characters_per_link);
    let length = text::length(text("status"), text("spoiler_text"), per_link.unwrap_or(0));
    let poll = match values.get("poll") {
        Some(Value::Map(entries)) => entries.as_slice(),
        _ => &[],
    };
    at_most("status", "characters", limits.characters, length)
        .or_else(|| at_most("media_ids", "media", limits.media, count("media_ids")))
        .or_else(|| {
            poll.iter()
                .find_map(|(name, value)| match (name.as_ref(), value) {
                    ("options", Value::List(options)) => {
                        let number = u64::try_from(options.len()).unwrap_or(u64::MAX);
                        at_most("poll[options]", "answers", limits.poll_options, number).or_else(
                            || {
                                let longest = options.iter().map(characters).max().unwrap_or(0);
                                let limit = limits.poll_option_characters;
                                at_most("poll[options]", "characters in an answer", limit, longest)
                            },
                        )
                    }
                    ("expires_in", Value::Integer(seconds)) => {
                        let seconds = u64::try_from(*seconds).unwrap_or(0);
                        let least = limits.poll_min_seconds.filter(|least| seconds < *least);
                        let short = least.map(|least| {
                            error("poll[expires_in]", "seconds", "at least", least, seconds)
                        });
                        let most = limits.poll_max_seconds;
                        short.or_else(|| at_most("poll[expires_in]", "seconds", most, seconds))
                    }
                    _ => None,
                })
        })
}

fn characters(value: &Value) -> u64 {
    let Value::Text(text) = value else { return 0 };
    u64::try_from(text.graphemes(true).count()).unwrap_or(u64::MAX)
}

impl Mastodon {
    /// The length of a status as Mastodon counts it against its limit: in what people see as one
    /// character, each link with the same length however long it is, mentions without their domains,
    /// the content warning included.
    ///
    /// What a link counts is asked from the server once; where it does not tell, it is Mastodon's own 23.
    /// [`Mastodon::status_limits`] tells the limit.
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) {
    /// let length = mastodon.get_status_length("Read https://example.com/a/long/path", "").await;
    /// assert_eq!(length, 28);
    /// # }
    /// ```
    pub async fn get_status_length(&self, text: &str, spoiler_text: &str) -> u64 {
        let info = self.server_info().await.ok().flatten();
        let told = info.and_then(|info| info.limits.characters_per_link);
        let per_link = told.or(STATUS_LIMITS.characters_per_link);
        text::length(text, spoiler_text, per_link.unwrap_or(0))
    }
}
