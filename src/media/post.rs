//! Uploading a file with the endpoint that the server has, and waiting until it is done with it.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;

use super::limits::{Facts, MediaLimits};
use crate::call::CallFuture;
use crate::client::Mastodon;
use crate::decode;
use crate::entities::{MediaAttachment, MediaAttachmentId};
use crate::error::Error;
use crate::generated::endpoints::{MEDIA_POST_V1, MEDIA_POST_V2};
use crate::params::Value;
use crate::request::Request;
use crate::send::within;
use crate::server_info::ServerInfo;
use crate::status_check::{FRESH, asked_anew};
use crate::transport::RawResponse;
use crate::upload::Upload;
use crate::version::VersionCheck;

/// How long a server may work on a file, unless said otherwise.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// The first pause before a server is asked whether it is done, and the longest one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// A call of [`Mastodon::media_post`] with its options.
#[must_use = "a call does nothing until it is awaited"]
#[derive(Clone)]
pub struct MediaPostCall {
    request: Request,
    focus: Option<(f64, f64)>,
    /// Those of the server, where none were given.
    limits: Option<MediaLimits>,
    patience: Option<Duration>,
}

/// # Media
impl Mastodon {
    /// Uploads a file to attach to a status, and waits until the server is done with it, so that it
    /// can be attached at once: a path, bytes, or an [`Upload`]. Large files are read as they are
    /// sent. Servers older than Mastodon 3.1.3 are sent it by the endpoint that they have.
    ///
    /// What the server would refuse for its type or size is not sent: the server is asked for its limits
    /// once for all clones of the client, as [`Mastodon::media_limits`] tells. Servers that do not tell
    /// them, and other software than Mastodon, decide for themselves;
    /// [`check_limits`](crate::MastodonBuilder::check_limits) switches it off.
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
    /// [`Error::File`] when the file cannot be read to its end, [`Error::IllegalArgument`] when it is of
    /// no type that the server takes, [`Error::Limit`] when it is too large, [`Error::Processing`] when it arrived and was not ready in time
    /// or could not be processed; and those of every call.
    pub fn media_post(&self, file: impl Into<Upload>) -> MediaPostCall {
        MediaPostCall {
            request: Request::new(self, &MEDIA_POST_V2).with("file", file.into()),
            focus: None,
            limits: None,
            patience: Some(PATIENCE),
        }
    }
}

