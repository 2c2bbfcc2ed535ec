//! The types of the YAML files.
//!
//! The JSON Schema for editors is generated from these types: their doc comments are shown when hovering
//! a key.

mod differences;
mod documented;
mod responses;
mod scalars;
mod seen;
mod servers;

pub use differences::{Difference, Differences, Rule, SourceKind};
pub use documented::{
    DocumentedEnd, DocumentedEntity, DocumentedField, DocumentedMethod, DocumentedParam, Statements,
};
pub use responses::{ErrorSchema, ResponseHeader, SentWith};
pub use scalars::{
    Auth, AuthLevel, HttpMethod, Limit, Returns, Route, TypeRef, Version, anonymous_path,
    path_params,
};
pub use seen::{Place, Seen};
pub use servers::{
    Base, BasedOn, Condition, Examples, MASTODON, On, OwnVersion, Server, ServersFile, Streaming,
    Supported, TokenLocation, VersionLocation,
};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

/// A mapping in the order of the YAML file.
pub type Map<T> = IndexMap<String, T>;

/// All files of the specification.
#[derive(Debug, Default)]
pub struct Spec {
    /// `api.yaml`.
    pub api: ApiFile,
    /// `servers.yaml`.
    pub servers: ServersFile,
    /// `methods/*.yaml` and `methods/servers/*.yaml`, by path in the folder without extension.
    pub methods: Map<MethodsFile>,
    /// `entities/*.yaml` and `entities/servers/*.yaml`, by path in the folder without extension.
    pub entities: Map<EntitiesFile>,
    /// `differences.yaml`.
    pub differences: Differences,
}

/// A file of `spec/methods`: the methods of one resource.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MethodsFile {
    /// The name of the resource in Mastodon's documentation.
    pub title: Option<String>,
    /// Describes the resource in one or two sentences.
    pub description: Option<String>,
    /// The page of docs.joinmastodon.org, such as `methods/accounts`.
    pub docs: Option<String>,
    /// The methods by name, in the order of the documentation.
    pub methods: Map<Method>,
    /// Groups of nested parameters, used as types of parameters.
    pub inputs: Map<Input>,
}

