//! Content of a JSON string with an escape every few bytes, as a string that contains JSON has.
//!
//! A search for each escape would take longer than copying the bytes between two of them. So all escapes of a block of 64
//! bytes are found at once, as the bits of a number.

/// Number of bytes in a block.
const BLOCK: usize = u64::BITS as usize;

/// Number of bytes that are copied at once. Most escapes are closer to each other.
const STEP: usize = 16;

/// A block, and what may be copied beyond its end.
const WINDOW: usize = BLOCK + STEP;

/// Returns the content of the string that a text starts with, and what follows the string. `None` if the string is not valid
/// or has an escape with a number.
pub(super) fn unescape(json: &str) -> Option<(String, &str)> {
    let quoted = json.strip_prefix('"')?;
    let mut rest = quoted.as_bytes();
    let mut content = vec![0; rest.len() + WINDOW];
    let buffer = &mut content[..];
    let mut length = 0;
    let mut is_first_escaped = false;
    while !rest.is_empty() {
        let mut padded = [b' '; WINDOW];
        let window = match rest.first_chunk() {
            Some(window) => window,
            None => {
                padded[..rest.len()].copy_from_slice(rest);
                &padded
            }
        };
        let quotes = bits(window, |byte| byte == b'"');
        let backslashes = bits(window, |byte| byte == b'\\');
        let escaped = escaped_bits(backslashes, is_first_escaped);
        let escapes = backslashes & !escaped;
        is_first_escaped = escapes >> (BLOCK - 1) == 1;
        let end = (quotes & !escaped).trailing_zeros() as usize;
        let before_end = lowest_bits(end);
        let control = window
            .iter()
            .fold(0, |any, byte| any | u8::from(*byte < b' '));
        if control != 0 && bits(window, |byte| byte < b' ') & before_end != 0 {
            return None;
        }

        let start = length;
        let (mut from, mut left) = (0, escapes & before_end);
        while left != 0 {
            let escape = left.trailing_zeros() as usize;
            length = copy(window, from, escape - from, buffer, length)?;
            from = escape + 1;
            left &= left - 1;
        }
        length = copy(window, from, end - from, buffer, length)?;

        // Escaped quotation marks and backslashes stand for themselves.
        let mut others = escaped & !quotes & !backslashes & before_end;
        while others != 0 {
            let at = others.trailing_zeros() as usize;
            let removed = (escapes & lowest_bits(at)).count_ones() as usize;
            let byte = buffer.get_mut(start + at - removed)?;
            *byte = unescaped(*byte)?;
            others &= others - 1;
        }
        if end < BLOCK {
            content.truncate(length);
            let content = String::from_utf8(content).ok()?;
            let after = rest.get(end + 1..)?.len();
            return Some((content, quoted.get(quoted.len() - after..)?));
        }
        rest = rest.get(BLOCK..)?;
    }
    None
}

/// Returns the bits of the bytes of a block that match.
#[inline(always)]
fn bits(window: &[u8; WINDOW], matches: impl Fn(u8) -> bool) -> u64 {
    let mut single = [0; BLOCK];
    for (index, (single, byte)) in single.iter_mut().zip(window).enumerate() {
        *single = if matches(*byte) { 1 << (index % 8) } else { 0 };
    }
    let mut bits = [0; BLOCK / 8];
    let (groups, _) = single.as_chunks::<8>();
    for (bits, group) in bits.iter_mut().zip(groups) {
        // The highest byte of the product is the sum of the eight bytes, which have different bits.
        *bits = (u64::from_le_bytes(*group).wrapping_mul(u64::MAX / 255) >> 56) as u8;
    }
    u64::from_le_bytes(bits)
}

/// Returns the bits of the bytes that follow the backslash of an escape.
#[inline(always)]
fn escaped_bits(backslashes: u64, is_first_escaped: bool) -> u64 {
    const ODD: u64 = u64::MAX / 3 * 2;
    // A backslash is escaped if the one before it is not. The borrow of the subtraction decides this for a whole row of
    // backslashes, which a loop would decide one by one.
    let first = u64::from(is_first_escaped);
    let starts = backslashes & !first;
    let alternating = ((starts << 1) | ODD).wrapping_sub(starts) ^ ODD;
    alternating ^ (backslashes | first)
}

/// Returns a number of ones in the lowest bits.
fn lowest_bits(count: usize) -> u64 {
    if count < BLOCK {
        (1 << count) - 1
    } else {
        u64::MAX
    }
}

/// Copies `size` bytes of the window. Returns the end of the copy.
#[inline(always)]
fn copy(
    window: &[u8; WINDOW],
    from: usize,
    size: usize,
    buffer: &mut [u8],
    to: usize,
) -> Option<usize> {
    let source = window.get(from..)?;
    let target = buffer.get_mut(to..)?;
    if size <= STEP {
        // A fixed number of bytes is copied faster. What follows overwrites those beyond the size.
        *target.first_chunk_mut::<STEP>()? = *source.first_chunk()?;
    } else {
        target.get_mut(..size)?.copy_from_slice(source.get(..size)?);
    }
    Some(to + size)
}

/// Returns the character that an escape stands for; `None` if the escape has a number or is not valid.
fn unescaped(escaped: u8) -> Option<u8> {
    Some(match escaped {
        b'/' => b'/',
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Checks that the string, which ends before `after`, has the content that serde_json decodes.
    fn check(string: &str, after: &str) {
        let json = format!("{string}{after}");
        let expected = serde_json::from_str::<String>(string).ok();
        let expected = expected.map(|content| (content, after));
        assert_eq!(unescape(&json), expected, "{json}");
    }

    #[test]
    fn escapes_are_found_at_each_position_of_a_block() {
        for part in [
            r#"\""#,
            r"\\",
            r"\n",
            r"\/",
            r#"\\\""#,
            r#"\\\\\\\\\""#,
            "é",
            r"\x",
            "\n",
        ] {
            for length in 0..2 * BLOCK + 2 {
                let plain = "x".repeat(length);
                check(&format!("\"{plain}{part}\""), "");
                check(&format!("\"{plain}{part}{plain}\""), ",\n\"\\u0041\\");
                check(&format!("\"{plain}{part}"), "");
            }
        }
    }

    #[test]
    fn rows_of_backslashes_end_or_continue_the_string() {
        for length in 0..3 * BLOCK {
            for start in ["", "x"] {
                check(&format!("\"{start}{}\"", "\\".repeat(length)), "");
            }
        }
    }

    proptest! {
        #[test]
        fn any_string_is_decoded_as_serde_json_decodes_it(
            parts in prop::collection::vec("\\\\[\"\\\\/bfnrt]|[a-z\u{e9}\u{1f600}]{1,20}|\\\\\\\\\\\\\"|[\n\u{7f}]?", 0..60),
            after in "[ -~\n]{0,100}",
        ) {
            check(&format!("\"{}\"", parts.concat()), &after);
        }
    }
}
