//! Lists, maps and boxes.

use std::collections::BTreeMap;

use super::FromJson;
use super::parser::{DecodeResult, Mark, Parser};
use super::report::{Expected, Failed, RejectedSpan};

const LIST: &str = "a list";
const MAP: &str = "an object";

/// Items of at least this size are reserved in advance, because moving them is expensive.
const LARGE_ITEM: usize = 256;

/// Maximum number of items that are reserved.
const MAX_RESERVED: usize = 80;

/// Maximum number of items that are kept as JSON because they cannot be read. Further ones are only skipped.
const MAX_REJECTED: usize = 1000;

impl<T: FromJson> FromJson for Vec<T> {
    const EXPECTED: &'static str = LIST;

    fn blank() -> Self {
        Self::new()
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> DecodeResult<()> {
        self.clear();
        // Most lists of an entity are empty.
        if parser.take_empty_list() {
            return Ok(());
        }
        parser.read_list(self)
    }
}

/// A list that is read item by item. The code that does so is the same for all lists.
trait List {
    /// Reads an item at the end of the list. If that fails, the list is left as it was.
    fn read_item(&mut self, parser: &mut Parser<'_>) -> DecodeResult<()>;
}

impl<T: FromJson> List for Vec<T> {
    fn read_item(&mut self, parser: &mut Parser<'_>) -> DecodeResult<()> {
        let is_first_large = size_of::<T>() >= LARGE_ITEM && self.is_empty();
        if is_first_large {
            self.reserve_exact(1);
        }
        let mark = parser.mark();
        self.push(T::blank());
        let read = self.last_mut().map_or(Ok(()), |item| item.read(parser));
        if read.is_err() {
            self.pop();
        } else if is_first_large {
            self.reserve_exact(parser.remaining_items(mark));
        }
        read
    }
}

impl<T: FromJson> FromJson for BTreeMap<String, T> {
    const EXPECTED: &'static str = MAP;

    fn blank() -> Self {
        Self::new()
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> DecodeResult<()> {
        self.clear();
        if !parser.start_map()? {
            return Ok(());
        }
        let mut is_first = true;
        while parser.next_in(b'}', is_first)? {
            is_first = false;
            let key = parser.key()?;
            let mark = parser.mark();
            match T::decode(parser) {
                Ok(value) => {
                    self.insert(key, value);
                }
                Err(Failed) => {
                    parser.tolerate(mark)?;
                }
            }
        }
        Ok(())
    }
}

impl<T: FromJson> FromJson for Box<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    const EMPTY_IS_NULL: bool = T::EMPTY_IS_NULL;

    fn blank() -> Self {
        Self::new(T::blank())
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> DecodeResult<()> {
        (**self).read(parser)
    }

    fn substitute(json: &str) -> Option<Self> {
        T::substitute(json).map(Box::new)
    }

    fn when_missing() -> Option<Self> {
        T::when_missing().map(Box::new)
    }
}

impl Parser<'_> {
    fn read_list(&mut self, list: &mut dyn List) -> DecodeResult<()> {
        let start = self.mark();
        if !self.start_list()? {
            return Ok(());
        }
        let mut index = 0;
        while self.next_in(b']', index == 0)? {
            let mark = self.mark();
            if list.read_item(self).is_err() {
                self.reject_item(start, mark, index)?;
            }
            index += 1;
        }
        Ok(())
    }

    /// Enters a list. Returns false if the value is null or an empty object, which was consumed.
    pub(super) fn start_list(&mut self) -> DecodeResult<bool> {
        self.start_collection(b'[', LIST)
    }

    /// Enters an object. Returns false if the value is null or an empty list, which was consumed.
    pub(super) fn start_map(&mut self) -> DecodeResult<bool> {
        self.start_collection(b'{', MAP)
    }

