//! Media type, dimensions and duration of uploaded files, read from their headers.

mod webm;

/// Type of a media attachment, as in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MediaKind {
    Image,
    Gifv,
    Video,
    Audio,
}

impl MediaKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Gifv => "gifv",
            Self::Video => "video",
            Self::Audio => "audio",
        }
    }
}

/// Properties of a media file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct MediaInfo {
    pub(crate) kind: MediaKind,
    pub(crate) mime: &'static str,
    /// Width and height in pixels.
    pub(crate) size: Option<(u32, u32)>,
    /// Duration in seconds.
    pub(crate) duration: Option<f64>,
}

/// Detects the properties of a file from its signature and headers; `None` if the format is not supported.
pub(crate) fn probe(bytes: &[u8]) -> Option<MediaInfo> {
    let image = |mime, size| MediaInfo {
        kind: MediaKind::Image,
        mime,
        size,
        duration: None,
    };
    let audio = |mime, duration| MediaInfo {
        kind: MediaKind::Audio,
        mime,
        size: None,
        duration,
    };
    let starts = |signature: &[u8]| bytes.starts_with(signature);
    let at_8 = |name: &[u8]| bytes.get(8..12) == Some(name);
    Some(if starts(b"\x89PNG\r\n\x1a\n") {
        image(
            "image/png",
            dimensions(read_be(bytes, 16, 4), read_be(bytes, 20, 4)),
        )
    } else if starts(b"GIF87a") || starts(b"GIF89a") {
        MediaInfo {
            kind: if gif_frames(bytes) > 1 {
                MediaKind::Gifv
            } else {
                MediaKind::Image
            },
            ..image(
                "image/gif",
                dimensions(read_le(bytes, 6, 2), read_le(bytes, 8, 2)),
            )
        }
    } else if starts(b"\xff\xd8\xff") {
        image("image/jpeg", jpeg_size(bytes))
    } else if starts(b"RIFF") && at_8(b"WEBP") {
        image("image/webp", webp_size(bytes))
    } else if starts(b"RIFF") && at_8(b"WAVE") {
        audio("audio/wav", wav_duration(bytes))
    } else if bytes.get(4..8) == Some(b"ftyp") {
        return probe_iso_media(bytes);
    } else if starts(b"\x1a\x45\xdf\xa3") {
        MediaInfo {
            kind: MediaKind::Video,
            size: webm::size(bytes),
            ..audio("video/webm", webm::duration(bytes))
        }
    } else if starts(b"OggS") {
        audio("audio/ogg", None)
    } else if starts(b"fLaC") {
        audio("audio/flac", None)
    } else if starts(b"ID3") || starts(b"\xff\xfb") || starts(b"\xff\xf3") || starts(b"\xff\xf2") {
        audio("audio/mpeg", None)
    } else if starts(b"\xff\xf1") || starts(b"\xff\xf9") {
        audio("audio/aac", None)
    } else {
        return None;
    })
}

/// Reads a big-endian number of up to four bytes.
fn read_be(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(
        bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | u32::from(*byte)),
    )
}

/// Reads a little-endian number of up to four bytes.
fn read_le(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    let digits = bytes.iter().rev();
    Some(digits.fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
}

fn dimensions(width: Option<u32>, height: Option<u32>) -> Option<(u32, u32)> {
    let size = (width?, height?);
    (size.0 > 0 && size.1 > 0).then_some(size)
}

/// Returns the length in bytes of the color table that the flags of a GIF describe.
pub(crate) fn gif_color_table_length(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

/// Counts the frames of a GIF.
fn gif_frames(bytes: &[u8]) -> usize {
    let mut at = 13
        + bytes
            .get(10)
            .map_or(0, |flags| gif_color_table_length(*flags));
    let mut frames = 0;
    loop {
        match bytes.get(at) {
            // An extension: a label, then data blocks.
            Some(0x21) => at += 2,
            Some(0x2c) => {
                frames += 1;
                at += 11
                    + bytes
                        .get(at + 9)
                        .map_or(0, |flags| gif_color_table_length(*flags));
            }
            _ => return frames,
        }
        while let Some(length) = bytes.get(at).filter(|length| **length > 0) {
            at += 1 + usize::from(*length);
        }
        at += 1;
    }
}

/// Reads the size from the frame header of a JPEG.
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        match *bytes.get(at + 1)? {
            0xff => at += 1,
            0xc4 | 0xc8 | 0xcc => at += 2 + read_be(bytes, at + 2, 2)? as usize,
            0xc0..=0xcf => return dimensions(read_be(bytes, at + 7, 2), read_be(bytes, at + 5, 2)),
            0xd9 | 0xda => return None,
            _ => at += 2 + read_be(bytes, at + 2, 2)? as usize,
        }
    }
}

fn webp_size(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8X" => dimensions(
            read_le(bytes, 24, 3).map(|width| width + 1),
            read_le(bytes, 27, 3).map(|height| height + 1),
        ),
        b"VP8L" => {
            let packed = read_le(bytes, 21, 4)?;
            dimensions(
                Some((packed & 0x3fff) + 1),
                Some((packed >> 14 & 0x3fff) + 1),
            )
        }
        b"VP8 " => dimensions(
            read_le(bytes, 26, 2).map(|width| width & 0x3fff),
            read_le(bytes, 28, 2).map(|height| height & 0x3fff),
        ),
        _ => None,
    }
}

