//! Reads objects field by field.
//!
//! Every entity is read by the same loop, which has a table of field names and calls generated code for the value of each
//! field. Each key is first compared with the two that followed the same field in objects read before, because a
//! server sends the fields of an entity in a fixed order, and leaves out some of them.

use std::sync::atomic::{AtomicU16, Ordering};

use super::FromJson;
use super::key::{AFTER_SPACE, BEFORE_FIRST, Key};
use super::parser::{DecodeResult, Mark, Parser};
use super::report::Expected;
use super::unknown::UnknownFields;

/// The fields of an object.
#[derive(Debug)]
pub struct Fields {
    /// Name of the type in error messages.
    object: &'static str,
    /// Names in JSON.
    keys: &'static [Key],
    /// Positions of the first field, and of the field after each field, in objects that were read before: the two that were
    /// found last, the newer one in the lower byte. A wrong guess only costs time, so threads may overwrite each other's
    /// guesses.
    next_guesses: &'static [AtomicU16],
    /// Other names under which some servers send a field.
    other_names: &'static [&'static str],
}

/// An object that is being read.
#[derive(Debug)]
pub struct ObjectReader {
    fields: &'static Fields,
    /// Where the object starts.
    start: Mark,
    /// Where the object ends, once it was read.
    end: Mark,
    /// 0 after the first entry, [`BEFORE_FIRST`] before it.
    before: u64,
    /// Index of the guess for the next key.
    expected_next: usize,
    /// Whether the object is an empty list, which PHP and other languages write instead of an empty object.
    is_list: bool,
    /// The fields that were read, one bit each.
    seen: Bits,
    /// Entries that are not fields. Most objects have none.
    rest: Option<Box<Rest>>,
}

/// Entries that are not fields.
#[derive(Debug, Default)]
struct Rest {
    /// Fields under other names: index of the name, position of the value.
    others: Vec<(usize, Mark)>,
    /// Fields that are not described, if they are kept.
    unknown: Vec<(String, serde_json::Value)>,
}

/// Maximum number of fields of an object.
const MAX_FIELDS: usize = 128;

/// One bit for each field of an object.
type Bits = [u64; MAX_FIELDS / 64];

/// Returns whether the bit of a field is set.
#[inline]
const fn has_bit(bits: &Bits, position: usize) -> bool {
    bits[position / 64 % bits.len()] & (1 << (position % 64)) != 0
}

/// Sets the bit of a field.
#[inline]
const fn set_bit(bits: &mut Bits, position: usize) {
    bits[position / 64 % bits.len()] |= 1 << (position % 64);
}

/// Other names of an object's fields.
#[derive(Clone, Copy, Debug)]
pub struct OtherNames {
    /// Those that are names of fields as well.
    fields: Bits,
}

impl OtherNames {
    /// Prepares the names.
    #[must_use]
    pub const fn new(names: &[&str], others: &[&str]) -> Self {
        let mut fields = [0; MAX_FIELDS / 64];
        let mut at = 0;
        while at < others.len() {
            if let Some(position) = position(names, others[at]) {
                set_bit(&mut fields, position);
            }
            at += 1;
        }
        Self { fields }
    }
}

/// Returns the position of a name.
const fn position(names: &[&str], name: &str) -> Option<usize> {
    let name = name.as_bytes();
    let mut position = 0;
    while position < names.len() {
        let known = names[position].as_bytes();
        let mut at = 0;
        while at < name.len() && at < known.len() && known[at] == name[at] {
            at += 1;
        }
        if at == name.len() && at == known.len() {
            return Some(position);
        }
        position += 1;
    }
    None
}

impl Fields {
    /// Prepares the fields. Does not compile if there are too many.
    #[must_use]
    pub const fn new(
        object: &'static str,
        keys: &'static [Key],
        next_guesses: &'static [AtomicU16],
        other_names: &'static [&'static str],
    ) -> Self {
        assert!(keys.len() <= MAX_FIELDS, "each field has a bit");
        Self {
            object,
            keys,
            next_guesses,
            other_names,
        }
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.keys.iter().position(|key| key.name() == name)
    }
}

impl ObjectReader {
    /// Returns the positions of the fields that followed the last one in objects that were read before.
    #[inline]
    fn guesses(&self) -> [usize; 2] {
        let guesses = self.fields.next_guesses.get(self.expected_next);
        let guesses = guesses.map_or(0, |guesses| guesses.load(Ordering::Relaxed));
        guesses.to_le_bytes().map(usize::from)
    }

    /// Remembers which field followed the last one.
    fn remember_next(&self, position: usize) {
        if let Some(guesses) = self.fields.next_guesses.get(self.expected_next)
            && let Ok(position) = u8::try_from(position)
        {
            let [newer, _] = guesses.load(Ordering::Relaxed).to_le_bytes();
            guesses.store(u16::from_le_bytes([position, newer]), Ordering::Relaxed);
        }
    }

