//! The migration guide from Mastodon.py: it is complete, and the methods that it names exist.

use std::collections::BTreeSet;
use std::path::Path;

const GUIDE: &str = include_str!("../../docs/from-mastodon-py.md");

const ERRORS: &str = include_str!("../../docs/errors-from-mastodon-py.md");

/// Number of public methods in Mastodon.py 2.3.3.
const METHODS: usize = 287;

/// The rows of the tables: the heading above the table, the Python method, and the Rust column.
fn rows() -> Vec<(&'static str, &'static str, &'static str)> {
    let mut heading = "";
    let mut rows = Vec::new();
    for line in GUIDE.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            heading = title;
        } else if let Some(row) = line.strip_prefix("| `")
            && let Some((name, rest)) = row.split_once("` | ")
            && !heading.is_empty()
        {
            rows.push((heading, name, rest));
        }
    }
    rows
}

/// All source files of the SDK, one after the other.
fn source() -> String {
    fn collect(folder: &Path, source: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, source);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                *source += &std::fs::read_to_string(path).unwrap();
            }
        }
    }
    let mut source = String::new();
    for folder in ["src", "generated", "types/src"] {
        collect(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
            &mut source,
        );
    }
    source
}

/// The names of all public functions of the SDK.
fn public_functions() -> BTreeSet<String> {
    let source = source();
    let names_after = |start| {
        let names = source.split(start).skip(1);
        names.filter_map(|rest| rest.split(['(', '<']).next().map(str::to_owned))
    };
    names_after("pub fn ")
        .chain(names_after("pub async fn "))
        .collect()
}

/// The words by which a search of the documentation finds other names.
fn aliases() -> BTreeSet<String> {
    let source = source();
    let lists = source
        .split("#[doc(alias(")
        .skip(1)
        .filter_map(|rest| rest.split("))]").next());
    let words = lists.flat_map(|list| list.split('"').skip(1).step_by(2));
    words.map(str::to_owned).collect()
}

#[test]
fn guide_lists_every_method_of_mastodon_py_once() {
    let rows = rows();
    let names: BTreeSet<&str> = rows.iter().map(|(_, name, _)| *name).collect();
    assert_eq!((rows.len(), names.len()), (METHODS, METHODS));
}

#[test]
fn every_method_that_the_guide_names_exists() {
    let functions = public_functions();
    // A macro defines these methods of paged calls.
    let from_macro = ["items", "pages", "response"];
    for (_, name, replacement) in rows() {
        let pieces = replacement.split('`').skip(1).step_by(2);
        for call in pieces.filter(|piece| piece.contains('(') || piece.contains("::")) {
            let path = call.split('(').next().unwrap();
            let function = path.rsplit("::").next().unwrap().trim_start_matches('.');
            assert!(
                functions.contains(function) || from_macro.contains(&function),
                "{name}: `{function}` does not exist"
            );
        }
    }
}

#[test]
fn method_with_the_same_name_in_both_libraries_is_listed_with_it() {
    let functions = public_functions();
    for (heading, name, replacement) in rows() {
        if heading != "Not needed in Rust" && functions.contains(name) {
            assert!(
                replacement.contains(name),
                "{name}: the SDK has a method with this name, the guide lists {replacement}"
            );
        }
    }
}

#[test]
fn every_name_in_mastodon_py_is_found_by_a_search_of_the_documentation() {
    let (functions, aliases) = (public_functions(), aliases());
    for (heading, name, _) in rows() {
        let is_found = functions.iter().any(|known| known.contains(name)) || aliases.contains(name);
        assert!(is_found || heading == "Not needed in Rust", "{name}");
    }
    let classes = ERRORS.lines().filter_map(|line| {
        let name = line.strip_prefix("| `Mastodon")?.split('`').next()?;
        Some(format!("Mastodon{name}"))
    });
    let warnings = ["MastodonWarning", "MastodonDeprecationWarning"];
    let classes: Vec<String> = classes
        .filter(|name| !warnings.contains(&name.as_str()))
        .collect();
    assert!(classes.len() > 15, "{classes:?}");
    for name in classes {
        assert!(aliases.contains(&name), "{name}");
    }
}
