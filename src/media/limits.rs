//! What a server takes, checked before anything is sent.

use crate::entities::{
    InstanceConfigurationMediaAttachments, V1InstanceConfigurationMediaAttachments,
};
use crate::upload::Prepared;

/// What a server takes as media. What it does not tell is `None`, and is not checked.
///
/// ```
/// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
/// use mastodon_sdk::media::MediaLimits;
/// let instance = mastodon.instance().await?;
/// let told = instance.configuration.media_attachments.as_ref();
/// let limits = told.map(MediaLimits::from).unwrap_or_default();
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
    /// The most bytes of an image.
    pub image_bytes: Option<u64>,
    /// The most pixels of an image, width times height.
    pub image_pixels: Option<u64>,
    /// The most bytes of a video or a sound.
    pub video_bytes: Option<u64>,
}

/// What is wrong with an argument: its name, and why.
pub(super) type Wrong = (&'static str, String);

impl MediaLimits {
    /// Holds a file and its description against the limits.
    pub(super) fn check(&self, file: &Prepared, description: Option<&str>) -> Result<(), Wrong> {
        self.check_file("file", file)?;
        let length = description.map_or(0, |text| text.chars().count() as u64);
        match self.description {
            Some(most) if length > most => Err((
                "description",
                format!("it has {length} characters, and this server takes {most}; shorten it"),
            )),
            _ => Ok(()),
        }
    }

    /// Holds a file against the limits.
    pub(super) fn check_file(&self, argument: &'static str, file: &Prepared) -> Result<(), Wrong> {
        let kind = file.mime_type.as_str();
        let known =
            kind.starts_with("image/") || kind.starts_with("video/") || kind.starts_with("audio/");
        if known
            && !self.mime_types.is_empty()
            && !self.mime_types.iter().any(|type_| type_ == kind)
        {
            let types = self.mime_types.join(", ");
            let reason = format!("{kind} is not among the types that this server takes: {types}");
            return Err((argument, reason));
        }
        let (what, most) = if kind.starts_with("image/") {
            ("an image", self.image_bytes)
        } else {
            ("a video or a sound", self.video_bytes)
        };
        if let Some(most) = most.filter(|most| file.length > *most) {
            let length = file.length;
            let reason =
                format!("it has {length} bytes, and {what} may have {most} on this server");
            return Err((argument, reason));
        }
        let pixels = self.image_pixels.zip(file.image_size());
        if let Some((most, (width, height))) = pixels
            && width.saturating_mul(height) > most
        {
            let reason = format!(
                "it has {width}×{height} pixels, and an image may have {most} on this server; make it smaller"
            );
            return Err((argument, reason));
        }
        Ok(())
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