/// One API method.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Method {
    /// HTTP method and path, such as `GET /api/v1/accounts/{id}`.
    pub http: Option<Route>,
    /// Other HTTP methods that the server accepts for the same path.
    pub also_accepts: Vec<HttpMethod>,
    /// Older or newer paths of the same method.
    pub aliases: Vec<Alias>,
    /// What the documentation says where it differs from the server.
    pub documented: DocumentedMethod,
    /// The effect of the method: a sentence in the third person, such as "Deletes a status."
    pub summary: Option<String>,
    /// Other words that people search for: `boost` for a method named `status_reblog`.
    pub search_words: Vec<String>,
    /// The anchor on the documentation page, or another page with an anchor.
    pub docs: Option<String>,
    /// Note for users: what they must know in addition to the description.
    pub note: Option<String>,
    /// Note for reviewers: why this is right.
    pub review_note: Option<String>,
    /// The server supports it, but it is not documented.
    pub undocumented: bool,
    /// The first version of Mastodon that supports it.
    pub since: Option<Version>,
    /// The servers other than Mastodon that have it, with conditions: `{ gotosocial: 0.17.0, akkoma: true }`. Without
    /// `since`, Mastodon does not have it.
    pub on: On,
    /// Where facts can be seen that the documentation does not state: a pull request of Mastodon (`mastodon#39547`), a
    /// file in Mastodon's repository, or a short name of `servers.yaml` and a file.
    pub seen: Seen,
    /// The version that deprecated it.
    pub deprecated: Option<Version>,
    /// The date in the `Deprecation` header of its responses, such as `2022-11-14`, if they have this header.
    pub deprecated_on: Option<String>,
    /// The version that removed it.
    pub removed: Option<Version>,
    /// The method that replaces a deprecated or removed one.
    pub replaced_by: Option<String>,
    /// The required token: `none`, `app`, `user`, `optional app` or `optional user`, then a comma
    /// and the scope; alternative scopes are joined by `or`: `user, write:blocks or follow`.
    pub auth: Option<Auth>,
    /// The version that started to require the token, where an earlier one did not.
    pub auth_since: Option<Version>,
    /// The server that the request is sent to, where it is not the user's server.
    pub host: Option<Host>,
    /// The permission that the role of the user needs (admin methods only).
    pub permission: Option<String>,
    /// The content of a successful response: an entity, `[Entity]`, `page of Entity`,
    /// `page of Entity in Wrapper.field`, `nothing` (an empty object), `no body`, `text`, `web page`, `stream`,
    /// `stream of Entity`, or any type.
    pub returns: Option<Returns>,
    /// Successful statuses other than 200, with their meanings. A 204 has no value.
    pub responses: IndexMap<u16, String>,
    /// The error statuses, other than the 401 and 403 that follow from `auth`.
    pub errors: Vec<u16>,
    /// Error statuses that follow from `auth`, but that the server does not return.
    pub not_returned: Vec<u16>,
    /// How a list is paged.
    pub paging: Option<Paging>,
    /// The rate limit of `api.yaml` that counts the requests, besides the general one.
    pub rate_limit: Option<String>,
    /// The encoding of the request body, where it is not JSON.
    pub body: Option<Body>,
    /// Whether the request may be retried after its response was lost. Default: true for GET, PUT and DELETE,
    /// false for POST and PATCH.
    pub idempotent: Option<bool>,
    /// The error of a retry after the first attempt succeeded but its response was lost.
    pub already_applied: Option<AlreadyApplied>,
    /// What is done after the response was lost, if a second request would have another effect.
    pub lost_response: Option<LostResponse>,
    /// The response can have a `Mastodon-Async-Refresh` header.
    pub async_refresh: bool,
    /// The arguments of the function in code. Default: the path parameters, then the required parameters,
    /// in their order.
    pub arguments: Option<Vec<String>>,
    /// What the SDK does before it sends the request, in this order.
    pub prepare: Vec<Prepare>,
    /// The parameters, in the order of the documentation, without `limit` and cursors of paged lists.
    pub params: Map<Param>,
}

/// What the SDK does before it sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Prepare {
    /// Uses the address of the endpoint in the server's OAuth metadata.
    DiscoverAddress,
    /// Fetches the resource and adds the parameters that the request omits, because the server would clear them.
    PreserveUnsetParams,
    /// Checks the status against the server's limits.
    CheckStatusLimits,
}

impl Prepare {
    /// The name in the YAML, which is also the name of the hook in the SDK.
    pub fn name(self) -> &'static str {
        match self {
            Self::DiscoverAddress => "discover_address",
            Self::PreserveUnsetParams => "preserve_unset_params",
            Self::CheckStatusLimits => "check_status_limits",
        }
    }
}

/// What is done after the response was lost: how the SDK finds out whether the request was applied. Without `find_in`
/// and `find_with` it cannot.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LostResponse {
    /// The method of the same file that returns the result of an applied request, alone or in a list.
    #[serde(default)]
    pub find_in: Option<String>,
    /// The fields of the result that show that it is that of the request: the names of the parameters that they are
    /// equal to, or `param as field`.
    #[serde(default)]
    pub by: Vec<String>,
    /// The field of the result with the time of its creation: results that are older than the request are skipped.
    #[serde(default)]
    pub created: Option<String>,
    /// The search of the SDK, where comparing fields is not sufficient.
    #[serde(default)]
    pub find_with: Option<FindWith>,
    /// What users check if the SDK cannot find out: `the user's lists`.
    pub check: String,
}

impl LostResponse {
    /// The names of the compared parameters and fields.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.by
            .iter()
            .map(|name| name.split_once(" as ").unwrap_or((name, name)))
    }
}

