//! Mistakes in a copy of the whole specification.

use mastodon_spec::{check, load};

use crate::root;

/// Each mistake: the file, a text that it contains, its replacement, and the place and the message of the problem.
const MISTAKES: &[(&str, &str, &str, &str)] = &[
    (
        "methods/accounts.yaml",
        "required: true",
        "required: yes",
        "`yes` is neither `true` nor a condition",
    ),
    (
        "methods/accounts.yaml",
        "required: true",
        "required: \"true\"",
        "`\"true\"` is neither `true` nor a condition",
    ),
    (
        "entities/list.yaml",
        "    since: 2.1.0\n",
        "",
        "`title` needs `since`, because `List` has none",
    ),
    (
        "entities/list.yaml",
        "since: 3.3.0",
        "since: 1.0.0",
        "`since: 1.0.0` is before that of the entity (2.1.0)",
    ),
    (
        "entities/list.yaml",
        "type: ListId",
        "type: string",
        "`id` is an ID, but its type is `string`",
    ),
    (
        "entities/list.yaml",
        "type: string, if_missing: empty",
        "type: List",
        "every `List` contains another one: `List.title` is a `List`",
    ),
    (
        "methods/polls.yaml",
        "    since: 2.8.0\n",
        "    since: 2.8.0\n    removed: 2.7.0\n",
        "`removed: 2.7.0` is not after `since: 2.8.0`",
    ),
    (
        "methods/polls.yaml",
        "    since: 2.8.0\n",
        "    since: 4.99.0\n",
        "4.99.0 is not one of the `releases` in api.yaml",
    ),
    (
        "methods/polls.yaml",
        "type: PollId",
        "type: file",
        "a file is sent in the body, but `id` is in the path",
    ),
    (
        "methods/lists.yaml",
        "default: list",
        "default: lists",
        "wrong default: `lists` is not a value of `RepliesPolicy`",
    ),
    (
        "methods/lists.yaml",
        "default: false",
        "default: no",
        "wrong default: `\"no\"` is not a boolean",
    ),
    (
        "api.yaml",
        "api_version: 7",
        "api_version: 1",
        "`api_version: 1` of 4.5.0 is less than",
    ),
    (
        "methods/polls.yaml",
        "    docs: get\n",
        "\tdocs: get\n",
        "a tab in the indentation",
    ),
    (
        "methods/polls.yaml",
        "summary: Returns a poll.",
        "summary: Returns: a poll.",
        "a colon in the text of `summary`",
    ),
    (
        "methods/polls.yaml",
        "description: ID of the poll. }",
        "description: ID of the poll.",
        "this `{` is not closed",
    ),
    (
        "methods/polls.yaml",
        "    docs: get\n",
        "    docs: get\n    docs: get\n",
        "duplicate key `docs`",
    ),
];

/// The messages about the specification after a change; without a text to replace, the file is new.
fn messages(file: &str, from: &str, to: &str) -> Vec<String> {
    let mut files = load::files(&root().join("spec")).unwrap();
    let text = files.entry(file.to_owned()).or_default();
    assert!(text.contains(from), "{file} contains {from:?}");
    *text = if from.is_empty() {
        to.to_owned()
    } else {
        text.replacen(from, to, 1)
    };
    let problems = check::check(load::read(files)).err().unwrap_or_default();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn mistakes_in_the_whole_specification_are_reported_in_their_file() {
    for (file, from, to, message) in MISTAKES {
        let found = messages(file, from, to);
        let (start, place) = (format!("error: {message}"), format!("--> {file}:"));
        let is_reported = |text: &String| text.starts_with(&start) && text.contains(&place);
        assert!(
            found.iter().any(is_reported),
            "{start}\n\n{}",
            found.join("\n\n")
        );
    }
}

#[test]
fn a_name_that_is_defined_twice_is_reported_in_the_file_about_other_servers() {
    let found = messages(
        "entities/servers/aaa.yaml",
        "",
        "title: New\nids:\n  ListId: ID of a list.\n",
    );
    let found = found.join("\n\n");
    assert!(
        found.contains("error: `ListId` is defined twice\n --> entities/servers/aaa.yaml:3:3"),
        "{found}"
    );
    assert!(
        found.contains("note: first defined here\n --> entities/list.yaml:"),
        "{found}"
    );
}

#[test]
fn a_replacement_is_never_suggested_to_be_the_method_itself() {
    let from = "    since: 2.8.0\n";
    let to = "    since: 2.8.0\n    deprecated: 4.0.0\n    replaced_by: poll_\n";
    let found = messages("methods/polls.yaml", from, to).join("\n\n");
    assert!(
        found.contains("unknown method `poll_`") && !found.contains("did you mean `poll`?"),
        "{found}"
    );
}

#[test]
fn syntax_of_every_file_is_understood_when_the_cause_of_an_error_is_searched() {
    for (file, text) in load::files(&root().join("spec")).unwrap() {
        let found = mastodon_yaml::comments(&format!("{text}last: a text # and a comment\n"));
        // A file with mistakes has no comments.
        assert_eq!(
            found.last().map(|comment| comment.key.as_str()),
            Some("last"),
            "{file}"
        );
    }
}
