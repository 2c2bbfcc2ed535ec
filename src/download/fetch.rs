//! The transfer of a download: redirects, retries and range requests.

use bytes::BytesMut;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use url::Url;

use super::{ENDPOINT_NAME, ProgressCallback};
use crate::client::Mastodon;
use crate::error::{Error, TimeoutSetting};
use crate::http::headers::header_str;
use crate::http::hooks::Attempt;
use crate::http::network_error::network_error;
use crate::http::read::{BodyLimit, MAX_ERROR_LEN, read_body};
use crate::http::redirect::{RedirectRule, follow};
use crate::http::retry::{AttemptError, Attempts, RetryPolicy, is_transient_status, retry};
use crate::http::transport::Recipient;
use crate::http::{RawResponse, api_error};

/// Destination of the downloaded bytes.
pub(super) trait Sink: Send + Sync {
    /// Returns the number of bytes written so far.
    fn length(&self) -> u64;

    /// Returns the `ETag` or `Last-Modified` of the file that the bytes are from.
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

/// Downloads a file into a sink.
pub(super) struct Fetcher {
    pub(super) client: Mastodon,
    pub(super) url: Url,
    pub(super) max_size: u64,
    pub(super) on_progress: Option<ProgressCallback>,
}

impl Fetcher {
    /// Downloads the file and returns its length.
    pub(super) async fn fetch_into(self, sink: &mut impl Sink) -> Result<u64, Error> {
        let policy = RetryPolicy::new(self.client.core().settings.max_retries);
        let mut attempts = DownloadAttempts {
            fetcher: &self,
            sink,
            length_before: 0,
            number: 0,
        };
        retry(policy, &mut attempts).await
    }

    async fn attempt(&self, number: u32, sink: &mut impl Sink) -> Result<(), AttemptError> {
        let endpoint = ENDPOINT_NAME.into();
        let attempt = Attempt { endpoint, number };
        let mut response = self.request(&attempt, sink).await?;
        let read_error = |error| network_error(ENDPOINT_NAME, error);
        let total = match response.status() {
            StatusCode::PARTIAL_CONTENT => {
                let range =
                    header_str(response.headers(), "content-range").and_then(parse_content_range);
                match range {
                    Some((start, total)) if start == sink.length() => total,
                    _ => return Err(self.range_mismatch(sink).await),
                }
            }
            StatusCode::RANGE_NOT_SATISFIABLE if sink.length() > 0 => {
                let range = header_str(response.headers(), "content-range");
                let total = range.and_then(|range| range.strip_prefix("bytes */")?.parse().ok());
                if total == Some(sink.length()) {
                    // The file was already complete.
                    return Ok(());
                }
                return Err(self.range_mismatch(sink).await);
            }
            status if status.is_success() => {
                let total = response.content_length();
                self.check_size(total.unwrap_or(0))?;
                let validator = validator(response.headers());
                sink.restart(validator.as_deref()).await?;
                total
            }
            _ => return Err(self.read_error(response).await),
        };
        self.check_size(total.unwrap_or(0))?;
        while let Some(chunk) = self
            .with_timeout(async { response.chunk().await.map_err(read_error) })
            .await?
        {
            // A host may compress the file although the request excludes it: see `read_body`.
            tokio::task::coop::consume_budget().await;
            self.check_size(sink.length() + chunk.len() as u64)?;
            sink.write(&chunk).await?;
            if let Some(progress) = &self.on_progress {
                progress(sink.length(), total);
            }
        }
        if total.is_some_and(|total| total != sink.length()) {
            return Err(transient_network_error(
                "the file ended before it was complete",
            ));
        }
        Ok(())
    }

    /// Discards the received bytes, so that the next attempt requests the whole file: the host does not continue
    /// it correctly.
    async fn range_mismatch(&self, sink: &mut impl Sink) -> AttemptError {
        match sink.restart(None).await {
            Ok(()) => {
                transient_network_error("the host does not continue the file where it was cut off")
            }
            Err(error) => AttemptError::Final(error),
        }
    }