    /// Notes that a field was found. Returns whether it was found before.
    #[inline]
    pub fn found(&mut self, position: usize) -> bool {
        self.before = 0;
        self.expected_next = position + 1;
        let is_repeated = has_bit(&self.seen, position);
        set_bit(&mut self.seen, position);
        is_repeated
    }

    /// Returns whether a field was found.
    #[inline]
    pub fn has(&self, position: usize) -> bool {
        has_bit(&self.seen, position)
    }

    /// Returns whether the object can have a value under another name.
    #[inline]
    pub fn may_have(&self, others: OtherNames) -> bool {
        self.rest.is_some()
            || self.seen[0] & others.fields[0] != 0
            || self.seen[1] & others.fields[1] != 0
    }

    /// Returns the fields that are not described, if they are kept.
    #[inline]
    pub fn take_unknown(&mut self) -> UnknownFields {
        let rest = self.rest.as_deref_mut();
        rest.map_or_else(UnknownFields::default, |rest| {
            UnknownFields::new(std::mem::take(&mut rest.unknown))
        })
    }

    #[cold]
    fn rest(&mut self) -> &mut Rest {
        self.rest.get_or_insert_default()
    }
}

/// Reads an object without any fields. It is `None` if a field is required.
#[cold]
pub(super) fn empty_object<T: FromJson>() -> Option<T> {
    T::decode(&mut Parser::new("{}")).ok()
}

/// What the key of an entry is the name of.
enum Entry {
    Field(usize),
    OtherName(usize),
    Unknown(Option<String>),
}

/// An entity that is read field by field. The code that does so is the same for all entities.
pub trait Object {
    /// Makes all fields blank.
    fn clear(&mut self);

