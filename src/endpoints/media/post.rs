//! Media uploads: uses the endpoint that the server has, and waits until the file is processed.

use std::borrow::Cow;
use std::fmt;
use std::future::IntoFuture;
use std::pin::pin;
use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;

use super::limits::FileMetadata;
use crate::call::decode::decode;
use crate::call::endpoints::{MEDIA, MEDIA_POST_V1, MEDIA_POST_V2};
use crate::call::params::Value;
use crate::call::pipeline::with_deadline;
use crate::call::request::Request;
use crate::call::version_check::VersionCheck;
use crate::call::{Call, CallFuture};
use crate::client::{Mastodon, MediaLimits};
use crate::endpoints::limits::check_server_limits;
use crate::entities::{MediaAttachment, MediaAttachmentId};
use crate::error::Error;
use crate::http::RawResponse;
use crate::http::rate_limit::{OnWait, RateLimitWait};
use crate::http::upload::Upload;
use crate::tasks::run_blocking;

/// Default maximum time for the server to process a file.
const DEFAULT_PROCESSING_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// First and maximum interval at which the state of the processing is requested.
const FIRST_INTERVAL: Duration = Duration::from_millis(500);
const MAX_INTERVAL: Duration = Duration::from_secs(8);

/// A call of [`Mastodon::media_post`] with its options.
#[must_use = "a call does nothing until it is awaited"]
#[derive(Clone)]
pub struct MediaPostCall {
    request: Request,
    focus: Option<(f64, f64)>,
    /// Limits that replace those of the server.
    limits: Option<MediaLimits>,
    wait_for_processing: bool,
    processing_timeout: Duration,
    /// Needed for the server's limits and version.
    client: Mastodon,
}

/// # Uploads
impl Mastodon {
    /// Uploads a file to attach to a status: a path, bytes, or an [`Upload`]. Waits until the server has
    /// processed it, so that it can be attached immediately. Large files are streamed. Servers older than
    /// Mastodon 3.1.3 receive it through the endpoint that they have.
    ///
    /// A file whose type or size the server would reject is not sent: see [`Mastodon::media_limits`] and
    /// [`check_limits`](crate::MastodonBuilder::check_limits).
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// let cat = mastodon.media_post("cat.jpg").description("A cat asleep in a box").focus(0.0, 0.4).await?;
    /// mastodon.status_post("Look!").media_ids([&cat]).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the file cannot be read, [`Error::IllegalArgument`] if the server does not accept
    /// its type, [`Error::Limit`] if it is too large, [`Error::MediaProcessing`] if it was uploaded but not
    /// processed in time or at all; and those of every call.
    #[doc(alias("upload", "image", "video", "attachment"))]
    pub fn media_post(&self, file: impl Into<Upload>) -> MediaPostCall {
        MediaPostCall {
            request: Request::new(self.core(), &MEDIA_POST_V2).with("file", file.into()),
            focus: None,
            limits: None,
            wait_for_processing: true,
            processing_timeout: DEFAULT_PROCESSING_TIMEOUT,
            client: self.clone(),
        }
    }
}

impl MediaPostCall {
    maybe_method!();