/// The searches of the SDK for the result of a request whose response was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindWith {
    /// Searches the scheduled statuses and the newest statuses of the user.
    PostedStatus,
}

impl FindWith {
    /// The name in the YAML, which is also the name of the search in the SDK.
    pub fn name(self) -> &'static str {
        match self {
            Self::PostedStatus => "posted_status",
        }
    }
}

/// The error of a retry after the first attempt succeeded. If the method returns nothing, the call then
/// succeeds. Otherwise `verify_with` names the method that fetches the result.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlreadyApplied {
    /// The status of the error.
    pub status: u16,
    /// The error message, where the status has other causes as well.
    #[serde(default)]
    pub message: Option<String>,
    /// The method of the same file that fetches the entity in the path.
    #[serde(default)]
    pub verify_with: Option<String>,
    /// The field of that entity that is true when the request was applied; `not field` where it is false.
    #[serde(default)]
    pub applied_when: Option<String>,
}

impl Method {
    /// The parameter that changes what the method returns, and the type that it returns then.
    pub fn alternative(&self) -> Option<(&str, &TypeRef)> {
        let mut params = self.params.iter();
        params.find_map(|(name, param)| Some((name.as_str(), param.returns.as_ref()?)))
    }

    /// Whether the request may be retried after its response was lost.
    pub fn is_idempotent(&self) -> bool {
        self.is_idempotent_at(self.http.as_ref())
    }

    /// Whether the request to one of its addresses may be retried after its response was lost.
    pub fn is_idempotent_at(&self, route: Option<&Route>) -> bool {
        self.idempotent
            .unwrap_or_else(|| route.is_some_and(|route| route.method.is_idempotent()))
    }
}

impl AlreadyApplied {
    /// The field that is checked, and its value when the request was applied.
    pub fn evidence(&self) -> Option<(&str, bool)> {
        let condition = self.applied_when.as_deref()?;
        Some(match condition.strip_prefix("not ") {
            Some(field) => (field, false),
            None => (condition, true),
        })
    }
}

/// Another path of a method.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    /// HTTP method and path.
    pub http: Route,
    /// The first version that has it.
    #[serde(default)]
    pub since: Option<Version>,
    /// The servers other than Mastodon that have the method at this path instead of its own.
    #[serde(default)]
    pub on: On,
    /// The version that deprecated it.
    #[serde(default)]
    pub deprecated: Option<Version>,
    /// The version that removed it.
    #[serde(default)]
    pub removed: Option<Version>,
    /// Note for users: what they must know in addition to the description.
    #[serde(default)]
    pub note: Option<String>,
    /// Note for reviewers: why this is right.
    #[serde(default)]
    pub review_note: Option<String>,
}

/// How a list is paged.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Paging {
    /// `cursor` (default) or `offset`.
    pub style: PagingStyle,
    /// Items per page, default and maximum: `20 to 40`.
    pub limit: Option<Limit>,
    /// The first version with `limit`, where it is later than the method.
    pub limit_since: Option<Version>,
    /// The cursors that the server supports. Default: `max_id`, `since_id` and `min_id`.
    pub cursors: Option<Vec<String>>,
    /// Cursors in the documentation that the server does not support.
    pub unsupported: Vec<String>,
    /// The cursor in the `prev` link. Default: `min_id`.
    pub prev_cursor: Option<String>,
    /// The ID in each item that is its cursor: `id` or `last_status.id`. Default: cursors are only in the `Link` header.
    pub cursor: Option<String>,
    /// Whether the server sends a `Link` header. Default: true.
    pub link_header: Option<bool>,
    /// Whether the last page that is not empty has a `next` link, too, which leads to an empty page.
    pub next_on_last_page: bool,
    /// Parameters of the request that are missing in the `Link` header.
    pub dropped_by_link: Vec<String>,
}

