//! Reads the pages of Mastodon's documentation from its repository: Markdown for Hugo.

mod entities;
mod history;
mod limits;
mod methods;
mod scopes;
mod streaming;
mod text;
mod tokens;

use std::path::Path;

use super::external::{ExternalApi, Object};
use super::source::{self, files};
use mastodon_spec::yaml::SourceKind;

pub(super) use history::History;

/// Reads the pages in the folder with `methods` and `entities`. Positions are relative to the checkout.
///
/// # Errors
///
/// When a page cannot be read.
pub(super) fn read(checkout: &Path, root: &Path) -> Result<ExternalApi, String> {
    let mut external = ExternalApi {
        kind: SourceKind::Documentation,
        operations: Vec::new(),
        objects: Vec::new(),
        scopes: Vec::new(),
        limits: Vec::new(),
        streaming: Vec::new(),
        version: None,
        api_version: None,
        read: Vec::new(),
        unread: Vec::new(),
        covers: "/",
    };
    let mut pages = 0;
    for (folder, is_methods) in [("methods", true), ("entities", false)] {
        for path in files(&root.join(folder), "md")? {
            // Index pages contain no descriptions.
            if path.file_stem().is_some_and(|name| name == "_index") {
                continue;
            }
            pages += 1;
            let text = text::uncommented(&source::text(&path)?);
            let at = path
                .strip_prefix(checkout)
                .unwrap_or(&path)
                .display()
                .to_string();
            let page = path.strip_prefix(root).unwrap_or(&path).with_extension("");
            let page = page.display().to_string();
            if is_methods {
                methods::parse(&text, &at, &page, &mut external);
                streaming::parse(&text, &at, &mut external);
            }
            entities::parse(&text, &at, &page, &mut external);
        }
    }
    external.objects.retain(|object| !is_never_released(object));
    if external.operations.is_empty() {
        return Err(format!(
            "{} contains no endpoint: its pages have no ```http block",
            root.join("methods").display()
        ));
    }
    for (name, read) in API_PAGES {
        let path = root.join(name);
        if path.is_file() {
            let at = path.strip_prefix(checkout).unwrap_or(&path).display();
            read(&source::text(&path)?, &at.to_string(), &mut external);
        }
    }
    let fields = external
        .objects
        .iter()
        .map(|object| object.attributes.len());
    external.read = vec![
        format!("{pages} pages"),
        format!("{} endpoints", external.operations.len()),
        format!(
            "{} entities with {} fields",
            external.objects.len(),
            fields.sum::<usize>()
        ),
        format!("{} scopes", external.scopes.len()),
        format!("{} rate limits", external.limits.len()),
        format!("{} streams and events", external.streaming.len()),
    ];
    Ok(external)
}

/// The function that reads a page, from its content and name.
type Read = fn(&str, &str, &mut ExternalApi);

/// The pages about the whole API.
const API_PAGES: [(&str, Read); 2] = [
    ("api/oauth-scopes.md", scopes::parse),
    ("api/rate-limits.md", limits::parse),
];

/// Whether the entity existed only in pre-releases. Such entities are not in the specification.
fn is_never_released(object: &Object) -> bool {
    let mut since = object.attributes.iter().map(|field| field.since.as_ref());
    since.all(|since| since.is_some_and(|since| since.pre.is_some()))
}