impl MediaPostCall {
    /// What is to be seen or heard, for those who cannot.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.request.set("description", description.into());
        self
    }

    /// The point of an image to keep visible when it is cropped: from -1.0, left and below, to 1.0,
    /// right and above.
    pub fn focus(mut self, x: f64, y: f64) -> Self {
        self.focus = Some((x, y));
        self
    }

    /// An image to show as preview of a video or sound.
    pub fn thumbnail(mut self, thumbnail: impl Into<Upload>) -> Self {
        self.request.set("thumbnail", thumbnail.into());
        self
    }

    /// Holds the file against these limits in the place of those that the server tells; against none
    /// with [`MediaLimits::default`].
    pub fn limits(mut self, limits: impl Into<MediaLimits>) -> Self {
        self.limits = Some(limits.into());
        self
    }

    /// How long the server may work on the file once it arrived; ten minutes unless set.
    pub fn wait_at_most(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Returns as soon as the file arrived. As long as its `url` is missing, the server works on it
    /// and refuses to attach it to a status; [`Mastodon::media`] tells how far it is.
    pub fn without_waiting(mut self) -> Self {
        self.patience = None;
        self
    }

    /// How long each attempt of a request may take; while the file travels, the time counts from the
    /// last piece that was sent.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.request.timeout = Some(timeout);
        self
    }

    /// How long all of it may take: the upload, its repetitions, the waiting for rate limits and for
    /// the server's work.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.request.deadline = Some(deadline);
        self
    }

    async fn send(mut self) -> Result<(RawResponse, Request), Error> {
        // The deadline is for all of it, so its part is not the request's own.
        let (deadline, endpoint) = (self.request.deadline.take(), self.request.endpoint);
        let end = deadline.map(|left| Instant::now() + left);
        let (patience, client) = (self.patience, self.request.client.clone());
        let upload = async { self.checked().await?.send().await };
        let (raw, request) = within(deadline, endpoint, upload).await?;
        let Some(patience) = patience.filter(|_| raw.status == StatusCode::ACCEPTED) else {
            return Ok((raw, request));
        };
        let media: MediaAttachment = decode::read(request.endpoint, &raw)?;
        let end = end.map_or(Instant::now() + patience, |end| {
            end.min(Instant::now() + patience)
        });
        processed(&client, media.id, end).await
    }

    /// The request, its arguments checked, to the endpoint that the server has.
    async fn checked(mut self) -> Result<Request, Error> {
        let endpoint = self.request.endpoint;
        if let Some((x, y)) = self.focus {
            let focus = focus(x, y).map_err(|reason| Error::argument(endpoint, "focus", reason))?;
            self.request.set("focus", focus);
        }
        self.check_limits().await?;
        if self.request.check != VersionCheck::Off
            && let Some(server) = self.request.client.known_version().await
            && !server.supports(endpoint.since)
        {
            self.request.endpoint = &MEDIA_POST_V1;
        }
        Ok(self.request)
    }

    /// Holds the files against the limits that were given, or those of the server.
    async fn check_limits(&self) -> Result<(), Error> {
        let (client, endpoint) = (&self.request.client, self.request.endpoint);
        if self.limits.is_none() && !client.inner.settings.check_limits {
            return Ok(());
        }
        let files = self.files().await?;
        let description = match self.request.values.get("description") {
            Some(Value::Text(text)) => text.as_ref(),
            _ => "",
        };
        let check = |limits: &MediaLimits| limits.check(endpoint, &files, description);
        if let Some(limits) = &self.limits {
            return check(limits);
        }
        let may_ask = self.request.check != VersionCheck::Off;
        let told = if may_ask {
            // A server that cannot be asked now says itself what it refuses.
            client.server_info().await.ok().flatten()
        } else {
            client.known_info()
        };
        let judged = |info: Arc<ServerInfo>| {
            if info.version.software.is_mastodon() {
                check(&info.media)
            } else {
                Ok(())
            }
        };
        let outdated = told.as_ref().is_some_and(|info| info.age() >= FRESH);
        match told.map_or(Ok(()), judged) {
            Err(_) if outdated && may_ask => {
                let now = asked_anew(client, true).await;
                now.map_or(Ok(()), judged)
            }
            answer => answer,
        }
    }

    /// What is known of the files before they are sent.
    async fn files(&self) -> Result<Vec<Facts>, Error> {
        let uploads = ["file", "thumbnail"].map(|name| match self.request.values.get(name) {
            Some(Value::File(upload)) => Some((name, upload.clone())),
            _ => None,
        });
        let look = move || {
            let uploads = uploads.iter().flatten();
            uploads.map(|(name, file)| Facts::of(name, file)).collect()
        };
        tokio::task::spawn_blocking(look)
            .await
            .unwrap_or_else(|error| Err(Error::Config(error.to_string())))
    }
}

/// As the server reads it, if it is one.
fn focus(x: f64, y: f64) -> Result<String, String> {
    let known = -1.0..=1.0;
    if known.contains(&x) && known.contains(&y) {
        Ok(format!("{x},{y}"))
    } else {
        Err(format!(
            "{x},{y} is no point of an image: both numbers go from -1.0 to 1.0"
        ))
    }
}

/// Asks for a file until the server is done with it, more and more seldom.
async fn processed(
    client: &Mastodon,
    id: MediaAttachmentId,
    end: Instant,
) -> Result<(RawResponse, Request), Error> {
    let began = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let now = Instant::now();
        if now >= end {
            return Err(Error::Processing {
                id,
                reason: format!(
                    "the server still works on it after {:?}; ask for it with `media`, or give it more time with `wait_at_most`",
                    now - began
                ),
                source: None,
            });
        }
        tokio::time::sleep(pause.min(end - now)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        let asked = client.media(&id);
        match asked.0.send().await {
            Ok((raw, _)) if raw.status == StatusCode::PARTIAL_CONTENT => {}
            Ok(done) => return Ok(done),
            Err(error) => {
                return Err(Error::Processing {
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
        CallFuture::of(Box::pin(self.send()))
    }
}

impl fmt::Debug for MediaPostCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request.fmt(f)
    }
}
