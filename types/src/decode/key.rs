//! Names of fields, prepared for a fast comparison with the text.

/// Number of bytes at the start of a key, and at its end, that are compared at once.
const PART: usize = 16;

/// What turns the character before an entry that is not the first into the one before the first entry.
pub(super) const BEFORE_FIRST: u64 = (b',' ^ b'{') as u64;

/// What turns the space after a comma into the comma.
pub(super) const AFTER_SPACE: u64 = (b',' ^ b' ') as u64;

/// The name of a field as it stands in JSON text without whitespace, after another entry: `,"name":`.
#[derive(Debug)]
pub struct Key {
    text: &'static str,
    /// The first 16 bytes as two words, and which of their bits belong to the key.
    start: [u64; 2],
    masks: [u64; 2],
    /// The last 16 bytes, if there are more than 16.
    end: [u64; 2],
}

impl Key {
    /// Prepares a name, which is given with the comma, its quotation marks and the colon.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        let length = text.len();
        let is_long = length > PART;
        let start_len = if is_long { PART } else { length };
        let end_len = if is_long { PART } else { 0 };
        Self {
            text,
            start: words(text.as_bytes(), 0, start_len),
            masks: words(&[0xff; PART], 0, start_len),
            end: words(text.as_bytes(), length - end_len, end_len),
        }
    }

    /// The name.
    #[inline]
    pub(super) fn name(&self) -> &'static str {
        let text = self.text;
        text.get(2..text.len().saturating_sub(2))
            .unwrap_or_default()
    }

    /// Returns the length of the key and of what stands before it, if a text starts with them and the value follows without
    /// whitespace. `None` if a comparison would need a form of its own, because the key is very long or the text very short.
    /// `before` is 0, [`BEFORE_FIRST`] or [`AFTER_SPACE`].
    #[inline]
    pub(super) fn match_len(&self, text: &[u8], before: u64) -> Option<usize> {
        let length = self.match_len_before_any(text, before)?;
        (*text.get(length)? > b' ').then_some(length)
    }

    /// The same as [`match_len`](Self::match_len), but whitespace may follow the key.
    #[inline]
    pub(super) fn match_len_before_any(&self, text: &[u8], before: u64) -> Option<usize> {
        let head = read_words(text.first_chunk()?);
        let differs = ((head[0] ^ self.start[0] ^ before) & self.masks[0])
            | ((head[1] ^ self.start[1]) & self.masks[1]);
        let length = self.text.len();
        if differs != 0 {
            return None;
        }
        if length > PART {
            let end = read_words(text.get(length - PART..length)?.first_chunk()?);
            let differs = (end[0] ^ self.end[0]) | (end[1] ^ self.end[1]);
            if differs != 0 || length > 2 * PART {
                return None;
            }
        }
        Some(length)
    }
}

/// Returns a part of some bytes as words, with zeros after it.
const fn words(bytes: &[u8], from: usize, length: usize) -> [u64; 2] {
    let mut words = [0; 2];
    let mut at = 0;
    while at < length {
        words[at / 8] |= (bytes[from + at] as u64) << (8 * (at % 8));
        at += 1;
    }
    words
}

#[inline]
fn read_words(bytes: &[u8; PART]) -> [u64; 2] {
    let both = u128::from_le_bytes(*bytes);
    [both as u64, (both >> 64) as u64]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_is_found_only_where_the_text_starts_with_it_and_its_value() {
        for key in [
            const { Key::new(",\"a\":") },
            const { Key::new(",\"created_at\":") },
            const { Key::new(",\"twelve_chars\":") },
            const { Key::new(",\"thirteen_char\":") },
            const { Key::new(",\"in_reply_to_account_id\":") },
            const { Key::new(",\"twenty_eight_characters_long\":") },
        ] {
            for (separator, before) in [(',', 0), ('{', BEFORE_FIRST)] {
                let text = format!("{separator}\"{}\":", key.name());
                for rest in ["", "1", "null,\"other\":true}"] {
                    let whole = format!("{text}{rest}");
                    let is_found = whole.len() >= PART && !rest.is_empty();
                    let found = key.match_len(whole.as_bytes(), before);
                    assert_eq!(found, is_found.then_some(text.len()), "{whole}");
                    assert_eq!(key.match_len(whole.as_bytes(), 1), None, "{whole}");
                }
                for at in 0..text.len() {
                    let mut changed = text.clone().into_bytes();
                    changed[at] ^= 1;
                    changed.extend(b"null,\"other\":true}");
                    assert_eq!(key.match_len(&changed, before), None, "{text}");
                    assert_eq!(
                        key.match_len(&text.as_bytes()[..at], before),
                        None,
                        "{text}"
                    );
                }
                let spaced = format!("{text} null,\"other\":true}}");
                assert_eq!(key.match_len(spaced.as_bytes(), before), None, "{text}");
            }
        }
    }
}
