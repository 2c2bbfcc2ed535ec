//! Limits of uploaded media.

use crate::entities::{
    InstanceConfigurationMediaAttachments, V1InstanceConfigurationMediaAttachments,
};

/// Media types and sizes that a server accepts. A limit is `None` if the server does not publish it; then
/// it is not checked.
///
/// [`media_post`](crate::Mastodon::media_post) checks files against the limits of its server, or against
/// limits that are passed to it.
///
/// ```
/// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
/// let mut limits = mastodon.media_limits().await?;
/// // This application uploads no video larger than a megabyte.
/// limits.video_bytes = Some(1 << 20);
/// let media = mastodon.media_post("video.mp4").limits(limits).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MediaLimits {
    /// MIME types that the server accepts; empty if it does not publish them.
    pub mime_types: Vec<String>,
    /// Maximum number of characters of a description.
    pub description: Option<u64>,
    /// Maximum size of a still image in bytes.
    pub image_bytes: Option<u64>,
    /// Maximum number of pixels of an image: width times height.
    pub image_pixels: Option<u64>,
    /// Maximum size of a video or audio file in bytes. Animated images count as videos.
    pub video_bytes: Option<u64>,
}

/// Converts a limit of an instance. A missing number is decoded as zero, which means no limit.
pub(super) fn positive(limit: i64) -> Option<u64> {
    u64::try_from(limit).ok().filter(|limit| *limit > 0)
}

impl From<&InstanceConfigurationMediaAttachments> for MediaLimits {
    fn from(limits: &InstanceConfigurationMediaAttachments) -> Self {
        Self {
            mime_types: limits.supported_mime_types.clone(),
            description: limits.description_limit.and_then(positive),
            image_bytes: positive(limits.image_size_limit),
            image_pixels: positive(limits.image_matrix_limit),
            video_bytes: positive(limits.video_size_limit),
        }
    }
}

impl From<&V1InstanceConfigurationMediaAttachments> for MediaLimits {
    fn from(limits: &V1InstanceConfigurationMediaAttachments) -> Self {
        Self {
            mime_types: limits.supported_mime_types.clone(),
            description: None,
            image_bytes: positive(limits.image_size_limit),
            image_pixels: positive(limits.image_matrix_limit),
            video_bytes: positive(limits.video_size_limit),
        }
    }
}
