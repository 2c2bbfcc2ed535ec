//! Finds the bucket that the headers of a response describe. The server reports only the bucket with the fewest remaining
//! requests, without its name.

use std::time::Duration;

use super::Granted;
use super::headers::RateLimitHeaders;
use super::store::{Outcome, SAME_WINDOW_TOLERANCE, WindowReport};
use crate::facts::RateLimitBucket;

/// Maximum difference between two reported ends of the same window, and between a window and the time until its end.
/// Headers have whole seconds.
const TOLERANCE: Duration = Duration::from_millis(SAME_WINDOW_TOLERANCE);

/// Buckets that are reported in responses to requests that are not counted against them.
const REPORTED_ELSEWHERE: [RateLimitBucket; 2] =
    [RateLimitBucket::Statuses, RateLimitBucket::Follows];

/// Returns what a response reports about each bucket.
pub(super) fn outcomes(
    granted: &[Granted],
    headers: Option<&RateLimitHeaders>,
    is_success: bool,
) -> Vec<Outcome> {
    let is_reported = granted.iter().any(|granted| granted.bucket.is_reported);
    let Some(headers) = headers else {
        // Errors of proxies have no headers.
        let outcome = if is_success && is_reported {
            Outcome::NotReported
        } else {
            Outcome::Unknown
        };
        return vec![outcome; granted.len()];
    };
    let reported = reported_bucket(granted, headers);
    let outcome = |(index, granted): (usize, &Granted)| {
        if reported == Some(index) {
            return Outcome::Reported(report(headers));
        }
        // The server would have reported a bucket with fewer remaining requests.
        let ticket = granted.ticket;
        let most = granted
            .bucket
            .bucket
            .limit()
            .saturating_sub(1)
            .saturating_sub(ticket.counted);
        if !headers.is_throttled && reported.is_some() && headers.status.remaining > most {
            Outcome::NotReported
        } else {
            Outcome::Unknown
        }
    };
    granted.iter().enumerate().map(outcome).collect()
}

fn report(headers: &RateLimitHeaders) -> WindowReport {
    WindowReport {
        limit: headers.status.limit,
        remaining: headers.status.remaining,
        reset_in: headers.status.reset_in,
        window_end: headers.window_end,
        is_throttled: headers.is_throttled,
    }
}

/// Returns the index of the bucket that the headers describe; `None` if it is none of those of the request.
fn reported_bucket(granted: &[Granted], headers: &RateLimitHeaders) -> Option<usize> {
    let has_limit = |granted: &Granted| {
        let limit = granted
            .ticket
            .limit
            .unwrap_or(granted.bucket.bucket.limit());
        headers.status.limit == Some(limit)
    };
    let with_limit = || {
        let granted = granted.iter().enumerate();
        granted.filter(|(_, granted)| has_limit(granted))
    };
    // Windows that are known. The server prefers the first of two with the same count.
    let same_window = with_limit().filter(|(_, granted)| has_window(granted, headers));
    if let Some((closest, _)) =
        same_window.min_by_key(|(_, granted)| count_difference(granted, headers))
    {
        return Some(closest);
    }
    // Windows that Mastodon would have: they end at multiples of their length.
    let fits =
        |bucket: RateLimitBucket| is_aligned(bucket, headers) && fits_window(bucket, headers);
    if let Some((aligned, _)) = with_limit().find(|(_, granted)| fits(granted.bucket.bucket)) {
        return Some(aligned);
    }
    let is_elsewhere =
        |bucket: &RateLimitBucket| headers.status.limit == Some(bucket.limit()) && fits(*bucket);
    if !headers.is_throttled && REPORTED_ELSEWHERE.iter().any(is_elsewhere) {
        return None;
    }
    // Other software has other windows, and hardly any other limit than that of all requests.
    let shortest = with_limit()
        .filter(|(_, granted)| fits_window(granted.bucket.bucket, headers))
        .min_by_key(|(_, granted)| granted.bucket.bucket.window());
    let fitting = shortest.or_else(|| with_limit().next());
    Some(fitting.map_or(0, |(index, _)| index))
}

/// Returns whether the headers have the end of the bucket's current window.
fn has_window(granted: &Granted, headers: &RateLimitHeaders) -> bool {
    let ends = granted.ticket.window_end.zip(headers.window_end);
    ends.is_some_and(|(known, reported)| {
        Duration::from_millis(known.abs_diff(reported.as_millisecond())) <= TOLERANCE
    })
}

/// Returns the difference between the reported count of a bucket and its own.
fn count_difference(granted: &Granted, headers: &RateLimitHeaders) -> u32 {
    let remaining = granted.ticket.remaining.unwrap_or_default();
    remaining.abs_diff(headers.status.remaining)
}

fn fits_window(bucket: RateLimitBucket, headers: &RateLimitHeaders) -> bool {
    headers.status.reset_in <= bucket.window().saturating_add(TOLERANCE)
}

fn is_aligned(bucket: RateLimitBucket, headers: &RateLimitHeaders) -> bool {
    let window = i64::try_from(bucket.window().as_secs()).unwrap_or(i64::MAX);
    headers
        .window_end
        .is_some_and(|end| end.as_second().rem_euclid(window) == 0)
}
