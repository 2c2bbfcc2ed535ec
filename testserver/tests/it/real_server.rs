//! The tables in `real_server/`: what the real server does, where this server models it, and the test for it.

use std::fs;
use std::path::{Path, PathBuf};

/// Letter of the numbers in each group of facts, and how many facts it has.
const GROUPS: &[(&str, &str, usize)] = &[
    ("posting", "P", 17),
    ("posting", "T", 6),
    ("feeds", "F", 14),
    ("streams", "C", 18),
    ("streams", "U", 13),
    ("stream_events", "W", 17),
    ("stream_events", "I", 9),
    ("stream_events", "O", 9),
    ("hashtags", "H", 5),
    ("rate_limits", "R", 13),
    ("errors", "E", 13),
    ("oauth", "A", 16),
    ("accounts", "B", 10),
    ("media", "M", 10),
    ("scheduled_statuses", "D", 7),
    ("polls", "V", 7),
    ("edits", "Z", 9),
    ("status_actions", "X", 10),
    ("relationships", "L", 12),
    ("notifications", "N", 12),
    ("conversations_lists_filters", "K", 11),
    ("paging", "G", 13),
    ("search", "Q", 10),
    ("push", "Y", 10),
    ("http", "J", 11),
];

/// Stands in the column of the source file for a fact that is not modeled; the last column then has the reason.
const NOT_MODELED: &str = "–";

fn crate_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Rows of a table, without its head: number, fact, server source, file, tests or reason.
fn rows(table: &str) -> Vec<[String; 5]> {
    let path = crate_folder().join(format!("real_server/{table}.md"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let lines = text.lines().filter(|line| line.starts_with('|'));
    lines
        .skip(2)
        .map(|line| {
            let cells = line.trim().trim_matches('|').split(" | ");
            let cells: Vec<_> = cells.map(|cell| cell.trim().to_owned()).collect();
            let found = cells.len();
            cells
                .try_into()
                .unwrap_or_else(|_| panic!("{table}: {found} cells instead of 5: {line}"))
        })
        .collect()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// Sources of the tests by module: `streaming::timing` for `tests/it/streaming/timing.rs`, and `unit` for all of `src`.
fn has_test(name: &str) -> bool {
    let Some((module, test)) = name.rsplit_once("::") else {
        return false;
    };
    let declaration = format!("fn {test}(");
    let contains =
        |path: &Path| fs::read_to_string(path).is_ok_and(|text| text.contains(&declaration));
    if module == "unit" {
        let mut files = Vec::new();
        rust_files(&crate_folder().join("src"), &mut files);
        return files.iter().any(|file| contains(file));
    }
    let file = format!("tests/it/{}", module.replace("::", "/"));
    contains(&crate_folder().join(format!("{file}.rs")))
        || contains(&crate_folder().join(format!("{file}/mod.rs")))
}

#[test]
fn every_fact_about_the_real_server_has_a_row() {
    let mut missing = Vec::new();
    for (table, letter, count) in GROUPS {
        let rows = rows(table);
        for number in 1..=*count {
            let id = format!("{letter}{number}");
            if rows.iter().filter(|row| row[0] == id).count() != 1 {
                missing.push(format!("{table}.md: {id}"));
            }
        }
    }
    assert!(missing.is_empty(), "missing or twice: {missing:?}");
}

#[test]
fn every_modeled_fact_names_a_source_file_and_its_tests() {
    let mut wrong = Vec::new();
    let tables: std::collections::BTreeSet<_> = GROUPS.iter().map(|(table, ..)| table).collect();
    for table in tables {
        for [id, fact, source, file, tests] in rows(table) {
            if fact.is_empty() || source.is_empty() {
                wrong.push(format!(
                    "{table}.md, {id}: the fact or its source is missing"
                ));
            }
            if file == NOT_MODELED {
                if tests.split_whitespace().count() < 3 {
                    wrong.push(format!("{table}.md, {id}: the reason is missing"));
                }
                continue;
            }
            for file in file.split(", ").map(|file| file.trim_matches('`')) {
                if !crate_folder().join(file).exists() {
                    wrong.push(format!("{table}.md, {id}: no file {file}"));
                }
            }
            for test in tests.split(", ").map(|test| test.trim_matches('`')) {
                if !has_test(test) {
                    wrong.push(format!("{table}.md, {id}: no test {test}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
