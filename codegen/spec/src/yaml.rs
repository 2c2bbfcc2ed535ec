//! The specification as it is written: one Rust type for each thing that the YAML can say.
//!
//! The JSON Schema that editors use comes from these types, so their documentation is what a
//! reviewer reads when hovering a key.

mod answers;
mod differences;
mod scalars;

pub use answers::{AnswerHeader, ErrorShape, HeaderOf};
pub use differences::{Difference, Differences, Rule, SourceKind};
pub use scalars::{Auth, AuthLevel, HttpLine, Limit, Returns, TypeRef, Verb, Version};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

/// A mapping that keeps the order of the YAML.
pub type Map<T> = IndexMap<String, T>;

/// The whole specification, every file of it.
#[derive(Debug, Default)]
pub struct Spec {
    /// `api.yaml`.
    pub api: ApiFile,
    /// `methods/*.yaml`, by file name without its ending.
    pub methods: Map<MethodsFile>,
    /// `entities/*.yaml`, by file name without its ending.
    pub entities: Map<EntitiesFile>,
    /// `differences.yaml`.
    pub differences: Differences,
}

/// A file of `spec/methods`: the endpoints of one resource.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MethodsFile {
    /// The resource's name, as Mastodon's documentation has it.
    pub title: Option<String>,
    /// What the resource is, in a sentence or two.
    pub description: Option<String>,
    /// The page of docs.joinmastodon.org that describes it, such as `methods/accounts`.
    pub docs: Option<String>,
    /// The endpoints, in the order of the documentation. Each key is the method's name.
    pub methods: Map<Method>,
    /// Groups of nested parameters, which parameters name as their type.
    pub inputs: Map<Input>,
}

/// One endpoint.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Method {
    /// Verb and path, such as `GET /api/v1/accounts/{id}`.
    pub http: Option<HttpLine>,
    /// Other verbs that the server takes for the same thing.
    pub also_accepts: Vec<Verb>,
    /// Older or newer addresses of the same endpoint.
    pub aliases: Vec<Alias>,
    /// Verb and path as the documentation prints them, where it is wrong.
    pub documented_as: Option<HttpLine>,
    /// What it does, in a sentence.
    pub summary: Option<String>,
    /// The anchor on the documentation page, or another page with its anchor.
    pub docs: Option<String>,
    /// For the reviewer: where and why this differs from the documentation.
    pub note: Option<String>,
    /// The documentation does not have it; the server does.
    pub undocumented: bool,
    /// The first version of Mastodon that has it.
    pub since: Option<Version>,
    /// The version from which it should no longer be used.
    pub deprecated: Option<Version>,
    /// The day that its answers tell in the header `Deprecation`, such as `2022-11-14`; none if they have no such header.
    pub deprecated_on: Option<String>,
    /// The first version that no longer has it.
    pub removed: Option<Version>,
    /// The method to use in place of a deprecated or removed one.
    pub replaced_by: Option<String>,
    /// The token it wants: `none`, `app`, `user`, `optional app` or `optional user`, then a comma
    /// and the scope, alternatives joined by `or`: `user, write:blocks or follow`.
    pub auth: Option<Auth>,
    /// The server to ask, where it is not the one that the program talks to.
    pub host: Option<Host>,
    /// The permission that the user's role needs (administration only).
    pub permission: Option<String>,
    /// What it answers: an entity, `[Entity]`, `page of Entity`, `page of Entity in Wrapper.field`,
    /// `nothing` (an empty object), `no body`, `text`, `web page`, `stream`, `stream of Entity`, or any type.
    pub returns: Option<Returns>,
    /// Answers other than 200 that are no errors, each with its meaning. A 204 comes without a value.
    pub responses: IndexMap<u16, String>,
    /// The statuses of the errors that the documentation lists.
    pub errors: Vec<u16>,
    /// How a list is paged.
    pub paging: Option<Paging>,
    /// The rate-limit family, where it is not the general one.
    pub rate_limit: Option<String>,
    /// How the body is sent, where that is not JSON.
    pub body: Option<Body>,
    /// Whether it may be sent again when its answer was lost. Given only where the verb does not
    /// tell: GET, PUT and DELETE may, POST and PATCH may not.
    pub idempotent: Option<bool>,
    /// What a repetition is answered that finds the work done by a first attempt whose answer was lost,
    /// where that is an error.
    pub already_applied: Option<Repeated>,
    /// The answer may carry a `Mastodon-Async-Refresh` header.
    pub async_refresh: bool,
    /// What a caller always gives, in this order, where it is not the path's and the required
    /// parameters in their order.
    pub arguments: Option<Vec<String>>,
    /// The parameters, in the order of the documentation; those that page a list are left out.
    pub params: Map<Param>,
}

