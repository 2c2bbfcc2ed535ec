//! The YAML description of the Mastodon API: `spec/` in the repository.
//!
//! Four stages, one module each: [`load`] reads the files, [`check`] reports every mistake in them, [`mod@derive`]
//! completes them with what follows from other keys, and [`model`] lowers them to what emitters need. [`yaml`] contains
//! the types of the files, and [`history`] lists the changes of each version of Mastodon.

pub mod check;
pub mod derive;
pub mod docs;
pub mod history;
pub mod load;
pub mod model;
pub mod names;
pub mod problem;
pub mod published;
pub mod reference;
pub mod schema;
pub mod yaml;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use mastodon_json as json;

/// Generated files by their path from the root of the project, or of the website.
pub type Outputs = BTreeMap<PathBuf, String>;
