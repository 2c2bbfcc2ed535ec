//! Names and sizes of what is stored.

use std::time::Duration;

use crate::error::Error;

/// Maximum length of the name of a lease, a record or an item, in bytes.
const MAX_NAME: usize = 512;

/// Maximum size of a record, in bytes of its JSON. A checkpoint has some kilobytes.
pub(super) const MAX_RECORD: usize = 1 << 20;

/// How long claims are kept: longer than a worker is down and then backfills.
pub(super) const KEEP_CLAIMS: Duration = Duration::from_secs(14 * 24 * 3600);

/// Fails if a name is empty or too long. `what` is the argument that contains it.
pub(super) fn check_name(method: &'static str, what: &str, name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::argument(method, what, "it must not be empty"));
    }
    if name.len() > MAX_NAME {
        let reason = format!(
            "it has {} bytes; at most {MAX_NAME} are allowed",
            name.len()
        );
        return Err(Error::argument(method, what, reason));
    }
    Ok(())
}
