//! Types of notifications in seeds: those of the specification, except those that need more than a status.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::route::ParamType;
use crate::routes;

/// Types with a record of their own, such as a report. What causes the record also creates the notification.
const WITH_RECORD: &[&str] = &[
    "admin.report",
    "added_to_collection",
    "collection_update",
    "moderation_warning",
    "severed_relationships",
];

/// Types about a status.
const WITH_STATUS: &[&str] = &[
    "mention",
    "status",
    "reblog",
    "favourite",
    "poll",
    "update",
    "quote",
    "quoted_update",
];

/// Type of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotificationType(&'static str);

impl NotificationType {
    pub(crate) fn as_str(self) -> &'static str {
        self.0
    }

    pub(crate) fn needs_status(self) -> bool {
        WITH_STATUS.contains(&self.0)
    }
}

impl<'de> Deserialize<'de> for NotificationType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        find(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

fn find(name: &str) -> Result<NotificationType, String> {
    let found = all().find(|known| *known == name);
    found.map(NotificationType).ok_or_else(|| {
        let known: Vec<String> = all().map(|known| format!("`{known}`")).collect();
        let known = known.join(", ");
        format!("unknown type `{name}`, expected one of {known}")
    })
}

/// The types in the order of the specification.
fn all() -> impl Iterator<Item = &'static str> {
    let route = routes::all().filter(|route| route.name == "notifications");
    let types = route
        .flat_map(|route| route.params)
        .filter(|param| param.name == "types");
    let names = types.flat_map(|types| match types.param_type {
        ParamType::Enum(names) => names,
        _ => &[],
    });
    names.copied().filter(|name| !WITH_RECORD.contains(name))
}

#[cfg(test)]
impl schemars::JsonSchema for NotificationType {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "NotificationType".into()
    }

    /// Also allows types that a new version of Mastodon adds, so that the schema does not depend on the specification.
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let known: Vec<&str> = WITH_STATUS
            .iter()
            .copied()
            .chain(["follow", "follow_request"])
            .collect();
        schemars::json_schema!({
            "description": "Type of a notification. Also allowed are types of newer versions of Mastodon.",
            "anyOf": [{ "enum": known }, { "type": "string" }],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_the_specification_are_accepted_unless_they_need_a_record() {
        for name in WITH_STATUS.iter().chain(&["follow", "admin.sign_up"]) {
            assert_eq!(find(name).map(NotificationType::as_str), Ok(*name));
        }
        for name in WITH_RECORD.iter().chain(&["mentions"]) {
            let error = find(name).unwrap_err();
            let start = format!("unknown type `{name}`, expected one of `mention`, ");
            assert!(error.starts_with(&start), "{error}");
        }
    }
}
