//! Markers.

use serde_json::{Value, json};

use crate::clock::iso8601;
use crate::state::Marker;

pub(crate) fn marker(marker: &Marker) -> Value {
    json!({
        "last_read_id": marker.last_read.to_string(), "version": marker.version, "updated_at": iso8601(marker.updated),
    })
}
