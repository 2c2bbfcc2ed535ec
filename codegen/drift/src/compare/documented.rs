//! Applies `documented`: what the documentation says where it differs from the server. A difference that `documented`
//! states is not reported; a statement that no longer holds is.

use std::collections::BTreeSet;

use super::Compare;
use crate::Rule;
use mastodon_spec::yaml::{DocumentedEnd, SourceKind, Statements, Version};

/// The statements that were compared: file and path of the item, and key.
pub(super) type Settled = BTreeSet<(String, Vec<String>, &'static str)>;

impl Compare<'_, '_> {
    /// Whether to report a difference. `stated` tells whether the source says what `documented` states under a key, if it
    /// states anything.
    pub(super) fn differs(
        &mut self,
        subject: &str,
        position: (&str, &[String]),
        key: &'static str,
        stated: Option<bool>,
        is_equal: bool,
    ) -> bool {
        let Some(is_stated) = stated else {
            return !is_equal;
        };
        let (file, path) = position;
        self.settled.insert((file.to_owned(), path.to_vec(), key));
        match self.external.kind {
            SourceKind::Documentation if is_equal && !is_stated => {
                let detail = format!("`{key}`: the page says what the server does");
                self.stale(subject, position, key, &detail);
                false
            }
            SourceKind::Documentation | SourceKind::Openapi => !is_equal && !is_stated,
            SourceKind::Routes | SourceKind::Recordings => !is_equal,
        }
    }

    fn stale(&mut self, subject: &str, position: (&str, &[String]), key: &str, detail: &str) {
        let (file, path) = position;
        let path = [path, &["documented".to_owned(), key.to_owned()]].concat();
        let detail = format!("{detail}; remove it from `documented`");
        self.push(Rule::Stale, subject, detail, (file, &path), "");
    }

    /// Reports what `documented` states about methods and entities of the source, but the source does not.
    pub(super) fn unsettled(&mut self) {
        if self.external.kind != SourceKind::Documentation {
            return;
        }
        let spec_index = self.spec_index;
        let mut found = Vec::new();
        for endpoint in spec_index.endpoints() {
            if !self.seen.contains(endpoint.name) {
                continue;
            }
            let file = format!("methods/{}.yaml", endpoint.file);
            let path = vec!["methods".to_owned(), endpoint.name.to_owned()];
            let keys = stated_keys(&endpoint.method.documented.statements());
            found.push((endpoint.name.to_owned(), file, path, keys));
            for param in spec_index.params(endpoint) {
                let subject = format!("{}({})", endpoint.name, param.name);
                let keys = stated_keys(&param.param.documented.statements());
                found.push((subject, param.file, param.path, keys));
            }
        }
        for (name, ..) in spec_index.entities() {
            if !self.seen.contains(name) {
                continue;
            }
            for field in spec_index.fields(name) {
                let keys = stated_keys(&field.field.documented.statements());
                found.push((
                    format!("{name}.{}", field.name),
                    field.file,
                    field.path,
                    keys,
                ));
            }
        }
        // The parameters of an input, and inherited fields, occur several times.
        let mut reported = BTreeSet::new();
        for (subject, file, path, keys) in found {
            for key in keys {
                let statement = (file.clone(), path.clone(), key);
                if !self.settled.contains(&statement) && reported.insert(statement) {
                    let detail = format!("`{key}`: the page does not say it");
                    self.stale(&subject, (&file, &path), key, &detail);
                }
            }
        }
    }
}

/// Whether the source says what `documented` states about deprecation or removal. `marked` is a mark without a version.
pub(super) fn end_is_stated(
    stated: Option<&DocumentedEnd>,
    theirs: Option<&Version>,
    marked: bool,
) -> Option<bool> {
    Some(match stated? {
        DocumentedEnd::In(version) => theirs == Some(version),
        DocumentedEnd::Marked(true) => theirs.is_none() && marked,
        DocumentedEnd::Marked(false) => theirs.is_none() && !marked,
    })
}

/// The keys of statements; the limit of a page is compared with what is documented in any case.
fn stated_keys(statements: &Statements) -> Vec<&'static str> {
    let keys = statements.iter().map(|(key, _)| *key);
    keys.filter(|key| *key != "limit").collect()
}
