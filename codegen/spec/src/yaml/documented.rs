//! What Mastodon's documentation says where it differs from the server.
//!
//! A key states the fact in the documentation; the key of the same name beside `documented` states that of the server.
//! `cargo codegen drift` compares the documentation with `documented`, and reports keys that no longer apply.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Auth, Limit, Required, Returns, Route, TypeRef, Version};

/// What the documentation of a method says where it differs from the server.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DocumentedMethod {
    /// The HTTP method and path.
    pub http: Option<Route>,
    /// The first version.
    pub since: Option<Version>,
    /// The version that deprecated it; `true` without a version, `false` if it is not documented as deprecated.
    pub deprecated: Option<DocumentedEnd>,
    /// The version that removed it; `true` without a version, `false` if it is not documented as removed.
    pub removed: Option<DocumentedEnd>,
    /// The required token and scopes.
    pub auth: Option<Auth>,
    /// The content of a successful response.
    pub returns: Option<Returns>,
    /// The error statuses, and the successful ones other than 200.
    pub statuses: Option<Vec<u16>>,
    /// Items per page, default and maximum.
    pub limit: Option<Limit>,
    /// The documentation mentions it only in a sentence or an example.
    pub missing: bool,
}

/// What the documentation of a parameter says where it differs from the server.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DocumentedParam {
    /// The name.
    pub name: Option<String>,
    /// The type.
    #[serde(rename = "type")]
    pub ty: Option<TypeRef>,
    /// Whether it is required.
    pub required: Option<Required>,
    /// The default value.
    pub default: Option<serde_json::Value>,
    /// The maximum.
    pub max: Option<f64>,
    /// The first version.
    pub since: Option<Version>,
    /// The documentation lists it for another method only, or mentions it only in a sentence or an example.
    pub missing: bool,
}

/// What the documentation of a field says where it differs from the server.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DocumentedField {
    /// The name.
    pub name: Option<String>,
    /// The type.
    #[serde(rename = "type")]
    pub ty: Option<TypeRef>,
    /// Whether it can be null.
    pub nullable: Option<bool>,
    /// Whether it can be absent.
    pub optional: Option<bool>,
    /// The first version.
    pub since: Option<Version>,
    /// The version that deprecated it; `true` without a version, `false` if it is not documented as deprecated.
    pub deprecated: Option<DocumentedEnd>,
    /// The version that removed it; `true` without a version, `false` if it is not documented as removed.
    pub removed: Option<DocumentedEnd>,
    /// The documentation mentions it only in a sentence or an example.
    pub missing: bool,
}

/// What the documentation of an entity says where it differs from the server.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DocumentedEntity {
    /// The documentation shows it only in examples or describes it in a sentence, without a list of its fields.
    pub missing: bool,
}

/// When an item is deprecated or removed according to the documentation.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[serde(untagged)]
pub enum DocumentedEnd {
    /// In this version.
    In(Version),
    /// Without a version, or not at all.
    Marked(bool),
}

impl<'de> Deserialize<'de> for DocumentedEnd {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        match serde_yaml::Value::deserialize(deserializer)? {
            serde_yaml::Value::Bool(marked) => Ok(Self::Marked(marked)),
            serde_yaml::Value::String(version) => {
                version.parse().map(Self::In).map_err(D::Error::custom)
            }
            _ => Err(D::Error::custom(
                "expected a version; `true` without a version; or `false`",
            )),
        }
    }
}

/// What the documentation says, by key.
pub type Statements = Vec<(&'static str, String)>;

fn statements<const N: usize>(keys: [(&'static str, Option<String>); N]) -> Statements {
    let keys = keys.into_iter();
    keys.filter_map(|(key, value)| Some((key, value?)))
        .collect()
}

fn text(value: Option<&impl ToString>) -> Option<String> {
    value.map(ToString::to_string)
}

impl DocumentedMethod {
    /// What the documentation says, by key.
    pub fn statements(&self) -> Statements {
        let statuses = self.statuses.as_ref().map(|statuses| {
            let statuses: Vec<_> = statuses.iter().map(ToString::to_string).collect();
            format!("[{}]", statuses.join(", "))
        });
        let limit = self
            .limit
            .map(|limit| format!("{} to {}", limit.default, limit.max));
        statements([
            ("http", text(self.http.as_ref())),
            ("since", text(self.since.as_ref())),
            ("deprecated", text(self.deprecated.as_ref())),
            ("removed", text(self.removed.as_ref())),
            ("auth", text(self.auth.as_ref())),
            ("returns", text(self.returns.as_ref())),
            ("statuses", statuses),
            ("limit", limit),
            ("missing", self.missing.then(|| "true".to_owned())),
        ])
    }
}

impl DocumentedParam {
    /// What the documentation says, by key.
    pub fn statements(&self) -> Statements {
        let required = self.required.as_ref().map(|required| match required {
            Required::Always(always) => always.to_string(),
            Required::When(condition) => condition.clone(),
        });
        statements([
            ("name", self.name.clone()),
            ("type", text(self.ty.as_ref())),
            ("required", required),
            ("default", text(self.default.as_ref())),
            ("max", text(self.max.as_ref())),
            ("since", text(self.since.as_ref())),
            ("missing", self.missing.then(|| "true".to_owned())),
        ])
    }
}

impl DocumentedField {
    /// What the documentation says, by key.
    pub fn statements(&self) -> Statements {
        statements([
            ("name", self.name.clone()),
            ("type", text(self.ty.as_ref())),
            ("nullable", text(self.nullable.as_ref())),
            ("optional", text(self.optional.as_ref())),
            ("since", text(self.since.as_ref())),
            ("deprecated", text(self.deprecated.as_ref())),
            ("removed", text(self.removed.as_ref())),
            ("missing", self.missing.then(|| "true".to_owned())),
        ])
    }
}

impl DocumentedEntity {
    /// What the documentation says, by key.
    pub fn statements(&self) -> Statements {
        statements([("missing", self.missing.then(|| "true".to_owned()))])
    }
}

impl std::fmt::Display for DocumentedEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::In(version) => version.fmt(f),
            Self::Marked(marked) => marked.fmt(f),
        }
    }
}

macro_rules! is_empty {
    ($($name:ident),*) => {
        $(impl $name {
            /// Whether the documentation does not differ from the server.
            pub fn is_empty(&self) -> bool {
                *self == Self::default()
            }
        })*
    };
}

is_empty!(
    DocumentedMethod,
    DocumentedParam,
    DocumentedField,
    DocumentedEntity
);
