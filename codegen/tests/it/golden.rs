//! Golden files: the outputs of a small specification with one of everything.
//!
//! `UPDATE=1 cargo test -p mastodon-codegen` updates the expected files.

use std::fs;

use crate::{outputs, small};

#[test]
fn small_specification_matches_golden_files() {
    let outputs = outputs(&small());
    let update = std::env::var_os("UPDATE").is_some();
    for (path, text) in &outputs {
        // The schema does not depend on the specification, so the test of the project's copy is sufficient.
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
            "{} differs; update it with UPDATE=1 and review `git diff`",
            path.display()
        );
    }
}
