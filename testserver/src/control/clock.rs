//! Clock of the server.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ControlError;
use super::endpoint::{Call, Empty, Endpoint, endpoint};
use crate::clock::iso8601;
use crate::seconds;
use crate::seed::Time;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    endpoint!(GET "/clock", "Returns the time of the server's clock.", show: Empty => ClockInfo),
    endpoint!(PUT "/clock", "Sets the clock. It goes on from there.", set: SetClock => ClockInfo),
    endpoint!(POST "/clock/advance", "Advances the clock. Tasks that are then due run at once.", advance: AdvanceClock => ClockInfo),
];

/// Time of the server's clock.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ClockInfo {
    now: String,
}

/// New time of the clock.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct SetClock {
    now: Time,
}

/// Duration by which the clock is advanced.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct AdvanceClock {
    #[serde(with = "seconds")]
    #[cfg_attr(test, schemars(with = "f64", range(min = 0)))]
    seconds: Duration,
}

fn info(call: &Call) -> ClockInfo {
    // Locking the state runs what is due.
    drop(call.shared.state());
    ClockInfo {
        now: iso8601(call.shared.clock.now()),
    }
}

async fn show(call: &Call, _: Empty) -> Result<ClockInfo, ControlError> {
    Ok(info(call))
}

async fn set(call: &Call, input: SetClock) -> Result<ClockInfo, ControlError> {
    let clock = &call.shared.clock;
    clock.set(input.now.at(clock.now()));
    Ok(info(call))
}

async fn advance(call: &Call, input: AdvanceClock) -> Result<ClockInfo, ControlError> {
    call.shared.clock.advance(input.seconds);
    Ok(info(call))
}
