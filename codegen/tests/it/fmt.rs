//! The one shape of the YAML.

use std::fs;

use mastodon_spec::load;

use crate::{NOTES, changed, codegen, root, write};

fn shaped(file: &str, text: &str) -> String {
    mastodon_spec_fmt::format(file, text).unwrap_or_else(|problem| panic!("{problem}"))
}

const MESSY: &str = r#"# yaml-language-server: $schema=../schema.json


title: 'Notes'
methods:
    # Before the first.
    note:
        summary: "Fetches a note, if there is one."   # as it is
        http: GET /api/v1/notes/{id}
        note: "Not: this."
        params:
            # What is named here stays in its order.
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

const NEAT: &str = r#"# yaml-language-server: $schema=../schema.json

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
      # What is named here stays in its order.
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
fn a_file_comes_into_the_one_shape_with_its_comments() {
    assert_eq!(shaped(NOTES, MESSY), NEAT);
    assert_eq!(shaped(NOTES, NEAT), NEAT);
}

#[test]
fn neighbours_stand_in_columns_until_a_blank_line_or_a_long_key() {
    let text = "scopes:\n  a: { description: A. }\n  abc: { description: B. }\n  a_key_that_is_so_long_that_it_moves_nothing: { description: C. }\n\n  b: { description: D. }\n";
    let neat = "scopes:\n  a:   { description: A. }\n  abc: { description: B. }\n  a_key_that_is_so_long_that_it_moves_nothing: { description: C. }\n\n  b: { description: D. }\n";
    assert_eq!(shaped("api.yaml", text), neat);
}

#[test]
fn quotes_stay_where_the_text_would_be_something_else_without_them() {
    let text = "a: [\"1.0\", \"true\", \"null\", \"a, b\", \"- c\", \"d\", \"2026-01-01\", \"*e\", \"\", \" f\", \"{g}\", \"h: i\", \"say \\\"j\\\"\"]\nb: \"a, b\"\nc: 'it''s'\n'@d': 'e'\n'f''g': 1\n";
    let neat = "a: [\"1.0\", \"true\", \"null\", \"a, b\", \"- c\", d, 2026-01-01, \"*e\", \"\", \" f\", \"{g}\", \"h: i\", say \"j\"]\nb: a, b\nc: it's\n\"@d\": e\nf'g: 1\n";
    assert_eq!(shaped("other.yaml", text), neat);
}

#[test]
fn a_list_of_mappings_begins_beside_its_dashes() {
    let text = "differences:\n  routes:\n  - applies_to:\n      - a\n    # why\n    reason: B.\n  - { applies_to: [c], reason: D. }\n";
    let neat = "differences:\n  routes:\n    - applies_to:\n        - a\n      # why\n      reason: B.\n    - { applies_to: [c], reason: D. }\n";
    assert_eq!(shaped("differences.yaml", text), neat);
}

#[test]
fn what_the_specification_is_not_written_in_is_refused_with_its_line() {
    for (text, line, why) in [
        ("a: 1\nb: |\n  text\n", 2, "begins something"),
        ("a: &x 1\n", 1, "begins something"),
        ("a:\n\tb: 1\n", 2, "a tab"),
        (
            "a: {\n  # no\n  b: 1 }\n",
            2,
            "a comment stands inside braces",
        ),
        ("a:\n    b: 1\n  c: 2\n", 3, "fits nothing above"),
        ("a: one\n  two\n", 2, "goes on in another line"),
        ("a: [1, 2\n", 1, "is missing"),
        ("a: { b }\n", 1, "`b` has no value"),
        ("a: \"b\n", 1, "is not closed"),
        ("- a\nb: 1\n", 2, "fits nothing above"),
        ("b: 1\n- a\n", 2, "each other's place"),
        ("just a text\n", 1, "no `key: value`"),
        (" a: 1\n", 1, "begins with an indentation"),
    ] {
        let problem = mastodon_spec_fmt::format("api.yaml", text).expect_err(text);
        assert!(problem.message.contains(why), "{text:?}: {problem}");
        assert_eq!(problem.line, line, "{text:?}: {problem}");
    }
}

#[test]
fn every_file_is_in_its_shape_and_comes_back_to_it() {
    for (file, text) in load::files(&root().join("spec")).unwrap() {
        assert!(
            shaped(&file, &text) == text,
            "{file}; run `cargo codegen fmt`"
        );
        // Without its columns, and with every level twice as deep.
        let messy: Vec<String> = text
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
        let messy = messy
            .join("\n")
            .replace("    - applies_to:", "  - applies_to:");
        match mastodon_spec_fmt::format(&file, &messy) {
            Ok(back) => assert!(back == text, "{file} does not come back"),
            // Below a dash the depth is that of the dash's entry.
            Err(problem) => assert_eq!(file, load::DIFFERENCES, "{problem}"),
        }
    }
}

#[test]
fn the_command_writes_or_only_tells() {
    let project = tempfile::tempdir().unwrap();
    let mut files = changed(&[]);
    for (file, text) in &mut files {
        *text = shaped(file, text);
    }
    let folder = project.path().join("spec");
    write(&folder, &files);
    assert!(codegen(project.path(), &["fmt", "--check"]).0);

    let path = folder.join(NOTES);
    let neat = fs::read_to_string(&path).unwrap();
    fs::write(&path, neat.replace("title: Notes", "title:   \"Notes\"")).unwrap();
    let (shaped, _, said) = codegen(project.path(), &["fmt", "--check"]);
    assert!(!shaped);
    assert_eq!(
        said,
        "not in its shape: spec/methods/notes.yaml\n1 file not in shape; run `cargo codegen fmt`\n"
    );
    let (shaped, said, _) = codegen(project.path(), &["fmt"]);
    assert!(
        shaped && said == "wrote spec/methods/notes.yaml\n",
        "{said}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), neat);

    fs::write(&path, "title: |\n  Notes\n").unwrap();
    let (shaped, _, said) = codegen(project.path(), &["fmt"]);
    assert!(
        !shaped && said.contains("--> spec/methods/notes.yaml:1:1"),
        "{said}"
    );
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "title: |\n  Notes\n",
        "it is left as it was"
    );
}
