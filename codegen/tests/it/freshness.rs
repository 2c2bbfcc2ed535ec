//! The generated files are up to date.

use std::fs;
use std::path::PathBuf;

use crate::{changed, codegen, outputs, root, small, write};

#[test]
fn generated_files_are_up_to_date() {
    let stale = mastodon_codegen::stale(&root(), &outputs(&root())).unwrap();
    assert_eq!(stale, Vec::<PathBuf>::new(), "run `cargo codegen`");
}

#[test]
fn output_is_deterministic() {
    assert_eq!(outputs(&root()), outputs(&root()));
}

#[test]
fn only_changed_files_are_written_and_outdated_ones_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let outputs = outputs(&small());
    let all: Vec<PathBuf> = outputs.keys().cloned().collect();
    assert_eq!(
        mastodon_codegen::write(folder.path(), &outputs).unwrap(),
        all
    );
    assert_eq!(
        mastodon_codegen::write(folder.path(), &outputs).unwrap(),
        Vec::<PathBuf>::new()
    );

    let (changed, outdated) = (
        PathBuf::from("generated/api.rs"),
        PathBuf::from("generated/methods/old.rs"),
    );
    fs::write(folder.path().join(&changed), "// edited by hand").unwrap();
    fs::write(folder.path().join(&outdated), "// of a deleted resource").unwrap();
    assert_eq!(
        mastodon_codegen::write(folder.path(), &outputs).unwrap(),
        [changed.clone(), outdated.clone()]
    );
    assert_eq!(
        fs::read_to_string(folder.path().join(changed)).unwrap(),
        outputs[&PathBuf::from("generated/api.rs")]
    );
    assert!(!folder.path().join(outdated).exists());
}

#[test]
fn check_lists_stale_files_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("spec"), &changed(&[]));
    assert!(codegen(folder.path(), &[]).0);
    let (ok, _, message) = codegen(folder.path(), &["--check"]);
    assert!(ok, "{message}");

    fs::write(folder.path().join("types/generated/entities/note.rs"), "").unwrap();
    let (ok, _, message) = codegen(folder.path(), &["--check"]);
    assert!(!ok);
    assert_eq!(
        message,
        "stale: types/generated/entities/note.rs\n1 stale file; run `cargo codegen`\n"
    );
}
