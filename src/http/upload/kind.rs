//! What kind of file it is: told by what it begins with, then by the ending of its name.

/// The bytes at the beginning that are looked at.
pub(super) const LOOKED_AT: usize = 64;

/// What is said of a file that is of no known kind.
const UNKNOWN: &str = "application/octet-stream";

const SIGNATURES: [(usize, &[u8], &str); 22] = [
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypavis", "image/avif"),
    (4, b"ftyphei", "image/heic"),
    (4, b"ftypmif1", "image/heif"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp3g", "video/3gpp"),
    (4, b"ftyp", "video/mp4"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf1", "audio/aac"),
    (0, b"\xff\xf9", "audio/aac"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "audio/x-ms-wma"),
    // These two hold sounds as well as videos; an ending that is known to be theirs says more.
    (0, b"OggS", "audio/ogg"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
];

/// The first ending of a type is the one that a file without a name gets.
const ENDINGS: [(&str, &str); 32] = [
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("mp4", "video/mp4"),
    ("m4v", "video/mp4"),
    ("mov", "video/quicktime"),
    ("webm", "video/webm"),
    ("ogv", "video/ogg"),
    ("mkv", "video/x-matroska"),
    ("3gp", "video/3gpp"),
    ("avi", "video/x-msvideo"),
    ("mp3", "audio/mpeg"),
    ("ogg", "audio/ogg"),
    ("oga", "audio/ogg"),
    ("opus", "audio/ogg"),
    ("wav", "audio/wav"),
    ("flac", "audio/flac"),
    ("m4a", "audio/mp4"),
    ("aac", "audio/aac"),
    ("wma", "audio/x-ms-wma"),
    ("csv", "text/csv"),
    ("txt", "text/plain"),
    ("json", "application/json"),
    ("pdf", "application/pdf"),
    ("svg", "image/svg+xml"),
    ("bmp", "image/bmp"),
    ("tiff", "image/tiff"),
];

/// The media type of a file that begins with these bytes and has this name.
pub(super) fn media_type(beginning: &[u8], name: &str) -> &'static str {
    let by_name = by_name(name);
    match by_beginning(beginning) {
        Some("audio/ogg") if by_name == Some("video/ogg") => "video/ogg",
        Some("video/webm") => by_name
            .filter(|kind| *kind == "video/x-matroska")
            .unwrap_or("video/webm"),
        Some(kind) => kind,
        None => by_name.unwrap_or(UNKNOWN),
    }
}

/// The ending that files of a type have, with its dot; empty where none is known.
pub(super) fn ending(media_type: &str) -> String {
    let found = ENDINGS.iter().find(|(_, kind)| *kind == media_type);
    found.map_or_else(String::new, |(ending, _)| format!(".{ending}"))
}

fn by_beginning(bytes: &[u8]) -> Option<&'static str> {
    let begins =
        |at: usize, with: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(with));
    let mut known = SIGNATURES.iter();
    known
        .find(|(at, with, _)| begins(*at, with))
        .map(|(_, _, kind)| *kind)
}

fn by_name(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    let mut known = ENDINGS.iter();
    known
        .find(|(known, _)| known.eq_ignore_ascii_case(ending))
        .map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_media_type_is_told_from_the_bytes_before_the_name() {
        for (bytes, name, kind) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], "cat.jpg", "image/png"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "cat", "image/webp"),
            (b"\0\0\0\x18ftypmp42", "x", "video/mp4"),
            (b"\0\0\0\x18ftypM4A ", "x.mp4", "audio/mp4"),
            (b"OggS\0", "talk", "audio/ogg"),
            (b"OggS\0", "talk.ogv", "video/ogg"),
            (b"\x1a\x45\xdf\xa3", "film", "video/webm"),
            (b"\x1a\x45\xdf\xa3", "film.MKV", "video/x-matroska"),
            (b"??", "talk.MP3", "audio/mpeg"),
            (b"??", "unknown", UNKNOWN),
            (b"", "", UNKNOWN),
        ] {
            assert_eq!(media_type(bytes, name), kind, "{name}");
        }
    }

    #[test]
    fn a_type_has_the_ending_that_leads_back_to_it() {
        for (_, kind) in ENDINGS {
            assert_eq!(media_type(b"", &format!("x{}", ending(kind))), kind);
        }
        assert_eq!(ending("application/x-unheard-of"), "");
    }
}
