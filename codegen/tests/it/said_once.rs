//! Facts that follow from others, and the formatter that rewrites old forms.

use mastodon_spec::yaml::{Field, Spec};
use mastodon_spec::{check, load};

use crate::{NOTE, NOTES, changed, root, spec};

fn with(changes: &[(&str, &str, &str)]) -> Spec {
    spec(changed(changes))
}

fn field<'a>(spec: &'a Spec, entity: &str, name: &str) -> &'a Field {
    let file = spec
        .entities
        .values()
        .find(|file| file.entities.contains_key(entity));
    &file.expect("the entity exists").entities[entity].fields[name]
}

/// The messages about the small specification after the changes.
fn problems(changes: &[(&str, &str, &str)]) -> Vec<String> {
    let problems = check::check(load::read(changed(changes)));
    let problems = problems.map(|_| ()).err().unwrap_or_default();
    problems
        .into_iter()
        .map(|problem| problem.message)
        .collect()
}

fn formatted(file: &str, text: &str) -> String {
    mastodon_spec_fmt::format(file, text).unwrap_or_else(|problem| panic!("{problem}"))
}

#[test]
fn errors_follow_from_the_token_and_its_scopes() {
    let errors = |auth: &str| {
        let spec = with(&[(
            NOTES,
            "auth: user, write:statuses or follow",
            &format!("auth: {auth}"),
        )]);
        spec.methods["notes"].methods["note_post"].errors.clone()
    };
    assert_eq!(errors("none"), [422]);
    assert_eq!(errors("optional user"), [422]);
    assert_eq!(errors("user"), [401, 422]);
    assert_eq!(errors("app, write:statuses"), [401, 403, 422]);
    assert_eq!(errors("optional user, read:statuses"), [401, 403, 422]);
}

#[test]
fn statuses_that_a_server_does_not_return_are_not_derived() {
    let spec = with(&[(
        NOTES,
        "errors: [422]",
        "errors: [422]\n    not_returned: [403]",
    )]);
    assert_eq!(
        spec.methods["notes"].methods["note_post"].errors,
        [401, 422]
    );
    assert_eq!(
        problems(&[(
            NOTES,
            "errors: [422]",
            "errors: [422]\n    not_returned: [410]"
        )]),
        ["410 does not follow from `auth`"]
    );
}

#[test]
fn derived_error_is_reported_as_redundant() {
    assert_eq!(
        problems(&[(NOTES, "errors: [422]", "errors: [401, 422]")]),
        ["401 follows from `auth`"]
    );
}

#[test]
fn fields_without_version_have_that_of_their_entity() {
    let list = [
        (
            NOTE,
            "description: Search results.\n",
            "description: Search results.\n    since: 4.3.0\n",
        ),
        (
            NOTE,
            "found: { type: [Note], since: 1.0.0,",
            "found: { type: [Note],",
        ),
    ];
    let spec = with(&list);
    let since = field(&spec, "FoundNotes", "found").since.clone();
    assert_eq!(
        since.map(|since| since.to_string()).as_deref(),
        Some("4.3.0")
    );
    let inner = &field(&spec, "Note", "place").fields["@1x"];
    let since = inner.since.clone();
    assert_eq!(
        since.map(|since| since.to_string()).as_deref(),
        Some("2.6.0")
    );
}

#[test]
fn members_may_repeat_the_version_of_their_owner() {
    let since = (
        NOTE,
        "description: Notes inside an object.\n",
        "description: Notes inside an object.\n    since: 1.0.0\n",
    );
    let param = (
        NOTES,
        "q: { type: string, description: Text",
        "q: { type: string, since: 1.0.0, description: Text",
    );
    assert_eq!(problems(&[since, param]), Vec::<String>::new());
}

#[test]
fn fields_of_something_undocumented_are_undocumented_and_seen_in_the_same_place() {
    let place = (
        NOTE,
        "optional: true\n        since: 2.6.0",
        "optional: true\n        undocumented: true\n        seen: mastodon#1\n        since: 2.6.0",
    );
    let spec = with(&[place]);
    let inner = &field(&spec, "Note", "place").fields["@1x"];
    assert!(inner.undocumented);
    assert_eq!(inner.seen.to_string(), "mastodon#1");
}