    /// Text description of the media, for people who cannot see or hear it.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.request.set("description", description.into());
        self
    }

    /// Focal point of an image, which stays visible when it is cropped: from -1.0 (left, bottom) to 1.0
    /// (right, top).
    pub fn focus(mut self, x: f64, y: f64) -> Self {
        self.focus = Some((x, y));
        self
    }

    /// Preview image of a video or audio file.
    pub fn thumbnail(mut self, thumbnail: impl Into<Upload>) -> Self {
        self.request.set("thumbnail", thumbnail.into());
        self
    }

    /// Sets a parameter that the SDK does not know, or another value for one that it knows.
    pub fn param(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.request.set(name, value);
        self
    }

    /// Checks the file against these limits instead of the server's; against none with
    /// [`MediaLimits::default`].
    pub fn limits(mut self, limits: impl Into<MediaLimits>) -> Self {
        self.limits = Some(limits.into());
        self
    }

    /// Maximum time for the server to process the uploaded file. Default: ten minutes.
    pub fn processing_timeout(mut self, timeout: Duration) -> Self {
        self.processing_timeout = timeout;
        self
    }

    /// Whether to wait until the file is processed: until it has a `url`. Default: true. Without waiting, the
    /// server may still be processing the file: while its `url` is missing, it cannot be attached to a
    /// status; [`Mastodon::media`] returns its state.
    pub fn wait_for_processing(mut self, wait: bool) -> Self {
        self.wait_for_processing = wait;
        self
    }

    /// Maximum duration of each attempt of a request. While the file is being sent, it counts from the last
    /// chunk.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.request.timeout = Some(timeout);
        self
    }

    /// Maximum duration of the whole call: the upload with its retries, the waiting for rate limits and for
    /// the processing.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.request.deadline = Some(deadline);
        self
    }

    /// Calls a function whenever the call begins to wait for a rate limit, in addition to that of the client.
    pub fn on_wait(mut self, callback: impl Fn(&RateLimitWait) + Send + Sync + 'static) -> Self {
        self.request.on_wait = Some(OnWait::new(callback));
        self
    }

    async fn send(mut self) -> Result<(RawResponse, Request), Error> {
        // The deadline also covers the processing, so it is not that of the request.
        let (deadline, endpoint) = (self.request.deadline.take(), self.request.endpoint);
        // A time that cannot be represented is never reached.
        let end = deadline.and_then(|limit| Instant::now().checked_add(limit));
        self.request.deadline_at = end;
        let (wait, timeout) = (self.wait_for_processing, self.processing_timeout);
        let upload = pin!(async { self.prepare().await?.send().await });
        let (raw, request) = with_deadline(deadline, endpoint.name, upload).await?;
        let media = decode::<MediaAttachment>(request.endpoint, &raw);
        let Ok(media) = media else {
            // The error is returned when the response is decoded.
            return Ok((raw, request));
        };
        if !wait || is_processed(&raw, &media) {
            return Ok((raw, request));
        }
        let processing_end = Instant::now().checked_add(timeout);
        let end = end.into_iter().chain(processing_end).min();
        match wait_until_processed(&request, media.id, end).await {
            // A server that does not report the state of a file has accepted it.
            Err(error) if raw.status == StatusCode::OK && lacks_state(&error) => Ok((raw, request)),
            result => result,
        }
    }

    /// Checks the arguments and chooses the endpoint that the server has.
    async fn prepare(mut self) -> Result<Request, Error> {
        let endpoint = self.request.endpoint;
        if let Some((x, y)) = self.focus {
            let focus =
                focus(x, y).map_err(|reason| Error::argument(endpoint.name, "focus", reason))?;
            self.request.set("focus", focus);
        }
        self.check_limits().await?;
        if self.request.version_check != VersionCheck::Off
            && let Some(server) = self.client.server_version().await
            && !server.supports(endpoint.since)
        {
            self.request.endpoint = &MEDIA_POST_V1;
        }
        Ok(self.request)
    }

    /// Checks the files against the given limits, or the server's.
    async fn check_limits(&self) -> Result<(), Error> {
        let client = &self.client;
        if self.limits.is_none() && !client.core().settings.check_limits {
            return Ok(());
        }
        let files = self.file_metadata().await?;
        let description = match self.request.values.get("description") {
            Some(Value::String(text)) => text.as_ref(),
            _ => "",
        };
        let endpoint = self.request.endpoint.name;
        let check = |limits: &MediaLimits| limits.check(endpoint, &files, description);
        if let Some(limits) = &self.limits {
            return check(limits);
        }
        let may_fetch = self.request.version_check != VersionCheck::Off;
        let info = if may_fetch {
            client.server_info().await.ok().flatten()
        } else {
            client.cached_server_info()
        };
        check_server_limits(client, info, may_fetch, |info| check(&info.media)).await
    }

    /// Returns the metadata of the files before they are sent.
    async fn file_metadata(&self) -> Result<Vec<FileMetadata>, Error> {
        let uploads = ["file", "thumbnail"].map(|name| match self.request.values.get(name) {
            Some(Value::File(upload)) => Some((name, upload.clone())),
            _ => None,
        });
        let read = move || {
            let uploads = uploads.iter().flatten();
            uploads
                .map(|(name, file)| FileMetadata::read(name, file))
                .collect()
        };
        run_blocking(|error| Error::internal(error.to_string()), read).await
    }
}

