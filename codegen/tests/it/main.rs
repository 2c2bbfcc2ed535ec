//! What the generator promises.

mod freshness;
mod golden;
mod openapi;
mod problems;
mod schema;

use std::path::{Path, PathBuf};

use mastodon_codegen::emit::Outputs;
use mastodon_codegen::{check, emit, load, model::Model};

/// The root of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

/// A small specification with one of everything.
fn small() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/small")
}

/// What the specification under a root makes.
fn outputs(root: &Path) -> Outputs {
    let loaded = load::load(&root.join("spec")).expect("the folder can be read");
    let spec = check::check(loaded).unwrap_or_else(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", problems.join("\n"))
    });
    emit::emit(&Model::new(&spec)).expect("the emitters write Rust")
}
