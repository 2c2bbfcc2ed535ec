//! `cargo codegen fmt`.

use std::fs;

use mastodon_spec::load;

use crate::{NOTES, changed, codegen, root, write};

fn formatted(file: &str, text: &str) -> String {
    mastodon_spec_fmt::format(file, text).unwrap_or_else(|problem| panic!("{problem}"))
}

const UNFORMATTED: &str = r#"# yaml-language-server: $schema=../schema.json


title: 'Notes'
methods:
    # Before the first.
    note:
        summary: "Fetches a note, if there is one."   # as it is
        http: GET /api/v1/notes/{id}
        note: "Not: this."
        params:
            # The order of parameters is kept.
            id: {description: "The note.", type: NoteId}

            with_tags:   { description: "Also its tags, and #those.", since: 2.6.0, type: [ string,number ] }
        responses: {202: "Later", 204: "no"}
        returns: Note
    # Before the second.

    # And more.
    notes:
        http: GET /api/v1/notes
        errors:
        - 401
        - 404 # gone
        rate_limit: general
description: Short texts.
# The end.
"#;

const FORMATTED: &str = r#"# yaml-language-server: $schema=../schema.json

title: Notes
description: Short texts.
methods:
  # Before the first.
  note:
    http: GET /api/v1/notes/{id}
    summary: Fetches a note, if there is one. # as it is
    note: "Not: this."
    returns: Note
    responses: { 202: Later, 204: "no" }
    params:
      # The order of parameters is kept.
      id: { type: NoteId, description: The note. }

      with_tags: { type: [string, number], since: 2.6.0, description: "Also its tags, and #those." }

  # Before the second.

  # And more.
  notes:
    http: GET /api/v1/notes
    errors:
      - 401
      - 404 # gone
    rate_limit: general
# The end.
"#;

#[test]
fn file_is_formatted_and_comments_are_kept() {
    assert_eq!(formatted(NOTES, UNFORMATTED), FORMATTED);
    assert_eq!(formatted(NOTES, FORMATTED), FORMATTED);
}

#[test]
fn adjacent_values_are_aligned_up_to_a_blank_line_or_long_key() {
    let text = "scopes:\n  a: { description: A. }\n  abc: { description: B. }\n  a_key_that_is_so_long_that_it_moves_nothing: { description: C. }\n\n  b: { description: D. }\n";
    let expected = "scopes:\n  a:   { description: A. }\n  abc: { description: B. }\n  a_key_that_is_so_long_that_it_moves_nothing: { description: C. }\n\n  b: { description: D. }\n";
    assert_eq!(formatted("api.yaml", text), expected);
}

#[test]
fn necessary_quotes_are_kept() {
    let text = "a: [\"1.0\", \"true\", \"null\", \"a, b\", \"- c\", \"d\", \"2026-01-01\", \"*e\", \"\", \" f\", \"{g}\", \"h: i\", \"say \\\"j\\\"\"]\nb: \"a, b\"\nc: 'it''s'\n'@d': 'e'\n'f''g': 1\n";
    let expected = "a: [\"1.0\", \"true\", \"null\", \"a, b\", \"- c\", d, 2026-01-01, \"*e\", \"\", \" f\", \"{g}\", \"h: i\", say \"j\"]\nb: a, b\nc: it's\n\"@d\": e\nf'g: 1\n";
    assert_eq!(formatted("other.yaml", text), expected);
}

#[test]
fn list_of_mappings_starts_after_the_dashes() {
    let text = "differences:\n  routes:\n  - applies_to:\n      - a\n    # why\n    reason: B.\n  - { applies_to: [c], reason: D. }\n";
    let expected = "differences:\n  routes:\n    - applies_to:\n        - a\n      # why\n      reason: B.\n    - { applies_to: [c], reason: D. }\n";
    assert_eq!(formatted("differences.yaml", text), expected);
}

#[test]
fn unsupported_yaml_is_rejected_with_its_line() {
    for (text, line, why) in [
        ("a: 1\nb: |\n  text\n", 2, "starts unsupported YAML"),
        ("a: &x 1\n", 1, "starts unsupported YAML"),
        ("a:\n\tb: 1\n", 2, "by a tab"),
        ("a: {\n  # no\n  b: 1 }\n", 2, "a comment inside braces"),
        ("a:\n    b: 1\n  c: 2\n", 3, "unexpected indentation"),
        ("a: one\n  two\n", 2, "multi-line values"),
        ("a: [1, 2\n", 1, "is missing"),
        ("a: { b }\n", 1, "`b` has no value"),
        ("a: \"b\n", 1, "is not closed"),
        ("- a\nb: 1\n", 2, "unexpected indentation"),
        ("b: 1\n- a\n", 2, "have the same indentation"),
        ("just a text\n", 1, "expected `key: value`"),
        (" a: 1\n", 1, "first line is indented"),
    ] {
        let problem = mastodon_spec_fmt::format("api.yaml", text).expect_err(text);
        assert!(problem.message.contains(why), "{text:?}: {problem}");
        assert_eq!(problem.line, line, "{text:?}: {problem}");
    }
}

#[test]
fn all_files_are_formatted_and_formatting_is_stable() {
    for (file, text) in load::files(&root().join("spec")).unwrap() {
        assert!(
            formatted(&file, &text) == text,
            "{file}; run `cargo codegen fmt`"
        );
        // Without aligned columns and with doubled indentation.
        let unformatted: Vec<String> = text
            .lines()
            .map(|line| {
                let content = line.trim_start();
                let (key, value) = content.split_once(": ").unwrap_or((content, ""));
                let value = if value.is_empty() {
                    String::new()
                } else {
                    format!(": {}", value.trim_start())
                };
                format!("{}{key}{value}", "  ".repeat(line.len() - content.len()))
            })
            .collect();
        let unformatted = unformatted
            .join("\n")
            .replace("    - applies_to:", "  - applies_to:");
        match mastodon_spec_fmt::format(&file, &unformatted) {
            Ok(back) => assert!(back == text, "formatting {file} is not stable"),
            // Entries below a dash have the indentation of the first one.
            Err(problem) => assert_eq!(file, load::DIFFERENCES, "{problem}"),
        }
    }
}

#[test]
fn command_writes_files_or_only_lists_them() {
    let project = tempfile::tempdir().unwrap();
    let mut files = changed(&[]);
    for (file, text) in &mut files {
        *text = formatted(file, text);
    }
    let folder = project.path().join("spec");
    write(&folder, &files);
    assert!(codegen(project.path(), &["fmt", "--check"]).0);

    let path = folder.join(NOTES);
    let expected = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        expected.replace("title: Notes", "title:   \"Notes\""),
    )
    .unwrap();
    let (ok, _, message) = codegen(project.path(), &["fmt", "--check"]);
    assert!(!ok);
    assert_eq!(
        message,
        "unformatted: spec/methods/notes.yaml\n1 file unformatted; run `cargo codegen fmt`\n"
    );
    let (ok, message, _) = codegen(project.path(), &["fmt"]);
    assert!(
        ok && message == "wrote spec/methods/notes.yaml\n",
        "{message}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);

    fs::write(&path, "title: |\n  Notes\n").unwrap();
    let (ok, _, message) = codegen(project.path(), &["fmt"]);
    assert!(
        !ok && message.contains("--> spec/methods/notes.yaml:1:1"),
        "{message}"
    );
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "title: |\n  Notes\n",
        "the file is unchanged"
    );
}
