//! `cargo codegen drift`: other descriptions of the API, compared with the small specification.

use std::fs;
use std::path::{Path, PathBuf};

use mastodon_spec::load::{Files, Sources};
use mastodon_spec_drift::{Report, Source};

use crate::{NOTE, NOTES, changed, codegen, root, small, spec, write};

/// Compares the changed small specification with a source.
fn drift(changes: &[(&str, &str, &str)], name: &str, text: &str) -> Report {
    drift_files(changed(changes), name, &[(name, text)])
}

pub(crate) fn drift_files(specification: Files, source: &str, files: &[(&str, &str)]) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let files = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    write(folder.path(), &files.collect());
    let source = Source::read(&[folder.path().join(source)]).unwrap();
    mastodon_spec_drift::drift(
        &spec(specification.clone()),
        &Sources::new(specification),
        &source,
    )
}

/// The differences as rule, subject and detail.
pub(crate) fn findings(report: &Report) -> Vec<String> {
    let found = report.findings.iter();
    found
        .map(|finding| {
            format!(
                "{} {}: {}",
                finding.rule.name(),
                finding.subject,
                finding.detail
            )
        })
        .collect()
}

/// The OpenAPI document of the small specification with changes. Each changed text occurs once.
fn openapi(changes: &[(&str, &str)]) -> String {
    let path = small().join("expected/generated/openapi.json");
    let mut text = fs::read_to_string(path).unwrap();
    for (from, to) in changes {
        assert_eq!(text.matches(from).count(), 1, "`{from}` occurs once");
        text = text.replace(from, to);
    }
    text
}

#[test]
fn own_openapi_document_has_no_differences() {
    let (clean, printed, _) = codegen(
        &root(),
        &[
            "drift",
            root().join("generated/openapi.json").to_str().unwrap(),
        ],
    );
    assert!(clean, "{printed}");
    assert_eq!(
        findings(&drift(&[], "openapi.json", &openapi(&[]))),
        Vec::<String>::new()
    );
}