/// The pagination styles.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PagingStyle {
    /// By cursors in the `Link` header.
    #[default]
    Cursor,
    /// By the number of items to skip.
    Offset,
}

/// A server other than the user's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Host {
    /// The streaming server in `configuration.urls.streaming` of the instance.
    Streaming,
}

/// The encoding of a request body.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// JSON; multipart when there is a file.
    #[default]
    Json,
    /// URL-encoded form; multipart when there is a file.
    Form,
    /// As `form`, because other server software ignores JSON. Mastodon accepts JSON as well.
    #[serde(rename = "form or json")]
    FormOrJson,
    /// Always multipart.
    Multipart,
}

impl Body {
    /// Whether Mastodon reads the parameters from JSON.
    pub fn accepts_json(self) -> bool {
        matches!(self, Self::Json | Self::FormOrJson)
    }
}

/// One parameter.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Param {
    /// The location: `path`, `query`, `body` or `header`. Default: the path if it contains the name, otherwise
    /// the query for GET and DELETE and the body for other methods.
    #[serde(rename = "in")]
    pub location: Option<ParamLocation>,
    /// The type; `[type]` for a list.
    #[serde(rename = "type")]
    pub ty: Option<TypeRef>,
    /// `true`, or the condition under which it is required.
    pub required: Option<Required>,
    /// The status of the response to a request without it, where it is required: 200 if only the documentation calls
    /// it required. Default: 422.
    pub missing_status: Option<u16>,
    /// The default value of the server.
    pub default: Option<serde_json::Value>,
    /// The minimum.
    pub min: Option<f64>,
    /// The maximum.
    pub max: Option<f64>,
    /// The maximum number of characters of a string.
    pub max_length: Option<u32>,
    /// An example of a value.
    pub example: Option<serde_json::Value>,
    /// The maximum number of items in a list.
    pub max_items: Option<u32>,
    /// The maximum number of items that are sent in one request. The items of a longer list are sent in several
    /// requests.
    pub items_per_request: Option<u32>,
    /// The first version that supports it, where it is later than the method.
    pub since: Option<Version>,
    /// The servers other than Mastodon that have it, with conditions: `{ gotosocial: 0.17.0, akkoma: true }`. Without
    /// `since`, Mastodon does not have it.
    pub on: On,
    /// Where facts can be seen that the documentation does not state: a pull request of Mastodon (`mastodon#39547`), a
    /// file in Mastodon's repository, or a short name of `servers.yaml` and a file.
    pub seen: Seen,
    /// The version that deprecated it.
    pub deprecated: Option<Version>,
    /// The version that removed it.
    pub removed: Option<Version>,
    /// Describes it.
    pub description: Option<String>,
    /// Other words that people search for: `boost` for a method named `status_reblog`.
    pub search_words: Vec<String>,
    /// Note for users: what they must know in addition to the description.
    pub note: Option<String>,
    /// Note for reviewers: why this is right.
    pub review_note: Option<String>,
    /// The server supports it, but it is not documented.
    pub undocumented: bool,
    /// The documentation or other clients have it, but the server does not support it. Not emitted in code.
    pub unsupported: bool,
    /// What the documentation says where it differs from the server.
    pub documented: DocumentedParam,
    /// The name in code, where the API name is unsuitable.
    #[serde(rename = "as")]
    pub alias: Option<String>,
    /// It can be cleared by sending null.
    pub nullable: bool,
    /// In forms, the names of list items contain an index: `name[0][key]`.
    pub indexed: bool,
    /// Without this parameter the call would do something else: if it is given, the call is refused on servers that
    /// lack it.
    pub essential: bool,
    /// The JSON type, where it differs from `type`: an id that is sent as a number.
    pub sent_as: Option<JsonType>,
    /// What the method returns when this parameter is given, where that differs.
    pub returns: Option<TypeRef>,
}

