//! The pages of Mastodon's documentation, as they stand in its repository: Markdown in the form of Hugo.

mod entities;
mod history;
mod limits;
mod methods;
mod scopes;
mod streaming;
mod text;
mod tokens;

use std::path::Path;

use super::outside::{Object, Outside};
use super::source::{self, files};
use mastodon_spec::yaml::SourceKind;

pub(super) use history::History;

/// Reads the pages under the folder that holds `methods` and `entities`; places are told from the checkout.
///
/// # Errors
///
/// When a page cannot be read.
pub(super) fn read(checkout: &Path, root: &Path) -> Result<Outside, String> {
    let mut outside = Outside {
        kind: SourceKind::Documentation,
        operations: Vec::new(),
        objects: Vec::new(),
        scopes: Vec::new(),
        limits: Vec::new(),
        streaming: Vec::new(),
        unread: Vec::new(),
        covers: "/",
    };
    for (folder, is_methods) in [("methods", true), ("entities", false)] {
        for path in files(&root.join(folder), "md")? {
            // The lists of pages describe nothing.
            if path.file_stem().is_some_and(|name| name == "_index") {
                continue;
            }
            let text = text::uncommented(&source::text(&path)?);
            let at = path
                .strip_prefix(checkout)
                .unwrap_or(&path)
                .display()
                .to_string();
            let page = path.strip_prefix(root).unwrap_or(&path).with_extension("");
            let page = page.display().to_string();
            if is_methods {
                methods::read(&text, &at, &page, &mut outside);
                streaming::read(&text, &at, &mut outside);
            }
            entities::read(&text, &at, &page, &mut outside);
        }
    }
    outside.objects.retain(|object| !never_released(object));
    if outside.operations.is_empty() {
        return Err(format!(
            "{} describes no endpoint: there is no ```http block in its pages",
            root.join("methods").display()
        ));
    }
    for (name, read) in API {
        let path = root.join(name);
        if path.is_file() {
            let at = path.strip_prefix(checkout).unwrap_or(&path).display();
            read(&source::text(&path)?, &at.to_string(), &mut outside);
        }
    }
    Ok(outside)
}

/// How a page is read: its text, and what it is called.
type Read = fn(&str, &str, &mut Outside);

/// The pages of what concerns no single method or entity.
const API: [(&str, Read); 2] = [
    ("api/oauth-scopes.md", scopes::read),
    ("api/rate-limits.md", limits::read),
];

/// Whether only prereleases had an entity: the page that tells of them has the names of those that came of them.
fn never_released(object: &Object) -> bool {
    let mut since = object.attributes.iter().map(|field| field.since.as_ref());
    since.all(|since| since.is_some_and(|since| since.pre.is_some()))
}
