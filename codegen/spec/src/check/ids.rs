//! Reports IDs that are plain strings or numbers: each kind of ID has its own type, so that programs cannot confuse
//! the ID of a status with that of an account.

use super::Check;
use crate::load::At;
use crate::yaml::TypeRef;

impl Check<'_> {
    /// Checks a field or parameter whose name says that it is an ID. `plain_id` is the reason why it has no ID type.
    pub(super) fn plain_id(&mut self, path: &[&str], ty: &TypeRef, plain_id: Option<&String>) {
        let name = path.last().copied().unwrap_or_default();
        let is_plain = is_id(name)
            && matches!(
                ty.innermost(),
                TypeRef::String | TypeRef::Integer | TypeRef::Number
            );
        if let Some(reason) = plain_id {
            let at = [path, &["plain_id"]].concat();
            if is_plain {
                self.sentence(path, "plain_id", Some(reason));
            } else {
                self.report(
                    &at,
                    At::Key,
                                        if is_id(name) {
                        format!("`plain_id` contradicts the type `{ty}`, which is not a string or number")
                    } else {
                        format!("`{name}` is not the name of an ID, so `plain_id` has no effect")
                    },
                    Some("remove it".into()),
                );
            }
        } else if is_plain {
            self.report(
                &[path, &["type"]].concat(),
                At::Value,
                format!(
                    "`{name}` {}, but its type is `{ty}`",
                    if name.ends_with('s') { "contains IDs" } else { "is an ID" }
                ),
                Some(
                    "write its ID type, such as `StatusId`; add a new one under `ids` in a file of entities; or write \
                     the reason why it has none: `plain_id: Client ID of OAuth.`"
                        .into(),
                ),
            );
        }
    }
}

/// Whether the name is that of an ID or of a list of IDs.
fn is_id(name: &str) -> bool {
    let last = name.rsplit('_').next().unwrap_or_default();
    matches!(last, "id" | "ids")
}