/// Whether a parameter is required.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[serde(untagged)]
pub enum Required {
    /// Always or never.
    Always(bool),
    /// Under this condition.
    When(String),
}

impl<'de> Deserialize<'de> for Required {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_yaml::Value::deserialize(deserializer)? {
            serde_yaml::Value::Bool(always) => Ok(Self::Always(always)),
            serde_yaml::Value::String(condition) => Ok(Self::When(condition)),
            _ => Err(serde::de::Error::custom(
                "write `true`, or the condition under which it is required",
            )),
        }
    }
}

/// The location of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ParamLocation {
    /// The path.
    Path,
    /// The query.
    Query,
    /// The body.
    Body,
    /// A header of this name.
    Header,
}

/// A group of nested parameters.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Input {
    /// Describes the group.
    pub description: Option<String>,
    /// The first version of its parameters that have none of their own.
    pub since: Option<Version>,
    /// Other words that people search for: `boost` for a method named `status_reblog`.
    pub search_words: Vec<String>,
    /// Note for users: what they must know in addition to the description.
    pub note: Option<String>,
    /// Note for reviewers: why this is right.
    pub review_note: Option<String>,
    /// The enumeration whose values with `push` are parameters, too: each selects a type of notification.
    pub push_alerts: Option<String>,
    /// The parameters.
    pub params: Map<Param>,
}

/// A file of `spec/entities`: related entities with their ids and enumerations.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EntitiesFile {
    /// The title of the file.
    pub title: Option<String>,
    /// Describes the entities of the file.
    pub description: Option<String>,
    /// The page of docs.joinmastodon.org, such as `entities/Account`.
    pub docs: Option<String>,
    /// The id types with their descriptions. Their names end in `Id`.
    pub ids: Map<String>,
    /// The enumerations.
    pub enums: Map<Enumeration>,
    /// The entities.
    pub entities: Map<Entity>,
}

/// A set of known values. Servers can send others.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Enumeration {
    /// Describes the values.
    pub description: Option<String>,
    /// The first version of its values that have none of their own.
    pub since: Option<Version>,
    /// Other words that people search for: `boost` for a method named `status_reblog`.
    pub search_words: Vec<String>,
    /// Note for users: what they must know in addition to the description.
    pub note: Option<String>,
    /// Note for reviewers: why this is right.
    pub review_note: Option<String>,
    /// The known value that an unknown value should be treated as.
    pub unknown_as: Option<String>,
    /// The values in JSON.
    pub values: Map<EnumValue>,
}

/// One value of an enumeration.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EnumValue {
    /// Describes it.
    pub description: Option<String>,
    /// Other words that people search for: `boost` for a method named `status_reblog`.
    pub search_words: Vec<String>,
    /// The first version that supports it, where it is later than the enumeration.
    pub since: Option<Version>,
    /// The servers other than Mastodon that have it, with conditions: `{ gotosocial: 0.17.0, akkoma: true }`. Without
    /// `since`, Mastodon does not have it.
    pub on: On,
    /// Where facts can be seen that the documentation does not state: a pull request of Mastodon (`mastodon#39547`), a
    /// file in Mastodon's repository, or a short name of `servers.yaml` and a file.
    pub seen: Seen,
    /// The version that deprecated it.
    pub deprecated: Option<Version>,
    /// The version that removed it.
    pub removed: Option<Version>,
    /// It is not documented.
    pub undocumented: bool,
    /// The name in code, where the API name is unsuitable.
    #[serde(rename = "as")]
    pub alias: Option<String>,
    /// The fields that an entity with this value has: in entities with a field of this enumeration.
    pub fields: Vec<String>,
    /// Web Push subscriptions can have this type: `true`, or what differs from the value itself.
    #[schemars(with = "Option<PushAlertForm>")]
    pub push: Option<PushAlert>,
}

/// The forms of `push`.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only the schema needs it")]
enum PushAlertForm {
    /// The parameter has the versions and servers of the value.
    Same(bool),
    /// What differs from the value.
    Other(PushAlert),
}