/// The error that a repetition meets when the first attempt has done the work. A method that returns
/// nothing has succeeded then; of another one either a further method shows what it should have
/// returned, or that is lost.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repeated {
    /// The status of the error.
    pub status: u16,
    /// The message of the error, where the status has other reasons, too.
    #[serde(default)]
    pub message: Option<String>,
    /// The method of the same file that shows the thing that the path names.
    #[serde(default)]
    pub verify_with: Option<String>,
    /// The field of what it shows that is true when the work is done; `not` and the field, where it is false.
    #[serde(default)]
    pub applied_when: Option<String>,
}

impl Method {
    /// Whether a request may be sent again when its answer was lost.
    pub fn is_repeatable(&self) -> bool {
        let verb = self.http.as_ref().map(|http| http.verb);
        let by_verb = matches!(verb, Some(Verb::Get | Verb::Put | Verb::Delete));
        self.idempotent.unwrap_or(by_verb)
    }
}

impl Repeated {
    /// The field that tells whether the work is done, and its value then.
    pub fn evidence(&self) -> Option<(&str, bool)> {
        let told = self.applied_when.as_deref()?;
        Some(match told.strip_prefix("not ") {
            Some(field) => (field, false),
            None => (told, true),
        })
    }
}

/// Another address of an endpoint.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    /// Verb and path.
    pub http: HttpLine,
    /// The first version that has it.
    #[serde(default)]
    pub since: Option<Version>,
    /// The version from which it should no longer be used.
    #[serde(default)]
    pub deprecated: Option<Version>,
    /// The first version that no longer has it.
    #[serde(default)]
    pub removed: Option<Version>,
    /// For the reviewer.
    #[serde(default)]
    pub note: Option<String>,
}

/// How a list is paged.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Paging {
    /// By cursors out of the Link header (the usual way), or by offset.
    pub style: PagingStyle,
    /// How many items a page has: the default, then the most: `20 to 40`.
    pub limit: Option<Limit>,
    /// The same as the documentation has it, where the server differs.
    pub documented_limit: Option<Limit>,
    /// The first version with `limit`, where it is not the method's.
    pub limit_since: Option<Version>,
    /// The cursors that the server reads, where they are not `max_id`, `since_id` and `min_id`.
    pub cursors: Option<Vec<String>>,
    /// Cursors that the documentation lists and the server does not read.
    pub unsupported: Vec<String>,
    /// The cursor in the link to the previous page, where it is not `min_id`.
    pub prev_cursor: Option<String>,
    /// Whether the server sends a Link header; it does unless said otherwise.
    pub link_header: Option<bool>,
    /// Parameters of the first request that the Link header loses.
    pub dropped_by_link: Vec<String>,
}

/// The two ways to page.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PagingStyle {
    /// By cursors out of the Link header.
    #[default]
    Cursor,
    /// By the number of items to skip.
    Offset,
}

/// Another server than the one that a program talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Host {
    /// The one for streaming, which the instance names in its description.
    Streaming,
}

/// How a request's body is written.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// As JSON, or as multipart when a file travels.
    #[default]
    Json,
    /// As a form, or as multipart when a file travels.
    Form,
    /// Always as multipart.
    Multipart,
}

/// One parameter.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Param {
    /// Where it travels. Told by the path, else the query of GET and DELETE, the body of the others.
    #[serde(rename = "in")]
    pub place: Option<Place>,
    /// Its type; `[type]` for a list.
    #[serde(rename = "type")]
    pub ty: Option<TypeRef>,
    /// `true`, or when it is required.
    pub required: Option<Required>,
    /// What the server takes when it is not given.
    pub default: Option<serde_json::Value>,
    /// The smallest number.
    pub min: Option<f64>,
    /// The largest number.
    pub max: Option<f64>,
    /// The most items of a list.
    pub max_items: Option<u32>,
    /// The first version that reads it, where it is not the method's.
    pub since: Option<Version>,
    /// The version from which it should no longer be used.
    pub deprecated: Option<Version>,
    /// The first version that no longer reads it.
    pub removed: Option<Version>,
    /// What it means.
    pub description: Option<String>,
    /// For the reviewer.
    pub note: Option<String>,
    /// The documentation does not have it; the server reads it.
    pub undocumented: bool,
    /// The documentation or other clients have it; the server does not read it, so code does not offer it.
    pub unsupported: bool,
    /// Its name in the documentation, where that is wrong.
    pub documented_as: Option<String>,
    /// The name in code, where the one on the wire is unfit.
    #[serde(rename = "as")]
    pub alias: Option<String>,
    /// It can be cleared: an explicit nothing is not the same as leaving it out.
    pub nullable: bool,
    /// A list that is sent with indexes, `name[0][key]`.
    pub indexed: bool,
    /// The type on the wire, where it is not that of `type`: an id sent as a number.
    pub sent_as: Option<Wire>,
}

