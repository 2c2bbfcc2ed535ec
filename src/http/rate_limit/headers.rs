//! What the headers of an answer tell of a budget.

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;

use super::RateLimitStatus;
use crate::http::headers::{duration_until, header_str, retry_after};

/// A budget, and the end of its window by the server's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) budget: RateLimitStatus,
    pub(crate) window: Option<Timestamp>,
}

/// A pause where a refusal does not say how long to wait.
const PAUSE: Duration = Duration::from_secs(5);

/// A date in milliseconds, or a clock that is far off, must not stop a program for years.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What headers tell; a refusal tells of an empty budget even without any.
pub(crate) fn read(headers: &HeaderMap, refused: bool) -> Option<Told> {
    let number = |name: &str| header_str(headers, name).and_then(|text| text.parse::<u32>().ok());
    let window = header_str(headers, "x-ratelimit-reset").and_then(|text| {
        text.parse::<Timestamp>()
            .ok()
            .or_else(|| Timestamp::from_second(text.parse().ok()?).ok())
    });
    let until_reset = window.map(|window| duration_until(headers, window));
    let remaining = number("x-ratelimit-remaining");
    let mut reset_in = retry_after(headers)
        .or(until_reset)
        .or(refused.then_some(PAUSE))?
        .min(LONGEST);
    if refused {
        // No refusal is answered at once.
        reset_in = reset_in.max(Duration::from_secs(1));
    }
    let budget = RateLimitStatus {
        limit: number("x-ratelimit-limit"),
        remaining: if refused { 0 } else { remaining? },
        reset_in,
    };
    Some(Told { budget, window })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn the_reset_is_read_in_every_form_and_by_the_servers_clock() {
        for reset in ["2026-08-07T12:05:00.123456Z", "1786104300"] {
            let told = read(
                &headers(&[
                    ("date", "Fri, 07 Aug 2026 12:00:00 GMT"),
                    ("x-ratelimit-limit", "300"),
                    ("x-ratelimit-remaining", "7"),
                    ("x-ratelimit-reset", reset),
                ]),
                false,
            );
            let budget = told.unwrap().budget;
            assert_eq!(
                (budget.limit, budget.remaining, budget.reset_in.as_secs()),
                (Some(300), 7, 300),
                "{reset}"
            );
        }
    }

    #[test]
    fn a_refusal_tells_how_long_to_wait_even_without_a_word() {
        let wait = |pairs: &[_]| {
            read(&headers(pairs), true)
                .unwrap()
                .budget
                .reset_in
                .as_secs()
        };
        assert_eq!(wait(&[("retry-after", "30")]), 30);
        let date = ("date", "Fri, 07 Aug 2026 12:00:00 GMT");
        let later = ("retry-after", "Fri, 07 Aug 2026 12:01:40 GMT");
        assert_eq!(wait(&[date, later]), 100);
        assert_eq!(wait(&[("retry-after", "4294967297")]), 86_400);
        assert_eq!(wait(&[]), 5);
        assert_eq!(wait(&[("retry-after", "0")]), 1, "never at once");
        let far = [("x-ratelimit-reset", "99999999999")];
        assert_eq!(wait(&far), 86_400, "never for more than a day");
        assert!(read(&headers(&[]), false).is_none());
    }
}
