//! Mistakes that would mislead silently, and mistakes in the syntax of YAML: the file, the original text and its
//! replacement.

use crate::{API, NOTE, NOTES};

/// Valid YAML that contradicts itself or means something else than it says.
pub(super) const MISLEADING: &[(&str, &str, &str)] = &[
    (NOTES, "required: unless a file is given", "required: yes"),
    (NOTES, "required: unless a file is given", "required: no"),
    (NOTES, "required: unless a file is given", "required: on"),
    (
        NOTES,
        "required: unless a file is given",
        "required: always",
    ),
    (
        NOTES,
        "required: unless a file is given",
        "required: \"true\"",
    ),
    (NOTES, "required: unless a file is given", "required: 1"),
    (
        NOTES,
        "required: unless a file is given",
        "required: required",
    ),
    (NOTES, "required: unless a file is given", "required: \"\""),
    (
        NOTES,
        "required: unless a file is given",
        "required: unless `fil` is given",
    ),
    (
        NOTES,
        "required: unless a file is given",
        "required: if `text` is given",
    ),
    (
        NOTES,
        "name: { type: string, description: The tag. }",
        "name: { type: string, required: true, description: The tag. }",
    ),
    (NOTES, "    summary: Fetches a note.\n", "    summary:\n"),
    (
        NOTES,
        "id: { type: [NoteId], items",
        "id: { nullable, type: [NoteId], items",
    ),
    (
        NOTES,
        "description: An image. }",
        "description: An image, or none. }",
    ),
    (
        NOTES,
        "description: An image. }",
        "description: An image, none. }",
    ),
    (NOTES, "file: { type: file,", "file: { type:file,"),
    (
        NOTES,
        "Fetches a note.\n    since: 0.0.0",
        "Fetches a note.\n    since: 4.10.0",
    ),
    (
        NOTES,
        "Fetches a note.\n    since: 0.0.0",
        "Fetches a note.\n    since: 0.5.0",
    ),
    (
        NOTES,
        "Fetches a note.\n    since: 0.0.0",
        "Fetches a note.\n    since: true",
    ),
    (
        NOTES,
        "Fetches a note.\n    since: 0.0.0",
        "Fetches a note.\n    since: 4.3",
    ),
    (
        NOTES,
        "Lists notes.\n    since: 1.0.0",
        "Lists notes.\n    since: 2.6.0\n    removed: 1.0.0",
    ),
    (
        NOTES,
        "Lists notes.\n    since: 1.0.0",
        "Lists notes.\n    since: 2.6.0\n    removed: 2.6.0",
    ),
    (
        NOTES,
        "Lists notes.\n    since: 1.0.0",
        "Lists notes.\n    since: 2.6.0\n    deprecated: 1.0.0",
    ),
    (
        NOTES,
        "    deprecated: 2.6.0\n    deprecated_on",
        "    deprecated: 2.6.0\n    removed: 2.6.0\n    deprecated_on",
    ),
    (
        NOTES,
        "any: { type: [string], since: 2.6.0",
        "any: { type: [string], since: 0.0.0",
    ),
    (
        NOTES,
        "q: { type: string,",
        "q: { type: string, removed: 1.0.0,",
    ),
    (
        NOTES,
        "q: { type: string,",
        "q: { type: string, deprecated: 1.0.0, removed: 2.6.0, since: 4.3.0,",
    ),
    (
        NOTES,
        "v1_alpha/notes, since: 2.6.0,",
        "v1_alpha/notes, since: 0.0.0,",
    ),
    (NOTES, "auth_since: 2.6.0", "auth_since: 1.0.0"),
    (
        NOTE,
        "seen: { type: bool, since: 1.0.0,",
        "seen: { type: bool,",
    ),
    (
        NOTE,
        "description: A short text.\n",
        "description: A short text.\n    since: 2.6.0\n",
    ),
    (
        NOTE,
        "description: A short text.\n",
        "description: A short text.\n    baseline: 1.0.0\n",
    ),
    (
        NOTE,
        "type: url, description: A map.",
        "type: url, since: 1.0.0, description: A map.",
    ),
    (
        NOTE,
        "calm: { description",
        "calm: { since: 0.0.0, description",
    ),
    (
        API,
        "update: { payload: Note, since: 1.0.0",
        "update: { payload: Note, since: 0.0.0",
    ),
    (
        API,
        "user: { method: stream_user, since: 1.0.0",
        "user: { method: stream_user, since: 0.0.0",
    ),
    (
        API,
        "{ version: 2.6.0 }",
        "{ version: 2.6.0, api_version: 3 }",
    ),
    (
        API,
        "  - { version: 2.6.0 }\n",
        "  - { version: 2.6.0 }\n  - { version: 2.6.0 }\n",
    ),
    (API, "api_version: 2", "api_version: -2"),
    (
        NOTE,
        "id: { type: NoteId, since: 1.0.0",
        "id: { type: string, since: 1.0.0",
    ),
    (
        NOTES,
        "ids: { type: [NoteId], sent_as: integer,",
        "ids: { type: [string],",
    ),
    (
        NOTES,
        "id: { type: [NoteId], items_per_request: 20,",
        "id: { type: [integer], items_per_request: 20,",
    ),
    (
        NOTES,
        "q: { type: string,",
        "q: { type: string, plain_id: No ID.,",
    ),
    (
        NOTES,
        "ids: { type: [NoteId], sent_as: integer,",
        "ids: { type: [string], plain_id: IDs of another API,",
    ),
    (NOTES, "default: calm", "default: clam"),
    (NOTES, "default: calm", "default: very_cross"),
    (NOTES, "default: calm", "default: true"),
    (NOTES, "default: calm", "default: [calm]"),
    (
        NOTES,
        "expires_in: { type: seconds,",
        "expires_in: { type: seconds, default: 7200,",
    ),
    (
        NOTES,
        "expires_in: { type: seconds,",
        "expires_in: { type: seconds, default: 30,",
    ),
    (
        NOTES,
        "expires_in: { type: seconds,",
        "expires_in: { type: seconds, default: \"60\",",
    ),
    (
        NOTES,
        "q: { type: string,",
        "q: { type: string, default: 3,",
    ),
    (NOTES, "q: { type: string,", "q: { type: bool, default: no,"),
    (
        NOTES,
        "q: { type: string,",
        "q: { type: date, default: 2024-1-1,",
    ),
    (
        NOTES,
        "any: { type: [string],",
        "any: { type: [string], default: a,",
    ),
    (
        NOTES,
        "words: { type: string,",
        "words: { type: string, example: 1,",
    ),
    (
        NOTES,
        "words: { type: string,",
        "words: { type: string, max_length: 3, example: four,",
    ),
    (
        NOTES,
        "words: { type: string,",
        "words: { type: string, min: 3,",
    ),
    (
        NOTES,
        "expires_in: { type: seconds,",
        "expires_in: { type: seconds, max_length: 3,",
    ),
    (
        NOTES,
        "fields: { type: [NoteField],",
        "fields: { type: [NoteField], example: [text],",
    ),
    (
        NOTE,
        "mood: { type: Mood, since: 4.3.0,",
        "mood: { type: Mood, since: 4.3.0, example: angry,",
    ),
    (
        NOTE,
        "posted_at: { type: datetime,",
        "posted_at: { type: datetime, example: 2024-01-31,",
    ),
    (NOTE, "unknown_as: calm", "unknown_as: clam"),
    (NOTES, "q: { type: string,", "q: { type: file,"),
    (
        NOTES,
        "    already_applied: { status: 404 }\n    params:\n",
        "    already_applied: { status: 404 }\n    params:\n      image: { type: file, description: An image. }\n",
    ),
    (
        NOTES,
        "file: { type: file,",
        "file: { in: header, type: file,",
    ),
    (NOTES, "file: { type: file,", "file: { type: [file],"),
    (
        NOTES,
        "file: { type: file,",
        "file: { nullable: true, type: file,",
    ),
    (
        NOTES,
        "    arguments: [text]\n    lost_response: { find_with: posted_status, check: the user's notes }\n    params:\n",
        "    arguments: [text, upload]\n    body: form\n    lost_response: { find_with: posted_status, check: the user's notes }\n    params:\n      upload: { type: file, required: true, description: An image. }\n",
    ),
    (
        NOTE,
        "reply_to: { type: Note, nullable: true,",
        "reply_to: { type: Note,",
    ),
    (
        NOTES,
        "value: { type: string,",
        "value: { type: NoteField, required: true,",
    ),
    (
        NOTES,
        "name: { type: string, description: The tag. }",
        "name: { type: [string], description: The tag. }",
    ),
    (
        NOTES,
        "name: { type: string, description: The tag. }",
        "name: { type: string, default: a, nullable: true, description: The tag. }",
    ),
    (
        NOTES,
        "in: header, type: string",
        "in: header, type: [string]",
    ),
    (NOTES, "q: { type: string,", "q: { type: [NoteField],"),
    (
        NOTES,
        "q: { type: string,",
        "q: { type: string, unsupported: true, on: { wren: true },",
    ),
    (NOTES, "arguments: [text]", "arguments: [text, text]"),
    (
        NOTES,
        "mood: { type: Mood, default: calm,",
        "mood: { type: Mood, required: true,",
    ),
    (NOTES, "also_accepts: [PUT]", "also_accepts: [GET]"),
    (NOTES, "also_accepts: [PUT]", "also_accepts: [PUT, PUT]"),
    (NOTES, "errors: [422]", "errors: [422, 422]"),
    (NOTES, "errors: [422]", "errors: 422"),
    (
        NOTES,
        "auth: optional user, read:statuses",
        "auth: none, read:statuses",
    ),
    (
        NOTES,
        "auth: user, write:statuses or follow",
        "auth: user, follow or follow",
    ),
    (
        NOTES,
        "limit: 20 to 40, unsupported",
        "limit: 0 to 40, unsupported",
    ),
    (
        NOTES,
        "limit: 20 to 40, unsupported: [min_id]",
        "limit: 20 to 40, cursors: [limit]",
    ),
    (
        NOTES,
        "limit: 20 to 40, unsupported: [min_id]",
        "limit: 20 to 40, cursors: [max_id, max_id]",
    ),
    (
        NOTES,
        "http: GET /api/v1/notes/found",
        "http: GET /api/v1/notes/found?all=true",
    ),
    (
        NOTES,
        "http: GET /api/v1/notes/found",
        "http: GET /api/v1/notes/found/",
    ),
    (
        NOTES,
        "http: GET /api/v1/notes/{id}",
        "http: GET /api/v1/notes/:id",
    ),
    (
        NOTES,
        "http: GET /api/v1/notes/{id}",
        "http: GET /api/v1/notes/{id}/{id}",
    ),
    (NOTES, "replaced_by: note_post", "replaced_by: note_delete"),
    (NOTES, "replaced_by: note_post", "replaced_by: notes_delete"),
    (NOTE, "type: bool", "type: boolean"),
    (NOTE, "type: bool", "type: array"),
    (NOTE, "type: bool", "type: int"),
    (NOTES, "returns: Note\n", "returns: Plop\n"),
    (NOTES, "returns: Note\n", "returns: NoteField\n"),
    (
        NOTE,
        "seen: { type: bool,",
        "seen: { type: bool, list: true,",
    ),
    (NOTE, "extends: Note", "extends: PostedNote"),
    (NOTE, "Draft: has waits_until", "Draft: has wait_until"),
    (API, "events: [update]", "events: [update, update]"),
    (
        API,
        "wren.news: { on: { wren: true }, plain_text: true, payload: string",
        "wren.news: { on: { wren: true }, plain_text: true",
    ),
    (
        API,
        "update: { payload: Note,",
        "update: { payload: Note, plain_text: true,",
    ),
    (
        API,
        "function: stream_wren, param: place, scopes: [read:statuses]",
        "method: stream_user",
    ),
    (API, "characters: 9", "characters: 0"),
    // Names in code.
    (NOTES, "q: { type: string,", "q: { type: string, as: where,"),
    (NOTES, "q: { type: string,", "q: { type: string, as: type,"),
    (
        NOTES,
        "q: { type: string,",
        "q: { type: string, as: Search,",
    ),
    (
        NOTES,
        "q: { type: string,",
        "q: { type: string, as: search text,",
    ),
    (NOTE, "seen: { type: bool,", "seen: { type: bool, as: self,"),
    (NOTE, "seen: { type: bool,", "seen: { type: bool, as: 2nd,"),
    (NOTE, "very.cross: {", "very.cross: { as: self,"),
    (NOTE, "very.cross: {", "very.cross: { as: \"so, so\","),
    // Cycles of replacements.
    (
        NOTES,
        "Posts a note.\n",
        "Posts a note.\n    deprecated: 2.6.0\n    replaced_by: note_delete\n",
    ),
    // Sections of the documentation.
    (
        NOTES,
        "    summary: Lists notes.\n",
        "    docs: get\n    summary: Lists notes.\n",
    ),
];

