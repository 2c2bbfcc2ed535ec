//! Checks a status against the server's limits before it is posted.

use unicode_segmentation::UnicodeSegmentation;

use super::length::length;
use crate::call::core::BoxFuture;
use crate::call::params::{Group, Value};
use crate::call::request::{PrepareHook, Request};
use crate::call::version_check::VersionCheck;
use crate::client::Mastodon;
use crate::endpoints::limits::{check_max, check_min, check_server_limits};
use crate::error::{Error, LimitUnit};
use crate::facts::{STATUS_LIMITS, StatusLimits};

/// Checks a status against the server's limits, which are fetched only if the status exceeds Mastodon's
/// defaults.
pub(crate) struct CheckStatusLimits(pub(crate) Mastodon);

impl PrepareHook for CheckStatusLimits {
    fn prepare<'a>(&'a self, request: &'a mut Request) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(check(&self.0, request))
    }
}

async fn check(client: &Mastodon, request: &Request) -> Result<(), Error> {
    if !client.core().settings.check_limits {
        return Ok(());
    }
    let check =
        |limits: &StatusLimits| check_status(request.endpoint.name, &request.values, limits);
    let may_fetch = request.version_check != VersionCheck::Off;
    let info = match client.cached_server_info() {
        None if may_fetch && check(&STATUS_LIMITS).is_err() => {
            client.server_info().await.ok().flatten()
        }
        cached => cached,
    };
    check_server_limits(client, info, may_fetch, |info| check(&info.limits)).await
}

fn check_status(
    endpoint: &'static str,
    values: &Group,
    limits: &StatusLimits,
) -> Result<(), Error> {
    let text = |name: &str| match values.get(name) {
        Some(Value::String(text)) => text.as_ref(),
        _ => "",
    };
    let per_link = limits
        .characters_per_link
        .or(STATUS_LIMITS.characters_per_link);
    let length = length(text("status"), text("spoiler_text"), per_link.unwrap_or(0));
    check_max(
        endpoint,
        "status",
        LimitUnit::Characters,
        limits.characters,
        length,
    )?;
    if let Some(Value::Array(media)) = values.get("media_ids") {
        let unit = LimitUnit::MediaAttachments;
        check_max(
            endpoint,
            "media_ids",
            unit,
            limits.media,
            media.len() as u64,
        )?;
    }
    if let Some(Value::Object(entries)) = values.get("poll") {
        for (name, value) in entries {
            check_poll(endpoint, name, value, limits)?;
        }
    }
    Ok(())
}

fn check_poll(
    endpoint: &'static str,
    name: &str,
    value: &Value,
    limits: &StatusLimits,
) -> Result<(), Error> {
    match (name, value) {
        ("options", Value::Array(options)) => {
            let (argument, count) = ("poll[options]", options.len() as u64);
            check_max(
                endpoint,
                argument,
                LimitUnit::PollOptions,
                limits.poll_options,
                count,
            )?;
            let longest = options.iter().map(character_count).max().unwrap_or(0);
            let max = limits.poll_option_characters;
            check_max(
                endpoint,
                argument,
                LimitUnit::PollOptionCharacters,
                max,
                longest,
            )
        }
        ("expires_in", Value::Integer(seconds)) => {
            let argument = "poll[expires_in]";
            let seconds = u64::try_from(*seconds).unwrap_or(0);
            let unit = LimitUnit::Seconds;
            check_min(endpoint, argument, unit, limits.poll_min_seconds, seconds)?;
            check_max(endpoint, argument, unit, limits.poll_max_seconds, seconds)
        }
        _ => Ok(()),
    }
}

fn character_count(value: &Value) -> u64 {
    let Value::String(text) = value else { return 0 };
    text.graphemes(true).count() as u64
}

/// # Length of a status
impl Mastodon {
    /// Returns the length of a status as Mastodon counts it against its limit: grapheme clusters, the
    /// content warning included; each link has the same length, and mentions count without their domain.
    ///
    /// The length of a link is fetched from the server once; Mastodon's default is 23.
    /// [`Mastodon::status_limits`] returns the limit.
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) {
    /// let length = mastodon.get_status_length("Read https://example.com/a/long/path", "").await;
    /// assert_eq!(length, 28);
    /// # }
    /// ```
    #[doc(alias("count characters", "character limit"))]
    pub async fn get_status_length(&self, text: &str, spoiler_text: &str) -> u64 {
        let info = self.server_info().await.ok().flatten();
        let per_link = info
            .and_then(|info| info.limits.characters_per_link)
            .or(STATUS_LIMITS.characters_per_link);
        length(text, spoiler_text, per_link.unwrap_or(0))
    }
}
