//! Tests of the generator.

mod diff;
mod diff_changes;
mod drift;
mod drift_actions;
mod drift_checkout;
mod drift_draft;
mod drift_methods;
mod drift_openapi;
mod drift_pages;
mod drift_serializers;
mod drift_swagger;
mod fmt;
mod freshness;
mod golden;
mod history;
mod new_items;
mod new_version;
mod openapi;
mod problems;
mod project_files;
mod public_api;
mod rustdoc;
mod said_once;
mod schema;
mod site;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mastodon_spec::Outputs;
use mastodon_spec::load::Files;
use mastodon_spec::yaml::Spec;
use mastodon_spec::{check, load, model::Model};

/// The root of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate is in a workspace")
        .to_owned()
}

/// A small specification with one of everything.
fn small() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/small")
}

const NOTES: &str = "methods/notes.yaml";
const NOTE: &str = "entities/note.yaml";
const API: &str = "api.yaml";
const SERVERS: &str = "servers.yaml";
const REACTIONS: &str = "methods/servers/reactions.yaml";
const REACTION: &str = "entities/servers/reaction.yaml";

/// The small specification with changes: file, text, replacement. Each text must occur once.
fn changed(changes: &[(&str, &str, &str)]) -> Files {
    let mut files = load::files(&small().join("spec")).expect("the folder can be read");
    for (file, from, to) in changes {
        let text = files.get_mut(*file).expect("a file of the specification");
        assert_eq!(
            text.matches(from).count(),
            1,
            "`{from}` occurs once in {file}"
        );
        *text = text.replace(from, to);
    }
    files
}

/// Loads files without problems.
fn spec(files: Files) -> Spec {
    check::check(load::read(files)).unwrap_or_else(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", problems.join("\n"))
    })
}

/// All outputs of the specification under a root.
fn outputs(root: &Path) -> Outputs {
    let spec = spec(load::files(&root.join("spec")).expect("the folder can be read"));
    mastodon_codegen::outputs(&Model::new(&spec)).expect("the emitters emit valid Rust")
}

/// Runs the command on the project under a root. Returns success, standard output and standard error.
fn codegen(root: &Path, arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_mastodon-codegen"))
        .arg("--root")
        .arg(root)
        .args(arguments)
        .output()
        .expect("the command runs");
    let text = |bytes| String::from_utf8(bytes).expect("the output is UTF-8");
    (
        output.status.success(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Writes files under a folder.
fn write(folder: &Path, files: &Files) {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("the path has a parent"))
            .expect("the folder can be created");
        fs::write(path, text).expect("the file can be written");
    }
}