#[test]
fn undocumented_item_must_name_where_it_can_be_seen() {
    let seen = |seen: &str| {
        let to = format!("seen: {{ type: bool, undocumented: true,{seen} since: 1.0.0,");
        problems(&[(NOTE, "seen: { type: bool, since: 1.0.0,", &to)])
    };
    assert_eq!(seen(""), ["`seen` is missing"]);
    assert!(seen(" seen: mastodon#4x,")[0].starts_with("`mastodon#4x` is not a place"));
    assert_eq!(seen(" seen: X notes.c,"), ["unknown source `X`"]);
    assert_eq!(seen(" seen: app/notes.rb,"), Vec::<String>::new());
}

#[test]
fn note_for_users_continues_the_description_and_a_note_for_reviewers_does_not() {
    let mood = (
        NOTE,
        "description: The mood. }",
        "description: The mood., note: It changes., review_note: So it is. }",
    );
    let spec = with(&[mood]);
    let field = field(&spec, "Note", "mood");
    assert_eq!(field.description.as_deref(), Some("The mood. It changes."));
    assert_eq!(field.note, None);
    assert_eq!(field.review_note.as_deref(), Some("So it is."));
}

#[test]
fn value_names_the_fields_that_depend_on_it_and_its_push_alert() {
    let changes = [
        (
            NOTE,
            "calm: { description: Calmly. }",
            "calm: { fields: [tags, counts], push: true, description: Calmly. }",
        ),
        (
            NOTE,
            "very.cross: { since: 4.3.0,",
            "very.cross: { since: 4.3.0, fields: [tags], push: { on: { wren: 1.0 }, undocumented: true, seen: mastodon#1 },",
        ),
        (
            NOTES,
            "search_words: [label]\n",
            "search_words: [label]\n    since: 2.6.0\n    push_alerts: Mood\n",
        ),
        (
            NOTES,
            "weight: { type: integer, since: 2.6.0, on",
            "weight: { type: integer, since: 4.3.0, on",
        ),
    ];
    let spec = with(&changes);
    let about = |name: &str| field(&spec, "Note", name).description.clone().unwrap();
    assert_eq!(about("tags"), "Its tags. For `calm` and `very.cross`.");
    assert_eq!(about("counts"), "Counts by name. For `calm`.");
    assert_eq!(about("likes"), "Number of likes.");
    let params = &spec.methods["notes"].inputs["NoteField"].params;
    let (calm, cross) = (&params["calm"], &params["very.cross"]);
    assert_eq!(
        calm.description.as_deref(),
        Some("Whether to notify that calmly.")
    );
    assert_eq!(calm.default, Some(false.into()));
    // As old as the parameters of the input; the other is as old as its value.
    let since = |param: &mastodon_spec::yaml::Param| param.since.as_ref().map(ToString::to_string);
    assert_eq!(since(calm).as_deref(), Some("2.6.0"));
    assert_eq!(since(cross).as_deref(), Some("4.3.0"));
    assert!(cross.undocumented && cross.on.names_any());
    assert_eq!(cross.seen.to_string(), "mastodon#1");
}

#[test]
fn fields_and_push_alerts_of_a_value_must_exist() {
    let calm = |keys: &str| {
        let to = format!("calm: {{ {keys}, description: Calmly. }}");
        problems(&[(NOTE, "calm: { description: Calmly. }", &to)])
    };
    assert_eq!(
        calm("fields: [tagz]"),
        ["no entity with a field of type `Mood` has the field `tagz`"]
    );
    assert_eq!(calm("push: { undocumented: true }"), ["`seen` is missing"]);
    assert!(calm("push: soon")[0].starts_with("expected `true`, or a mapping"));
    assert_eq!(
        problems(&[(
            NOTES,
            "search_words: [label]\n",
            "search_words: [label]\n    push_alerts: Mod\n"
        )]),
        ["unknown enumeration `Mod`"]
    );
}

