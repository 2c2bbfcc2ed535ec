//! Names of fields, prepared for a fast comparison with the text.

/// Number of bytes that are compared at once.
const HEAD: usize = 16;

/// The name of a field as it stands in JSON text without whitespace: `"name":`.
#[derive(Debug)]
pub struct Key {
    text: &'static str,
    /// The first 16 bytes as two words, and which of their bits belong to the key.
    words: [u64; 2],
    masks: [u64; 2],
}

impl Key {
    /// Prepares a name, which is given with its quotation marks and the colon.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        let mut key = Self {
            text,
            words: [0; 2],
            masks: [0; 2],
        };
        let mut at = 0;
        while at < bytes.len() && at < HEAD {
            let shift = 8 * (at % 8);
            key.words[at / 8] |= (bytes[at] as u64) << shift;
            key.masks[at / 8] |= 0xff << shift;
            at += 1;
        }
        key
    }

    /// The name.
    #[inline]
    pub(super) fn name(&self) -> &'static str {
        let text = self.text;
        text.get(1..text.len().saturating_sub(2))
            .unwrap_or_default()
    }

    /// Length of the name with its quotation marks and the colon.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// Returns whether a text starts with the key. False if so little text is left that the comparison would need a form of
    /// its own.
    #[inline]
    pub(super) fn starts(&self, text: &[u8]) -> bool {
        let Some(head) = text.first_chunk::<HEAD>() else {
            return false;
        };
        let head = u128::from_le_bytes(*head);
        let words = [head as u64, (head >> 64) as u64];
        let differs = ((words[0] ^ self.words[0]) & self.masks[0])
            | ((words[1] ^ self.words[1]) & self.masks[1]);
        differs == 0 && (self.text.len() <= HEAD || self.ends_alike(text))
    }

    /// Returns whether the part of a long key after the first bytes is the same in the text. Comparing words in place is
    /// faster than calling a function for so few bytes.
    #[inline]
    fn ends_alike(&self, text: &[u8]) -> bool {
        let (key, Some(text)) = (self.text.as_bytes(), text.get(..self.text.len())) else {
            return false;
        };
        let mut at = HEAD;
        while at < key.len() {
            // The last word overlaps the one before it.
            let start = at.min(key.len() - 8);
            if key.get(start..start + 8) != text.get(start..start + 8) {
                return false;
            }
            at += 8;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_of_any_length_is_found_only_where_the_text_starts_with_it() {
        for key in [
            const { Key::new("\"a\":") },
            const { Key::new("\"created_at\":") },
            const { Key::new("\"sixteen_chars\":") },
            const { Key::new("\"in_reply_to_account_id\":") },
        ] {
            let text = format!("\"{}\":", key.name());
            assert_eq!(key.len(), text.len());
            for rest in ["", "1", "null,\"other\":true}"] {
                let text = format!("{text}{rest}");
                let is_long_enough = text.len() >= HEAD;
                assert_eq!(key.starts(text.as_bytes()), is_long_enough, "{text}");
            }
            for at in 0..text.len() {
                let mut changed = text.clone().into_bytes();
                changed[at] ^= 1;
                changed.extend(b"null,\"other\":true}");
                assert!(!key.starts(&changed), "{text}");
                assert!(!key.starts(&text.as_bytes()[..at]), "{text}");
            }
        }
    }
}