    /// Requests the file, or the rest of it, without an access token.
    async fn request(
        &self,
        attempt: &Attempt,
        sink: &impl Sink,
    ) -> Result<reqwest::Response, AttemptError> {
        let core = self.client.core();
        let range = match (sink.validator(), sink.length()) {
            (Some(validator), length @ 1..) => Some(range_headers(validator, length)?),
            _ => None,
        };
        let send = |url: &Url| {
            let mut request = reqwest::Request::new(Method::GET, url.clone());
            // Ranges count the stored bytes, so the file must not be compressed.
            let identity = HeaderValue::from_static("identity");
            request
                .headers_mut()
                .insert(header::ACCEPT_ENCODING, identity);
            if let Some(headers) = &range {
                request.headers_mut().extend(headers.clone());
            }
            let recipient = if url.origin() == core.base.origin() {
                Recipient::Server
            } else {
                Recipient::OtherHost
            };
            let sent = core.transport.get(attempt, request, recipient);
            self.with_timeout(sent)
        };
        follow(
            ENDPOINT_NAME.into(),
            RedirectRule::AnyHost,
            &Method::GET,
            &self.url,
            send,
        )
        .await
    }

    /// Waits for the next step of the host, with the timeout of an attempt of a call.
    async fn with_timeout<T>(
        &self,
        step: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, AttemptError> {
        let limit = self.client.core().settings.timeout;
        let error = match tokio::time::timeout(limit, step).await {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(error)) => error,
            Err(_) => Error::timeout(ENDPOINT_NAME, TimeoutSetting::Attempt, limit),
        };
        Err(match error.is_retryable() {
            true => AttemptError::transient(error),
            false => AttemptError::Final(error),
        })
    }

    fn check_size(&self, size: u64) -> Result<(), Error> {
        if size <= self.max_size {
            return Ok(());
        }
        Err(Error::FileTooLarge {
            endpoint: ENDPOINT_NAME.into(),
            limit: self.max_size,
        })
    }

    async fn read_error(&self, mut response: reqwest::Response) -> AttemptError {
        let (status, headers) = (response.status(), response.headers().clone());
        let limit = BodyLimit::Truncate(MAX_ERROR_LEN);
        let timeout = self.client.core().settings.timeout;
        let body = read_body(&mut response, limit, timeout).await;
        // The status alone says what happened.
        let body = body.unwrap_or_default();
        let mut raw = RawResponse::new(status, body);
        raw.headers.clone_from(&headers);
        let error = api_error(ENDPOINT_NAME, &raw);
        if error.is_retryable() && (status.as_u16() == 429 || is_transient_status(status)) {
            AttemptError::transient_response(error, &headers)
        } else {
            AttemptError::Final(error)
        }
    }
}

/// The attempts of one download, each of which continues the last.
struct DownloadAttempts<'a, S> {
    fetcher: &'a Fetcher,
    sink: &'a mut S,
    length_before: u64,
    /// Number of attempts so far.
    number: u32,
}

impl<S: Sink + Sync> Attempts for DownloadAttempts<'_, S> {
    type Output = u64;

    async fn attempt(&mut self) -> Result<u64, AttemptError> {
        self.length_before = self.sink.length();
        self.number += 1;
        let result = self.fetcher.attempt(self.number, self.sink).await;
        self.sink.flush().await?;
        result.map(|()| self.sink.length())
    }

    fn made_progress(&self) -> bool {
        self.sink.length() > self.length_before && self.sink.validator().is_some()
    }
}

fn transient_network_error(reason: &str) -> AttemptError {
    AttemptError::transient(Error::network(ENDPOINT_NAME, reason))
}

/// Returns the headers that request the rest of a file.
fn range_headers(validator: &str, length: u64) -> Result<HeaderMap, Error> {
    let value = |text: &str| {
        HeaderValue::try_from(text).map_err(|error| Error::internal(error.to_string()))
    };
    Ok(HeaderMap::from_iter([
        (header::RANGE, value(&format!("bytes={length}-"))?),
        (header::IF_RANGE, value(validator)?),
    ]))
}

/// Returns the validator for `If-Range`, which allows strong validators only: a strong `ETag`, else
/// `Last-Modified`.
fn validator(headers: &HeaderMap) -> Option<String> {
    let etag = header_str(headers, "etag").filter(|etag| !etag.starts_with("W/"));
    etag.or_else(|| header_str(headers, "last-modified"))
        .map(str::to_owned)
}

/// Returns the first byte and the total length in a `Content-Range` header such as `bytes 5-9/10`.
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
