//! What a server takes, checked before anything is sent.

use crate::endpoint::Endpoint;
use crate::entities::{
    InstanceConfigurationMediaAttachments, V1InstanceConfigurationMediaAttachments,
};
use crate::error::Error;
use crate::upload::Upload;

/// What a server takes as media. What it does not tell is `None`, and is not checked.
///
/// [`media_post`](crate::Mastodon::media_post) holds files against those of its server by itself; other
/// ones can be given to it.
///
/// ```
/// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
/// let mut limits = mastodon.media_limits().await?;
/// // No film of this program is larger than a megabyte.
/// limits.video_bytes = Some(1 << 20);
/// let media = mastodon.media_post("film.mp4").limits(limits).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MediaLimits {
    /// The media types that can be uploaded; empty where they are not told.
    pub mime_types: Vec<String>,
    /// The most characters of a description.
    pub description: Option<u64>,
    /// The most bytes of an image that does not move.
    pub image_bytes: Option<u64>,
    /// The most pixels of an image, width times height.
    pub image_pixels: Option<u64>,
    /// The most bytes of a video or a sound; moving images count as videos.
    pub video_bytes: Option<u64>,
}

/// What is known of a file before it is sent.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) argument: &'static str,
    mime_type: String,
    bytes: u64,
    /// Width and height of an image.
    size: Option<(u64, u64)>,
}

impl Facts {
    /// Looks at a file. Blocks where it is on disk.
    pub(super) fn of(argument: &'static str, file: &Upload) -> Result<Self, Error> {
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
    /// Holds files and their description against the limits.
    pub(super) fn check(
        &self,
        endpoint: &'static Endpoint,
        files: &[Facts],
        description: &str,
    ) -> Result<(), Error> {
        files
            .iter()
            .try_for_each(|file| self.check_file(endpoint, file))?;
        let length = description.chars().count() as u64;
        let most = self.description;
        at_most(endpoint, "description", "characters", length, most)
    }

    fn check_file(&self, endpoint: &'static Endpoint, file: &Facts) -> Result<(), Error> {
        let (kind, argument) = (file.mime_type.as_str(), file.argument);
        if !self.takes(kind) {
            let types = self.mime_types.join(", ");
            let reason = format!("{kind} is not among the types that this server takes: {types}");
            return Err(Error::argument(endpoint, argument, reason));
        }
        let most = match kind.split_once('/') {
            // What moves may be as large as a video, and only the server finds out.
            Some(("image", "gif")) => self.largest(),
            Some(("image", _)) => self.image_bytes,
            Some(("video" | "audio", _)) => self.video_bytes,
            _ => self.largest(),
        };
        at_most(endpoint, argument, "bytes", file.bytes, most)?;
        let pixels = file
            .size
            .map_or(0, |(width, height)| width.saturating_mul(height));
        at_most(endpoint, argument, "pixels", pixels, self.image_pixels)
    }

    fn largest(&self) -> Option<u64> {
        Some(self.image_bytes?.max(self.video_bytes?))
    }

    /// Whether a file may be of a type that the server takes. Where types go by several names, or one
    /// container holds sounds as well as videos, the server is to decide.
    fn takes(&self, kind: &str) -> bool {
        let media = ["image/", "video/", "audio/"];
        !media.iter().any(|class| kind.starts_with(class))
            || self.mime_types.is_empty()
            || self
                .mime_types
                .iter()
                .any(|known| container(known) == container(kind))
    }
}

fn at_most(
    endpoint: &'static Endpoint,
    argument: &str,
    unit: &'static str,
    actual: u64,
    limit: Option<u64>,
) -> Result<(), Error> {
    match limit {
        Some(limit) if actual > limit => Err(Error::Limit {
            endpoint: endpoint.name,
            argument: argument.to_owned(),
            unit,
            bound: "at most",
            limit,
            actual,
        }),
        _ => Ok(()),
    }
}

/// What a file of a type is written in, whatever else it is called.
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

/// A number that is missing reads as zero, and no server has such a limit.
fn told(limit: i64) -> Option<u64> {
    u64::try_from(limit).ok().filter(|limit| *limit > 0)
}

impl From<&InstanceConfigurationMediaAttachments> for MediaLimits {
    fn from(limits: &InstanceConfigurationMediaAttachments) -> Self {
        Self {
            mime_types: limits.supported_mime_types.clone(),
            description: limits.description_limit.and_then(told),
            image_bytes: told(limits.image_size_limit),
            image_pixels: told(limits.image_matrix_limit),
            video_bytes: told(limits.video_size_limit),
        }
    }
}

impl From<&V1InstanceConfigurationMediaAttachments> for MediaLimits {
    fn from(limits: &V1InstanceConfigurationMediaAttachments) -> Self {
        Self {
            mime_types: limits.supported_mime_types.clone(),
            description: None,
            image_bytes: told(limits.image_size_limit),
            image_pixels: told(limits.image_matrix_limit),
            video_bytes: told(limits.video_size_limit),
        }
    }
}