/// Whether a parameter is required.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[serde(untagged)]
pub enum Required {
    /// Always, or never.
    Always(bool),
    /// Under the condition that the text tells.
    When(String),
}

impl<'de> Deserialize<'de> for Required {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_yaml::Value::deserialize(deserializer)? {
            serde_yaml::Value::Bool(always) => Ok(Self::Always(always)),
            serde_yaml::Value::String(condition) => Ok(Self::When(condition)),
            _ => Err(serde::de::Error::custom(
                "write `true`, or when it is required",
            )),
        }
    }
}

/// Where a parameter travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In the body.
    Body,
    /// In a header of that name.
    Header,
}

/// A group of nested parameters.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Input {
    /// What the group is.
    pub description: Option<String>,
    /// For the reviewer.
    pub note: Option<String>,
    /// Its parameters.
    pub params: Map<Param>,
}

/// A file of `spec/entities`: a family of entities with their ids and enumerations.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EntitiesFile {
    /// The family's name.
    pub title: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// The page of docs.joinmastodon.org, such as `entities/Account`.
    pub docs: Option<String>,
    /// The kinds of id, each with what it names. Their names end in `Id`.
    pub ids: Map<String>,
    /// The enumerations.
    pub enums: Map<Enumeration>,
    /// The entities.
    pub entities: Map<Entity>,
}

/// A set of values that the server knows; others may appear.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Enumeration {
    /// What the values stand for.
    pub description: Option<String>,
    /// For the reviewer.
    pub note: Option<String>,
    /// What an unknown value is to be treated as.
    pub unknown_as: Option<String>,
    /// The values as they stand on the wire.
    pub values: Map<EnumValue>,
}

/// One value of an enumeration.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EnumValue {
    /// What it means.
    pub description: Option<String>,
    /// The first version that has it, where the enumeration is older.
    pub since: Option<Version>,
    /// The version from which it should no longer be used.
    pub deprecated: Option<Version>,
    /// The first version that no longer has it.
    pub removed: Option<Version>,
    /// The documentation does not have it.
    pub undocumented: bool,
    /// The name in code, where the one on the wire is unfit.
    #[serde(rename = "as")]
    pub alias: Option<String>,
}

/// One entity: an object with fields, one of several entities, or an open mapping.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Entity {
    /// What it is.
    pub description: Option<String>,
    /// The page of docs.joinmastodon.org with its anchor, where it is not the file's.
    pub docs: Option<String>,
    /// For the reviewer.
    pub note: Option<String>,
    /// The entity whose fields it has as well.
    pub extends: Option<String>,
    /// The first version that has it, where its oldest field does not tell.
    pub since: Option<Version>,
    /// The version from which it should no longer be used.
    pub deprecated: Option<Version>,
    /// The first version that no longer has it.
    pub removed: Option<Version>,
    /// The documentation does not have it.
    pub undocumented: bool,
    /// The fields, in the order of the documentation.
    pub fields: Map<Field>,
    /// The entities that it can be, each with how it is told: `has some_field`, or `otherwise`.
    pub one_of: Map<String>,
}

/// One field of an entity.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Field {
    /// Its type; `[type]` for a list, `map of type` for a mapping. Left out where `fields` are given.
    #[serde(rename = "type")]
    pub ty: Option<TypeRef>,
    /// The fields of a nested object.
    pub fields: Map<Field>,
    /// The nested object comes as a list of such objects.
    pub list: bool,
    /// It can be null.
    pub nullable: bool,
    /// It can be absent.
    pub optional: bool,
    /// What stands for it when it is absent; `empty` keeps a text or a number plain in code.
    pub if_missing: Option<IfMissing>,
    /// The type on the wire, where it is not that of `type`: an integer sent as a string, say.
    pub sent_as: Option<Wire>,
    /// Other types that some servers or versions send.
    pub also_sent_as: Vec<Wire>,
    /// The first version that has it.
    pub since: Option<Version>,
    /// The version from which it should no longer be used.
    pub deprecated: Option<Version>,
    /// The first version that no longer has it.
    pub removed: Option<Version>,
    /// What it means, and when it is absent.
    pub description: Option<String>,
    /// For the reviewer.
    pub note: Option<String>,
    /// The documentation does not have it; the server sends it.
    pub undocumented: bool,
    /// The name in code, where the one on the wire is unfit.
    #[serde(rename = "as")]
    pub alias: Option<String>,
}

/// What stands for an absent field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IfMissing {
    /// The empty text, zero, the empty list.
    Empty,
}

/// A type of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Wire {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Bool,
    /// An object.
    Object,
    /// A list.
    List,
}