#[test]
fn missing_and_extra_items_of_a_document_are_reported() {
    let document = serde_json::json!({
        "openapi": "3.0.3",
        "paths": {
            "/api/v1/notes/{note_id}": { "get": {
                "parameters": [
                    { "name": "note_id", "in": "path", "required": true, "schema": { "type": "string" } },
                    { "name": "colour", "in": "query", "required": true, "schema": { "type": "string", "enum": ["red", "blue"] } },
                ],
                "responses": { "200": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Note" } } } } },
            } },
            "/api/v1/notes/{id}/clone": { "post": { "responses": { "200": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Note" } } } } } } },
        },
        "components": { "schemas": {
            "Note": { "type": "object", "properties": {
                "id": { "type": "string", "nullable": true },
                "likes": { "type": "integer" },
                "mood": { "type": "string", "enum": ["calm", "glad"] },
                "place": { "type": "object", "properties": { "@1x": { "type": "string" }, "name": { "type": "string" } } },
            } },
            "Folder": { "type": "object", "properties": { "name": { "type": "string" } } },
        } },
    });
    let report = drift(&[], "api.json", &document.to_string());
    let found = findings(&report);
    for expected in [
        "missing-endpoint POST /api/v1/notes/{id}/clone: returns Note",
        "missing-param note(colour): one of red, blue, required",
        "missing-entity Folder: 1 fields",
        "missing-field Note.place.name: string, optional",
        "missing-value Mood::glad: a value of Note.mood",
        "other-type Note.likes: integer in the specification, integer in the source",
        "other-null Note.id: null in the source, never in the specification",
        "extra-field Note.text: ",
        "extra-endpoint notes: GET /api/v1/notes",
        "extra-entity Draft: ",
        "extra-value Mood::very.cross: ",
    ] {
        assert!(
            found.iter().any(|finding| finding == expected),
            "{expected}: {found:#?}"
        );
    }
    let colour = report
        .findings
        .iter()
        .find(|finding| finding.subject == "note(colour)")
        .unwrap();
    assert_eq!(
        (colour.file.as_str(), colour.line),
        (NOTES, 14),
        "the line of `params`"
    );
    let place = report
        .findings
        .iter()
        .find(|finding| finding.subject == "Note.place.name")
        .unwrap();
    assert_eq!(
        (place.file.as_str(), place.line),
        (NOTE, 33),
        "the line of the object's `fields`"
    );
}

#[test]
fn defaults_and_bounds_of_a_document_are_compared() {
    let text = openapi(&[]).replace("\"maximum\": 3600,", "\"maximum\": 60,");
    let text = text.replace("\"x-default\": \"calm\"", "\"x-default\": \"glad\"");
    let mut found = findings(&drift(&[], "openapi.json", &text));
    // Reported for each path of the method.
    found.dedup();
    assert_eq!(
        found,
        [
            "other-default note_post(mood): default calm in the specification, glad in the source",
            "other-default note_post(expires_in): maximum 3600 in the specification, 60 in the source",
        ]
    );
}

#[test]
fn yaml_document_is_read_and_other_versions_are_rejected() {
    let yaml = "openapi: 3.1.0\npaths:\n  /api/v1/news:\n    get: { responses: {} }\n";
    let found = findings(&drift(&[], "api.yaml", yaml));
    assert!(
        found.contains(&"missing-endpoint GET /api/v1/news: ".to_owned()),
        "{found:#?}"
    );
    for (text, why) in [
        ("{\"swagger\": \"1.2\"}", "only 2.0 is supported"),
        ("swagger: 2.0\n", "no `paths`"),
        (
            "{\"openapi\": \"4.0.0\", \"paths\": {}}",
            "only 3.x is supported",
        ),
        ("{\"openapi\": \"3.1.0\"}", "no `paths`"),
        ("{\"name\": 1}", "a source is"),
        ("{", "not JSON"),
        ("a: [", "not YAML"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("source");
        fs::write(&path, text).unwrap();
        let error = Source::read(&[path]).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}

const PAGE: &str = r#"---
title: notes
---

<style>
#TableOfContents ul {display: none}
</style>

## Fetch a note {#get}

```http
GET https://mastodon.example/api/v1/notes/:id HTTP/1.1
```

Fetch it.

**Returns:** [Note]({{< relref "entities/note" >}})\
**OAuth:** Public for public notes, user token + `read:statuses` for others\
**Version history:**\
0.0.0 - added\
4.3.0 (`mastodon` [API version]({{< relref "entities/Instance#api-versions" >}}) 2) - `tone` and `colour[]` added

#### Request

Example request:

```http
GET /api/v1/notes/4711 HTTP/1.1
Content-Type: application/json

{ "tone": "low" }
```

##### Path parameters

:id
: {{<required>}} String. The ID of the note.

##### Query parameters

tone
: String. One of `low`, `high`. Defaults to `low`.

colour[]
: {{<required>}} Array of String. (Enumerable, oneOf).\
`red` = Like a rose.\
`blue` = Like the sky.

##### Headers

Authorization
: {{<required>}} Provide this header with `Bearer <user_token>`.

#### Response
##### 200: OK

```json
{
  "id": "1",
  // ## Not a heading {#no}
}
```

##### 404: Not found

There is no such note.

---

## Clone a note {{%deprecated%}} {#clone}

```http
POST /api/v1/notes/:id/clone HTTP/1.1
```

**Returns:** Array of [Note]({{< relref "entities/note" >}})\
**OAuth:** User token + `write:statuses`\
**Version history:**\
4.3.0 - added

##### Form data parameters

note_id
: {{<required>}} String. The note.

## Forget a note {{%removed%}} {#forget}

```http
POST /api/v1/notes/:id/forget HTTP/1.1
```

**Version history:**\
1.0.0 - added\
2.6.0 - removed

## `FoundNotes` entity {#FoundNotes}

### Attributes

#### `found`

**Description:** The notes.
**Type:** Array of [Note]({{< relref "entities/Note" >}}}\
**Version history:**
1.0.0 - added

#### `total` {{%optional%}}

**Description:** How many.\
**Type:** Integer\\
**Version history:**
4.3.0 - added

### Examples
"#;

const ENTITY: &str = r#"---
title: Note
---

## Attributes

### `id` {#id}

**Description:** The id.\
**Type:** String (cast from an integer, but not guaranteed to be a number)\
**Version history:**\
2.6.0 - added

### `mood` {{%optional%}} {#mood}

**Description:** The mood.\
**Type:** String (Enumerable oneOf)\
`calm` = Calm.\
`glad` = Glad.\
**Version history:**\
4.3.0 - added\
4.3.0 - added `glad`

### `place` {#place}

**Description:** Where.\
**Type:** Hash\
**Version history:**\
2.6.0 - added

#### `place[town]` {#place-town}

**Description:** The town.\
**Type:** {{<nullable>}} String or null\
**Version history:**\
4.3.0 - added

### `likes` {#likes}

**Description:** How many.\
**Type:** Boolean\
**Version history:**\
1.0.0 - added

## Note::Stamp attributes {#Stamp}

### `price` {#Stamp-price}

**Description:** The price.\
**Type:** Integer\
**Version history:**\
4.3.0 - added

## See also

### `nothing` {#nothing}
"#;

/// A checkout of the documentation.
const PAGES: [(&str, &str); 3] = [
    ("content/en/methods/notes.md", PAGE),
    ("content/en/methods/_index.md", "# Nothing\n"),
    ("content/en/entities/Note.md", ENTITY),
];

#[test]
fn documentation_pages_are_parsed() {
    let report = drift_files(changed(&[]), "", &PAGES);
    assert_eq!(report.unread, Vec::<String>::new());
    let mut found = findings(&report);
    found.retain(|finding| !finding.starts_with("extra-"));
    found.sort();
    assert_eq!(
        found,
        [
            "missing-endpoint POST /api/v1/notes/{id}/clone: since 4.3.0, returns [Note]",
            "missing-entity Note::Stamp: 1 fields",
            "missing-field FoundNotes.total: integer, optional, since 4.3.0",
            "missing-field Note.place.town: string, nullable, since 4.3.0",
            "missing-param note(colour): one of red, blue, required, since 4.3.0",
            "missing-param note(tone): one of low, high, since 4.3.0",
            "missing-value Mood::glad: a value of Note.mood, since 4.3.0",
            "other-absent Note.mood: sometimes absent in the source, never in the specification",
            "other-since Note.id: 1.0.0 in the specification, 2.6.0 in the source",
            "other-type Note.likes: integer in the specification, bool in the source",
        ]
    );
    let tone = report
        .findings
        .iter()
        .find(|finding| finding.subject == "note(tone)")
        .unwrap();
    assert_eq!(tone.seen, "content/en/methods/notes.md:41");
}

#[test]
fn undocumented_items_are_not_reported_as_extra() {
    let marked = [(
        NOTE,
        "seen: { type: bool,",
        "seen: { type: bool, undocumented: true, seen: app/notes.rb,",
    )];
    let without = |changes: &[_]| {
        findings(&drift_files(changed(changes), "", &PAGES))
            .contains(&"extra-field Note.seen: ".to_owned())
    };
    assert!(without(&[]));
    assert!(!without(&marked));
}

const ROUTES: &str = r#"# frozen_string_literal: true

namespace :api, format: false do
  concern :seen do
    member { }
    post :seen, on: :collection
  end

  # get '/api/v1/commented', to: 'out#out'
  namespace :v1 do
    resources :notes, only: [:index, :create, :show, :destroy, :update], concerns: :seen do
      scope module: :notes do
        resource :taken, only: :destroy, controller: :taken
        post :see, to: 'sights#create'
        resources :stamps, only: %i(index), param: :name
      end

      member do
        get :context if Rails.env.production?
      end

      collection do
        get :popular
        get :found, :today
      end
    end

    scope path: 'tags/:name' do
      resources :notes, only: :index
    end

    with_options only: [:show] do
      resource :weather
      resources :moons,
                constraints: { id: %r{[^/]+} },
                path: :satellites
    end

    namespace :admin do
      resources :keys, except: [:index, :create, :show, :update], param: :name do |key|
        resources :copies, only: :show
      end
    end

    get '/streaming', to: 'streaming#index'
    get '/streaming/(*any)', to: 'streaming#index'
    match :either, via: [:get, :post], to: 'x#y'
    put 'old' => 'new#old'
    surprise :here
  end
end
"#;

#[test]
fn routes_are_derived_as_rails_does() {
    let source = tempfile::tempdir().unwrap();
    fs::write(source.path().join("api.rb"), ROUTES).unwrap();
    let Source::Described(external) = Source::read(&[source.path().join("api.rb")]).unwrap() else {
        panic!("routes describe the API");
    };
    let mut routes: Vec<String> = external
        .operations
        .iter()
        .map(|operation| operation.http.to_string())
        .collect();
    routes.sort();
    let expected = [
        "DELETE /api/v1/admin/keys/{name}",
        "DELETE /api/v1/notes/{id}",
        "DELETE /api/v1/notes/{note_id}/taken",
        "GET /api/v1/admin/keys/{key_name}/copies/{id}",
        "GET /api/v1/either",
        "GET /api/v1/notes",
        "GET /api/v1/notes/found",
        "GET /api/v1/notes/popular",
        "GET /api/v1/notes/today",
        "GET /api/v1/notes/{id}",
        "GET /api/v1/notes/{id}/context",
        "GET /api/v1/notes/{note_id}/stamps",
        "GET /api/v1/satellites/{id}",
        "GET /api/v1/streaming",
        "GET /api/v1/streaming",
        "GET /api/v1/tags/{name}/notes",
        "GET /api/v1/weather",
        "PATCH /api/v1/notes/{id}",
        "POST /api/v1/either",
        "POST /api/v1/notes",
        "POST /api/v1/notes/seen",
        "POST /api/v1/notes/{note_id}/see",
        "PUT /api/v1/notes/{id}",
        "PUT /api/v1/old",
    ];
    assert_eq!(routes, expected);
    assert_eq!(external.unread, ["api.rb:49: `surprise` is not understood"]);
}

#[test]
fn missing_and_extra_routes_are_reported() {
    let report = drift(&[], "api.rb", ROUTES);
    let found = findings(&report);
    assert!(
        found.contains(&"missing-endpoint PUT /api/v1/notes/{id}: ".to_owned()),
        "{found:#?}"
    );
    assert!(
        !found.iter().any(|finding| finding.contains("PATCH")),
        "two HTTP methods of the same action are reported once: {found:#?}"
    );
    assert!(
        !found.iter().any(|finding| finding.contains("stream")),
        "the streaming server has these endpoints: {found:#?}"
    );

    let one_method = [
        (NOTES, "    also_accepts: [PUT]\n", ""),
        (
            NOTES,
            "http: DELETE /api/v1/notes/{id}\n",
            "http: PUT /api/v1/notes/{id}\n",
        ),
    ];
    let found = findings(&drift(&one_method, "api.rb", ROUTES));
    assert!(found.contains(&"missing-endpoint PATCH /api/v1/notes/{id}: `note_delete` is the same action: `also_accepts: [PATCH]`".to_owned()), "{found:#?}");
}

/// A HAR file of exchanges: HTTP method and path, request body, status, response.
fn recording(exchanges: &[(&str, Option<&str>, u16, serde_json::Value)]) -> String {
    let entries: Vec<serde_json::Value> = exchanges
        .iter()
        .map(|(line, form, status, body)| {
            let (method, path) = line.split_once(' ').unwrap();
            let mut request = serde_json::json!({ "method": method, "url": format!("https://social.example{path}") });
            if let Some(form) = form {
                request["postData"] = serde_json::json!({ "mimeType": "application/x-www-form-urlencoded", "text": form });
            }
            serde_json::json!({ "request": request, "response": { "status": status, "content": { "text": body.to_string() } } })
        })
        .collect();
    serde_json::json!({ "log": { "entries": entries } }).to_string()
}

fn note(changes: &serde_json::Value) -> serde_json::Value {
    let mut note = serde_json::json!({
        "id": "1", "text": "", "type": null, "likes": "3", "posted_at": "2026-01-01T00:00:00Z", "seen": true, "reply_to": null,
    });
    for (key, value) in changes.as_object().unwrap() {
        note[key] = value.clone();
    }
    note
}

#[test]
fn recordings_reveal_missing_and_wrong_items() {
    let shared = note(&serde_json::json!({
        "mood": "glad", "stamp": { "price": 3, "sold_at": "2026-01-01T00:00:00Z" }, "seen": "yes", "id": null,
    }));
    let mut absent = note(&serde_json::json!({}));
    absent.as_object_mut().unwrap().remove("posted_at");
    let recording = recording(&[
        (
            "GET /api/v1/notes/1?colour=red&access_token=secret&tongue=en",
            None,
            200,
            shared.clone(),
        ),
        ("GET /api/v1/notes/2", None, 200, absent),
        (
            "POST /api/v1/notes",
            Some("text=Hi&mood=sly&fields%5B0%5D%5Bname%5D=a&fields%5B0%5D%5Bsize%5D=2"),
            200,
            note(&serde_json::json!({})),
        ),
        (
            "GET /api/v1/news/123/items?limit=20",
            None,
            200,
            serde_json::json!([{ "id": "1" }]),
        ),
        ("GET /api/v1/nothing", None, 404, serde_json::json!({})),
        ("GET /about", None, 200, serde_json::json!({})),
    ]);
    let report = drift(&[], "server.har", &recording);
    let mut found = findings(&report);
    found.sort();
    assert_eq!(
        found,
        [
            "missing-endpoint GET /api/v1/news/{id}/items: returns [object]",
            "missing-field Note.stamp: object",
            "missing-param note(colour): string",
            "missing-param note_post(fields[size]): integer",
            "missing-value Mood::glad: a value of Note.mood",
            "missing-value Mood::sly: a value of note_post(mood)",
            "other-absent Note.posted_at: absent in the source, always present in the specification",
            "other-null Note.id: null in the source, never in the specification",
            "other-type Note.seen: bool in the specification, string in the source",
        ]
    );
    assert!(
        !report.text("spec").contains("secret"),
        "URLs are printed without their query"
    );
}

#[test]
fn base64_response_is_read_and_unknown_encoding_is_reported() {
    let body = |encoding: &str| {
        let content = serde_json::json!({ "encoding": encoding, "text": "eyJpZCI6IDF9" });
        let request =
            serde_json::json!({ "method": "GET", "url": "https://social.example/api/v1/notes/1" });
        let entry = serde_json::json!({ "request": request, "response": { "status": 200, "content": content } });
        drift(
            &[],
            "server.har",
            &serde_json::json!({ "log": { "entries": [entry] } }).to_string(),
        )
    };
    let read = body("base64");
    assert!(
        findings(&read).contains(
            &"other-type Note.id: NoteId in the specification, integer in the source".to_owned()
        ),
        "{:#?}",
        findings(&read)
    );
    assert_eq!(body("rot13").unread.len(), 1);
}

const KNOWN: &str = "differences:
  routes:
    - { applies_to: [note_post, /api/v1/*], reason: They are elsewhere. }
    - { applies_to: [note], rule: extra-endpoint, reason: It is elsewhere. }
  recordings:
    - { applies_to: [Note.stamp, notes(colour)], reason: They are experiments. }
";

#[test]
fn accepted_difference_is_omitted_and_stale_one_is_reported() {
    let mut files = changed(&[]);
    files.insert("differences.yaml".to_owned(), KNOWN.to_owned());
    let routes =
        "namespace :api do\n  get 'v1/notes/:id', to: 'x#y'\n  get 'v1/news', to: 'x#y'\nend\n";
    let report = drift_files(files.clone(), "api.rb", &[("api.rb", routes)]);
    assert_eq!(report.justified, 2);
    let stale: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.file == "differences.yaml")
        .collect();
    let [stale] = stale[..] else {
        panic!("{stale:?}")
    };
    assert_eq!(
        (stale.subject.as_str(), stale.line, stale.column),
        ("note", 4, 22)
    );

    // Items that are not recorded are not reported.
    let shown = note(&serde_json::json!({ "stamp": 1 }));
    let text = recording(&[("GET /api/v1/notes/1", None, 200, shown)]);
    let report = drift_files(files, "a.har", &[("a.har", &text)]);
    assert_eq!((report.justified, findings(&report)), (1, Vec::new()));
}

/// A copy of the small project.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("spec"), &changed(&[]));
    folder
}

fn source(folder: &Path, name: &str, text: &str) -> String {
    let path: PathBuf = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn draft_passes_the_checks_once_descriptions_are_written() {
    let project = project();
    let shown = note(
        &serde_json::json!({ "mood": "glad", "stamp": { "price": 3, "owner": { "note_id": "7" } } }),
    );
    let har = recording(&[
        ("GET /api/v1/notes/1?colour=red", None, 200, shown),
        (
            "GET /api/v1/news?count=3",
            None,
            200,
            serde_json::json!([{ "id": "1" }]),
        ),
    ]);
    let har = source(project.path(), "server.har", &har);
    let (clean, printed, _) = codegen(
        project.path(),
        &["drift", &har, "--draft", "--since", "4.5.0"],
    );
    assert!(!clean);
    assert!(
        printed.contains("drafted Note.stamp in spec/entities/note.yaml"),
        "{printed}"
    );

    let (ok, _, message) = codegen(project.path(), &["check"]);
    assert!(!ok);
    assert_eq!(
        message.matches("placeholder `?` of a draft").count(),
        11,
        "{message}"
    );
    assert!(
        !message.contains("unknown release"),
        "the release is drafted too: {message}"
    );

    // A person writes the descriptions.
    for file in [
        "entities/note.yaml",
        "methods/notes.yaml",
        "methods/news.yaml",
        "api.yaml",
    ] {
        let path = project.path().join("spec").join(file);
        let text = fs::read_to_string(&path).unwrap();
        let text = text
            .replace("auth: \"?\"", "auth: none")
            .replace("docs: \"?\"", "docs: methods/news")
            .replace("returns: \"?\"", "returns: [Note]")
            .replace("seen: \"?\"", "seen: app/notes.rb")
            .replace("\"?\"", "A description.");
        fs::write(&path, text).unwrap();
    }
    let (ok, _, problems) = codegen(project.path(), &["check"]);
    assert!(ok, "{problems}");
    let (_, printed, _) = codegen(project.path(), &["drift", &har]);
    assert!(
        printed.contains(" 0 missing in the specification"),
        "{printed}"
    );
}

#[test]
fn json_output_and_exit_codes_distinguish_differences_from_errors() {
    let project = project();
    let har = recording(&[(
        "GET /api/v1/notes/1",
        None,
        200,
        note(&serde_json::json!({ "stamp": 3 })),
    )]);
    let har = source(project.path(), "server.har", &har);
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_mastodon-codegen"))
            .arg("--root")
            .arg(project.path())
            .args(arguments)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let (code, printed) = run(&["drift", &har, "--json"]);
    let report: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(
        (code, report["source"].as_str()),
        (Some(1), Some("recordings"))
    );
    assert_eq!(report["findings"][0]["rule"], "missing-field");
    assert_eq!(report["findings"][0]["file"], "entities/note.yaml");
    assert_eq!(run(&["drift", "/nowhere"]).0, Some(2));
    let same = source(project.path(), "openapi.json", &openapi(&[]));
    assert_eq!(run(&["drift", &same]).0, Some(0));
}

#[test]
fn problems_in_differences_yaml_are_reported_with_positions() {
    let mut files = changed(&[]);
    let text = "differences:\n  routes:\n    - { applies_to: [note], rule: extra-endpont, reason: Because }\n    - { applies_to: [], reason: \"?\" }\n    - { applies_to: [a, a], reason: Why. }\n";
    files.insert("differences.yaml".to_owned(), text.to_owned());
    let problems = mastodon_spec::check::check(mastodon_spec::load::read(files)).unwrap_err();
    let reported: Vec<(usize, usize, &str)> = problems
        .iter()
        .map(|problem| (problem.line, problem.column, problem.message.as_str()))
        .collect();
    assert_eq!(
        reported,
        [
            (3, 35, "unknown rule `extra-endpont`"),
            (3, 58, "a sentence must end with a full stop"),
            (4, 21, "`applies_to` is empty"),
            (4, 33, "placeholder `?` of a draft"),
            (5, 25, "duplicate entry `a`"),
        ]
    );
}

#[test]
fn order_of_endpoints_is_compared_with_the_page() {
    let section = |anchor: &str, line: &str| {
        format!("## X {{#{anchor}}}\n\n```http\n{line} HTTP/1.1\n```\n\n")
    };
    let page = |lines: [&str; 3]| {
        let sections = lines.map(|line| section("x", line)).concat();
        let text = format!("---\ntitle: notes\n---\n\n{sections}");
        let report = drift_files(changed(&[]), "", &[("en/methods/notes.md", &text)]);
        let found = findings(&report).into_iter();
        found
            .filter(|finding| finding.starts_with("other-order"))
            .collect::<Vec<_>>()
    };
    let (note, notes, post) = (
        "GET /api/v1/notes/:id",
        "GET /api/v1/notes",
        "POST /api/v1/notes",
    );
    assert_eq!(page([note, notes, post]), Vec::<String>::new());
    assert_eq!(
        page([note, post, notes]),
        ["other-order notes: after `note_post` in the source, before it in the specification"]
    );
}

/// The report on a recording of the instance of a server.
fn instance_report(body: &serde_json::Value) -> Vec<String> {
    let instance = [(
        NOTES,
        "  notes:\n    http: GET /api/v1/notes\n",
        "  instance:\n    http: GET /api/v2/instance\n    summary: Returns the server.\n    since: 1.0.0\n    auth: none\n    returns: json\n\n  notes:\n    http: GET /api/v1/notes\n",
    )];
    let har = recording(&[("GET /api/v2/instance", None, 200, body.clone())]);
    let mut found = findings(&drift(&instance, "server.har", &har));
    found.sort();
    found
}

#[test]
fn recording_of_a_newer_server_is_a_finding() {
    let body = |version: &str, number: u32| serde_json::json!({ "version": version, "api_versions": { "mastodon": number } });
    assert_eq!(instance_report(&body("4.3.0", 2)), Vec::<String>::new());
    assert_eq!(
        instance_report(&body("4.9.0-alpha.1+glitch", 3)),
        [
            "missing-release API version 3: the newest API version of the specification is 2",
            "missing-release version 4.9.0-alpha.1: the newest release of the specification is 4.3.0",
        ]
    );
    assert_eq!(
        instance_report(&body("4.2.0 (compatible; Wren 9.9)", 9)),
        Vec::<String>::new(),
        "other software has its own levels"
    );
}

#[test]
fn requests_that_are_not_compared_are_counted_or_listed() {
    let har = recording(&[
        (
            "GET /api/v1/notes/1",
            None,
            200,
            note(&serde_json::json!({})),
        ),
        (
            "GET /api/v1/notes/2",
            None,
            404,
            serde_json::json!({ "error": "none" }),
        ),
        ("GET /about", None, 200, serde_json::json!({})),
        ("GET /api/v1/guess", None, 404, serde_json::json!({})),
    ]);
    let report = drift(&[], "server.har", &har);
    let text = report.text("spec");
    assert!(
        text.contains(
            "read: 2 of 4 exchanges, 1 of them errors; 1 outside the API; 1 part not understood\n"
        ),
        "{text}"
    );
    assert_eq!(report.unread.len(), 1);
    assert!(
        report.unread[0].ends_with("/api/v1/guess: no endpoint matches, and the server has none"),
        "{:?}",
        report.unread
    );
}

#[test]
fn entries_about_parameters_and_fields_are_not_stale_for_routes_alone() {
    let mut files = changed(&[]);
    let known = "differences:\n  routes:\n    - { applies_to: [note_post(size), Note.stamp, Stamp, /api/v9/*], reason: They are elsewhere. }\n";
    files.insert("differences.yaml".to_owned(), known.to_owned());
    let routes = "namespace :api do\n  get 'v1/notes/:id', to: 'x#y'\nend\n";
    let report = drift_files(files, "api.rb", &[("api.rb", routes)]);
    let stale = report
        .findings
        .iter()
        .filter(|finding| finding.file == "differences.yaml");
    let stale: Vec<_> = stale.map(|finding| finding.subject.as_str()).collect();
    assert_eq!(stale, ["/api/v9/*"]);
}

#[test]
fn strict_comparison_fails_if_a_part_is_not_understood() {
    let project = project();
    let document = openapi(&[]);
    let path = source(project.path(), "api.json", &document);
    let run = |arguments: &[&str]| codegen(project.path(), &[&["drift"], arguments].concat());
    let (clean, printed, _) = run(&[&path]);
    assert!(
        clean && printed.contains("not understood in the source:"),
        "{printed}"
    );
    assert!(!run(&[&path, "--strict"]).0);
    assert!(!run(&[&path, "--strict", "--json"]).0);
    let routes =
        "namespace :api do\n  namespace :v9 do\n    resources :notes, only: [:index]\n  end\nend\n";
    let routes = source(project.path(), "api.rb", routes);
    let (clean, printed, _) = run(&[&routes, "--strict"]);
    assert!(!clean && printed.contains("missing-endpoint"), "{printed}");
}

#[test]
fn draft_prints_each_difference_once() {
    let project = project();
    let document = openapi(&[]).replace("\"maximum\": 3600,", "\"maximum\": 60,");
    let document = document.replace("\"/health\"", "\"/wealth\"");
    let path = source(project.path(), "api.json", &document);
    let (_, printed, _) = codegen(project.path(), &["drift", &path, "--draft"]);
    for subject in ["note_post(expires_in)", "note_health", "GET /wealth"] {
        assert_eq!(printed.matches(subject).count(), 1, "{subject}: {printed}");
    }
    for line in [
        "drafted GET /wealth in spec/methods/notes.yaml\n",
        "not drafted: both have it; correct the one that is wrong, or accept the difference:\n  spec/methods/notes.yaml:",
        "1 item drafted; ",
    ] {
        assert!(printed.contains(line), "{line}: {printed}");
    }
}
