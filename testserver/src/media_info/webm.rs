//! Dimensions and duration of WebM files, from the elements of their EBML structure (RFC 8794, RFC 9559).

const SEGMENT: u64 = 0x1853_8067;
const INFO: u64 = 0x1549_A966;
const TIMESTAMP_SCALE: u64 = 0x002A_D7B1;
const DURATION: u64 = 0x4489;
const TRACKS: u64 = 0x1654_AE6B;
const TRACK_ENTRY: u64 = 0xAE;
const VIDEO: u64 = 0xE0;
const PIXEL_WIDTH: u64 = 0xB0;
const PIXEL_HEIGHT: u64 = 0xBA;

const DEFAULT_TIMESTAMP_SCALE: u64 = 1_000_000;
const NANOSECONDS: f64 = 1e9;

/// Returns the duration in seconds.
pub(super) fn duration(file: &[u8]) -> Option<f64> {
    let info = find(find(file, SEGMENT)?, INFO)?;
    let scale = find(info, TIMESTAMP_SCALE).map_or(Some(DEFAULT_TIMESTAMP_SCALE), unsigned)?;
    let seconds = float(find(info, DURATION)?)? * scale as f64 / NANOSECONDS;
    seconds.is_finite().then_some(seconds)
}

/// Returns the width and height of the first video track; `None` if there is none.
pub(super) fn size(file: &[u8]) -> Option<(u32, u32)> {
    let tracks = find(find(file, SEGMENT)?, TRACKS)?;
    let video = elements(tracks)
        .filter(|(id, _)| *id == TRACK_ENTRY)
        .find_map(|(_, track)| find(track, VIDEO))?;
    let number = |id| u32::try_from(unsigned(find(video, id)?)?).ok();
    Some((number(PIXEL_WIDTH)?, number(PIXEL_HEIGHT)?))
}

fn find(parent: &[u8], id: u64) -> Option<&[u8]> {
    elements(parent).find_map(|(other, content)| (other == id).then_some(content))
}

/// Iterates over the elements of a parent: their IDs and contents. Ends at what is not an element.
fn elements(mut rest: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    std::iter::from_fn(move || {
        let (id, after_id, _) = variable_length(rest, false)?;
        let (length, content, is_unknown) = variable_length(after_id, true)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        // A file that is written while it is recorded has elements of unknown length.
        let end = if is_unknown {
            content.len()
        } else {
            length.min(content.len())
        };
        let (content, next) = content.split_at(end);
        rest = next;
        Some((id, content))
    })
}

/// Reads a number whose first byte contains its length. Returns the number, the bytes after it, and whether all of its
/// bits are set, which means an unknown length.
fn variable_length(bytes: &[u8], removes_marker: bool) -> Option<(u64, &[u8], bool)> {
    let first = *bytes.first()?;
    let length = first.leading_zeros() as usize + 1;
    if length > 8 {
        return None;
    }
    let (number, rest) = bytes.split_at_checked(length)?;
    let value = unsigned(number)?;
    let marker = 1 << (7 * length);
    let payload = value & (marker - 1);
    let value = if removes_marker { payload } else { value };
    Some((value, rest, payload == marker - 1))
}

fn unsigned(bytes: &[u8]) -> Option<u64> {
    let fold = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, fold))
}

fn float(bytes: &[u8]) -> Option<f64> {
    match bytes.len() {
        4 => Some(f32::from_be_bytes(bytes.try_into().ok()?).into()),
        8 => Some(f64::from_be_bytes(bytes.try_into().ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
        let length = 0x80 | u8::try_from(content.len()).unwrap();
        [id, &[length], content].concat()
    }

    #[test]
    fn dimensions_and_duration_are_in_the_header() {
        let info = element(
            b"\x15\x49\xA9\x66",
            &element(b"\x44\x89", &5568_f64.to_be_bytes()),
        );
        let video = [
            element(b"\xB0", &560_u16.to_be_bytes()),
            element(b"\xBA", &320_u16.to_be_bytes()),
        ];
        let track = element(b"\xAE", &element(b"\xE0", &video.concat()));
        let tracks = element(b"\x16\x54\xAE\x6B", &track);
        let head = element(b"\x1A\x45\xDF\xA3", b"");
        // The length of the segment is unknown.
        let segment = [
            b"\x18\x53\x80\x67\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF".as_slice(),
            &info,
            &tracks,
        ]
        .concat();
        let file = [head, segment].concat();
        assert_eq!(size(&file), Some((560, 320)));
        assert_eq!(duration(&file), Some(5.568));
        for end in 0..file.len() {
            // A part of a file is no error.
            let _part = (size(&file[..end]), duration(&file[..end]));
        }
    }
}