#[test]
fn limits_and_examples_must_fit_the_type() {
    let likes = |keys: &str| {
        let to = format!("likes: {{ type: integer, {keys}, sent_as: string,");
        problems(&[(NOTE, "likes: { type: integer, sent_as: string,", &to)])
    };
    assert_eq!(likes("min: 1, max: 5, example: 3"), Vec::<String>::new());
    assert_eq!(likes("min: 5, max: 1"), ["`max` is less than `min`"]);
    assert_eq!(
        likes("max_length: 5"),
        ["`max_length` needs a text, not `integer`"]
    );
    assert_eq!(
        likes("example: many"),
        ["wrong example: `\"many\"` is not an integer"]
    );
    let text = |keys: &str| {
        let to = format!("text: {{ type: html, {keys}, since");
        problems(&[(NOTE, "text: { type: html, since", &to)])
    };
    assert_eq!(text("max: 5"), ["`max` needs a number, not `html`"]);
    assert_eq!(
        text("max_length: 2, example: abc"),
        ["the example is longer than `max_length`"]
    );
}

#[test]
fn old_forms_are_rewritten_and_comments_are_kept() {
    let old = "methods:
  note:
    http: GET /api/v1/notes/{id}
    documented_as: GET /api/v1/{id}
    summary: Fetches a note.
    auth: user, read:statuses
    errors:
      - 401
      - 404 # gone
    # From the server.
    source: W notes.c
    paging: { limit: 20 to 40, documented_limit: 20 to 80 }
    params:
      id: { type: NoteId, documented_as: note_id, description: The note. }
";
    let new = "methods:
  note:
    http: GET /api/v1/notes/{id}
    summary: Fetches a note.
    # From the server.
    seen: W notes.c
    documented: { http: \"GET /api/v1/{id}\", limit: 20 to 80 }
    auth: user, read:statuses
    paging: { limit: 20 to 40 }
    errors:
      - 404 # gone
    params:
      id: { type: NoteId, documented: { name: note_id }, description: The note. }
";
    assert_eq!(formatted(NOTES, old), new);
    assert_eq!(formatted(NOTES, new), new);
}

#[test]
fn oldest_version_of_all_fields_moves_up_to_the_entity() {
    let old = "entities:
  Note:
    description: A note.
    fields:
      # The first.
      id: { type: NoteId, since: 1.0.0, description: The id. }
      mood: { type: Mood, since: 4.3.0, description: The mood. }
      likes: { type: integer, since: 1.0.0, on: { wren: 1.0 }, description: Likes. }
      color: { type: string, on: { wren: 1.0 }, description: The color. }
      place:
        since: 1.0.0
        description: A place.
        fields:
          name: { type: string, since: 1.0.0, description: Its name. }
";
    let new = "entities:
  Note:
    description: A note.
    since: 1.0.0
    fields:
      # The first.
      id:    { type: NoteId, description: The id. }
      mood:  { type: Mood, since: 4.3.0, description: The mood. }
      likes: { type: integer, since: 1.0.0, on: { wren: 1.0 }, description: Likes. }
      color: { type: string, on: { wren: 1.0 }, description: The color. }
      place:
        description: A place.
        fields:
          name: { type: string, description: Its name. }
";
    assert_eq!(formatted(NOTE, old), new);
    assert_eq!(formatted(NOTE, new), new);
}

#[test]
fn versions_stay_where_a_field_states_none_or_is_inherited() {
    let open = "entities:
  Note:
    description: A note.
    fields:
      id:   { type: NoteId, since: 1.0.0, description: The id. }
      mood: { type: Mood, description: The mood. }
";
    let extended = "entities:
  Draft:
    description: A note.
    extends: Note
    fields:
      at: { type: date, since: 1.0.0, description: The date. }
";
    for text in [open, extended] {
        assert_eq!(formatted(NOTE, text), text);
    }
}

#[test]
fn long_lines_are_broken_between_keys_and_words() {
    let words = "word ".repeat(30);
    let text = format!(
        "params:\n  a: {{ type: string, since: 1.0.0, search_words: [one, two, three, four, five], note: A note., description: \"So: {words}end.\" }}\nb: \"{words} #no comment\"\n",
    );
    let broken = formatted("other.yaml", &text);
    let expected = format!(
        "params:\n  a: {{ type: string, since: 1.0.0, search_words: [one, two, three, four, five],\n       note: A note.,\n       description: \"So: {}\n         {}end.\" }}\nb: \"{}\n  {} #no comment\"\n",
        "word ".repeat(23).trim_end(),
        "word ".repeat(7),
        "word ".repeat(27).trim_end(),
        "word ".repeat(3),
    );
    assert_eq!(broken, expected);
    assert_eq!(formatted("other.yaml", &broken), broken);
}

#[test]
fn line_that_cannot_be_broken_is_reported() {
    let text = format!("a: 1\nb: {}\n", "x".repeat(150));
    let problem = mastodon_spec_fmt::format("other.yaml", &text).expect_err("the word is too long");
    assert_eq!(problem.line, 2);
    assert!(problem.message.contains("cannot be broken"), "{problem}");
}

#[test]
fn endpoint_of_the_readme_passes_the_checks_as_printed() {
    let readme = std::fs::read_to_string(root().join("spec/README.md")).unwrap();
    let (_, steps) = readme
        .split_once("## Adding an endpoint")
        .expect("the section exists");
    let mut blocks = steps.split("```yaml\n").skip(1).map(|block| {
        let (yaml, _) = block.split_once("```").expect("the block ends");
        let lines = yaml
            .lines()
            .map(|line| line.strip_prefix("   ").unwrap_or(line));
        lines.collect::<Vec<_>>().join("\n")
    });
    let mut next = || blocks.next().expect("three blocks of YAML");
    let (release, entity, method) = (next(), next(), next());
    let mut files = load::files(&root().join("spec")).unwrap();
    let line = release.lines().last().unwrap().to_owned() + "\n";
    let api = files.get_mut("api.yaml").unwrap();
    if !api.contains(&line) {
        let (start, rest) = api
            .split_once("\nscopes:")
            .expect("the scopes follow the releases");
        let releases = start.rfind("- { version:").expect("there are releases");
        let end = start[releases..]
            .find('\n')
            .map_or(start.len(), |end| releases + end + 1);
        *api = format!(
            "{}\n{line}{}\nscopes:{rest}",
            start[..end].trim_end(),
            &start[end..]
        );
    }
    let search = files.get_mut("methods/search.yaml").unwrap();
    *search = format!("{}\n\n{method}", search.trim_end());
    files.insert("entities/saved_search.yaml".to_owned(), entity);
    for (file, text) in &files {
        formatted(file, text);
    }
    let spec = spec(files);
    assert!(
        spec.methods["search"]
            .methods
            .contains_key("saved_searches")
    );
}

#[test]
fn place_that_does_not_exist_or_does_not_name_the_item_is_reported() {
    let checkout = tempfile::tempdir().unwrap();
    std::fs::create_dir(checkout.path().join("app")).unwrap();
    std::fs::write(checkout.path().join("app/note.rb"), "attributes :tags").unwrap();
    let files = changed(&[
        (
            NOTE,
            "seen: { type: bool,",
            "seen: { type: bool, undocumented: true, seen: app/note.rb,",
        ),
        (
            NOTE,
            "tags: { type: [string],",
            "tags: { type: [string], undocumented: true, seen: app/note.rb; mastodon#1,",
        ),
        (
            NOTE,
            "counts: { type: map of integer,",
            "counts: { type: map of integer, undocumented: true, seen: app/notes.rb,",
        ),
    ]);
    let sources = load::Sources::new(files.clone());
    let found = mastodon_spec_drift::unseen(&spec(files), &sources, checkout.path());
    let found: Vec<String> = found
        .iter()
        .map(|finding| format!("{}: {}", finding.subject, finding.detail))
        .collect();
    assert_eq!(
        found,
        [
            "Note.seen: `seen`: app/note.rb does not contain `seen`",
            "Note.counts: `seen`: the source has no file app/notes.rb",
        ]
    );
}