    /// Reads the value of a field.
    fn read_field(&mut self, parser: &mut Parser<'_>, position: usize) -> DecodeResult<()>;

    /// Finds the fields that were sent under other names, and fails if a required one is missing.
    fn finish(&mut self, parser: &mut Parser<'_>, object: &mut ObjectReader) -> DecodeResult<()>;
}

impl Parser<'_> {
    /// Reads an object.
    pub fn read_object(
        &mut self,
        fields: &'static Fields,
        entity: &mut dyn Object,
    ) -> DecodeResult<()> {
        let mut object = self.start_object(fields)?;
        if self.state.is_repeated {
            entity.clear();
        }
        while let Some(position) = self.next_field(&mut object)? {
            entity.read_field(self, position)?;
        }
        entity.finish(self, &mut object)
    }

    /// Enters an object.
    fn start_object(&mut self, fields: &'static Fields) -> DecodeResult<ObjectReader> {
        let open = self.peek();
        let start = self.mark();
        let is_list = open == Some(b'[');
        if open != Some(b'{') && !is_list {
            return self.fail(Expected::Type(fields.object));
        }
        self.deepen()?;
        if is_list {
            self.state.at += 1;
            if self.peek() != Some(b']') {
                return self.fail_at(start.at, Expected::Type(fields.object));
            }
            self.record(start.at, Expected::Type(fields.object));
        }
        Ok(ObjectReader {
            fields,
            start,
            end: start,
            expected_next: 0,
            before: BEFORE_FIRST,
            is_list,
            seen: Bits::default(),
            rest: None,
        })
    }

    /// Returns the position of the next field. Other entries are skipped.
    #[inline]
    fn next_field(&mut self, object: &mut ObjectReader) -> DecodeResult<Option<usize>> {
        let [guess, other_guess] = object.guesses();
        if self.take_guess(object, guess) {
            return Ok(Some(guess));
        }
        if object.before == 0 && !object.is_list && self.take_end_of_object() {
            object.end = self.mark();
            return Ok(None);
        }
        self.next_field_of_any_form(object, other_guess)
    }

    /// Consumes the key of a field without whitespace, if it is next.
    #[inline]
    fn take_guess(&mut self, object: &mut ObjectReader, guess: usize) -> bool {
        if let Some(key) = object.fields.keys.get(guess)
            && let Some(rest) = self.text.as_bytes().get(self.state.at..)
            && let Some(length) = key.match_len(rest, object.before)
        {
            self.state.at += length;
            self.state.is_repeated = object.found(guess);
            return true;
        }
        false
    }

    /// Consumes a key that is one of the guesses, if it is next, in JSON with a space after each comma and colon.
    fn take_spaced_guess(&mut self, object: &mut ObjectReader) -> Option<usize> {
        let text = self.text.as_bytes().get(self.state.at..)?;
        let (rest, before) = match text {
            [b',', rest @ ..] => (rest, AFTER_SPACE),
            _ => (text, object.before),
        };
        for guess in object.guesses() {
            if let Some(key) = object.fields.keys.get(guess)
                && let Some(length) = key.match_len_before_any(rest, before)
            {
                self.state.at += text.len() - rest.len() + length;
                self.peek();
                self.state.is_repeated = object.found(guess);
                return Some(guess);
            }
        }
        None
    }

    /// Finds the next field if its key is not the first guess, or has whitespace around it.
    #[inline(never)]
    fn next_field_of_any_form(
        &mut self,
        object: &mut ObjectReader,
        other_guess: usize,
    ) -> DecodeResult<Option<usize>> {
        if self.take_guess(object, other_guess) {
            return Ok(Some(other_guess));
        }
        if let Some(guess) = self.take_spaced_guess(object) {
            return Ok(Some(guess));
        }
        loop {
            let close = if object.is_list { b']' } else { b'}' };
            let is_first = object.before != 0;
            if is_first && !object.is_list {
                self.state.at += 1;
            }
            object.before = 0;
            if !self.next_in(close, is_first)? {
                object.end = self.mark();
                return Ok(None);
            }
            for guess in object.guesses() {
                if let Some(key) = object.fields.keys.get(guess)
                    && self.take_key(key.name())
                {
                    self.state.is_repeated = object.found(guess);
                    return Ok(Some(guess));
                }
            }
            if let Some(position) = self.look_up_field(object)? {
                return Ok(Some(position));
            }
        }
    }

    /// Finds the field of a key that was not guessed. Skips an entry that is not a field.
    fn look_up_field(&mut self, object: &mut ObjectReader) -> DecodeResult<Option<usize>> {
        if self.peek() != Some(b'"') {
            return self.syntax("a key");
        }
        let fields = object.fields;
        let keeps_unknown = self.state.keep_unknown;
        let name = self.string_text()?;
        let mut other_names = fields.other_names.iter();
        let entry = if let Some(position) = fields.position(name) {
            Entry::Field(position)
        } else if let Some(index) = other_names.position(|other| *other == name) {
            Entry::OtherName(index)
        } else {
            Entry::Unknown(keeps_unknown.then(|| name.to_owned()))
        };
        self.colon()?;
        match entry {
            Entry::Field(position) => {
                object.remember_next(position);
                self.state.is_repeated = object.found(position);
                return Ok(Some(position));
            }
            Entry::OtherName(index) => {
                let mark = self.mark();
                object.rest().others.push((index, mark));
                self.skip_value()?;
            }
            Entry::Unknown(name) => {
                let value = self.raw()?;
                if let Some(name) = name {
                    let value = serde_json::from_str(value).unwrap_or_default();
                    object.rest().unknown.push((name, value));
                }
            }
        }
        Ok(None)
    }

    /// Goes back to the value of a field under another name: a name, or the names of an object and its member. `names` are
    /// the names of all fields: the object can be one.
    #[cold]
    pub fn find_other(&mut self, object: &ObjectReader, names: &[&str], other: &[&str]) -> bool {
        let Some((outer, inner)) = other.split_first() else {
            return false;
        };
        if position(names, outer).is_some() {
            self.rewind(object.start);
            if !self.find_member(outer) {
                return false;
            }
        } else {
            let other_names = object.fields.other_names;
            let mut others = object.rest.iter().flat_map(|rest| &rest.others);
            let Some((_, mark)) = others.find(|(index, _)| other_names.get(*index) == Some(outer))
            else {
                return false;
            };
            self.rewind(*mark);
        }
        inner.iter().all(|name| self.find_member(name))
    }

    /// Returns to the end of an object.
    #[cold]
    pub fn return_to_end(&mut self, object: &ObjectReader) {
        self.rewind(object.end);
    }

    /// Fills a required field that is missing, or fails.
    #[cold]
    pub fn missing<T: FromJson>(
        &mut self,
        object: &ObjectReader,
        name: &'static str,
        field: &mut T,
    ) -> DecodeResult<()> {
        match T::when_missing() {
            Some(value) => *field = value,
            None => self.missing_field(object, name)?,
        }
        Ok(())
    }

    #[cold]
    fn missing_field(&mut self, object: &ObjectReader, name: &'static str) -> DecodeResult<()> {
        let expected = if object.is_list {
            Expected::Type(object.fields.object)
        } else {
            Expected::Field(name)
        };
        self.fail_at(object.start.at, expected)
    }
}

#[cfg(test)]
mod tests {
    use crate::entities::StatusMention;

