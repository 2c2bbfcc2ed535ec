//! The limits that the server sets: it tells them, and keeps to them.

use std::ops::RangeInclusive;

/// The most characters of a status, its content warning counted in.
pub(crate) const MAX_STATUS_CHARACTERS: usize = 500;
/// How many characters a link counts, however long it is.
pub(crate) const CHARACTERS_PER_LINK: usize = 23;
/// The most media of a status.
pub(crate) const MAX_MEDIA_ATTACHMENTS: usize = 4;
/// The most statuses pinned to a profile.
pub(crate) const MAX_PINNED_STATUSES: usize = 5;

/// The most answers of a poll.
pub(crate) const MAX_POLL_OPTIONS: usize = 4;
/// The most characters of an answer.
pub(crate) const MAX_POLL_OPTION_CHARACTERS: usize = 50;
/// The shortest and the longest time that a poll is open, in seconds: five minutes and a month.
pub(crate) const POLL_DURATION_SECONDS: RangeInclusive<i64> = 300..=2_629_746;

/// The most characters of a medium's description.
pub(crate) const MAX_MEDIA_DESCRIPTION: usize = 1500;
/// The largest image.
pub(crate) const MAX_IMAGE_BYTES: usize = 16 << 20;
/// The largest video or sound.
pub(crate) const MAX_VIDEO_BYTES: usize = 99 << 20;
/// The most pixels of an image, of a frame, and the most frames a second. They are told only: nothing here decodes.
pub(crate) const MAX_IMAGE_PIXELS: usize = 33_177_600;
pub(crate) const MAX_VIDEO_PIXELS: usize = 8_294_400;
pub(crate) const MAX_VIDEO_FRAME_RATE: usize = 120;
/// The files that can be uploaded.
#[rustfmt::skip]
pub(crate) const SUPPORTED_MIME_TYPES: &[&str] = &[
    "image/jpeg", "image/png", "image/gif", "image/heic", "image/heif", "image/webp", "image/avif", "video/webm",
    "video/mp4", "video/quicktime", "video/ogg", "audio/wave", "audio/wav", "audio/x-wav", "audio/x-pn-wave",
    "audio/vnd.wave", "audio/ogg", "audio/vorbis", "audio/mpeg", "audio/mp3", "audio/webm", "audio/flac", "audio/aac",
    "audio/m4a", "audio/x-m4a", "audio/mp4", "audio/3gpp", "video/x-ms-asf",
];

/// The most characters of a profile's name, of its text, and of the description of a picture.
pub(crate) const MAX_DISPLAY_NAME: usize = 30;
pub(crate) const MAX_NOTE: usize = 500;
pub(crate) const MAX_PROFILE_IMAGE_DESCRIPTION: usize = 150;
/// The most rows of the table on a profile, and the most characters of each side of one.
pub(crate) const MAX_PROFILE_FIELDS: usize = 4;
pub(crate) const MAX_FIELD: usize = 255;
/// The most hashtags on a profile.
pub(crate) const MAX_FEATURED_TAGS: usize = 10;
