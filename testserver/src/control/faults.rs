//! Faults: inject, list and remove.

use serde::Serialize;

use super::ControlError;
use super::endpoint::{Call, Empty, Endpoint, endpoint};
use crate::fault::FaultSpec;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    endpoint!(GET "/faults", "Lists the faults that still apply to requests or events.", list: Empty => Vec<FaultInfo>),
    endpoint!(POST "/faults", "Injects a fault into the next matching requests or events.", inject: FaultSpec => FaultInfo),
    endpoint!(DELETE "/faults", "Removes all faults.", clear: Empty => Empty),
    endpoint!(DELETE "/faults/{id}", "Removes a fault.", remove: Empty => Empty),
];

/// Injected fault.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct FaultInfo {
    id: u64,
    /// Number of requests or events that it still applies to.
    remaining: usize,
    /// The fault as it was injected. Null if a Rust test has injected it.
    fault: Option<FaultSpec>,
}

async fn list(call: &Call, _: Empty) -> Result<Vec<FaultInfo>, ControlError> {
    let faults = call.shared.faults.list().into_iter();
    let info = |(id, remaining, fault)| FaultInfo {
        id,
        remaining,
        fault,
    };
    Ok(faults.map(info).collect())
}

async fn inject(call: &Call, spec: FaultSpec) -> Result<FaultInfo, ControlError> {
    let (id, remaining) = call.shared.faults.inject_spec(&spec)?;
    Ok(FaultInfo {
        id,
        remaining,
        fault: Some(spec),
    })
}

async fn clear(call: &Call, _: Empty) -> Result<Empty, ControlError> {
    call.shared.faults.clear();
    Ok(Empty {})
}

async fn remove(call: &Call, _: Empty) -> Result<Empty, ControlError> {
    let id = call.path_param();
    let is_removed = id.parse().is_ok_and(|id| call.shared.faults.remove(id));
    if is_removed {
        return Ok(Empty {});
    }
    Err(ControlError::not_found(format!(
        "there is no fault {id} any more, or there never was"
    )))
}
