//! Sending again: what may be, when, and what it means when a repetition finds the work done.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::call::Call;
use crate::endpoint::{Endpoint, Place, Then};
use crate::error::{Error, refusal};
use crate::request::Request;
use crate::response::retry_after;
use crate::transport::RawResponse;

/// Whether the request of an attempt that failed may have been carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// There was no connection at all, so that even what may not be repeated may be sent again.
    Before,
    /// Nobody knows.
    Perhaps,
}

impl Failed {
    /// How an attempt failed; `None` where another one would not help.
    pub(crate) fn how(error: &Error) -> Option<Self> {
        match error {
            Error::Timeout { setting, .. } if *setting == "connect_timeout" => Some(Self::Before),
            Error::Network { source, .. } => {
                let cause = source.as_ref()?.downcast_ref::<reqwest::Error>();
                let before = cause.is_some_and(reqwest::Error::is_connect);
                Some(if before { Self::Before } else { Self::Perhaps })
            }
            _ => None,
        }
    }
}

/// The longest pause that a server may ask for after a failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long to wait after so many failures: as long as the server asks for, or a random time.
pub(crate) fn pause(failures: u32, headers: &HeaderMap) -> Duration {
    let asked = retry_after(headers).map(|asked| asked.min(LONGEST_PAUSE));
    asked.unwrap_or_else(|| jitter(longest(failures)))
}

/// The most that is waited: it grows with the failures.
fn longest(failures: u32) -> Duration {
    Duration::from_millis(250) * (1 << failures.min(6))
}

/// Any part of a time, so that the many clients of a server do not come back all at once. Without
/// random numbers it is the whole, which is the careful choice.
pub(crate) fn jitter(most: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(u32::MAX);
    most.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

/// What a call answers whose earlier attempt may have been carried out, when a repetition was answered
/// so; `None` where the answer stands for itself.
pub(crate) async fn done_before(
    request: &Request,
    response: &RawResponse,
) -> Option<Result<RawResponse, Error>> {
    let endpoint = request.endpoint;
    let met = match response.status {
        // What is gone for good is not found, either.
        StatusCode::GONE => StatusCode::NOT_FOUND,
        status => status,
    };
    let known = endpoint
        .repeated
        .as_ref()
        .filter(|known| known.status == met)?;
    if let Some(says) = known.says {
        let error = refusal(endpoint.name, response);
        error.api().filter(|error| error.message == says)?;
    }
    tracing::debug!("a repetition found the work done");
    match known.then {
        Then::Done => Some(Ok(response.clone())),
        Then::Lost => Some(Err(Error::AnswerLost {
            endpoint: endpoint.name,
            status: response.status,
        })),
        Then::Shown { by, field, value } => {
            let shown = show(request, by).await?;
            let json: Value = serde_json::from_slice(&shown.body).ok()?;
            (json.get(field) == Some(&value.into())).then_some(Ok(shown))
        }
    }
}

/// What an endpoint shows of the thing that the path of a request names.
async fn show(request: &Request, endpoint: &'static Endpoint) -> Option<RawResponse> {
    let mut call = Call::<Value>::new(&request.client, endpoint).unchecked();
    for param in endpoint
        .params
        .iter()
        .filter(|one| one.place == Place::Path)
    {
        call.0
            .set(param.name, request.values.get(param.name)?.clone());
    }
    // A call of its own, hence the box.
    Box::pin(call.raw()).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_pause_is_anything_up_to_a_most_that_doubles_and_then_stays(failures in 0u32..2000) {
            let (most, bound) = (longest(failures), Duration::from_secs(16));
            prop_assert!(jitter(most) <= most && most <= bound);
            prop_assert_eq!(longest(failures + 1), (most * 2).min(bound));
        }
    }

    #[test]
    fn pauses_are_spread_over_the_whole_range() {
        let most = longest(3);
        let mut quarters = [0u32; 4];
        for _ in 0..4000 {
            let pause = pause(3, &HeaderMap::new());
            let quarter = (pause.as_secs_f64() / most.as_secs_f64() * 4.0) as usize;
            quarters[quarter.min(3)] += 1;
        }
        // A thousand each, give or take nine times the deviation.
        assert!(
            quarters.iter().all(|count| (750..1250).contains(count)),
            "{quarters:?}"
        );
    }

    #[test]
    fn a_server_that_tells_when_to_come_back_is_obeyed_within_bounds() {
        let wait = |told: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("date", "Fri, 07 Aug 2026 12:00:00 GMT".parse().unwrap());
            headers.insert("retry-after", told.parse().unwrap());
            pause(1, &headers)
        };
        assert_eq!(wait("7"), Duration::from_secs(7));
        assert_eq!(
            wait("Fri, 07 Aug 2026 12:00:20 GMT"),
            Duration::from_secs(20)
        );
        assert_eq!(
            wait("Fri, 07 Aug 2026 11:00:00 GMT"),
            Duration::ZERO,
            "it is past"
        );
        for far in [
            "3600",
            "99999999999999999999",
            "Fri, 07 Aug 2099 12:00:00 GMT",
        ] {
            assert_eq!(wait(far), LONGEST_PAUSE, "{far}");
        }
        for nonsense in ["", "soon", "-5", "1.5"] {
            assert!(wait(nonsense) <= Duration::from_millis(500), "{nonsense}");
        }
    }

    #[test]
    fn what_tells_of_a_repetition_may_be_repeated() {
        let told = Endpoint::all().iter().filter(|one| one.repeated.is_some());
        assert!(told.clone().count() > 20);
        for endpoint in told {
            assert!(endpoint.repeatable, "{}", endpoint.name);
        }
    }
}
