//! What the files in the root of the project say about each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::root;

/// The Markdown files in the root of the project and in the folders with documentation. The links of `docs/guide` are
/// checked by rustdoc.
fn pages() -> Vec<PathBuf> {
    let folders = [
        ".",
        ".github",
        "docs",
        "fuzz",
        "spec",
        "testserver",
        "types",
    ];
    let entries = folders
        .iter()
        .filter_map(|folder| fs::read_dir(root().join(folder)).ok())
        .flatten();
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect()
}

/// The text without blocks of code.
fn prose(text: &str) -> String {
    let mut in_code = false;
    text.lines()
        .filter(|line| {
            let is_fence = line.trim_start().starts_with("```");
            in_code ^= is_fence;
            !in_code && !is_fence
        })
        .map(|line| format!("{line}\n"))
        .collect()
}

/// The targets of the links.
fn links(prose: &str) -> impl Iterator<Item = &str> {
    prose
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}

/// The anchors of the headings, as GitHub names them.
fn anchors(prose: &str) -> BTreeSet<String> {
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|heading| {
            let heading = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = |letter: &char| letter.is_alphanumeric() || " -_".contains(*letter);
            heading
                .chars()
                .filter(kept)
                .collect::<String>()
                .replace(' ', "-")
        })
        .collect()
}

fn check(page: &Path, prose: &str, link: &str) -> Result<(), String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return Ok(());
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let folder = page.parent().expect("a page is in a folder");
    let target = if path.is_empty() {
        page.to_owned()
    } else {
        folder.join(path)
    };
    if !target.exists() {
        return Err(format!("{}: there is no {path}", page.display()));
    }
    if anchor.is_empty() || target.extension().is_none_or(|ending| ending != "md") {
        return Ok(());
    }
    let found = if path.is_empty() {
        anchors(prose)
    } else {
        anchors(&self::prose(
            &fs::read_to_string(target).expect("the file can be read"),
        ))
    };
    if found.contains(anchor) {
        return Ok(());
    }
    Err(format!("{}: {link} leads to no heading", page.display()))
}

#[test]
fn links_between_pages_lead_to_files_and_headings() {
    let pages = pages();
    assert!(pages.len() > 10, "{pages:?}");
    let mut broken = Vec::new();
    for page in pages {
        let text = prose(&fs::read_to_string(&page).expect("the page can be read"));
        broken.extend(links(&text).filter_map(|link| check(&page, &text, link).err()));
    }
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn each_check_is_described() {
    let page = fs::read_to_string(root().join("CONTRIBUTING.md")).expect("the page can be read");
    let checks = fs::read_dir(root().join(".ci")).expect("the folder can be read");
    let names = checks.map(|entry| entry.expect("the folder can be read").file_name());
    let undescribed: Vec<_> = names
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| {
            !matches!(name.as_str(), "lib.sh" | "rustdoc")
                && !page.contains(&format!("`.ci/{name}`"))
        })
        .collect();
    assert_eq!(undescribed, Vec::<String>::new());
}

/// The features that users can enable.
fn features(manifest: &str) -> Vec<&str> {
    let (_, rest) = manifest
        .split_once("\n[features]\n")
        .expect("it has features");
    let (table, _) = rest.split_once("\n[").expect("another table follows");
    let names = table.lines().filter_map(|line| line.split_once(" = "));
    names
        .map(|(name, _)| name)
        .filter(|name| name.starts_with(|letter: char| letter.is_ascii_lowercase()))
        .filter(|name| *name != "default")
        .collect()
}

#[test]
fn each_feature_is_in_the_readme_and_in_the_documentation_on_docs_rs() {
    let read = |path: &str| fs::read_to_string(root().join(path)).expect("the file can be read");
    let (manifest, readme) = (read("Cargo.toml"), read("README.md"));
    assert!(
        manifest.contains("[package.metadata.docs.rs]\nall-features = true\n"),
        "docs.rs builds all features"
    );
    let features = features(&manifest);
    assert!(features.len() > 5, "{features:?}");
    for feature in features {
        assert!(
            readme.contains(&format!("\n| `{feature}`")),
            "README: {feature}"
        );
    }
}

#[test]
fn default_features_are_marked_in_the_readme_and_in_the_documentation() {
    let read = |path: &str| fs::read_to_string(root().join(path)).expect("the file can be read");
    let manifest = read("Cargo.toml");
    let marked = |text: &str, row: &str| -> BTreeSet<String> {
        let rows = text.lines().filter_map(|line| line.strip_prefix(row));
        rows.filter_map(|row| Some(row.split_once("` (default)")?.0.to_owned()))
            .collect()
    };
    let (_, rest) = manifest
        .split_once("\ndefault = [")
        .expect("it has default features");
    let (list, _) = rest.split_once(']').expect("the list ends");
    let defaults: BTreeSet<String> = list
        .split(',')
        .map(|name| name.trim().trim_matches('"').to_owned())
        .collect();
    assert_eq!(
        defaults,
        BTreeSet::from(["rustls", "streaming"].map(str::to_owned)),
        "applications without `default-features = false` rely on them"
    );
    assert_eq!(marked(&read("README.md"), "| `"), defaults, "README.md");
    assert_eq!(
        marked(&read("src/lib.rs"), "//! | `"),
        defaults,
        "src/lib.rs"
    );
}

#[test]
fn readme_has_no_number_of_methods_which_a_new_version_would_change() {
    let readme = fs::read_to_string(root().join("README.md")).expect("the page can be read");
    let words: Vec<&str> = readme.split_whitespace().collect();
    let numbers: Vec<_> = words
        .windows(2)
        .filter(|pair| {
            let number = pair[0].trim_start_matches(|c: char| !c.is_alphanumeric());
            number.parse::<u32>().is_ok() && pair[1].starts_with("methods")
        })
        .collect();
    assert_eq!(numbers, Vec::<&[&str]>::new());
}