/// The parameter of a Web Push subscription that selects a type of notification.
#[derive(Debug, Default, Clone, PartialEq, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PushAlert {
    /// The first version that has it, where it is later than the value.
    pub since: Option<Version>,
    /// The servers other than Mastodon that have it, where they differ from those of the value.
    pub on: On,
    /// It is not documented.
    pub undocumented: bool,
    /// Where it can be seen.
    pub seen: Seen,
}

impl<'de> Deserialize<'de> for PushAlert {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        /// The keys of the mapping.
        #[derive(Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        struct Keys {
            since: Option<Version>,
            on: On,
            undocumented: bool,
            seen: Seen,
        }
        let value = serde_yaml::Value::deserialize(deserializer)?;
        if value == serde_yaml::Value::Bool(true) {
            return Ok(Self::default());
        }
        let keys: Keys = serde_yaml::from_value(value).map_err(|_| {
            D::Error::custom(
                "expected `true`, or a mapping with `since`, `on`, `undocumented` and `seen`",
            )
        })?;
        Ok(Self {
            since: keys.since,
            on: keys.on,
            undocumented: keys.undocumented,
            seen: keys.seen,
        })
    }
}

/// One entity: an object with fields, or one of several entities.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Entity {
    /// Describes the entity.
    pub description: Option<String>,
    /// Other words that people search for: `boost` for a method named `status_reblog`.
    pub search_words: Vec<String>,
    /// The page of docs.joinmastodon.org with an anchor, where it is not that of the file.
    pub docs: Option<String>,
    /// Note for users: what they must know in addition to the description.
    pub note: Option<String>,
    /// Note for reviewers: why this is right.
    pub review_note: Option<String>,
    /// The entity whose fields it inherits.
    pub extends: Option<String>,
    /// The first version that has it. Default: the version of its oldest field.
    pub since: Option<Version>,
    /// The servers other than Mastodon that have it, with conditions: `{ gotosocial: 0.17.0, akkoma: true }`. Without
    /// `since`, Mastodon does not have it.
    pub on: On,
    /// Where facts can be seen that the documentation does not state: a pull request of Mastodon (`mastodon#39547`), a
    /// file in Mastodon's repository, or a short name of `servers.yaml` and a file.
    pub seen: Seen,
    /// The version that deprecated it.
    pub deprecated: Option<Version>,
    /// The version that removed it.
    pub removed: Option<Version>,
    /// It is not documented.
    pub undocumented: bool,
    /// What the documentation says where it differs from the server.
    pub documented: DocumentedEntity,
    /// The fields, in the order of the documentation.
    pub fields: Map<Field>,
    /// The entities that it can be, each with its condition: `has some_field`, or `otherwise` for the last.
    pub one_of: Map<String>,
}