    fn decode(json: &str) -> Result<StatusMention, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn fields_are_decoded_in_any_order_and_unknown_fields_are_skipped() {
        let orders = [
            r#"{"id":"1","username":"a","acct":"a@b","url":"u"}"#,
            r#"{"url":"u","more":{"id":2},"acct":"a@b","username":"a","id":"1"}"#,
            r#"{ "acct" : "a@b" , "url" : "u", "i\u0064" :"1","username":"a","other":[]}"#,
            r#"{"id": "1", "username": "a", "acct": "a@b", "url": "u"}"#,
            r#"{"id": "1", "acct": "a@b", "username":  "a", "url":"u", "other": 1, "more": {}}"#,
        ];
        // Twice, because each order leaves guesses that are wrong for the next.
        for json in orders.iter().chain(&orders) {
            let mention = decode(json).unwrap();
            assert_eq!(mention.id, "1", "{json}");
            assert_eq!(
                (mention.acct, mention.username, mention.url),
                ("a@b".to_owned(), "a".to_owned(), "u".to_owned()),
                "{json}"
            );
        }
    }

    #[test]
    fn field_is_found_in_each_place_where_servers_send_it() {
        let reactions = |status: &str| {
            let json = format!(
                r#"{{"id":"1","account":{{"id":"2","acct":"a"}},{status},"language":"de"}}"#
            );
            let decoded = crate::json::decode::<crate::Status>(&json).unwrap();
            assert_eq!(decoded.value.language.as_deref(), Some("de"), "{json}");
            assert_eq!(decoded.problems, [], "{json}");
            let reactions = decoded.value.reactions.into_iter();
            reactions.map(|reaction| reaction.name).collect::<Vec<_>>()
        };
        for status in [
            r#""emoji_reactions":[{"name":"a","count":1}]"#,
            r#""reactions":[{"name":"a","count":1}]"#,
            r#""pleroma":{"local":true,"emoji_reactions":[{"name":"a","count":1}]}"#,
            r#""pleroma":{"emoji_reactions":[{"name":"b","count":1}]},"reactions":[{"name":"a","count":1}]"#,
        ] {
            assert_eq!(reactions(status), ["a"], "{status}");
        }
        assert_eq!(reactions(r#""pleroma":{"local":true}"#), [""; 0]);
    }

    #[test]
    fn repeated_key_replaces_the_whole_value_of_the_first() {
        let decode = |fields: &str| {
            let json =
                format!(r#"{{"id":"1","account":{{"id":"2","acct":"a","note":"n"}},{fields}}}"#);
            let decoded = crate::json::decode::<crate::Status>(&json).unwrap();
            assert_eq!(decoded.problems, [], "{json}");
            decoded.value
        };
        let status = decode(r#""account":{"id":"3","acct":"b"}"#);
        assert_eq!(
            (status.account.acct.as_str(), status.account.note.as_str()),
            ("b", "")
        );
        let status = decode(r#""card":{"url":"u","title":"t"},"card":{"url":"v"}"#);
        let card = status.card.unwrap();
        assert_eq!((card.url.as_str(), card.title.as_str()), ("v", ""));
        let status = decode(r#""tags":[{"name":"a"},{"name":"b"}],"tags":[{"name":"c"}]"#);
        assert_eq!(status.tags.len(), 1);
        // What follows a repeated key is not repeated itself.
        let status = decode(
            r#""uri":"u","uri":"v","mentions":[{"id":"4","acct":"c"},{"id":"5","acct":"d"}]"#,
        );
        assert_eq!((status.uri.as_str(), status.mentions.len()), ("v", 2));
    }

    #[test]
    fn value_that_cannot_be_read_to_its_end_leaves_nothing_behind() {
        // The type of an attachment's ID is wrong, after a field that can be read.
        let json = r#"{"id":"1","account":{"id":"2","acct":"a"},"language":"de",
            "media_attachments":[{"url":"u","id":{}},{"id":"3","type":"image"}],
            "application":[1],"in_reply_to_id":{"a":1}}"#;
        let decoded = crate::json::decode::<crate::Status>(json).unwrap();
        let status = decoded.value;
        let attachments = &status.media_attachments;
        assert_eq!(attachments.len(), 1);
        assert_eq!(
            (attachments[0].id.as_str(), attachments[0].url.as_deref()),
            ("3", None)
        );
        assert_eq!((status.application, status.in_reply_to_id), (None, None));
        assert_eq!(status.language.as_deref(), Some("de"));
    }

    #[test]
    fn status_linked_in_an_announcement_is_whole_or_only_its_id_and_url() {
        let decode = |json: &str| -> crate::entities::AnnouncementLinkedStatus {
            let decoded = crate::json::decode(json).unwrap();
            assert_eq!(decoded.problems, [], "{json}");
            decoded.value
        };
        let whole = decode(r#"{"id":"1","content":"","account":{"id":"2","acct":"a"}}"#);
        assert_eq!(whole.as_status().unwrap().account.acct, "a");
        let short = decode(r#"{"id":"1","url":"https://a.example/@a/1"}"#);
        let short = short.as_announcement_status().unwrap();
        assert_eq!(
            (short.id.as_str(), short.url.as_str()),
            ("1", "https://a.example/@a/1")
        );
    }
}
