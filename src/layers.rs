//! The layers of this crate: each module uses only those below it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The top-level modules, lowest layer first.
const LAYERS: [&str; 18] = [
    "serde_impls",
    "sorted",
    "facts",
    "redact",
    "error",
    "hex",
    "files",
    "tasks",
    "http",
    "call",
    "client",
    "endpoints",
    "auth",
    "streaming",
    "store",
    "push",
    "download",
    "blocking",
];

/// Names of the crate root, with the module that they are from. Other names of the root are types of `mastodon-types`.
const ROOT_NAMES: [(&str, &str); 13] = [
    ("Error", "error"),
    ("Mastodon", "client"),
    ("MastodonBuilder", "client"),
    ("Page", "call"),
    ("Scope", "facts"),
    ("Scopes", "facts"),
    ("Upload", "http"),
    ("endpoint", "call"),
    ("media", "download"),
    ("methods", "endpoints"),
    ("rate_limit", "http"),
    ("server", "endpoints"),
    ("transport", "http"),
];

/// Modules that exist for tests or for the documentation only.
const TEST_MODULES: [&str; 4] = ["fuzzing", "golden", "guide", "layers"];

#[test]
fn each_module_uses_only_modules_below_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut violations = Vec::new();
    let mut found = BTreeSet::new();
    for (module, file) in module_files(&src) {
        let relative = file.strip_prefix(&src).unwrap_or(&file);
        let is_test = TEST_MODULES.contains(&module.as_str()) || file.ends_with("tests.rs");
        if module == "lib" || is_test {
            continue;
        }
        let relative = relative.display();
        let layer = LAYERS.iter().position(|layer| *layer == module);
        let layer = layer.unwrap_or_else(|| panic!("{module} is missing from the list of layers"));
        found.insert(module.clone());
        let text = std::fs::read_to_string(&file).unwrap();
        for used in used_modules(&text) {
            if used.is_empty() {
                violations.push(format!("{relative}: write one `use crate::…` per module"));
                continue;
            }
            let root_name = ROOT_NAMES.iter().find(|(name, _)| *name == used);
            let used = root_name.map_or(used.as_str(), |(_, module)| module);
            let used_layer = LAYERS.iter().position(|layer| *layer == used);
            if used_layer.is_some_and(|used_layer| used_layer > layer) {
                violations.push(format!("{relative}: {module} uses {used}"));
            }
        }
    }
    assert_eq!(found.len(), LAYERS.len(), "a layer has no files: {found:?}");
    assert!(violations.is_empty(), "{violations:#?}");
}

/// Returns the files of each top-level module: those in `src/`, and generated ones that they include.
fn module_files(src: &Path) -> Vec<(String, PathBuf)> {
    let mut files = Vec::new();
    for file in rust_files(src) {
        let module = top_level_module(file.strip_prefix(src).unwrap());
        let text = std::fs::read_to_string(&file).unwrap();
        for path in text.split("#[path = \"").skip(1) {
            let path = file.parent().unwrap().join(path.split('"').next().unwrap());
            let included = if path.ends_with("mod.rs") {
                rust_files(path.parent().unwrap())
            } else {
                vec![path]
            };
            files.extend(included.into_iter().map(|path| (module.clone(), path)));
        }
        files.push((module, file));
    }
    files
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn top_level_module(relative: &Path) -> String {
    let first = relative.components().next().unwrap();
    let name = first.as_os_str().to_str().unwrap();
    name.trim_end_matches(".rs").to_owned()
}

/// Returns the names that follow `crate::` in a file, outside comments and tests. A group in braces has no name.
fn used_modules(text: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let mut used = BTreeSet::new();
    for line in lines {
        for path in line.split("crate::").skip(1) {
            let end = path.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            used.insert(path[..end.unwrap_or(path.len())].to_owned());
        }
    }
    used
}

#[test]
fn used_modules_are_found_outside_comments_and_tests() {
    let text = "use crate::http::body;\nuse crate::{auth, push};\n// crate::auth\nfn f() { crate::call::x() }\n#[cfg(test)]\nmod tests { use crate::push; }";
    let expected = ["", "call", "http"].map(str::to_owned);
    assert_eq!(used_modules(text), BTreeSet::from(expected));
}
