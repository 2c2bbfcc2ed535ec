//! Response headers and error schemas.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Field, Map, TypeRef, Version};

/// A schema of an error body.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ErrorSchema {
    /// Describes it.
    pub description: Option<String>,
    /// It occurs only inside other schemas.
    pub nested_only: bool,
    /// The statuses that can have it. Default: any.
    pub statuses: Vec<u16>,
    /// The methods that can have it. Default: any.
    pub methods: Vec<String>,
    /// The first version that sends it.
    pub since: Option<Version>,
    /// The fields. Their types can be entities and other error schemas.
    pub fields: Map<Field>,
    /// Note for users: what they must know in addition to the description.
    pub note: Option<String>,
    /// Note for reviewers: why this is right.
    pub review_note: Option<String>,
}

/// A response header.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ResponseHeader {
    /// Describes it.
    pub description: Option<String>,
    /// The type of the value.
    #[serde(rename = "type")]
    pub ty: Option<TypeRef>,
    /// The responses that can have it.
    pub sent_with: SentWith,
    /// The first version that sends it.
    pub since: Option<Version>,
    /// Note for users: what they must know in addition to the description.
    pub note: Option<String>,
    /// Note for reviewers: why this is right.
    pub review_note: Option<String>,
}

/// The responses that can have a header.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SentWith {
    /// All responses.
    #[default]
    All,
    /// Pages of a list.
    Pages,
    /// Responses of methods with `async_refresh`.
    AsyncRefresh,
    /// Responses of deprecated methods.
    Deprecated,
}
