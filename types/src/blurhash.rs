//! Blurhash: blurred previews of media, encoded in a short string. Feature `blurhash`.

use std::fmt;

use crate::entities::MediaAttachment;

/// Maximum width and height of a decoded image, in pixels. A blurhash has no more detail to show.
const MAX_SIDE: u32 = 2048;

/// A decoded image.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pixels {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Rows from top to bottom, four bytes per pixel: red, green, blue, alpha. Alpha is always 255.
    pub rgba: Vec<u8>,
}

/// Why a blurhash cannot be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlurhashError {
    /// The media attachment has no blurhash.
    Missing,
    /// The string is not a valid blurhash.
    Malformed(String),
    /// The requested size is zero or too large.
    #[non_exhaustive]
    Size {
        /// The requested width.
        width: u32,
        /// The requested height.
        height: u32,
    },
}

impl fmt::Display for BlurhashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("the media attachment has no blurhash"),
            Self::Malformed(reason) => write!(f, "the blurhash is not valid: {reason}"),
            Self::Size { width, height } => write!(
                f,
                "a preview cannot have {width}×{height} pixels: width and height must be from 1 to {MAX_SIDE}; decode a smaller one and scale it"
            ),
        }
    }
}

impl std::error::Error for BlurhashError {}

impl Pixels {
    /// Decodes a blurhash into an image of the given size. 32×32 pixels are enough for any preview: scale the
    /// image up.
    ///
    /// # Errors
    ///
    /// [`BlurhashError`] if the blurhash is not valid, or the width or height is zero or above 2048 pixels.
    pub fn decode_blurhash(blurhash: &str, width: u32, height: u32) -> Result<Self, BlurhashError> {
        let sides = 1..=MAX_SIDE;
        if !(sides.contains(&width) && sides.contains(&height)) {
            return Err(BlurhashError::Size { width, height });
        }
        let malformed = |reason: &str| BlurhashError::Malformed(reason.to_owned());
        if !blurhash.is_ascii() {
            return Err(malformed("it contains characters outside ASCII"));
        }
        let rgba = ::blurhash::decode(blurhash, width, height, 1.0)
            .map_err(|error| malformed(&error.to_string()))?;
        Ok(Self {
            width,
            height,
            rgba,
        })
    }
}

impl MediaAttachment {
    /// Decodes the blurred preview of the media into an image of the given size. See
    /// [`Pixels::decode_blurhash`].
    ///
    /// # Errors
    ///
    /// [`BlurhashError::Missing`] if there is no blurhash, and those of [`Pixels::decode_blurhash`].
    pub fn decode_blurhash(&self, width: u32, height: u32) -> Result<Pixels, BlurhashError> {
        let blurhash = self.blurhash.as_deref().ok_or(BlurhashError::Missing)?;
        Pixels::decode_blurhash(blurhash, width, height)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn blurhash_is_decoded_in_the_requested_size() {
        let image = Pixels::decode_blurhash("LEHV6nWB2yk8pyo0adR*.7kCMdnj", 4, 3).unwrap();
        assert_eq!((image.width, image.height, image.rgba.len()), (4, 3, 48));
        assert!(image.rgba.chunks(4).all(|pixel| pixel[3] == 255));
        // One component of the color 0xff0000.
        let red = Pixels::decode_blurhash("00TI:j", 2, 1).unwrap();
        // Conversion through linear light can round black up to the darkest gray.
        let is_red = |pixel: &[u8]| matches!(pixel, [255, 0..=1, 0..=1, 255]);
        assert!(
            red.rgba.len() == 8 && red.rgba.chunks(4).all(is_red),
            "{red:?}"
        );
    }

    #[test]
    fn invalid_blurhashes_and_sizes_are_errors() {
        for invalid in [
            "",
            "0",
            "LEHV6n",
            "LEHV6nWB2yk8pyo0adR*.7kCMdn",
            "LEHV6nWB2yk8pyo0adR*.7kCMdnjj",
            "ö0TI:j",
            "\"\"\"\"\"\"",
        ] {
            let error = Pixels::decode_blurhash(invalid, 4, 4).unwrap_err();
            assert!(matches!(error, BlurhashError::Malformed(_)), "{invalid}");
        }
        for (width, height) in [(0, 4), (4, 0), (2049, 4), (u32::MAX, u32::MAX)] {
            let error = Pixels::decode_blurhash("00TI:j", width, height).unwrap_err();
            assert_eq!(error, BlurhashError::Size { width, height });
        }
    }

    proptest! {
        #[test]
        fn arbitrary_strings_never_panic(text in "\\PC{0,90}|[0-9A-Za-z#$%*+,.:;=?@^_{|}~-]{0,90}") {
            let _result = Pixels::decode_blurhash(&text, 8, 8);
        }
    }
}
