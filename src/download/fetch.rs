//! Getting the bytes: redirects, repetitions, ranges.

use bytes::BytesMut;
use http::{HeaderMap, StatusCode, header};
use url::Url;

use super::{NAME, Progress};
use crate::client::Mastodon;
use crate::error::{Error, refusal};
use crate::response::text;
use crate::retry::pause;
use crate::transport::{MAX_REDIRECTS, RawResponse, network, redirect};

/// Where the bytes go.
pub(super) trait Sink: Send {
    /// How many bytes it has.
    fn length(&self) -> u64;

    /// What names the version of the file that they are of.
    fn validator(&self) -> Option<&str>;

    /// Throws away what is there; what comes is of the file with this validator.
    fn restart(
        &mut self,
        validator: Option<&str>,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    fn write(&mut self, bytes: &[u8]) -> impl Future<Output = Result<(), Error>> + Send;

    /// Sees that all is written that was given.
    fn flush(&mut self) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Bytes in memory. They begin anew where a file would be continued: who asks for them waits for all.
impl Sink for BytesMut {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn validator(&self) -> Option<&str> {
        None
    }

    async fn restart(&mut self, _: Option<&str>) -> Result<(), Error> {
        self.clear();
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.extend_from_slice(bytes);
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

pub(super) struct Fetch {
    pub(super) client: Mastodon,
    pub(super) url: Url,
    pub(super) max_size: u64,
    pub(super) progress: Option<Progress>,
}

/// The end of an attempt that may be followed by another one.
enum Failure {
    Final(Error),
    Passing(Error, HeaderMap),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// The most of a refusal that is read.
const MAX_REFUSAL: usize = 64 << 10;

impl Fetch {
    /// Fetches the file and returns its length.
    pub(super) async fn into_sink(self, sink: &mut impl Sink) -> Result<u64, Error> {
        let mut failures = 0;
        loop {
            let before = sink.length();
            let attempt = self.attempt(sink).await;
            sink.flush().await?;
            let (error, headers) = match attempt {
                Ok(()) => return Ok(sink.length()),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing(error, headers)) => (error, headers),
            };
            // An attempt that brought the file further is no failure in a row.
            if sink.length() > before && sink.validator().is_some() {
                failures = 0;
            }
            if failures >= self.client.inner.settings.max_retries {
                return Err(error);
            }
            failures += 1;
            tokio::time::sleep(pause(failures, &headers)).await;
        }
    }

    async fn attempt(&self, sink: &mut impl Sink) -> Result<(), Failure> {
        let mut response = self.answer(sink).await?;
        let total = match response.status() {
            StatusCode::PARTIAL_CONTENT => {
                let range = text(response.headers(), "content-range").and_then(content_range);
                match range {
                    Some((start, total)) if start == sink.length() => total,
                    _ => return Err(self.confused(sink).await),
                }
            }
            StatusCode::RANGE_NOT_SATISFIABLE if sink.length() > 0 => {
                let told = text(response.headers(), "content-range");
                let total = told.and_then(|told| told.strip_prefix("bytes */")?.parse().ok());
                if total == Some(sink.length()) {
                    // It was all there already.
                    return Ok(());
                }
                return Err(self.confused(sink).await);
            }
            status if status.is_success() => {
                let validator = validator(response.headers());
                sink.restart(validator.as_deref()).await?;
                response.content_length()
            }
            _ => return Err(refused(response, self).await),
        };
        self.bounded(total.unwrap_or(0))?;
        while let Some(chunk) = self.timely(response.chunk()).await? {
            self.bounded(sink.length() + chunk.len() as u64)?;
            sink.write(&chunk).await?;
            if let Some(progress) = &self.progress {
                progress(sink.length(), total);
            }
        }
        if total.is_some_and(|total| total != sink.length()) {
            let reason = "the file ended before it was whole".to_owned();
            return Err(Failure::Passing(failed(reason), HeaderMap::new()));
        }
        Ok(())
    }

    /// The host's ranges are not to be trusted: the next attempt asks for the whole.
    async fn confused(&self, sink: &mut impl Sink) -> Failure {
        match sink.restart(None).await {
            Ok(()) => Failure::Passing(
                failed("the host does not continue the file where it was cut off".to_owned()),
                HeaderMap::new(),
            ),
            Err(error) => Failure::Final(error),
        }
    }

    /// Asks for the file, or for the rest of it, wherever it may have moved. No token travels.
    async fn answer(&self, sink: &impl Sink) -> Result<reqwest::Response, Failure> {
        let mut url = self.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let request = self.client.inner.transport.client.get(url.clone());
            // The bytes count as they are stored, so they must not be packed for the way.
            let mut request = request.header(header::ACCEPT_ENCODING, "identity");
            if let (Some(validator), 1..) = (sink.validator(), sink.length()) {
                request = request
                    .header(header::RANGE, format!("bytes={}-", sink.length()))
                    .header(header::IF_RANGE, validator);
            }
            let response = self.timely(request.send()).await?;
            let Some(target) = redirect(&response, &url) else {
                return Ok(response);
            };
            if !matches!(target.scheme(), "http" | "https")
                || url.scheme() == "https" && target.scheme() != "https"
            {
                let reason = "the host redirects to an address that is not encrypted".to_owned();
                return Err(failed(reason).into());
            }
            url = target;
        }
        Err(failed("the host redirects in a circle".to_owned()).into())
    }

    /// Waits for the next thing that the host does, as long as an attempt of a call may take.
    async fn timely<T>(
        &self,
        step: impl Future<Output = Result<T, reqwest::Error>>,
    ) -> Result<T, Failure> {
        let limit = self.client.inner.settings.timeout;
        let error = match tokio::time::timeout(limit, step).await {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(error)) => network(NAME, self.url.host_str(), error),
            Err(_) => Error::Timeout {
                endpoint: NAME,
                limit,
                setting: "timeout",
            },
        };
        Err(Failure::Passing(error, HeaderMap::new()))
    }

    fn bounded(&self, size: u64) -> Result<(), Error> {
        if size <= self.max_size {
            return Ok(());
        }
        Err(Error::TooLarge {
            endpoint: NAME,
            limit: self.max_size,
        })
    }
}

fn failed(reason: String) -> Error {
    Error::Network {
        endpoint: NAME,
        reason,
        source: None,
    }
}

async fn refused(mut response: reqwest::Response, fetch: &Fetch) -> Failure {
    let (status, headers) = (response.status(), response.headers().clone());
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = fetch.timely(response.chunk()).await {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_REFUSAL {
            break;
        }
    }
    let error = refusal(NAME, &RawResponse::new(status, body));
    if matches!(status.as_u16(), 429 | 502..=504) {
        Failure::Passing(error, headers)
    } else {
        Failure::Final(error)
    }
}

/// What names this version of the file for `If-Range`, which takes strong ones only.
fn validator(headers: &HeaderMap) -> Option<String> {
    let etag = text(headers, "etag").filter(|etag| !etag.starts_with("W/"));
    etag.or_else(|| text(headers, "last-modified"))
        .map(str::to_owned)
}

/// The beginning of a range and the length of the whole, from `bytes 5-9/10`.
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.parse().ok()?, total.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_anything_else_is_none() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(content_range("bytes 5-9/*"), Some((5, None)));
        for text in [
            "",
            "bytes */10",
            "bytes -9/10",
            "items 5-9/10",
            "bytes 99999999999999999999-9/1",
        ] {
            assert_eq!(content_range(text), None, "{text}");
        }
    }
}
