//! Golden files: the outputs of a small specification with one of everything.
//!
//! `UPDATE=1 cargo test -p mastodon-codegen` updates the expected files.

use std::fs;
use std::path::Path;

use mastodon_spec::model::Model;

use crate::{NOTE, changed, outputs, small, spec};

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

#[test]
fn other_locations_of_a_field_follow_the_fields_in_its_decoder() {
    let spec = spec(changed(&[(
        NOTE,
        "best: { type: Reaction,",
        "best: { type: Reaction, as: top, from: [first, wren.best],",
    )]));
    let outputs = mastodon_codegen::outputs(&Model::new(&spec)).unwrap();
    let entities = &outputs[Path::new("types/generated/entities/note.rs")];
    let expected = r#"object!(NoteList {
    0 "notes" => notes: or_default,
    1 "best" => top: optional,
    from "first" => 1 top: optional,
    from "wren"."best" => 1 top: optional,
});
"#;
    assert!(entities.contains(expected), "{entities}");
}
