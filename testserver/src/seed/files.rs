//! Contents of files: avatars and media.

use std::path::Path;

use axum::body::Bytes;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::{SeedError, SeedResult};
use crate::handlers::accounts::profile_images::DEFAULT_IMAGE;

/// Content of a file: a path in a seed file, or Base64. Without either, a gray image of one pixel.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FileSeed {
    /// Path of a file, relative to the seed file. Only in seed files.
    file: Option<String>,
    /// Content in Base64.
    base64: Option<String>,
    #[serde(skip)]
    loaded: Option<Bytes>,
}

impl FileSeed {
    /// Reads the file, if one is given.
    pub(crate) fn load(&mut self, directory: Option<&Path>) -> SeedResult<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let directory = directory.ok_or_else(Self::no_files)?;
        let content = std::fs::read(directory.join(file))
            .map_err(|error| SeedError::new("file", format!("`{file}` cannot be read: {error}")))?;
        self.loaded = Some(content.into());
        Ok(())
    }

    fn no_files() -> SeedError {
        let message = "a file can be given only in a seed file; send its content as `base64`";
        SeedError::new("file", message)
    }

    pub(crate) fn content(&self) -> SeedResult<Bytes> {
        if let Some(loaded) = &self.loaded {
            return Ok(loaded.clone());
        }
        if self.file.is_some() {
            return Err(Self::no_files());
        }
        match &self.base64 {
            None => Ok(Bytes::from_static(DEFAULT_IMAGE)),
            Some(text) => STANDARD
                .decode(text.trim())
                .map(Bytes::from)
                .map_err(|error| SeedError::new("base64", format!("not valid Base64: {error}"))),
        }
    }
}