fn wav_duration(bytes: &[u8]) -> Option<f64> {
    let bytes_per_second = read_le(bytes, 28, 4).filter(|rate| *rate > 0)?;
    let data = find_chunk(bytes, b"data")?;
    Some(f64::from(read_le(bytes, data, 4)?) / f64::from(bytes_per_second))
}

/// Detects ISO base media files: MP4, QuickTime, AVIF, HEIC.
fn probe_iso_media(bytes: &[u8]) -> Option<MediaInfo> {
    let (kind, mime) = match bytes.get(8..12)? {
        b"avif" | b"avis" => (MediaKind::Image, "image/avif"),
        b"heic" | b"heix" | b"mif1" => (MediaKind::Image, "image/heic"),
        b"M4A " | b"M4B " => (MediaKind::Audio, "audio/mp4"),
        b"qt  " => (MediaKind::Video, "video/quicktime"),
        _ => (MediaKind::Video, "video/mp4"),
    };
    let size = match kind {
        MediaKind::Image => find_chunk(bytes, b"ispe")
            .and_then(|at| dimensions(read_be(bytes, at + 4, 4), read_be(bytes, at + 8, 4))),
        MediaKind::Video => find_chunk(bytes, b"tkhd").and_then(|at| track_size(bytes, at)),
        MediaKind::Gifv | MediaKind::Audio => None,
    };
    let duration = find_chunk(bytes, b"mvhd").and_then(|at| movie_duration(bytes, at));
    Some(MediaInfo {
        kind,
        mime,
        size,
        duration: duration.filter(|_| kind != MediaKind::Image),
    })
}

fn track_size(bytes: &[u8], at: usize) -> Option<(u32, u32)> {
    // In version 1, three of the time fields have eight bytes instead of four.
    let at = at + if *bytes.get(at)? == 1 { 88 } else { 76 };
    dimensions(
        read_be(bytes, at, 4).map(|width| width >> 16),
        read_be(bytes, at + 4, 4).map(|height| height >> 16),
    )
}

fn movie_duration(bytes: &[u8], at: usize) -> Option<f64> {
    let (scale, duration) = if *bytes.get(at)? == 1 {
        (read_be(bytes, at + 20, 4)?, read_be(bytes, at + 28, 4)?)
    } else {
        (read_be(bytes, at + 12, 4)?, read_be(bytes, at + 16, 4)?)
    };
    (scale > 0).then(|| f64::from(duration) / f64::from(scale))
}

/// Finds the content of the first box or chunk with the given name.
fn find_chunk(bytes: &[u8], name: &[u8; 4]) -> Option<usize> {
    let at = bytes.windows(4).position(|four| four == name)?;
    Some(at + 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(bytes: &[u8]) -> Option<(u32, u32)> {
        probe(bytes).and_then(|info| info.size)
    }

    #[test]
    fn image_size_is_read_from_the_header() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 2, 128, 0, 0, 1, 224]);
        assert_eq!(size(&png), Some((640, 480)));
        let jpeg = [
            &b"\xff\xd8\xff\xe0\0\x04ab"[..],
            b"\xff\xc2\0\x0b\x08\x01\xe0\x02\x80",
        ]
        .concat();
        assert_eq!(size(&jpeg), Some((640, 480)));
        let webp = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0";
        assert_eq!(size(webp), Some((640, 480)));
        assert_eq!(size(b"\x89PNG\r\n\x1a\n"), None);
    }

    #[test]
    fn animated_gif_is_a_gifv() {
        let frame = b"\x2c\0\0\0\0\x02\0\x03\0\0\x02\x01a\0";
        let head = b"GIF89a\x02\0\x03\0\0\0\0";
        let control = b"\x21\xf9\x04\0\0\0\0\0";
        let single_frame = [&head[..], control, frame, b"\x3b"].concat();
        let animated = [&head[..], control, frame, control, frame, b"\x3b"].concat();
        let kind = |gif: &[u8]| probe(gif).map(|info| (info.kind, info.size));
        assert_eq!(kind(&single_frame), Some((MediaKind::Image, Some((2, 3)))));
        assert_eq!(kind(&animated), Some((MediaKind::Gifv, Some((2, 3)))));
    }

    #[test]
    fn video_size_and_duration_are_read_from_the_boxes() {
        let mut video = b"\0\0\0\x14ftypisom\0\0\0\0mp42\0\0\0\x6cmvhd".to_vec();
        video.extend([0; 12]);
        video.extend([0, 0, 3, 232, 0, 0, 5, 220]);
        video.extend(b"\0\0\0\x5ctkhd");
        video.extend([0; 76]);
        video.extend([2, 128, 0, 0, 1, 104, 0, 0]);
        let info = probe(&video);
        assert_eq!(
            info.map(|info| (info.kind, info.size, info.duration)),
            Some((MediaKind::Video, Some((640, 360)), Some(1.5)))
        );
    }

    #[test]
    fn audio_is_detected_by_signature_and_other_files_are_rejected() {
        for audio in [&b"OggS"[..], b"fLaC", b"ID3", b"\xff\xfb\x90"] {
            assert_eq!(probe(audio).map(|info| info.kind), Some(MediaKind::Audio));
        }
        assert_eq!(probe(b"%PDF-1.7"), None);
        assert_eq!(probe(b""), None);
    }
}
