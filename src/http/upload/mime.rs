//! MIME type sniffing: from the first bytes of a file, then from its file name extension.

/// Number of bytes at the start of a file that are inspected.
pub(super) const SNIFF_LEN: usize = 64;

const UNKNOWN: &str = "application/octet-stream";

/// Offset, magic number and MIME type. The first match wins.
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
    // Containers for both audio and video: the extension can override the type, see `sniff_mime_type`.
    (0, b"OggS", "audio/ogg"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
];

/// File name extensions and their MIME types. The first extension of a type is the one that `extension` returns.
const EXTENSIONS: [(&str, &str); 32] = [
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

/// Returns the MIME type of a file, from its first [`SNIFF_LEN`] bytes and its name.
pub(super) fn sniff_mime_type(prefix: &[u8], file_name: &str) -> &'static str {
    let from_extension = from_extension(file_name);
    match from_magic_number(prefix) {
        Some("audio/ogg") if from_extension == Some("video/ogg") => "video/ogg",
        Some("video/webm") if from_extension == Some("video/x-matroska") => "video/x-matroska",
        Some(mime_type) => mime_type,
        None => from_extension.unwrap_or(UNKNOWN),
    }
}

/// Returns the common file name extension of a MIME type, with its dot; empty if the type is unknown.
pub(super) fn extension(mime_type: &str) -> String {
    let known = EXTENSIONS.iter().find(|(_, known)| *known == mime_type);
    known.map_or_else(String::new, |(extension, _)| format!(".{extension}"))
}

fn from_magic_number(prefix: &[u8]) -> Option<&'static str> {
    let matches = |offset: usize, magic: &[u8]| {
        let bytes = prefix.get(offset..);
        bytes.is_some_and(|bytes| bytes.starts_with(magic))
    };
    SIGNATURES
        .iter()
        .find(|(offset, magic, _)| matches(*offset, magic))
        .map(|(_, _, mime_type)| *mime_type)
}

fn from_extension(file_name: &str) -> Option<&'static str> {
    let (_, extension) = file_name.rsplit_once('.')?;
    EXTENSIONS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(extension))
        .map(|(_, mime_type)| *mime_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magic_numbers_win_over_extensions_except_for_shared_containers() {
        for (prefix, file_name, expected) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], "cat.jpg", "image/png"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "cat", "image/webp"),
            (b"\0\0\0\x18ftypmp42", "x", "video/mp4"),
            (b"\0\0\0\x18ftypM4A ", "x.mp4", "audio/mp4"),
            (b"OggS\0", "talk", "audio/ogg"),
            (b"OggS\0", "talk.ogv", "video/ogg"),
            (b"\x1a\x45\xdf\xa3", "video", "video/webm"),
            (b"\x1a\x45\xdf\xa3", "video.MKV", "video/x-matroska"),
            (b"??", "talk.MP3", "audio/mpeg"),
            (b"??", "unknown", UNKNOWN),
            (b"", "", UNKNOWN),
        ] {
            let mime_type = sniff_mime_type(prefix, file_name);
            assert_eq!(mime_type, expected, "{file_name}");
        }
    }

    #[test]
    fn extension_of_a_mime_type_maps_back_to_the_same_type() {
        for (_, mime_type) in EXTENSIONS {
            let file_name = format!("file{}", extension(mime_type));
            assert_eq!(sniff_mime_type(b"", &file_name), mime_type);
        }
        assert_eq!(extension("application/x-unknown"), "");
    }
}
