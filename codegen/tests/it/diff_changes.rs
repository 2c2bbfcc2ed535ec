//! Changes of the small specification, of every kind, with the rule that reports each.

use mastodon_spec_diff::Rule;

use crate::{API, NOTE, NOTES, REACTION, REACTIONS, SERVERS};

/// From the small specification to the changed one, or the reverse.
#[derive(Clone, Copy)]
pub(crate) enum Direction {
    Forward,
    Backward,
}
use Direction::{Backward, Forward};

/// A rule, a subject, and a change of the small specification that the rule reports for the subject: file, text,
/// replacement.
pub(crate) type Case = (
    Rule,
    Direction,
    &'static str,
    &'static [(&'static str, &'static str, &'static str)],
);

pub(crate) const NEW_METHOD: &str = "methods:\n  note_pin:\n    http: POST /api/v1/notes/{id}/pin\n    summary: Pins a note.\n    since: 4.3.0\n    auth: user, write:statuses\n    returns: Note\n    params:\n      id: { type: NoteId, description: The note. }\n\n";
const NEW_ENTITY: &[(&str, &str, &str)] = &[
    (
        NOTE,
        "entities:\n",
        "entities:\n  Extra:\n    description: More.\n    fields:\n      more: { type: string, since: 1.0.0, description: More. }\n",
    ),
    (
        NOTE,
        "      tags: { type: [string],",
        "      extra: { type: Extra, since: 4.3.0, description: More. }\n      tags: { type: [string],",
    ),
];
const NEW_ENUM: &[(&str, &str, &str)] = &[
    (
        NOTE,
        "enums:\n",
        "enums:\n  Colour:\n    description: A colour.\n    values:\n      red: { description: Red. }\n",
    ),
    (
        NOTE,
        "      tags: { type: [string],",
        "      colour: { type: Colour, since: 4.3.0, description: Its colour. }\n      tags: { type: [string],",
    ),
];
const NEW_ID: &[(&str, &str, &str)] = &[
    (NOTE, "ids:\n", "ids:\n  PlaceId: Names a place.\n"),
    (
        NOTE,
        "      tags: { type: [string],",
        "      place_id: { type: PlaceId, since: 4.3.0, description: Where. }\n      tags: { type: [string],",
    ),
];
const NEW_INPUT: &[(&str, &str, &str)] = &[
    (
        NOTES,
        "inputs:\n",
        "inputs:\n  Place:\n    description: A place.\n    params:\n      name: { type: string, description: Its name. }\n\n",
    ),
    (
        NOTES,
        "      file: { type: file,",
        "      place: { type: Place, description: Where. }\n      file: { type: file,",
    ),
];