/// One field of an entity.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Field {
    /// The type; `[type]` for a list, `map of type` for a mapping. Absent where `fields` is present.
    #[serde(rename = "type")]
    pub ty: Option<TypeRef>,
    /// The fields of a nested object.
    pub fields: Map<Field>,
    /// Other locations of the same value, in order of preference after the key itself: `reactions`, or
    /// `pleroma.emoji_reactions` for a member of an object.
    pub from: Vec<String>,
    /// It is a list of such nested objects.
    pub list: bool,
    /// It can be null.
    pub nullable: bool,
    /// It can be absent.
    pub optional: bool,
    /// The value when it is absent. With `empty`, a string or number is not an `Option` in code.
    pub if_missing: Option<IfMissing>,
    /// The JSON type, where it differs from `type`: an integer that is sent as a string.
    pub sent_as: Option<JsonType>,
    /// Other JSON types that some servers or versions send.
    pub also_sent_as: Vec<JsonType>,
    /// The minimum.
    pub min: Option<f64>,
    /// The maximum.
    pub max: Option<f64>,
    /// The maximum number of characters of a string.
    pub max_length: Option<u32>,
    /// An example of a value.
    pub example: Option<serde_json::Value>,
    /// What the documentation says where it differs from the server.
    pub documented: DocumentedField,
    /// The first version that has it.
    pub since: Option<Version>,
    /// The servers other than Mastodon that have it, with conditions: `{ gotosocial: 0.17.0, akkoma: true }`. Without
    /// `since`, Mastodon does not have it.
    pub on: On,
    /// Where facts can be seen that the documentation does not state: a pull request of Mastodon (`mastodon#39547`), a
    /// file in Mastodon's repository, or a short name of `servers.yaml` and a file.
    pub seen: Seen,
    /// The version that deprecated it.
    pub deprecated: Option<Version>,
    /// The version that removed it.
    pub removed: Option<Version>,
    /// Describes the field, and when it is absent.
    pub description: Option<String>,
    /// Other words that people search for: `boost` for a method named `status_reblog`.
    pub search_words: Vec<String>,
    /// Note for users: what they must know in addition to the description.
    pub note: Option<String>,
    /// Note for reviewers: why this is right.
    pub review_note: Option<String>,
    /// The server sends it, but it is not documented.
    pub undocumented: bool,
    /// The name in code, where the API name is unsuitable.
    #[serde(rename = "as")]
    pub alias: Option<String>,
}

/// The value of an absent field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IfMissing {
    /// The empty string, zero or the empty list.
    Empty,
}

/// A JSON type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JsonType {
    /// A string.
    String,
    /// An integer.
    Integer,
    /// Any number.
    Number,
    /// A boolean.
    Bool,
    /// An object.
    Object,
    /// A list.
    List,
}

/// `api.yaml`: the facts about the whole API.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ApiFile {
    /// Describes the API.
    pub description: Option<String>,
    /// The releases of Mastodon that the specification covers, oldest first.
    pub releases: Vec<Release>,
    /// The OAuth scopes.
    pub scopes: Map<Scope>,
    /// The rate limits that the server counts separately.
    pub rate_limits: Map<RateLimitBucket>,
    /// The general meaning of error statuses.
    pub error_statuses: IndexMap<u16, String>,
    /// The schemas of error bodies.
    pub error_schemas: Map<ErrorSchema>,
    /// The response headers.
    pub response_headers: Map<ResponseHeader>,
    /// The parameters of paged lists.
    pub paging: Map<Param>,
    /// The parameter that selects the language of the server's messages.
    pub language: Option<Language>,
    /// The limits of a status in Mastodon's default configuration.
    pub status_limits: StatusLimits,
    /// The URL schemes that are recognized as links in the text of a status.
    pub link_schemes: Vec<String>,
    /// The streams of the streaming API.
    pub streams: Map<Stream>,
    /// The events of streams.
    pub events: Map<Event>,
    /// The content of a decrypted push message.
    pub push: Option<Event>,
}

/// A release of Mastodon.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The version.
    pub version: Version,
    /// The number in `api_versions.mastodon`, since 4.3.
    #[serde(default)]
    pub api_version: Option<u32>,
}

/// The query parameter of every method that selects the language of the server's messages.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Language {
    /// The name. Methods with a parameter of the same name do not have it.
    pub param: String,
    /// Describes the parameter.
    pub description: Option<String>,
    /// Note for users: what they must know in addition to the description.
    pub note: Option<String>,
    /// Note for reviewers: why this is right.
    pub review_note: Option<String>,
}

/// The limits of a status in Mastodon's default configuration.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StatusLimits {
    /// Maximum characters of the text including the content warning.
    pub characters: u32,
    /// Characters that each link counts as.
    pub characters_per_link: u32,
    /// Maximum media attachments.
    pub media: u32,
    /// Maximum options of a poll.
    pub poll_options: u32,
    /// Maximum characters of an option of a poll.
    pub poll_option_characters: u32,
    /// Minimum duration of a poll, in seconds.
    pub poll_min_seconds: u32,
    /// Maximum duration of a poll, in seconds.
    pub poll_max_seconds: u32,
}

