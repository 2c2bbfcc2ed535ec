//! Response bodies that are not JSON.

use serde::{Deserialize, Serialize};

/// A response body that is not JSON, such as that of a health check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct PlainText(pub String);
