//! The transfer of a download: redirects, retries and range requests.

use bytes::BytesMut;
use http::{HeaderMap, StatusCode, header};
use url::Url;

use super::{ENDPOINT_NAME, ProgressCallback};
use crate::client::Mastodon;
use crate::error::{Error, refusal};
use crate::response::text;
use crate::retry::pause;
use crate::transport::{MAX_REDIRECTS, RawResponse, network, redirect};

/// Destination of the downloaded bytes.
pub(super) trait Sink: Send {
    /// Number of bytes written so far.
    fn length(&self) -> u64;

    /// `ETag` or `Last-Modified` of the file that the bytes are from.
    fn validator(&self) -> Option<&str>;

    /// Discards all bytes. The next ones are from the file with this validator.
    fn restart(
        &mut self,
        validator: Option<&str>,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    fn write(&mut self, bytes: &[u8]) -> impl Future<Output = Result<(), Error>> + Send;

    /// Completes pending writes.
    fn flush(&mut self) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Downloads to memory have no validator, so a retry fetches the whole file.
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

pub(super) struct Fetcher {
    pub(super) client: Mastodon,
    pub(super) url: Url,
    pub(super) max_size: u64,
    pub(super) on_progress: Option<ProgressCallback>,
}

/// Why an attempt failed.
enum Failure {
    Permanent(Error),
    /// Retried, after the delay in these response headers if they specify one.
    Transient(Error, HeaderMap),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Permanent(error)
    }
}

/// Maximum number of bytes of an error response that are read.
const MAX_ERROR_BODY: usize = 64 << 10;

impl Fetcher {
    /// Fetches the file and returns its length in bytes.
    pub(super) async fn fetch_into(self, sink: &mut impl Sink) -> Result<u64, Error> {
        let mut failures = 0;
        loop {
            let length_before = sink.length();
            let attempt = self.attempt(sink).await;
            sink.flush().await?;
            let (error, headers) = match attempt {
                Ok(()) => return Ok(sink.length()),
                Err(Failure::Permanent(error)) => return Err(error),
                Err(Failure::Transient(error, headers)) => (error, headers),
            };
            // `max_retries` limits consecutive attempts without progress.
            if sink.length() > length_before && sink.validator().is_some() {
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
        let mut response = self.send_request(sink).await?;
        let total = match response.status() {
            StatusCode::PARTIAL_CONTENT => {
                let range = text(response.headers(), "content-range").and_then(parse_content_range);
                match range {
                    Some((start, total)) if start == sink.length() => total,
                    _ => return Err(self.range_mismatch(sink).await),
                }
            }
            StatusCode::RANGE_NOT_SATISFIABLE if sink.length() > 0 => {
                let range = text(response.headers(), "content-range");
                let total = range.and_then(|range| range.strip_prefix("bytes */")?.parse().ok());
                if total == Some(sink.length()) {
                    // An earlier download had already fetched the whole file.
                    return Ok(());
                }
                return Err(self.range_mismatch(sink).await);
            }
            status if status.is_success() => {
                let validator = validator(response.headers());
                sink.restart(validator.as_deref()).await?;
                response.content_length()
            }
            _ => return Err(self.error_response(response).await),
        };
        self.check_size(total.unwrap_or(0))?;
        while let Some(chunk) = self.with_timeout(response.chunk()).await? {
            self.check_size(sink.length() + chunk.len() as u64)?;
            sink.write(&chunk).await?;
            if let Some(callback) = &self.on_progress {
                callback(sink.length(), total);
            }
        }
        if total.is_some_and(|total| total != sink.length()) {
            let error = network_error("the response ended before the end of the file");
            return Err(Failure::Transient(error, HeaderMap::new()));
        }
        Ok(())
    }

    /// Discards all bytes after a response to a range request that does not continue them, so that the next
    /// attempt fetches the whole file.
    async fn range_mismatch(&self, sink: &mut impl Sink) -> Failure {
        match sink.restart(None).await {
            Ok(()) => Failure::Transient(
                network_error("the host did not return the requested range of the file"),
                HeaderMap::new(),
            ),
            Err(error) => Failure::Permanent(error),
        }
    }

    /// Requests the file or its remaining range, and follows redirects. Sends no access token.
    async fn send_request(&self, sink: &impl Sink) -> Result<reqwest::Response, Failure> {
        let mut url = self.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let request = self.client.inner.transport.client.get(url.clone());
            // Ranges count the bytes of the file, not those of a compressed encoding.
            let mut request = request.header(header::ACCEPT_ENCODING, "identity");
            if let (Some(validator), 1..) = (sink.validator(), sink.length()) {
                request = request
                    .header(header::RANGE, format!("bytes={}-", sink.length()))
                    .header(header::IF_RANGE, validator);
            }
            let response = self.with_timeout(request.send()).await?;
            let Some(target) = redirect(&response, &url) else {
                return Ok(response);
            };
            if !matches!(target.scheme(), "http" | "https")
                || url.scheme() == "https" && target.scheme() != "https"
            {
                return Err(network_error("the host redirects to a URL that is not HTTPS").into());
            }
            url = target;
        }
        Err(network_error("the host redirects too often").into())
    }

    /// Limits one step of the transfer to the `timeout` of the client.
    async fn with_timeout<T>(
        &self,
        step: impl Future<Output = Result<T, reqwest::Error>>,
    ) -> Result<T, Failure> {
        let limit = self.client.inner.settings.timeout;
        let error = match tokio::time::timeout(limit, step).await {
            Ok(Ok(output)) => return Ok(output),
            Ok(Err(error)) => network(ENDPOINT_NAME, self.url.host_str(), error),
            Err(_) => Error::Timeout {
                endpoint: ENDPOINT_NAME,
                limit,
                setting: "timeout",
            },
        };
        Err(Failure::Transient(error, HeaderMap::new()))
    }

    fn check_size(&self, size: u64) -> Result<(), Error> {
        if size <= self.max_size {
            return Ok(());
        }
        Err(Error::TooLarge {
            endpoint: ENDPOINT_NAME,
            limit: self.max_size,
        })
    }

    async fn error_response(&self, mut response: reqwest::Response) -> Failure {
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = self.with_timeout(response.chunk()).await {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_ERROR_BODY {
                break;
            }
        }
        let error = refusal(ENDPOINT_NAME, &RawResponse::new(status, body));
        if matches!(status.as_u16(), 429 | 502..=504) {
            Failure::Transient(error, headers)
        } else {
            Failure::Permanent(error)
        }
    }
}

fn network_error(reason: &str) -> Error {
    Error::Network {
        endpoint: ENDPOINT_NAME,
        reason: reason.to_owned(),
        source: None,
    }
}

/// The validator for `If-Range`, which allows strong validators only: a strong `ETag`, else `Last-Modified`.
fn validator(headers: &HeaderMap) -> Option<String> {
    let etag = text(headers, "etag").filter(|etag| !etag.starts_with("W/"));
    etag.or_else(|| text(headers, "last-modified"))
        .map(str::to_owned)
}

/// The first byte and the total length in a `Content-Range` header such as `bytes 5-9/10`.
fn parse_content_range(value: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.parse().ok()?, total.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_range_is_parsed_and_other_values_are_rejected() {
        assert_eq!(parse_content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(parse_content_range("bytes 5-9/*"), Some((5, None)));
        for value in [
            "",
            "bytes */10",
            "bytes -9/10",
            "items 5-9/10",
            "bytes 99999999999999999999-9/1",
        ] {
            assert_eq!(parse_content_range(value), None, "{value}");
        }
    }
}
