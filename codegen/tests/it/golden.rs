//! A small specification with one of everything, and exactly what comes of it.
//!
//! `UPDATE=1 cargo test -p mastodon-codegen` writes the expectations anew.

use std::fs;

use crate::{outputs, small};

#[test]
fn the_small_specification_makes_what_is_expected() {
    let outputs = outputs(&small());
    let update = std::env::var_os("UPDATE").is_some();
    for (path, text) in &outputs {
        // The schema depends on the loader's types alone; the project's own copy covers it.
        if path.ends_with("schema.json") {
            continue;
        }
        let expected = small().join("expected").join(path);
        if update {
            fs::create_dir_all(expected.parent().unwrap()).unwrap();
            fs::write(&expected, text).unwrap();
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        assert!(
            expected == *text,
            "{} differs; look at the change with UPDATE=1 and `git diff`",
            path.display()
        );
    }
}
