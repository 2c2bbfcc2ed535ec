//! The guide for those who come from Mastodon.py tells the truth.

use std::collections::BTreeSet;
use std::path::Path;

const GUIDE: &str = include_str!("../../docs/from-mastodon-py.md");

/// The public methods of Mastodon.py 2.3.3.
const METHODS: usize = 287;

/// The tables of the guide: the heading above, the name in Python, what stands beside it.
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

/// The names of all public functions, wherever they are written.
fn functions() -> BTreeSet<String> {
    fn collect(folder: &Path, names: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, names);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = std::fs::read_to_string(path).unwrap();
                for start in ["pub fn ", "pub async fn "] {
                    names.extend(
                        text.split(start)
                            .skip(1)
                            .filter_map(|rest| rest.split(['(', '<']).next().map(str::to_owned)),
                    );
                }
            }
        }
    }
    let mut names = BTreeSet::new();
    for folder in ["src", "generated", "types/src"] {
        collect(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
            &mut names,
        );
    }
    names
}

#[test]
fn every_method_of_mastodon_py_stands_in_the_guide_once() {
    let rows = rows();
    let names: BTreeSet<&str> = rows.iter().map(|(_, name, _)| *name).collect();
    assert_eq!((rows.len(), names.len()), (METHODS, METHODS));
}

#[test]
fn every_method_that_the_guide_names_is_there() {
    let known = functions();
    // The setters of pages are written by a macro.
    let by_macro = ["items", "pages", "response"];
    for (_, name, beside) in rows() {
        let pieces = beside.split('`').skip(1).step_by(2);
        for call in pieces.filter(|piece| piece.contains('(') || piece.contains("::")) {
            let path = call.split('(').next().unwrap();
            let function = path.rsplit("::").next().unwrap().trim_start_matches('.');
            assert!(
                known.contains(function) || by_macro.contains(&function),
                "{name}: there is no `{function}`"
            );
        }
    }
}

#[test]
fn what_has_the_same_name_in_both_is_told_so() {
    let known = functions();
    for (heading, name, beside) in rows() {
        if heading != "Of use in Python only" && known.contains(name) {
            assert!(
                beside.contains(name),
                "{name}: it has a method of its own name: {beside}"
            );
        }
    }
}