    fn start_collection(&mut self, open: u8, expected: &'static str) -> DecodeResult<bool> {
        let next = self.peek();
        if next == Some(open) {
            self.enter()?;
            return Ok(true);
        }
        let mark = self.mark();
        match next {
            Some(b'n') => self.skip_value()?,
            // PHP and other languages do not distinguish an empty list from an empty object.
            Some(other @ (b'[' | b'{')) => {
                self.enter()?;
                let close = if other == b'[' { b']' } else { b'}' };
                if self.next_in(close, true)? {
                    return self.fail_at(mark.at, Expected::Type(expected));
                }
            }
            _ => return self.fail(Expected::Type(expected)),
        }
        self.record(mark.at, Expected::Type(expected));
        Ok(false)
    }

    /// Reads a key and its colon.
    pub(super) fn key(&mut self) -> DecodeResult<String> {
        if self.peek() != Some(b'"') {
            return self.syntax("a key");
        }
        let key = self.string_text()?.to_owned();
        self.colon()?;
        Ok(key)
    }

    /// Estimates how many items follow one that started at the mark, from its length. Lists inside of entities are short,
    /// and the rest of the document says nothing about them.
    pub(super) fn remaining_items(&self, mark: Mark) -> usize {
        if !self.is_in_outermost_list() {
            return 0;
        }
        let length = (self.state.at - mark.at).max(1);
        ((self.text.len() - self.state.at) / length).min(MAX_RESERVED)
    }

    /// Whether the list that is being read is the outermost value, or in the object that is.
    fn is_in_outermost_list(&self) -> bool {
        self.state.depth <= 2
    }

    /// Skips an item that could not be read. If it is one of the outermost list, it is kept as JSON.
    #[cold]
    pub(super) fn reject_item(&mut self, list: Mark, item: Mark, index: usize) -> DecodeResult<()> {
        let issue = self.tolerate(item)?;
        if self.is_in_outermost_list() && self.state.rejected().len() < MAX_REJECTED {
            let end = self.state.at;
            self.state.report().rejected.push(RejectedSpan {
                list_start: list.at,
                index,
                start: item.at,
                end,
                issue,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: FromJson>(json: &str) -> (DecodeResult<T>, usize) {
        let mut parser = Parser::new(json);
        let value = T::decode(&mut parser);
        (value, parser.state.issues().len())
    }

    #[test]
    fn null_and_the_other_empty_collection_are_empty() {
        assert_eq!(read::<Vec<i64>>("null"), (Ok(vec![]), 1));
        assert_eq!(read::<Vec<i64>>("{ }"), (Ok(vec![]), 1));
        assert_eq!(
            read::<BTreeMap<String, i64>>("null"),
            (Ok(BTreeMap::new()), 1)
        );
        assert_eq!(
            read::<BTreeMap<String, i64>>("[ ]"),
            (Ok(BTreeMap::new()), 1)
        );
        assert!(read::<Vec<i64>>("{\"a\":1}").0.is_err());
        assert!(read::<BTreeMap<String, i64>>("[1]").0.is_err());
    }

    #[test]
    fn only_outermost_lists_reserve_memory_for_the_items_that_may_follow() {
        let status =
            r#"{"id":"1","account":{"id":"2","acct":"a"},"media_attachments":[{"id":"3"}]}"#;
        let page = format!("[{}]", [status; 40].join(","));
        let (statuses, _) = read::<Vec<crate::Status>>(&page);
        let statuses = statuses.unwrap();
        assert!((40..50).contains(&statuses.capacity()));
        assert!(statuses[0].media_attachments.capacity() < 10);
    }

    #[test]
    fn an_empty_list_counts_as_a_level_of_nesting() {
        let mut parser = Parser::new("[]");
        while parser.deepen().is_ok() {}
        assert!(Vec::<i64>::decode(&mut parser).is_err());
    }

    #[test]
    fn items_and_entries_that_cannot_be_read_are_left_out() {
        assert_eq!(
            read::<Vec<i64>>("[1,{\"a\":[]},null,\"x\",2]"),
            (Ok(vec![1, 2]), 3)
        );
        let map = BTreeMap::from([("a".to_owned(), 1)]);
        assert_eq!(read(r#"{"a":1,"b":[null]}"#), (Ok(map), 1));
    }
}
