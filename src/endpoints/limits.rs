//! The check of one limit, for statuses and for media.

use crate::error::{Error, LimitBound, LimitUnit};

/// Fails if a value exceeds a maximum.
pub(super) fn check_max(
    endpoint: &'static str,
    argument: &str,
    unit: LimitUnit,
    max: Option<u64>,
    actual: u64,
) -> Result<(), Error> {
    check(endpoint, argument, unit, LimitBound::AtMost, max, actual)
}

/// Fails if a value is below a minimum.
pub(super) fn check_min(
    endpoint: &'static str,
    argument: &str,
    unit: LimitUnit,
    min: Option<u64>,
    actual: u64,
) -> Result<(), Error> {
    check(endpoint, argument, unit, LimitBound::AtLeast, min, actual)
}

fn check(
    endpoint: &'static str,
    argument: &str,
    unit: LimitUnit,
    bound: LimitBound,
    limit: Option<u64>,
    actual: u64,
) -> Result<(), Error> {
    let is_violated = |limit: &u64| match bound {
        LimitBound::AtMost => actual > *limit,
        LimitBound::AtLeast => actual < *limit,
    };
    match limit.filter(is_violated) {
        None => Ok(()),
        Some(limit) => Err(Error::Limit {
            endpoint,
            argument: argument.to_owned(),
            unit,
            bound,
            limit,
            actual,
        }),
    }
}
