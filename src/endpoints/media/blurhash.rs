//! Blurred previews: the few letters that stand for a picture until it is there. Feature `blurhash`.

use crate::entities::MediaAttachment;

/// The most pixels on a side of a preview; a blurred picture has nothing to show on more.
const MOST: u32 = 2048;

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pixels {
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// Row by row from the top, four bytes a pixel: red, green, blue, and 255 as it is opaque.
    pub rgba: Vec<u8>,
}

/// Why there is no preview.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlurhashError {
    /// The file has none.
    #[error("the file has no blurhash")]
    Missing,
    /// The letters are none.
    #[error("it is no blurhash: {0}")]
    Malformed(String),
    /// So large a preview was asked for.
    #[error(
        "a preview of {width}×{height} pixels: each side has from 1 to {MOST}; scale a small one"
    )]
    Size {
        /// The width.
        width: u32,
        /// The height.
        height: u32,
    },
}

impl Pixels {
    /// Draws the picture that a blurhash stands for, in this size. 32×32 is enough to scale up from.
    ///
    /// # Errors
    ///
    /// [`BlurhashError`] when it is none, or a side is zero or beyond 2048 pixels.
    pub fn decode_blurhash(blurhash: &str, width: u32, height: u32) -> Result<Self, BlurhashError> {
        let sides = 1..=MOST;
        if !(sides.contains(&width) && sides.contains(&height)) {
            return Err(BlurhashError::Size { width, height });
        }
        let malformed = |reason: &str| BlurhashError::Malformed(reason.to_owned());
        if !blurhash.is_ascii() {
            return Err(malformed("it has other letters than blurhashes have"));
        }
        let rgba = ::blurhash::decode(blurhash, width, height, 1.0)
            .map_err(|error| BlurhashError::Malformed(error.to_string()))?;
        Ok(Self {
            width,
            height,
            rgba,
        })
    }
}

impl MediaAttachment {
    /// Draws the blurred preview of the file, in this size. See [`Pixels::decode_blurhash`].
    ///
    /// # Errors
    ///
    /// [`BlurhashError`] when it has none, or as [`Pixels::decode_blurhash`].
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
    fn a_blurhash_is_drawn_in_the_size_that_is_asked_for() {
        let drawn = Pixels::decode_blurhash("LEHV6nWB2yk8pyo0adR*.7kCMdnj", 4, 3).unwrap();
        assert_eq!((drawn.width, drawn.height, drawn.rgba.len()), (4, 3, 48));
        assert!(drawn.rgba.chunks(4).all(|pixel| pixel[3] == 255));
        // One component of the colour 0xff0000.
        let red = Pixels::decode_blurhash("00TI:j", 2, 1).unwrap();
        // Black may come out as the darkest grey: the colours pass through linear light.
        let is_red = |pixel: &[u8]| matches!(pixel, [255, 0..=1, 0..=1, 255]);
        assert!(
            red.rgba.len() == 8 && red.rgba.chunks(4).all(is_red),
            "{red:?}"
        );
    }

    #[test]
    fn what_is_no_blurhash_and_no_size_is_told() {
        for wrong in [
            "",
            "0",
            "LEHV6n",
            "LEHV6nWB2yk8pyo0adR*.7kCMdn",
            "LEHV6nWB2yk8pyo0adR*.7kCMdnjj",
            "ö0TI:j",
            "\"\"\"\"\"\"",
        ] {
            let error = Pixels::decode_blurhash(wrong, 4, 4).unwrap_err();
            assert!(matches!(error, BlurhashError::Malformed(_)), "{wrong}");
        }
        for (width, height) in [(0, 4), (4, 0), (2049, 4), (u32::MAX, u32::MAX)] {
            let error = Pixels::decode_blurhash("00TI:j", width, height).unwrap_err();
            assert_eq!(error, BlurhashError::Size { width, height });
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,90}|[0-9A-Za-z#$%*+,.:;=?@^_{|}~-]{0,90}") {
            let _drawn_or_not = Pixels::decode_blurhash(&text, 8, 8);
        }
    }
}
