//! The public items that the macros of generated files define. `Name` stands for the name of the type, `Answer`,
//! `Element` and `Body` for the other arguments.
//!
//! The macros are handwritten. `.ci/semver` compares these items with those of the compiled crates.

/// `id_type!` of `types/src/id.rs`.
pub(super) const ID_TYPE: &str = "
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    pub struct Name(IdString);
    impl Name { pub fn as_str(&self) -> &str {} }
    impl PartialOrd for Name {}
    impl Ord for Name {}
    impl PartialEq<str> for Name {}
    impl PartialEq<&str> for Name {}
    impl PartialEq<String> for Name {}
    impl PartialEq<Name> for str {}
    impl PartialEq<Name> for &str {}
    impl PartialEq<Name> for String {}
    impl Display for Name {}
    impl AsRef<str> for Name {}
    impl FromStr for Name { type Err = Infallible; }
    impl From<&str> for Name {}
    impl From<String> for Name {}
    impl From<&String> for Name {}
    impl From<&Name> for Name {}
    impl From<Name> for String {}
    impl From<Name> for Cursor {}
    impl From<&Name> for Cursor {}
    impl Serialize for Name {}
    impl<'de> Deserialize<'de> for Name {}
";

/// `open_enum!` of `types/src/open_enum.rs`.
pub(super) const OPEN_ENUM: &str = "
    impl Name {
        pub const VALUES: &[&str] = &[];
        pub const KNOWN: &[Self] = &[];
        pub fn parse_strict(value: &str) -> Result<Self, ParseEnumError> {}
        pub fn as_str(&self) -> &str {}
    }
    impl From<&str> for Name {}
    impl From<String> for Name {}
    impl From<&Name> for Name {}
    impl FromStr for Name { type Err = Infallible; }
    impl Display for Name {}
    impl PartialEq for Name {}
    impl Eq for Name {}
    impl Hash for Name {}
    impl Serialize for Name {}
    impl Default for Name {}
    impl<'de> Deserialize<'de> for Name {}
";

/// `has_id!` of `types/src/id.rs`; `Answer` is the ID.
pub(super) const HAS_ID: &str = "
    impl From<&Name> for Answer {}
    impl From<Name> for Answer {}
    impl From<&Box<Name>> for Answer {}
    impl From<Box<Name>> for Answer {}
    impl From<&Name> for Cursor {}
    impl From<Name> for Cursor {}
    impl From<&Box<Name>> for Cursor {}
    impl From<Box<Name>> for Cursor {}
";

/// `object!` of `types/src/decode/object_macro.rs`.
pub(super) const OBJECT: &str = "
    impl Serialize for Name {}
    impl<'de> Deserialize<'de> for Name {}
";

/// `serialize_variant!` of `types/src/encode.rs`.
pub(super) const SERIALIZE: &str = "impl Serialize for Name {}";

/// `deserialize!` of `types/src/decode/object_macro.rs`.
pub(super) const DESERIALIZE: &str = "impl<'de> Deserialize<'de> for Name {}";

/// `string_values!` of `src/call/params.rs`, for one type.
pub(super) const STRING_VALUE: &str = "impl From<Name> for Value {}";

/// `samples!` of `types/src/samples.rs`, for one type.
pub(super) const SAMPLE: &str = "
    #[cfg(feature = \"test-util\")]
    impl Name { pub fn sample() -> Self {} }
";

/// `maybe_method!` of `src/call/mod.rs`.
pub(super) const MAYBE: &str = "impl Name { pub fn maybe<V>(self, value: Option<V>, setter: impl FnOnce(Self, V) -> Self) -> Self {} }";

/// `call_builder!` of `src/call/mod.rs`, and the methods of `Call`; `Answer` is the result.
pub(super) const CALL: &str = "
    impl Name {
        pub fn maybe<V>(self, value: Option<V>, setter: impl FnOnce(Self, V) -> Self) -> Self {}
        pub fn timeout(self, timeout: Duration) -> Self {}
        pub fn deadline(self, deadline: Duration) -> Self {}
        pub fn on_wait(self, callback: impl Fn(&RateLimitWait) + Send + Sync + 'static) -> Self {}
        pub fn http_request(&self) -> Result<http::Request<bytes::Bytes>, Error> {}
        pub fn response(self) -> CallFuture<Response<Answer>> {}
        pub fn raw(self) -> CallFuture<RawResponse> {}
        pub fn json(self) -> CallFuture<serde_json::Value> {}
        pub fn version_check(self, check: VersionCheck) -> Self {}
        pub fn param(self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {}
        pub fn endpoint(&self) -> &'static Endpoint {}
    }
    impl IntoFuture for Name { type Output = Result<Answer, Error>; type IntoFuture = CallFuture<Answer>; }
";

/// The methods of a list paged in any way.
pub(super) const PAGES: &str = "
    impl Name {
        pub fn limit(self, limit: u32) -> Self {}
        pub fn items(self) -> Items<Element, Body> {}
        pub fn pages(self) -> Pages<Element, Body> {}
    }
";

/// The methods of a list paged by cursors.
pub(super) const CURSORS: &str = "
    impl Name {
        pub fn newer_than(self, position: impl Into<Cursor>) -> Self {}
        pub fn older_than(self, position: impl Into<Cursor>) -> Self {}
        pub fn between(self, newer_than: impl Into<Cursor>, older_than: impl Into<Cursor>) -> Self {}
        pub fn max_id(self, cursor: impl Into<Cursor>) -> Self {}
        pub fn since_id(self, cursor: impl Into<Cursor>) -> Self {}
        pub fn min_id(self, cursor: impl Into<Cursor>) -> Self {}
    }
";

/// The methods of a list paged by offset.
pub(super) const OFFSET: &str = "impl Name { pub fn offset(self, offset: u32) -> Self {} }";

/// What a call type has, whether it is a struct or an alias.
pub(super) const CALL_TYPE: &str = "
    #[derive(Clone, Debug)]
    pub struct Name(Request);
";

/// What the alias of `StreamCall<MediaFilter>` has in addition to that of `StreamCall`.
pub(super) const MEDIA_FILTER: &str =
    "impl Name { pub fn only_media(self, only_media: bool) -> Self {} }";
