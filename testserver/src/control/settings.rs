//! Reset, and behavior of the server.

use super::ControlError;
use super::endpoint::{Call, Empty, Endpoint, endpoint};
use crate::behavior::Behavior;
use crate::seed::Patch;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    endpoint!(POST "/reset", "Restores the state that the server had at its start: its data, clock, behavior and limits. Removes faults and logs, and cuts streaming connections.", reset: Empty => Empty),
    endpoint!(GET "/behavior", "Returns the behavior of the server.", behavior: Empty => Behavior),
    endpoint!(PATCH "/behavior", "Changes the behavior of the server. What is not given stays; null restores the default.", change_behavior: Patch<Behavior> => Behavior),
];

async fn reset(call: &Call, _: Empty) -> Result<Empty, ControlError> {
    call.shared.reset()?;
    Ok(Empty {})
}

async fn behavior(call: &Call, _: Empty) -> Result<Behavior, ControlError> {
    Ok(call.shared.behavior.get())
}

async fn change_behavior(call: &Call, patch: Patch<Behavior>) -> Result<Behavior, ControlError> {
    let changed = patch.apply(&call.shared.behavior.get())?;
    call.shared.behavior.set(changed.clone());
    Ok(changed)
}