pub(crate) const CHANGES: &[Case] = &[
    (
        Rule::MethodAdded,
        Forward,
        "note_pin",
        &[(NOTES, "methods:\n", NEW_METHOD)],
    ),
    (
        Rule::MethodRemoved,
        Backward,
        "note_pin",
        &[(NOTES, "methods:\n", NEW_METHOD)],
    ),
    (
        Rule::MethodRenamed,
        Forward,
        "notes_liked",
        &[(NOTES, "  notes_popular:\n", "  notes_liked:\n")],
    ),
    (
        Rule::MethodDeprecated,
        Forward,
        "note",
        &[(
            NOTES,
            "since: 0.0.0\n",
            "since: 0.0.0\n    deprecated: 4.3.0\n",
        )],
    ),
    (
        Rule::MethodRetired,
        Forward,
        "note_delete",
        &[(
            NOTES,
            "deprecated: 2.6.0\n    deprecated_on",
            "deprecated: 2.6.0\n    removed: 4.3.0\n    deprecated_on",
        )],
    ),
    (
        Rule::MethodRestored,
        Backward,
        "note",
        &[(
            NOTES,
            "since: 0.0.0\n",
            "since: 0.0.0\n    deprecated: 4.3.0\n",
        )],
    ),
    (
        Rule::MethodArguments,
        Forward,
        "note",
        &[
            (
                NOTES,
                "since: 0.0.0\n",
                "since: 0.0.0\n    arguments: [how]\n",
            ),
            (
                NOTES,
                "      id: { type: NoteId, description: The note. }\n\n  notes:",
                "      id: { type: NoteId, description: The note. }\n      how: { type: bool, description: How. }\n\n  notes:",
            ),
        ],
    ),
    (
        Rule::ArgumentRenamed,
        Forward,
        "notes_by_tag",
        &[(
            NOTES,
            "name: { type: string, description: The tag. }",
            "name: { type: string, as: tag, description: The tag. }",
        )],
    ),
    (
        Rule::MethodReturns,
        Forward,
        "note_take",
        &[(
            NOTES,
            "returns: Draft # as it was",
            "returns: Note # as it was",
        )],
    ),
    (
        Rule::MethodReturns,
        Backward,
        "note_of_the_day",
        &[(
            NOTES,
            "    responses: { 204: There is no note today. }\n",
            "",
        )],
    ),
    (
        Rule::MethodFact,
        Forward,
        "notes_popular",
        &[(
            NOTES,
            "style: offset, limit: 10 to 20, link_header",
            "style: offset, limit: 10 to 40, link_header",
        )],
    ),
    (
        Rule::ParamAdded,
        Forward,
        "note_post(colour)",
        &[(
            NOTES,
            "      file: { type: file,",
            "      colour: { type: string, description: A colour. }\n      file: { type: file,",
        )],
    ),
    (
        Rule::ParamRemoved,
        Backward,
        "note_post(colour)",
        &[(
            NOTES,
            "      file: { type: file,",
            "      colour: { type: string, description: A colour. }\n      file: { type: file,",
        )],
    ),
    (
        Rule::ParamRemoved,
        Forward,
        "notes_found(q)",
        &[(
            NOTES,
            "q: { type: string,",
            "q: { type: string, unsupported: true,",
        )],
    ),
    (
        Rule::ParamRemoved,
        Forward,
        "note_post(language)",
        &[(NOTES, "language, nullable: true", "language")],
    ),
    (
        Rule::ParamRenamed,
        Forward,
        "notes_found(q)",
        &[(NOTES, "q: { type: string,", "q: { type: string, as: query,")],
    ),
    (
        Rule::ParamType,
        Forward,
        "notes_found(q)",
        &[(NOTES, "q: { type: string,", "q: { type: [string],")],
    ),
    (
        Rule::ParamDeprecated,
        Forward,
        "notes_found(q)",
        &[(
            NOTES,
            "q: { type: string,",
            "q: { type: string, deprecated: 4.3.0,",
        )],
    ),
    (
        Rule::ParamFact,
        Forward,
        "note_post(expires_in)",
        &[(NOTES, "min: 60, max: 3600", "min: 60, max: 7200")],
    ),
    (Rule::InputAdded, Forward, "Place", NEW_INPUT),
    (Rule::InputRemoved, Backward, "Place", NEW_INPUT),
    (
        Rule::InputNew,
        Forward,
        "NoteField",
        &[(
            NOTES,
            "value: { type: string,",
            "value: { type: string, required: true,",
        )],
    ),
    (Rule::EntityAdded, Forward, "Extra", NEW_ENTITY),
    (Rule::EntityRemoved, Backward, "Extra", NEW_ENTITY),
    (
        Rule::EntityShape,
        Forward,
        "PostedNote",
        &[(
            NOTE,
            "one_of: { Draft: has waits_until, Note: otherwise }",
            "fields:\n      draft: { type: Draft, since: 1.0.0, description: It. }",
        )],
    ),
    (
        Rule::EntityDeprecated,
        Forward,
        "Draft",
        &[(
            NOTE,
            "    extends: Note\n",
            "    extends: Note\n    deprecated: 4.3.0\n",
        )],
    ),
    (
        Rule::FieldAdded,
        Forward,
        "Note.colour",
        &[(
            NOTE,
            "      tags: { type: [string],",
            "      colour: { type: string, since: 4.3.0, description: Its colour. }\n      tags: { type: [string],",
        )],
    ),
    (
        Rule::FieldRemoved,
        Backward,
        "Note.colour",
        &[(
            NOTE,
            "      tags: { type: [string],",
            "      colour: { type: string, since: 4.3.0, description: Its colour. }\n      tags: { type: [string],",
        )],
    ),
    (
        Rule::FieldRenamed,
        Forward,
        "Note.tags",
        &[(
            NOTE,
            "tags: { type: [string],",
            "tags: { type: [string], as: words,",
        )],
    ),
    (
        Rule::FieldType,
        Forward,
        "Note.likes",
        &[(
            NOTE,
            "likes: { type: integer, sent_as: string,",
            "likes: { type: string,",
        )],
    ),
    (
        Rule::FieldType,
        Forward,
        "Note.posted_at",
        &[(NOTE, "type: datetime", "type: datetime, nullable: true")],
    ),
    (
        Rule::FieldDeprecated,
        Forward,
        "Note.tags",
        &[(
            NOTE,
            "tags: { type: [string],",
            "tags: { type: [string], deprecated: 4.3.0,",
        )],
    ),
    (
        Rule::FieldFact,
        Forward,
        "Note.likes",
        &[(NOTE, "type: integer, sent_as: string", "type: integer")],
    ),
    (
        Rule::VariantAdded,
        Forward,
        "PostedNote::NoteList",
        &[(
            NOTE,
            "{ Draft: has waits_until, Note",
            "{ Draft: has waits_until, NoteList: has notes, Note",
        )],
    ),
    (
        Rule::VariantRemoved,
        Backward,
        "PostedNote::NoteList",
        &[(
            NOTE,
            "{ Draft: has waits_until, Note",
            "{ Draft: has waits_until, NoteList: has notes, Note",
        )],
    ),
    (Rule::EnumAdded, Forward, "Colour", NEW_ENUM),
    (Rule::EnumRemoved, Backward, "Colour", NEW_ENUM),
    (
        Rule::ValueAdded,
        Forward,
        "Mood::glad",
        &[(
            NOTE,
            "      very.cross:",
            "      glad: { since: 4.3.0, description: Gladly. }\n      very.cross:",
        )],
    ),
    (
        Rule::ValueRemoved,
        Backward,
        "Mood::glad",
        &[(
            NOTE,
            "      very.cross:",
            "      glad: { since: 4.3.0, description: Gladly. }\n      very.cross:",
        )],
    ),
    (
        Rule::ValueRenamed,
        Forward,
        "Mood::very.cross",
        &[(
            NOTE,
            "very.cross: { since: 4.3.0,",
            "very.cross: { since: 4.3.0, as: angry,",
        )],
    ),
    (
        Rule::ValueDeprecated,
        Forward,
        "Mood::very.cross",
        &[(
            NOTE,
            "very.cross: { since: 4.3.0,",
            "very.cross: { since: 2.6.0, deprecated: 4.3.0,",
        )],
    ),
    (
        Rule::ValueFact,
        Forward,
        "Mood::very.cross",
        &[(
            NOTE,
            "very.cross: { since: 4.3.0,",
            "very.cross: { since: 2.6.0,",
        )],
    ),
    (Rule::IdAdded, Forward, "PlaceId", NEW_ID),
    (Rule::IdRemoved, Backward, "PlaceId", NEW_ID),
    (
        Rule::ScopeAdded,
        Forward,
        "write:places",
        &[(
            API,
            "  follow: {",
            "  write:places: { description: Places. }\n  follow: {",
        )],
    ),
    (
        Rule::ScopeRemoved,
        Backward,
        "write:places",
        &[(
            API,
            "  follow: {",
            "  write:places: { description: Places. }\n  follow: {",
        )],
    ),
    (
        Rule::RateLimitAdded,
        Forward,
        "places",
        &[
            (
                API,
                "  statuses: { requests",
                "  places: { requests: 1, seconds: 1, description: Places. }\n  statuses: { requests",
            ),
            (
                NOTES,
                "http: GET /api/v1/notes/popular\n",
                "http: GET /api/v1/notes/popular\n    rate_limit: places\n",
            ),
        ],
    ),
    (
        Rule::RateLimitRemoved,
        Backward,
        "places",
        &[
            (
                API,
                "  statuses: { requests",
                "  places: { requests: 1, seconds: 1, description: Places. }\n  statuses: { requests",
            ),
            (
                NOTES,
                "http: GET /api/v1/notes/popular\n",
                "http: GET /api/v1/notes/popular\n    rate_limit: places\n",
            ),
        ],
    ),
    (
        Rule::ApiFact,
        Forward,
        "release 4.4.0",
        &[(
            API,
            "api_version: 2 }\n",
            "api_version: 2 }\n  - { version: 4.4.0, api_version: 6 }\n",
        )],
    ),
    (
        Rule::ApiFact,
        Forward,
        "statuses",
        &[(
            API,
            "requests: 300, seconds: 10800",
            "requests: 200, seconds: 10800",
        )],
    ),
    (
        Rule::CallType,
        Forward,
        "note",
        &[(
            NOTES,
            "      id: { type: NoteId, description: The note. }\n\n  notes:",
            "      id: { type: NoteId, description: The note. }\n      how: { type: bool, description: How. }\n\n  notes:",
        )],
    ),
    (
        Rule::CallType,
        Forward,
        "notes",
        &[(
            NOTES,
            "paging: { limit: 20 to 40, unsupported: [min_id] }",
            "paging: { limit: 20 to 40, unsupported: [min_id] }\n    params:\n      mood: { type: Mood, description: Only of this mood. }",
        )],
    ),
    (
        Rule::CallType,
        Forward,
        "notes_popular",
        &[(
            NOTES,
            "link_header: false }",
            "link_header: false }\n    params:\n      mood: { type: Mood, description: Only of this mood. }",
        )],
    ),
    (
        Rule::CallType,
        Forward,
        "note_copy",
        &[
            (
                NOTES,
                "      words: { type: string, essential: true, description: The text of the copy. }\n",
                "",
            ),
            (NOTES, "by: [words as text]", "by: [id]"),
        ],
    ),
    (
        Rule::MethodReturns,
        Forward,
        "notes",
        &[
            (
                NOTES,
                "    returns: page of Note\n    paging: { limit: 20 to 40, unsupported",
                "    returns: page of Note in FoundNotes.found\n    paging: { limit: 20 to 40, unsupported",
            ),
            (
                NOTES,
                "lost_response: { find_in: notes, by: [words as text], check",
                "lost_response: { check",
            ),
        ],
    ),
    (
        Rule::MethodReturns,
        Forward,
        "notes_popular",
        &[(
            NOTES,
            "style: offset, limit: 10 to 20, link_header: false",
            "limit: 10 to 20, link_header: false",
        )],
    ),
    (
        Rule::MethodReturns,
        Forward,
        "note_see",
        &[
            (
                NOTES,
                "returns: Note # as it is then",
                "returns: nothing # as it is then",
            ),
            (NOTES, ", verify_with: note, applied_when: seen", ""),
        ],
    ),
    (
        Rule::MethodReturns,
        Forward,
        "note_health",
        &[(
            NOTES,
            "    since: 1.0.0\n    auth: none\n    returns: text\n\n  stream_user",
            "    since: 1.0.0\n    auth: none\n    returns: json\n\n  stream_user",
        )],
    ),
    (
        Rule::MethodArguments,
        Forward,
        "note_report",
        &[(
            NOTES,
            "check: whether the moderators have received the report }\n    params:\n      id: { type: NoteId,",
            "check: whether the moderators have received the report }\n    params:\n      id: { type: string,",
        )],
    ),
    (
        Rule::MethodArguments,
        Forward,
        "note_copy",
        &[(
            NOTES,
            "words: { type: string, essential",
            "words: { type: string, required: true, essential",
        )],
    ),
    (
        Rule::MethodArguments,
        Forward,
        "notes_named",
        &[(
            NOTES,
            "id: { type: [NoteId], items_per_request",
            "id: { type: [string], items_per_request",
        )],
    ),
    (
        Rule::MethodRemoved,
        Forward,
        "note_health",
        &[(
            NOTES,
            "    returns: text\n\n  stream_user:",
            "    returns: web page\n\n  stream_user:",
        )],
    ),
    (
        Rule::EndpointAdded,
        Backward,
        "stream_healthy",
        &[(
            NOTES,
            "  stream_healthy:\n    http: GET /api/v1/streaming/health\n    summary: Reports whether streaming works.\n    since: 1.0.0\n    auth: none\n    host: streaming\n    returns: text\n\n",
            "",
        )],
    ),
    (
        Rule::EndpointRemoved,
        Forward,
        "stream_healthy",
        &[(
            NOTES,
            "  stream_healthy:\n    http: GET /api/v1/streaming/health\n    summary: Reports whether streaming works.\n    since: 1.0.0\n    auth: none\n    host: streaming\n    returns: text\n\n",
            "",
        )],
    ),
    (
        Rule::EndpointRenamed,
        Forward,
        "stream_well",
        &[(NOTES, "  stream_healthy:\n", "  stream_well:\n")],
    ),
    (
        Rule::ParamReturns,
        Forward,
        "note_copy(words)",
        &[(
            NOTES,
            "words: { type: string, essential",
            "words: { type: string, returns: Draft, essential",
        )],
    ),
    (
        Rule::ParamAdded,
        Forward,
        "note_copy(later)",
        &[
            (
                NOTES,
                "      words: { type: string, essential",
                "      later: { type: datetime, since: 4.4.0, returns: Draft, description: When. }\n      words: { type: string, essential",
            ),
            (
                API,
                "  - { version: 4.3.0, api_version: 2 }\n",
                "  - { version: 4.3.0, api_version: 2 }\n  - { version: 4.4.0, api_version: 6 }\n",
            ),
        ],
    ),
    (
        Rule::ParamType,
        Forward,
        "note_post(expires_in)",
        &[(
            NOTES,
            "expires_in: { type: seconds, min: 60, max: 3600,",
            "expires_in: { type: integer, min: 60, max: 3600,",
        )],
    ),
    (
        Rule::ParamType,
        Forward,
        "notes_by_tag(pinned)",
        &[(NOTES, "pinned: { type: flag", "pinned: { type: integer")],
    ),
    (
        Rule::ParamType,
        Forward,
        "note_post(mood)",
        &[(
            NOTES,
            "mood: { type: Mood, default: calm,",
            "mood: { type: [Mood],",
        )],
    ),
    (
        Rule::ParamFact,
        Forward,
        "note_post(mood)",
        &[(
            NOTES,
            "mood: { type: Mood, default: calm,",
            "mood: { type: Mood, default: very.cross,",
        )],
    ),
    (
        Rule::ParamAdded,
        Forward,
        "NoteField(size)",
        &[(
            NOTES,
            "      weight: { type: integer,",
            "      size: { type: number, since: 4.3.0, description: Its size. }\n      weight: { type: integer,",
        )],
    ),
    (
        Rule::ParamRemoved,
        Backward,
        "NoteField(size)",
        &[(
            NOTES,
            "      weight: { type: integer,",
            "      size: { type: number, since: 4.3.0, description: Its size. }\n      weight: { type: integer,",
        )],
    ),
    (
        Rule::InputNew,
        Forward,
        "NoteField",
        &[(
            NOTES,
            "name: { type: string, required: true, missing_status: 404,",
            "name: { type: string,",
        )],
    ),
    (
        Rule::EntityParentAdded,
        Forward,
        "Draft",
        &[
            (
                NOTE,
                "      place:\n        optional: true\n        since: 2.6.0\n        description: Where it was posted.\n        fields:\n          \"@1x\": { type: url, description: A map. }\n",
                "",
            ),
            (
                NOTE,
                "reply_to: { type: Note, nullable: true",
                "reply_to: { type: [Note]",
            ),
        ],
    ),
    (
        Rule::EntityParent,
        Backward,
        "Draft",
        &[
            (
                NOTE,
                "      place:\n        optional: true\n        since: 2.6.0\n        description: Where it was posted.\n        fields:\n          \"@1x\": { type: url, description: A map. }\n",
                "",
            ),
            (
                NOTE,
                "reply_to: { type: Note, nullable: true",
                "reply_to: { type: [Note]",
            ),
        ],
    ),
    (
        Rule::EntityIdRemoved,
        Forward,
        "Note",
        &[(
            NOTE,
            "id: { type: NoteId, since",
            "id: { type: NoteId, optional: true, since",
        )],
    ),
    (
        Rule::EntityIdAdded,
        Backward,
        "Note",
        &[(
            NOTE,
            "id: { type: NoteId, since",
            "id: { type: NoteId, nullable: true, since",
        )],
    ),
    (
        Rule::EntityIdAdded,
        Forward,
        "FoundNotes",
        &[(
            NOTE,
            "      found: { type: [Note],",
            "      id: { type: NoteId, since: 1.0.0, description: The id. }\n      found: { type: [Note],",
        )],
    ),
    (
        Rule::FieldType,
        Forward,
        "Note.text",
        &[(NOTE, "text: { type: html", "text: { type: string")],
    ),
    (
        Rule::FieldType,
        Forward,
        "Note.type",
        &[(
            NOTE,
            "type: { type: string, nullable: true, also_sent_as: [object],",
            "type: { type: Mood, nullable: true, also_sent_as: [object],",
        )],
    ),
    (
        Rule::FieldType,
        Forward,
        "Note.place",
        &[(
            NOTE,
            "      place:\n        optional: true\n        since: 2.6.0\n        description: Where it was posted.\n        fields:\n          \"@1x\": { type: url, description: A map. }\n",
            "      place: { type: string, optional: true, since: 2.6.0, description: Where it was posted. }\n",
        )],
    ),
    (
        Rule::FieldType,
        Forward,
        "Draft.reply_to",
        &[(
            NOTE,
            "      mood: { type: Mood, since: 4.3.0,",
            "      draft: { type: Draft, optional: true, since: 4.3.0, description: Its draft. }\n      mood: { type: Mood, since: 4.3.0,",
        )],
    ),
    (
        Rule::FieldAdded,
        Forward,
        "NotePlace.name",
        &[(
            NOTE,
            "          \"@1x\": {",
            "          name: { type: string, since: 4.3.0, description: Its name. }\n          \"@1x\": {",
        )],
    ),
    (
        Rule::FieldAdded,
        Forward,
        "Note.unknown_fields",
        &[(
            NOTE,
            "      tags: { type: [string],",
            "      reaction: { type: Reaction, on: { wren: true }, seen: W note.c, description: A reaction. }\n      tags: { type: [string],",
        )],
    ),
    (
        Rule::FieldRemoved,
        Backward,
        "Note.unknown_fields",
        &[(
            NOTE,
            "      tags: { type: [string],",
            "      reaction: { type: Reaction, on: { wren: true }, seen: W note.c, description: A reaction. }\n      tags: { type: [string],",
        )],
    ),
    (
        Rule::FieldFact,
        Forward,
        "Note.seen",
        &[(
            NOTE,
            "seen: { type: bool, since: 1.0.0",
            "seen: { type: bool, since: 2.6.0",
        )],
    ),
    (
        Rule::EntityDeprecated,
        Forward,
        "FoundNotes",
        &[(
            NOTE,
            "    description: Search results.\n",
            "    description: Search results.\n    deprecated: 4.3.0\n",
        )],
    ),
    (
        Rule::FeatureNoLongerRequired,
        Forward,
        "Reaction.count",
        &[(
            REACTION,
            "count: { type: integer, on: { finch: 1.2 until 1.10 },",
            "count: { type: integer, since: 4.3.0, on: { finch: 1.2 until 1.10 },",
        )],
    ),
    (
        Rule::FeatureRequired,
        Backward,
        "Reaction.count",
        &[(
            REACTION,
            "count: { type: integer, on: { finch: 1.2 until 1.10 },",
            "count: { type: integer, since: 4.3.0, on: { finch: 1.2 until 1.10 },",
        )],
    ),
    (
        Rule::FeatureRequired,
        Forward,
        "Reaction",
        &[(
            NOTE,
            "      best: { type: Reaction, since: 1.0.0, on: { wren: 1.0, robin: false }, seen: W list.c, description: The most popular reaction. }\n",
            "",
        )],
    ),
    (
        Rule::FeatureNoLongerRequired,
        Forward,
        "ReactionKind",
        &[(
            NOTE,
            "      tags: { type: [string],",
            "      kind_of: { type: ReactionKind, since: 4.3.0, description: Kind of it. }\n      tags: { type: [string],",
        )],
    ),
    (
        Rule::FeatureNoLongerRequired,
        Forward,
        "ReactionId",
        &[(
            NOTE,
            "      tags: { type: [string],",
            "      first: { type: ReactionId, since: 4.3.0, description: The first. }\n      tags: { type: [string],",
        )],
    ),
    (
        Rule::FeatureNoLongerRequired,
        Forward,
        "note_reactions",
        &[
            (
                REACTIONS,
                "  note_reactions:\n    http: GET /api/v1/notes/{id}/reactions\n    summary: Lists the reactions to a note.\n    on: { wren: true }\n    seen: W reactions.c\n    auth: user, read:statuses\n    returns: page of Reaction in ReactionList.reactions\n    paging: { limit: 20 to 40 }\n    params:\n      id: { type: NoteId, description: The note. }\n      kind: { type: ReactionKind, description: Only of this kind. }\n",
                "",
            ),
            (
                NOTES,
                "methods:\n",
                "methods:\n  note_reactions:\n    http: GET /api/v1/notes/{id}/reactions\n    summary: Lists the reactions to a note.\n    since: 4.3.0\n    auth: user, read:statuses\n    returns: page of Reaction in ReactionList.reactions\n    paging: { limit: 20 to 40 }\n    params:\n      id: { type: NoteId, description: The note. }\n      kind: { type: ReactionKind, description: Only of this kind. }\n\n",
            ),
        ],
    ),
    (
        Rule::FeatureRequired,
        Backward,
        "note_reactions",
        &[
            (
                REACTIONS,
                "  note_reactions:\n    http: GET /api/v1/notes/{id}/reactions\n    summary: Lists the reactions to a note.\n    on: { wren: true }\n    seen: W reactions.c\n    auth: user, read:statuses\n    returns: page of Reaction in ReactionList.reactions\n    paging: { limit: 20 to 40 }\n    params:\n      id: { type: NoteId, description: The note. }\n      kind: { type: ReactionKind, description: Only of this kind. }\n",
                "",
            ),
            (
                NOTES,
                "methods:\n",
                "methods:\n  note_reactions:\n    http: GET /api/v1/notes/{id}/reactions\n    summary: Lists the reactions to a note.\n    since: 4.3.0\n    auth: user, read:statuses\n    returns: page of Reaction in ReactionList.reactions\n    paging: { limit: 20 to 40 }\n    params:\n      id: { type: NoteId, description: The note. }\n      kind: { type: ReactionKind, description: Only of this kind. }\n\n",
            ),
        ],
    ),
    (
        Rule::StreamAdded,
        Forward,
        "place",
        &[(
            API,
            "events:\n  update:",
            "  place: { function: stream_place, param: name, scopes: [read:statuses], on: { wren: true }, events: [wren.news], description: News. }\nevents:\n  update:",
        )],
    ),
    (
        Rule::StreamRemoved,
        Backward,
        "place",
        &[(
            API,
            "events:\n  update:",
            "  place: { function: stream_place, scopes: [read:statuses], on: { wren: true }, events: [wren.news], description: News. }\nevents:\n  update:",
        )],
    ),
    (
        Rule::StreamFunction,
        Forward,
        "wren",
        &[(API, "function: stream_wren,", "function: stream_bird,")],
    ),
    (
        Rule::StreamArgument,
        Forward,
        "wren",
        &[(
            API,
            "function: stream_wren, param: place,",
            "function: stream_wren,",
        )],
    ),
    (
        Rule::StreamOptionAdded,
        Forward,
        "user",
        &[(
            NOTES,
            "    auth_since: 2.6.0\n    host: streaming\n    returns: stream\n",
            "    auth_since: 2.6.0\n    host: streaming\n    returns: stream\n    params:\n      only_media: { type: bool, description: Only with media. }\n",
        )],
    ),
    (
        Rule::StreamOptionRemoved,
        Backward,
        "user",
        &[(
            NOTES,
            "    auth_since: 2.6.0\n    host: streaming\n    returns: stream\n",
            "    auth_since: 2.6.0\n    host: streaming\n    returns: stream\n    params:\n      only_media: { type: bool, description: Only with media. }\n",
        )],
    ),
    (
        Rule::StreamFact,
        Forward,
        "user",
        &[(
            API,
            "since: 1.0.0, events: [update], description: Notes",
            "since: 1.0.0, events: [update, wren.news], description: Notes",
        )],
    ),
    (
        Rule::StreamAdded,
        Forward,
        "user:media",
        &[
            (
                API,
                "  wren: { function: stream_wren",
                "  user:media: { method: stream_user, only_media: true, since: 4.3.0, events: [update], description: Notes with media. }\n  wren: { function: stream_wren",
            ),
            (
                NOTES,
                "    auth_since: 2.6.0\n    host: streaming\n    returns: stream\n",
                "    auth_since: 2.6.0\n    host: streaming\n    returns: stream\n    params:\n      only_media: { type: bool, description: Only with media. }\n",
            ),
        ],
    ),
    (
        Rule::EventAdded,
        Forward,
        "note.seen",
        &[
            (
                API,
                "events:\n  update:",
                "events:\n  note.seen: { payload: NoteId, plain_text: true, since: 4.3.0, description: A note was seen. }\n  update:",
            ),
            (
                API,
                "events: [update], description: Notes",
                "events: [update, note.seen], description: Notes",
            ),
        ],
    ),
    (
        Rule::EventRemoved,
        Backward,
        "note.seen",
        &[
            (
                API,
                "events:\n  update:",
                "events:\n  note.seen: { payload: NoteId, plain_text: true, since: 4.3.0, description: A note was seen. }\n  update:",
            ),
            (
                API,
                "events: [update], description: Notes",
                "events: [update, note.seen], description: Notes",
            ),
        ],
    ),
    (
        Rule::EventPayload,
        Forward,
        "update",
        &[(API, "update: { payload: Note,", "update: { payload: Draft,")],
    ),
    (
        Rule::EventPayload,
        Forward,
        "wren.news",
        &[(API, "plain_text: true, payload: string,", "")],
    ),
    (
        Rule::EventPayload,
        Forward,
        "wren.news",
        &[(
            API,
            "plain_text: true, payload: string,",
            "plain_text: true, payload: NoteId,",
        )],
    ),
    (
        Rule::EventRemoved,
        Forward,
        "update",
        &[
            (
                API,
                "events: [update], description: Notes",
                "events: [note.new], description: Notes",
            ),
            (API, "  update: { payload", "  note.new: { payload"),
        ],
    ),
    (
        Rule::EventFact,
        Forward,
        "update",
        &[(
            API,
            "update: { payload: Note, since: 1.0.0",
            "update: { payload: Note, since: 2.6.0",
        )],
    ),
    (
        Rule::ServerAdded,
        Forward,
        "tit",
        &[(
            SERVERS,
            "  robin: { name",
            "  tit:\n    name: Tit\n    description: Fork of Wren.\n    based_on: wren\n    source: W\n    examples: { 4.0.0 (compatible; Tit 1.0): 1.0 }\n  robin: { name",
        )],
    ),
    (
        Rule::ServerRemoved,
        Backward,
        "tit",
        &[(
            SERVERS,
            "  robin: { name",
            "  tit:\n    name: Tit\n    description: Fork of Wren.\n    based_on: wren\n    source: W\n    examples: { 4.0.0 (compatible; Tit 1.0): 1.0 }\n  robin: { name",
        )],
    ),
    (
        Rule::ServerRenamed,
        Forward,
        "finch",
        &[(SERVERS, "name: Finch.NET", "name: Goldfinch")],
    ),
    (
        Rule::ServerFact,
        Forward,
        "robin",
        &[(SERVERS, "api: robin", "api: redbreast")],
    ),
    (
        Rule::ApiFact,
        Forward,
        "error NoteProblem",
        &[(
            API,
            "      code: { type: string, description: Its code. }",
            "      code: { type: string, description: Its code. }\n      text: { type: string, description: Its text. }",
        )],
    ),
    (
        Rule::ApiFact,
        Forward,
        "scope write:statuses",
        &[(
            API,
            "write:statuses: { description: Posts. }",
            "write:statuses: { description: Posts., deprecated: 4.3.0 }",
        )],
    ),
    (
        Rule::ApiFact,
        Forward,
        "release 4.3.0",
        &[(API, "api_version: 2 }", "api_version: 3 }")],
    ),
    (
        Rule::ApiFact,
        Forward,
        "header X-Left",
        &[(API, "X-Left: { type: integer", "X-Left: { type: string")],
    ),
    (
        Rule::ApiFact,
        Forward,
        "api.yaml",
        &[(API, "characters: 9,", "characters: 10,")],
    ),
    (
        Rule::ValueFact,
        Forward,
        "Mood",
        &[(NOTE, "    unknown_as: calm\n", "")],
    ),
];
