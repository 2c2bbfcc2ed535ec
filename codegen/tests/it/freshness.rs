//! The generated files are those that the specification makes.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use mastodon_codegen::emit;

use crate::{outputs, root, small};

#[test]
fn the_tree_is_what_the_specification_makes() {
    let stale = emit::stale(&root(), &outputs(&root())).unwrap();
    assert_eq!(stale, Vec::<PathBuf>::new(), "run `cargo codegen`");
}

#[test]
fn the_same_specification_makes_the_same_bytes() {
    assert_eq!(outputs(&root()), outputs(&root()));
}

#[test]
fn only_what_changed_is_written_and_what_is_no_longer_made_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let outputs = outputs(&small());
    let all: Vec<PathBuf> = outputs.keys().cloned().collect();
    assert_eq!(emit::write(folder.path(), &outputs).unwrap(), all);
    assert_eq!(
        emit::write(folder.path(), &outputs).unwrap(),
        Vec::<PathBuf>::new()
    );

    let (changed, left_over) = (
        PathBuf::from("generated/api.rs"),
        PathBuf::from("generated/methods/old.rs"),
    );
    fs::write(folder.path().join(&changed), "// edited by hand").unwrap();
    fs::write(
        folder.path().join(&left_over),
        "// of a resource that is gone",
    )
    .unwrap();
    assert_eq!(
        emit::write(folder.path(), &outputs).unwrap(),
        [changed.clone(), left_over.clone()]
    );
    assert_eq!(
        fs::read_to_string(folder.path().join(changed)).unwrap(),
        outputs[&PathBuf::from("generated/api.rs")]
    );
    assert!(!folder.path().join(left_over).exists());
}

#[test]
fn check_names_the_stale_files_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    copy(&small().join("spec"), &folder.path().join("spec"));
    let codegen = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_mastodon-codegen"))
            .arg("--root")
            .arg(folder.path())
            .args(arguments)
            .output()
            .unwrap()
    };
    assert!(codegen(&[]).status.success());
    let fresh = codegen(&["--check"]);
    assert!(
        fresh.status.success(),
        "{}",
        String::from_utf8_lossy(&fresh.stderr)
    );

    fs::write(folder.path().join("generated/entities/note.rs"), "").unwrap();
    let stale = codegen(&["--check"]);
    assert_eq!(stale.status.code(), Some(1));
    let message = String::from_utf8(stale.stderr).unwrap();
    assert_eq!(
        message,
        "stale: generated/entities/note.rs\n1 generated files are stale; run `cargo codegen`\n"
    );
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
