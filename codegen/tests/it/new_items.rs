//! New items of old owners state their version: without it, they would silently count as old as their owner.

use std::fs;

use mastodon_spec::published::Published;
use mastodon_spec::{check, load};

use crate::{NOTE, NOTES, changed, codegen, small, write};

/// The OpenAPI document of the small specification.
fn published() -> Published {
    let path = small().join("expected/generated/openapi.json");
    Published::parse(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The problems of the small specification after the changes, compared with the document of before.
fn problems(changes: &[(&str, &str, &str)]) -> Vec<String> {
    let checked = check::check_against(load::read(changed(changes)), || Some(published()));
    let problems = checked.map(|_| ()).err().unwrap_or_default();
    problems.iter().map(ToString::to_string).collect()
}

const CALM: &str = "calm: { description: Calmly. }";
const MAP: &str = "\"@1x\": { type: url, description: A map. }";
const QUERY: &str = "q: { type: string, description: Text to search for. }";
const LABEL: &str = "value: { type: string, description: The value. }";

/// A change that adds an item after another one.
fn after(
    file: &'static str,
    item: &'static str,
    indent: usize,
    new: &str,
) -> (&'static str, &'static str, String) {
    (file, item, format!("{item}\n{}{new}", " ".repeat(indent)))
}

#[test]
fn a_new_item_without_a_version_is_reported_with_its_place() {
    for ((file, item, text), message) in [
        (
            after(NOTE, MAP, 10, "zoom: { type: integer, description: The zoom. }"),
            "error: `zoom` is new, but without `since` it counts as old as `Note.place` (2.6.0)
  --> entities/note.yaml:35:11
   |
35 |           zoom: { type: integer, description: The zoom. }
   |           ^^^^
   = help: add `since` with the first version of Mastodon that has it; if that is 2.6.0, write `since: 2.6.0`",
        ),
        (
            after(NOTE, CALM, 6, "glad: { description: Gladly. }"),
            "error: `glad` is new, but without `since` it counts as old as `Mood` (1.0.0)
  --> entities/note.yaml:13:7
   |
13 |       glad: { description: Gladly. }
   |       ^^^^
   = help: add `since` with the first version of Mastodon that has it; if that is 1.0.0, write `since: 1.0.0`",
        ),
        (
            after(NOTES, QUERY, 6, "exact: { type: bool, description: Whether all words occur. }"),
            "error: `exact` is new, but without `since` it counts as old as `notes_found` (1.0.0)
  --> methods/notes.yaml:55:7
   |
55 |       exact: { type: bool, description: Whether all words occur. }
   |       ^^^^^
   = help: add `since` with the first version of Mastodon that has it; if that is 1.0.0, write `since: 1.0.0`",
        ),
        (
            after(NOTES, LABEL, 6, "unit: { type: string, description: The unit. }"),
            "error: `unit` is new, but without `since` it counts as old as `NoteField` (1.0.0)
   --> methods/notes.yaml:193:7
    |
193 |       unit: { type: string, description: The unit. }
    |       ^^^^
    = help: add `since` with the first version of Mastodon that has it; if that is 1.0.0, write `since: 1.0.0`",
        ),
    ] {
        assert_eq!(problems(&[(file, item, &text)]), [message]);
    }
}

#[test]
fn a_new_item_that_states_its_version_is_accepted() {
    for (file, item, text) in [
        after(
            NOTE,
            MAP,
            10,
            "zoom: { type: integer, since: 4.3.0, description: The zoom. }",
        ),
        // As old as its owner, which the explicit version confirms.
        after(
            NOTE,
            MAP,
            10,
            "zoom: { type: integer, since: 2.6.0, description: The zoom. }",
        ),
        after(
            NOTE,
            CALM,
            6,
            "glad: { since: 1.0.0, description: Gladly. }",
        ),
        after(
            NOTES,
            QUERY,
            6,
            "exact: { type: bool, since: 1.0.0, description: Whether all words occur. }",
        ),
        // Mastodon does not have it.
        after(
            NOTE,
            MAP,
            10,
            "zoom: { type: integer, on: { wren: 1.0 }, seen: W map.c, description: The zoom. }",
        ),
        // Mastodon does not read it.
        after(
            NOTES,
            QUERY,
            6,
            "exact: { type: bool, unsupported: true, description: Whether all words occur. }",
        ),
    ] {
        assert_eq!(problems(&[(file, item, &text)]), [""; 0], "{text}");
    }
}

#[test]
fn items_of_new_owners_and_of_the_newest_release_inherit_the_version() {
    let new_entity = "  NoteList:\n    description: Notes inside an object.\n";
    let notes = "  Shelf:\n    description: A place of notes.\n    since: 2.6.0\n    fields:\n      name: { type: string, description: The name. }\n";
    let shelf = format!("{notes}{new_entity}");
    let used = "tags: { type: [string], since: 2.6.0, description: Its tags. }";
    let shelves = format!(
        "shelf: {{ type: Shelf, nullable: true, since: 4.3.0, description: Its shelf. }}\n      {used}"
    );
    assert_eq!(
        problems(&[(NOTE, new_entity, &shelf), (NOTE, used, &shelves)]),
        [""; 0]
    );

    let newest = "since: 2.6.0\n        description: Where it was posted.";
    let (file, item, zoom) = after(
        NOTE,
        MAP,
        10,
        "zoom: { type: integer, description: The zoom. }",
    );
    let changes = [
        (
            NOTE,
            newest,
            "since: 4.3.0\n        description: Where it was posted.",
        ),
        (file, item, zoom.as_str()),
    ];
    assert_eq!(problems(&changes), [""; 0]);
}

#[test]
fn everything_that_was_generated_before_inherits_the_version() {
    assert_eq!(problems(&[]), [""; 0]);
}

#[test]
fn each_command_compares_with_the_last_generation() {
    let project = tempfile::tempdir().unwrap();
    let spec = project.path().join("spec");
    write(&spec, &changed(&[]));
    // Nothing is new before the first generation.
    let (ok, _, message) = codegen(project.path(), &[]);
    assert!(ok, "{message}");
    let (file, item, text) = after(
        NOTE,
        MAP,
        10,
        "zoom: { type: integer, description: The zoom. }",
    );
    write(&spec, &changed(&[(file, item, &text)]));
    let document = project.path().join("generated/openapi.json");
    let before = fs::read_to_string(&document).unwrap();
    for arguments in [&[][..], &["--check"], &["check"]] {
        let (ok, _, message) = codegen(project.path(), arguments);
        assert!(!ok);
        assert!(message.contains("error: `zoom` is new"), "{message}");
        assert!(
            message.contains("--> spec/entities/note.yaml:35:11"),
            "{message}"
        );
    }
    assert_eq!(
        fs::read_to_string(&document).unwrap(),
        before,
        "nothing is written"
    );

    // The formatter keeps the version that confirms it.
    let confirmed = text.replace("integer,", "integer, since: 2.6.0,");
    write(&spec, &changed(&[(file, item, &confirmed)]));
    assert!(codegen(project.path(), &["fmt"]).0);
    for arguments in [&["check"][..], &[], &["--check"], &["fmt", "--check"]] {
        let (ok, _, message) = codegen(project.path(), arguments);
        assert!(ok, "{arguments:?}: {message}");
    }
    assert!(fs::read_to_string(&document).unwrap().contains("zoom"));
}

#[test]
fn a_document_with_conflicts_is_named_and_written_again() {
    let project = tempfile::tempdir().unwrap();
    write(&project.path().join("spec"), &changed(&[]));
    let document = project.path().join("generated/openapi.json");
    fs::create_dir_all(document.parent().unwrap()).unwrap();
    fs::write(&document, "<<<<<<< HEAD\n{}").unwrap();
    let (ok, _, message) = codegen(project.path(), &[]);
    assert!(ok, "{message}");
    assert!(
        message.starts_with("warning: generated/openapi.json is not JSON"),
        "{message}"
    );
    let (ok, _, message) = codegen(project.path(), &["check"]);
    assert!(ok && message.is_empty(), "{message}");
}