/// A scope.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// Describes what it allows.
    pub description: Option<String>,
    /// The first version that has it.
    pub since: Option<Version>,
    /// The version that deprecated it.
    pub deprecated: Option<Version>,
    /// The version that removed it.
    pub removed: Option<Version>,
    /// Included scopes other than its sub-scopes (`read` always includes `read:statuses`).
    pub includes: Vec<String>,
}

/// A rate limit that the server counts separately.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RateLimitBucket {
    /// Describes the requests that it counts.
    pub description: Option<String>,
    /// Maximum requests.
    pub requests: u32,
    /// Length of the window in seconds.
    pub seconds: u32,
    /// What requests are counted by. Requests without a token are counted by IP address.
    pub per: CountedPer,
    /// Only successful requests are counted.
    pub successes_only: bool,
    /// Additional limits on the same requests.
    pub additional: Vec<RateLimit>,
    /// Note for users: what they must know in addition to the description.
    pub note: Option<String>,
    /// Note for reviewers: why this is right.
    pub review_note: Option<String>,
}

/// An additional limit on the requests of a rate limit.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RateLimit {
    /// Maximum requests.
    pub requests: u32,
    /// Length of the window in seconds.
    pub seconds: u32,
    /// What requests are counted by.
    pub per: CountedPer,
}

/// What requests are counted by.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CountedPer {
    /// By token.
    #[default]
    Token,
    /// By user, over all tokens.
    User,
    /// By IP address.
    Address,
}

impl CountedPer {
    /// The name in the specification.
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
    /// Describes its events.
    pub description: Option<String>,
    /// The method that opens it over server-sent events.
    pub method: Option<String>,
    /// The name of the function in code, for a stream that only WebSockets offer and that has no method.
    pub function: Option<String>,
    /// The method opens it when the parameter `only_media` is true.
    pub only_media: bool,
    /// The required parameter: `tag` or `list`.
    pub param: Option<String>,
    /// The scopes, any of which is sufficient, of a stream that has no method. Those of a method are in its `auth`.
    pub scopes: Vec<String>,
    /// The first version that has it.
    pub since: Option<Version>,
    /// The servers other than Mastodon that have it, with conditions: `{ gotosocial: 0.17.0, akkoma: true }`. Without
    /// `since`, Mastodon does not have it.
    pub on: On,
    /// Where facts can be seen that the documentation does not state: a pull request of Mastodon (`mastodon#39547`), a
    /// file in Mastodon's repository, or a short name of `servers.yaml` and a file.
    pub seen: Seen,
    /// The events that it delivers.
    pub events: Vec<String>,
    /// Note for users: what they must know in addition to the description.
    pub note: Option<String>,
    /// Note for reviewers: why this is right.
    pub review_note: Option<String>,
}

/// An event of a stream.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Event {
    /// Describes when it is sent.
    pub description: Option<String>,
    /// The type of the payload; absent where there is none.
    pub payload: Option<TypeRef>,
    /// The payload is plain text, not JSON.
    pub plain_text: bool,
    /// The first version that has it.
    pub since: Option<Version>,
    /// The servers other than Mastodon that have it, with conditions: `{ gotosocial: 0.17.0, akkoma: true }`. Without
    /// `since`, Mastodon does not have it.
    pub on: On,
    /// Where facts can be seen that the documentation does not state: a pull request of Mastodon (`mastodon#39547`), a
    /// file in Mastodon's repository, or a short name of `servers.yaml` and a file.
    pub seen: Seen,
    /// Note for users: what they must know in addition to the description.
    pub note: Option<String>,
    /// Note for reviewers: why this is right.
    pub review_note: Option<String>,
}
