//! Reads the values of fields. The name of a method says what happens if the value is missing or cannot be read.

use super::FromJson;
use super::parser::{DecodeResult, Mark, Parser};
use super::report::{Failed, Failure};

impl Parser<'_> {
    /// Reads the value of a field without which the object is of no use. Null or a wrong value is replaced if the
    /// type has a substitute.
    pub fn required<T: FromJson>(&mut self, field: &mut T) -> DecodeResult<()> {
        let mark = self.mark();
        if field.read(self).is_err() {
            let issues = self.state.issues().len();
            let failure = self.state.failure().cloned();
            match T::substitute(self.pass_over(mark)?) {
                Some(value) => *field = value,
                None => return self.fail_again(failure, issues),
            }
        }
        Ok(())
    }

    /// Reads the value of a field that can be absent. Null and a value that cannot be read are absent.
    pub fn optional<T: FromJson>(&mut self, field: &mut Option<T>) -> DecodeResult<()> {
        let (mark, is_absent) = self.take_absent(T::EMPTY_IS_NULL)?;
        if !is_absent && T::read_some(field, self).is_err() {
            *field = None;
            self.pass_over(mark)?;
        }
        Ok(())
    }

    /// Reads the value of a field that has a default. Null or a wrong value is replaced.
    pub fn or_default<T: FromJson + Default>(&mut self, field: &mut T) -> DecodeResult<()> {
        // Mastodon sends numbers as strings, and those that it does not know as empty strings.
        let can_be_empty = T::EMPTY_IS_NULL && self.state.accepts_any_type;
        let mark = self.mark();
        if !(can_be_empty && self.take_empty_string()) && field.read(self).is_err() {
            *field = T::substitute(self.pass_over(mark)?).unwrap_or_default();
        }
        Ok(())
    }

    /// Like [`or_default`](Self::or_default), for a field that Mastodon also sends as null.
    pub fn nullable_or_default<T: FromJson + Default>(
        &mut self,
        field: &mut T,
    ) -> DecodeResult<()> {
        if self.take_null()? {
            return Ok(());
        }
        self.or_default(field)
    }

    /// Consumes `null`, or an empty string if it has the same meaning, if it is the next value. Returns where the value starts.
    #[inline]
    fn take_absent(&mut self, empty_is_null: bool) -> DecodeResult<(Mark, bool)> {
        let is_absent = self.take_null()? || empty_is_null && self.take_empty_string();
        Ok((self.mark(), is_absent))
    }

    /// Skips the value at the mark, which could not be read, records the failure, and returns the JSON of the value.
    #[cold]
    fn pass_over(&mut self, mark: Mark) -> DecodeResult<&str> {
        self.tolerate(mark)?;
        Ok(self.slice(mark.at, self.state.at))
    }

    /// Fails as before a value was passed over. The caller records the failure.
    #[cold]
    fn fail_again(&mut self, failure: Option<Failure>, issues: usize) -> DecodeResult<()> {
        self.state.truncate_issues(issues);
        self.state.report().failure = failure;
        Err(Failed)
    }

    /// Like [`required`](Self::required), for a field that Mastodon also sends as another JSON type.
    pub fn required_any<T: FromJson>(&mut self, field: &mut T) -> DecodeResult<()> {
        self.of_any_type(|parser| parser.required(field))
    }

    /// Like [`optional`](Self::optional), for a field that Mastodon also sends as another JSON type.
    pub fn optional_any<T: FromJson>(&mut self, field: &mut Option<T>) -> DecodeResult<()> {
        self.of_any_type(|parser| parser.optional(field))
    }

    /// Like [`or_default`](Self::or_default), for a field that Mastodon also sends as another JSON type.
    pub fn or_default_any<T: FromJson + Default>(&mut self, field: &mut T) -> DecodeResult<()> {
        self.of_any_type(|parser| parser.or_default(field))
    }

    fn of_any_type(
        &mut self,
        read: impl FnOnce(&mut Self) -> DecodeResult<()>,
    ) -> DecodeResult<()> {
        self.state.accepts_any_type = true;
        let read = read(self);
        self.state.accepts_any_type = false;
        read
    }

    /// Reads an object. A value of another type is absent.
    pub fn object_or_ignore<T: FromJson>(&mut self, field: &mut Option<T>) -> DecodeResult<()> {
        if self.peek() == Some(b'{') {
            self.optional(field)
        } else {
            self.skip_value()
        }
    }

    /// Reads a scalar, or the member of an object.
    pub fn scalar_or_member<T: FromJson>(
        &mut self,
        field: &mut Option<T>,
        name: &'static str,
    ) -> DecodeResult<()> {
        if self.peek() != Some(b'{') {
            return self.optional_any(field);
        }
        let start = self.mark();
        self.skip_value()?;
        let end = self.mark();
        self.rewind(start);
        if self.find_member(name) {
            self.optional_any(field)?;
        }
        self.rewind(end);
        Ok(())
    }
}
