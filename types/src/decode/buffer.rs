//! A buffer for strings with escapes, which is kept for the next document: growing a new one costs more than reading a
//! short document.

use std::cell::Cell;

use super::parser::Parser;

thread_local! {
    static BUFFER: Cell<String> = const { Cell::new(String::new()) };
}

/// Maximum capacity of a buffer that is kept, in bytes.
const MAX_KEPT_BUFFER: usize = 64 * 1024;

/// Returns the buffer of an earlier document, or a new one.
pub(super) fn take_buffer() -> String {
    BUFFER.take()
}

/// Keeps the buffer of a document that was read.
pub(super) fn keep_buffer(parser: &mut Parser<'_>) {
    let buffer = std::mem::take(&mut parser.state.buffer);
    if buffer.capacity() <= MAX_KEPT_BUFFER {
        BUFFER.set(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Decoded, decode};

    #[test]
    fn buffer_for_escapes_is_kept_between_documents_unless_it_is_large() {
        let kept_after = |length: usize| {
            let json = format!(r#"{{"name":"\n{}"}}"#, "a".repeat(length));
            let decoded: Decoded<crate::Tag> = decode(&json).unwrap();
            assert_eq!(decoded.value.name.len(), length + 1);
            let buffer = BUFFER.take();
            let capacity = buffer.capacity();
            BUFFER.set(buffer);
            capacity
        };
        assert!(kept_after(1000) >= 1000);
        assert!(kept_after(MAX_KEPT_BUFFER) <= MAX_KEPT_BUFFER);
    }
}
