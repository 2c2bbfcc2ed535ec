//! The pages of Mastodon's documentation, as they stand in its repository: Markdown in the form of Hugo.

mod entities;
mod limits;
mod methods;
mod scopes;
pub(super) mod text;
mod tokens;

use std::fs;
use std::path::Path;

use super::outside::Outside;
use crate::spec::SourceKind;

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
        unread: Vec::new(),
        covers: "/",
    };
    for (folder, is_methods) in [("methods", true), ("entities", false)] {
        for path in pages(&root.join(folder))? {
            let (text, at) = page(checkout, &path)?;
            let page = path.strip_prefix(root).unwrap_or(&path).with_extension("");
            let page = page.display().to_string();
            if is_methods {
                methods::read(&text, &at, &page, &mut outside);
            }
            entities::read(&text, &at, &page, &mut outside);
        }
    }
    for (name, read) in [
        (
            "api/oauth-scopes.md",
            scopes::read as fn(&str, &str, &mut Outside),
        ),
        ("api/rate-limits.md", limits::read),
    ] {
        let path = root.join(name);
        if path.is_file() {
            let (text, at) = page(checkout, &path)?;
            read(&text, &at, &mut outside);
        }
    }
    if outside.operations.is_empty() {
        return Err(format!(
            "{} describes no endpoint: there is no ```http block in its pages",
            root.join("methods").display()
        ));
    }
    Ok(outside)
}

/// A page, and what it is called in the checkout.
fn page(checkout: &Path, path: &Path) -> Result<(String, String), String> {
    let text = fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let at = path.strip_prefix(checkout).unwrap_or(path).display();
    Ok((text, at.to_string()))
}

/// The Markdown files of a folder and those in it, by name.
fn pages(folder: &Path) -> Result<Vec<std::path::PathBuf>, String> {
    let failed = |error| format!("cannot read {}: {error}", folder.display());
    let mut out = Vec::new();
    if !folder.is_dir() {
        return Ok(out);
    }
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            out.extend(pages(&path)?);
        } else if path.extension().is_some_and(|end| end == "md")
            && path.file_stem().is_some_and(|name| name != "_index")
        {
            out.push(path);
        }
    }
    out.sort();
    Ok(out)
}