/// Text that is not YAML, or not the YAML that was meant.
pub(super) const SYNTAX: &[(&str, &str, &str)] = &[
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "\tsummary: Fetches a note.\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "    summary:\tFetches a note.\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "    summary: Fetches: a note.\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "    summary: Fetches a note. #1\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "    summary: \"Fetches a note.\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "    summary: 'Fetches the user's note.'\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "    summary: \"Fetches a \"note\".\"\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "    summary: `note` is fetched.\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "    summary: *note* is fetched.\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "    summary: &note is fetched.\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "    summary: !note is fetched.\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "    summary: @note is fetched.\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "    summary: [note] is fetched.\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "    summary: {note} is fetched.\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "    summary: - Fetches a note.\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "    summary Fetches a note.\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "    summary:Fetches a note.\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "     summary: Fetches a note.\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "   summary: Fetches a note.\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "    summary: Fetches a note.\n    docs: get\n",
    ),
    (
        NOTES,
        "q: { type: string, description: Text to search for. }",
        "q: { type: string, description: Text: to search for. }",
    ),
    (
        NOTES,
        "q: { type: string, description: Text to search for. }",
        "q: { type: string, description: Text #1 to search for. }",
    ),
    (
        NOTES,
        "q: { type: string, description: Text to search for. }",
        "q: { type: string, description: Text to search for.",
    ),
    (
        NOTES,
        "q: { type: string, description: Text to search for. }",
        "q: { type: string, description: Text to search for. ]",
    ),
    (
        NOTES,
        "q: { type: string, description: Text to search for. }",
        "q: { type: string, description: Text to search for. }}",
    ),
    (
        NOTES,
        "q: { type: string, description: Text to search for. }",
        "q: { type: string description: Text to search for. }",
    ),
    (
        NOTES,
        "q: { type: string, description: Text to search for. }",
        "q: { type: string,, description: Text to search for. }",
    ),
    (
        NOTES,
        "q: { type: string, description: Text to search for. }",
        "q: { type: string, description: Text [to] search for. }",
    ),
    (
        NOTES,
        "q: { type: string, description: Text to search for. }",
        "q: { type: string, type: string, description: Text to search for. }",
    ),
    (
        NOTES,
        "q: { type: string, description: Text to search for. }",
        "q: { type: [string, description: Text to search for. }",
    ),
    (
        NOTES,
        "q: { type: string, description: Text to search for. }",
        "q: { type: string, description: \"Text\" to search for. }",
    ),
    (
        NOTES,
        "q: { type: string, description: Text to search for. }",
        "q: { type: string, description: % of search. }",
    ),
    (NOTES, "    errors: [404]", "    errors: [404"),
    (NOTES, "  note_post:\n", "---\n  note_post:\n"),
    (NOTES, "  note_post:\n", "  note_copy:\n"),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "    &note summary: Fetches a note.\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n",
        "    *note : Fetches a note.\n",
    ),
    (
        NOTES,
        "    summary: Fetches a note.\n    since: 0.0.0\n",
        "    summary: &one Fetches a note.\n    since: &one 0.0.0\n",
    ),
];