/// `api.yaml`: what holds for the whole API.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ApiFile {
    /// What the API is.
    pub description: Option<String>,
    /// The releases of Mastodon that the specification knows, oldest first.
    pub releases: Vec<Release>,
    /// The scopes that a token can have.
    pub scopes: Map<Scope>,
    /// The rate limits that the server keeps apart.
    pub rate_limits: Map<RateFamily>,
    /// What the statuses of errors mean, whatever the endpoint.
    pub error_statuses: IndexMap<u16, String>,
    /// The shapes that the body of an error may have.
    pub error_schemas: Map<ErrorShape>,
    /// The headers of answers.
    pub response_headers: Map<AnswerHeader>,
    /// The parameters that page a list.
    pub paging: Map<Param>,
    /// The language of the server's own texts.
    pub language: Option<Language>,
    /// What a server lets a status hold unless it was set up otherwise.
    pub status_limits: StatusLimits,
    /// The schemes of addresses that are links in the text of a status.
    pub link_schemes: Vec<String>,
    /// The streams of the streaming API.
    pub streams: Map<Stream>,
    /// The events that streams carry.
    pub events: Map<Event>,
    /// What a push message holds, once decrypted.
    pub push: Option<Event>,
}

/// A release of Mastodon.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The version.
    pub version: Version,
    /// The number under `api_versions.mastodon`, from 4.3 on.
    #[serde(default)]
    pub api_version: Option<u32>,
}

/// The parameter of every method that chooses the language of the server's own texts.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Language {
    /// The parameter, in the query of any method that has none of this name itself.
    pub param: String,
    /// What it does.
    pub description: Option<String>,
    /// For the reviewer.
    pub note: Option<String>,
}

/// What a server lets a status hold unless it was set up otherwise.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StatusLimits {
    /// The most characters of its text, the content warning counted in.
    pub characters: u32,
    /// How many characters a link counts for.
    pub characters_per_link: u32,
    /// The most media.
    pub media: u32,
    /// The most answers of a poll.
    pub poll_options: u32,
    /// The most characters of an answer.
    pub poll_option_characters: u32,
    /// The shortest time that a poll is open, in seconds.
    pub poll_min_seconds: u32,
    /// The longest time that a poll is open, in seconds.
    pub poll_max_seconds: u32,
}

/// A scope.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// What it allows.
    pub description: Option<String>,
    /// The first version that has it.
    pub since: Option<Version>,
    /// The version from which it should no longer be used.
    pub deprecated: Option<Version>,
    /// The first version that no longer has it.
    pub removed: Option<Version>,
    /// Scopes that it includes besides those whose names begin with its own and a colon.
    pub includes: Vec<String>,
}

/// A rate limit that the server counts by itself.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RateFamily {
    /// What it counts.
    pub description: Option<String>,
    /// How many requests.
    pub requests: u32,
    /// In how many seconds.
    pub seconds: u32,
    /// For whom it is counted; requests without a token count for their address.
    pub per: RatePer,
    /// It counts what was done, not what was asked for: a request that was refused is free.
    pub successes_only: bool,
    /// Further limits on the same requests.
    pub additional: Vec<RateLimit>,
    /// For the reviewer.
    pub note: Option<String>,
}

/// A further limit on the requests of a family.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RateLimit {
    /// How many requests.
    pub requests: u32,
    /// In how many seconds.
    pub seconds: u32,
    /// For whom it is counted.
    pub per: RatePer,
}

/// For whom requests are counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RatePer {
    /// For the token.
    #[default]
    Token,
    /// For the user, over all tokens.
    User,
    /// For the address that they come from.
    Address,
}

impl RatePer {
    /// The word in the specification.
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::User => "user",
            Self::Address => "address",
        }
    }
}

/// A stream of the streaming API.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Stream {
    /// What it carries.
    pub description: Option<String>,
    /// The method that opens it over server-sent events.
    pub method: Option<String>,
    /// It is the method's stream when only statuses with media are asked for.
    pub only_media: bool,
    /// The parameter that it needs: `tag` or `list`.
    pub param: Option<String>,
    /// The scopes, any of which opens it.
    pub scopes: Vec<String>,
    /// The first version that has it.
    pub since: Option<Version>,
    /// The events that it carries.
    pub events: Vec<String>,
    /// For the reviewer.
    pub note: Option<String>,
}

/// An event of a stream.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Event {
    /// When it comes.
    pub description: Option<String>,
    /// The type of its payload; left out where it has none.
    pub payload: Option<TypeRef>,
    /// The payload is the bare text, not JSON in a text.
    pub plain_text: bool,
    /// The first version that has it.
    pub since: Option<Version>,
    /// For the reviewer.
    pub note: Option<String>,
}
