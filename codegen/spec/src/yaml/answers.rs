//! What the answers of every endpoint have in common: headers, and the shapes of errors.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Field, Map, TypeRef, Version};

/// A shape that the body of an error may have.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ErrorShape {
    /// What it tells.
    pub description: Option<String>,
    /// It only stands inside other shapes.
    pub nested_only: bool,
    /// The statuses that have it; left out where any may.
    pub statuses: Vec<u16>,
    /// The methods that have it; left out where any may.
    pub methods: Vec<String>,
    /// The first version that sends it.
    pub since: Option<Version>,
    /// Its fields; their types may name entities and other shapes.
    pub fields: Map<Field>,
    /// For the reviewer.
    pub note: Option<String>,
}

/// A header of answers.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AnswerHeader {
    /// What it tells.
    pub description: Option<String>,
    /// The type of its value.
    #[serde(rename = "type")]
    pub ty: Option<TypeRef>,
    /// The answers that may have it.
    pub sent_with: HeaderOf,
    /// The first version that sends it.
    pub since: Option<Version>,
    /// For the reviewer.
    pub note: Option<String>,
}

/// The answers that a header belongs to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeaderOf {
    /// Every answer.
    #[default]
    All,
    /// Pages of a list.
    Pages,
    /// Answers of methods with `async_refresh`.
    AsyncRefresh,
    /// Answers of deprecated methods.
    Deprecated,
}
