//! Checks files against the server's limits before they are uploaded.

use crate::client::MediaLimits;
use crate::endpoints::limits::check_max;
use crate::error::{Error, LimitUnit};
use crate::http::upload::Upload;

/// Metadata of a file before it is uploaded.
#[derive(Clone, Debug)]
pub(super) struct FileMetadata {
    pub(super) argument: &'static str,
    mime_type: String,
    bytes: u64,
    /// Width and height of an image.
    size: Option<(u64, u64)>,
}

impl FileMetadata {
    /// Reads the metadata of a file. Blocks if it is on disk.
    pub(super) fn read(argument: &'static str, file: &Upload) -> Result<Self, Error> {
        let file = file.prepare()?;
        Ok(Self {
            argument,
            size: file.image_size(),
            bytes: file.length,
            mime_type: file.mime_type,
        })
    }
}

impl MediaLimits {
    /// Checks files and their description.
    pub(super) fn check(
        &self,
        endpoint: &'static str,
        files: &[FileMetadata],
        description: &str,
    ) -> Result<(), Error> {
        files
            .iter()
            .try_for_each(|file| self.check_file(endpoint, file))?;
        let length = description.chars().count() as u64;
        let max = self.description;
        check_max(endpoint, "description", LimitUnit::Characters, max, length)
    }

    fn check_file(&self, endpoint: &'static str, file: &FileMetadata) -> Result<(), Error> {
        let (mime_type, argument) = (file.mime_type.as_str(), file.argument);
        if !self.accepts(mime_type) {
            let accepted = self.mime_types.join(", ");
            let reason = format!("the server does not accept {mime_type}; it accepts {accepted}");
            return Err(Error::argument(endpoint, argument, reason));
        }
        let max_bytes = match mime_type.split_once('/') {
            // An animated image may be as large as a video, and only the server can distinguish them.
            Some(("image", "gif")) => self.largest(),
            Some(("image", _)) => self.image_bytes,
            Some(("video" | "audio", _)) => self.video_bytes,
            _ => self.largest(),
        };
        check_max(endpoint, argument, LimitUnit::Bytes, max_bytes, file.bytes)?;
        let pixels = file
            .size
            .map_or(0, |(width, height)| width.saturating_mul(height));
        check_max(
            endpoint,
            argument,
            LimitUnit::Pixels,
            self.image_pixels,
            pixels,
        )
    }

    fn largest(&self) -> Option<u64> {
        Some(self.image_bytes?.max(self.video_bytes?))
    }

    /// Returns whether the server may accept files of this MIME type. Aliases of a type, and audio and video in
    /// the same container format, count as equal: the server checks them.
    fn accepts(&self, mime_type: &str) -> bool {
        let media = ["image/", "video/", "audio/"];
        !media.iter().any(|class| mime_type.starts_with(class))
            || self.mime_types.is_empty()
            || self
                .mime_types
                .iter()
                .any(|accepted| container(accepted) == container(mime_type))
    }
}

/// Returns the container format of a MIME type, the same for all aliases.
fn container(mime_type: &str) -> &str {
    let name = mime_type
        .split_once('/')
        .map_or(mime_type, |(_, name)| name);
    match name.strip_prefix("x-").unwrap_or(name) {
        "wave" | "vnd.wave" | "pn-wave" => "wav",
        "m4a" => "mp4",
        "mp3" => "mpeg",
        "vorbis" | "opus" => "ogg",
        "ms-wma" | "ms-wmv" => "ms-asf",
        "heic" => "heif",
        other => other,
    }
}
