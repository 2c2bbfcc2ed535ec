//! Uploading a file with the endpoint that the server has, and waiting until it is done with it.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;

use super::limits::{MediaLimits, Wrong};
use crate::call::CallFuture;
use crate::client::Mastodon;
use crate::decode;
use crate::entities::{MediaAttachment, MediaAttachmentId};
use crate::error::Error;
use crate::generated::endpoints::{MEDIA_POST_V1, MEDIA_POST_V2};
use crate::params::Value;
use crate::request::Request;
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
    limits: MediaLimits,
    patience: Option<Duration>,
}

/// # Media
impl Mastodon {
    /// Uploads a file to attach to a status, and waits until the server is done with it, so that it
    /// can be attached at once: a path, bytes, or an [`Upload`]. Large files are read as they are
    /// sent. Servers older than Mastodon 3.1.3 are sent it by the endpoint that they have.
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
    /// [`Error::File`] when the file cannot be read to its end, [`Error::IllegalArgument`] when it is
    /// none that the server takes, [`Error::Processing`] when it arrived and was not ready in time
    /// or could not be processed; and those of every call.
    pub fn media_post(&self, file: impl Into<Upload>) -> MediaPostCall {
        MediaPostCall {
            request: Request::new(self, &MEDIA_POST_V2).with("file", file.into()),
            focus: None,
            limits: MediaLimits::default(),
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

    /// Checks the file against what the server takes before it is sent.
    pub fn limits(mut self, limits: impl Into<MediaLimits>) -> Self {
        self.limits = limits.into();
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

    async fn send(self) -> Result<(RawResponse, Request), Error> {
        let end = self.request.deadline.map(|left| Instant::now() + left);
        let patience = self.patience;
        let request = self.checked().await?;
        let client = request.client.clone();
        let (raw, request) = request.send().await?;
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
        let wrong = |(argument, reason): Wrong| Error::argument(endpoint, argument, reason);
        if let Some((x, y)) = self.focus {
            let focus = focus(x, y).map_err(|reason| wrong(("focus", reason)))?;
            self.request.set("focus", focus);
        }
        if self.limits != MediaLimits::default() {
            let values = self.request.values.clone();
            let limits = self.limits.clone();
            let check = move || {
                let file = |name| match values.get(name) {
                    Some(Value::File(upload)) => upload.prepare().map(Some),
                    _ => Ok(None),
                };
                let description = match values.get("description") {
                    Some(Value::Text(text)) => Some(text.as_ref()),
                    _ => None,
                };
                if let Some(file) = file("file")? {
                    limits.check(&file, description).map_err(wrong)?;
                }
                if let Some(picture) = file("thumbnail")? {
                    limits.check_file("thumbnail", &picture).map_err(wrong)?;
                }
                Ok(())
            };
            tokio::task::spawn_blocking(check)
                .await
                .unwrap_or_else(|error| Err(Error::Config(error.to_string())))?;
        }
        if self.request.check != VersionCheck::Off
            && let Some(server) = self.request.client.known_version().await
            && !server.supports(endpoint.since)
        {
            self.request.endpoint = &MEDIA_POST_V1;
        }
        Ok(self.request)
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