/// Encodes a focal point.
fn focus(x: f64, y: f64) -> Result<String, String> {
    let range = -1.0..=1.0;
    if range.contains(&x) && range.contains(&y) {
        Ok(format!("{x},{y}"))
    } else {
        Err(format!(
            "{x},{y} is not a focal point: both numbers range from -1.0 to 1.0"
        ))
    }
}

/// Returns whether a file can be attached to a status: it has a URL, and the status is not 206.
///
/// The status of the upload is not reliable. Mastodon responds with 200 to images, which it processes at once, and with
/// 202 and no URL to video and audio. Pleroma responds with 202 to files that are complete, and GoToSocial with 200 and
/// no URL. While a file is being processed, Mastodon responds with 206 to the request for its state.
fn is_processed(raw: &RawResponse, media: &MediaAttachment) -> bool {
    raw.status != StatusCode::PARTIAL_CONTENT
        && media.url.as_deref().is_some_and(|url| !url.is_empty())
}

/// Returns whether an error means that the server has no endpoint for the state of a file.
fn lacks_state(error: &Error) -> bool {
    error.api().is_some_and(|error| {
        [
            StatusCode::NOT_FOUND,
            StatusCode::METHOD_NOT_ALLOWED,
            StatusCode::NOT_IMPLEMENTED,
        ]
        .contains(&error.status)
    })
}

/// Polls an uploaded file at increasing intervals until it is processed.
async fn wait_until_processed(
    upload: &Request,
    id: MediaAttachmentId,
    end: Option<Instant>,
) -> Result<(RawResponse, Request), Error> {
    let start = Instant::now();
    let mut interval = FIRST_INTERVAL;
    loop {
        let now = Instant::now();
        let left = end.map(|end| end.saturating_duration_since(now));
        if left == Some(Duration::ZERO) {
            return Err(Error::MediaProcessing {
                id,
                reason: format!(
                    "the server is still processing it after {:?}; request it with `media`, or raise the limit with `processing_timeout`",
                    now - start
                ),
                source: None,
            });
        }
        tokio::time::sleep(left.map_or(interval, |left| interval.min(left))).await;
        interval = (interval * 2).min(MAX_INTERVAL);
        let call = Call::<MediaAttachment>::new(&upload.core, &MEDIA).with("id", id.clone());
        match call.0.send().await {
            Ok((raw, _)) if raw.status == StatusCode::PARTIAL_CONTENT => {}
            Ok((raw, request)) => {
                let media = decode::<MediaAttachment>(request.endpoint, &raw);
                if media.is_ok_and(|media| !is_processed(&raw, &media)) {
                    continue;
                }
                return Ok((raw, request));
            }
            Err(error) => {
                return Err(Error::MediaProcessing {
                    id,
                    reason: error.to_string(),
                    source: Some(Box::new(error)),
                });
            }
        }
    }
}

impl IntoFuture for MediaPostCall {
    type Output = Result<MediaAttachment, Error>;
    type IntoFuture = CallFuture<MediaAttachment>;

    fn into_future(self) -> Self::IntoFuture {
        CallFuture::from_future(Box::pin(self.send()))
    }
}

impl fmt::Debug for MediaPostCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request.fmt(f)
    }
}
