//! Limits that the server enforces and publishes in its instance configuration.

use std::ops::RangeInclusive;

/// Maximum number of characters of a status, including its content warning.
pub(crate) const MAX_STATUS_CHARACTERS: usize = 500;
/// Number of characters that a link counts as, regardless of its length.
pub(crate) const CHARACTERS_PER_LINK: usize = 23;
/// Maximum number of media attachments of a status.
pub(crate) const MAX_MEDIA_ATTACHMENTS: usize = 4;
/// Maximum number of statuses pinned to a profile.
pub(crate) const MAX_PINNED_STATUSES: usize = 5;

/// Maximum number of options of a poll.
pub(crate) const MAX_POLL_OPTIONS: usize = 4;
/// Maximum number of characters of a poll option.
pub(crate) const MAX_POLL_OPTION_CHARACTERS: usize = 50;
/// Minimum and maximum duration of a poll in seconds: five minutes to one month.
pub(crate) const POLL_DURATION_SECONDS: RangeInclusive<i64> = 300..=2_629_746;

/// Maximum number of characters of a media description.
pub(crate) const MAX_MEDIA_DESCRIPTION: usize = 10_000;
/// Maximum size of an image in bytes.
pub(crate) const MAX_IMAGE_BYTES: usize = 16 << 20;
/// Maximum size of a video or audio file in bytes.
pub(crate) const MAX_VIDEO_BYTES: usize = 99 << 20;
/// Maximum number of pixels of an image, of an animated image, and of a video frame.
pub(crate) const MAX_IMAGE_PIXELS: usize = 33_177_600;
pub(crate) const MAX_GIF_PIXELS: usize = 921_600;
pub(crate) const MAX_VIDEO_PIXELS: usize = 8_294_400;
/// Maximum frames per second of a video. Published but not enforced, because the server does not decode media.
pub(crate) const MAX_VIDEO_FRAME_RATE: usize = 120;
/// MIME types that the server accepts as uploads.
#[rustfmt::skip]
pub(crate) const SUPPORTED_MIME_TYPES: &[&str] = &[
    "image/jpeg", "image/png", "image/gif", "image/heic", "image/heif", "image/webp", "image/avif", "video/webm",
    "video/mp4", "video/quicktime", "video/ogg", "audio/wave", "audio/wav", "audio/x-wav", "audio/x-pn-wave",
    "audio/vnd.wave", "audio/ogg", "audio/vorbis", "audio/mpeg", "audio/mp3", "audio/webm", "audio/flac", "audio/aac",
    "audio/m4a", "audio/x-m4a", "audio/mp4", "audio/3gpp", "video/x-ms-asf",
];

/// Maximum number of characters of a display name, of a profile note, and of an avatar or header description.
pub(crate) const MAX_DISPLAY_NAME: usize = 40;
pub(crate) const MAX_NOTE: usize = 500;
pub(crate) const MAX_PROFILE_IMAGE_DESCRIPTION: usize = 150;
/// Maximum number of profile fields, and of characters of the name and of the value of a field.
pub(crate) const MAX_PROFILE_FIELDS: usize = 4;
pub(crate) const MAX_FIELD: usize = 255;
/// Maximum number of hashtags featured on a profile.
pub(crate) const MAX_FEATURED_TAGS: usize = 10;

/// Maximum number of characters of the comment of a report.
pub(crate) const MAX_REPORT_COMMENT: usize = 1000;
