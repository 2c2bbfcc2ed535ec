//! What the documentation shows, where there is a copy: the folder is told by `MASTODON_RECORDINGS`.

use std::path::Path;

use mastodon_conform::examples::{Examined, examine};

/// Examples that do not come back as they are: where, a part of what is found there, and why that is right.
const EXPECTED: [(&str, &str, &str); 11] = [
    (
        "GET /api/v1/admin/accounts",
        "].ip: {",
        "The object of 3.5; the address in it is what is kept.",
    ),
    (
        "GET /api/v1/admin/accounts",
        "].role: \"",
        "The text of the time before 4.0.0, when there were no roles to name.",
    ),
    (
        "GET /api/v1/admin/accounts/{id}",
        "$.ip: {",
        "The object of 3.5; the address in it is what is kept.",
    ),
    (
        "GET /api/v2/admin/accounts",
        "].ip: {",
        "The object of 3.5; the address in it is what is kept.",
    ),
    (
        "POST /api/v1/admin/accounts/{id}/reject",
        "a method without an answer shows one",
        "The example has the account; the server answers with an empty object.",
    ),
    (
        "DELETE /api/v1/admin/accounts/{id}",
        "a method without an answer shows one",
        "The example has the account; the server answers with an empty object.",
    ),
    (
        "DELETE /api/v1/admin/domain_allows/{id}",
        "a method without an answer shows one",
        "The example has what was deleted; the server answers with an empty object.",
    ),
    (
        "PATCH /api/v2/notifications/policy",
        "missing field `for_not_following`",
        "The example has the fields of the first form of the policy.",
    ),
    (
        "POST /api/v1/statuses/{id}/translate",
        "$.poll: [",
        "The example has a list of polls; the page of the entity and the server have one.",
    ),
    (
        "entity AsyncRefresh",
        "missing field `id`",
        "The example shows the object around the entity.",
    ),
    (
        "entity PreviewCard",
        "$.published_at: \"1661472000\"",
        "The example has a Unix time in a text; it is read, and comes back as a moment.",
    ),
];

#[test]
fn what_the_documentation_shows_is_read_and_comes_back() {
    let Some(folder) = std::env::var_os("MASTODON_RECORDINGS") else {
        println!("skipped: MASTODON_RECORDINGS names no folder of recordings");
        return;
    };
    let examined = examine(&Path::new(&folder).join("docs_examples.jsonl")).unwrap();
    let known = |(place, problem): &(String, String)| {
        EXPECTED
            .iter()
            .any(|(where_, part, _)| place == where_ && problem.contains(part))
    };
    let left: Vec<_> = examined
        .problems
        .iter()
        .filter(|found| !known(found))
        .collect();
    assert!(left.is_empty(), "{left:#?}");
    for expected in EXPECTED {
        let (where_, part, _) = expected;
        assert!(
            examined
                .problems
                .iter()
                .any(|(place, problem)| place == where_ && problem.contains(part)),
            "{expected:?} is not there any more"
        );
    }
    let Examined {
        compared,
        filled,
        nothing,
        bare,
        refused,
        sent,
        ..
    } = examined;
    println!(
        "{compared} decoded and compared ({filled} after filling in what an ellipsis stands for), {nothing} empty as \
         they should be, {bare} bare payloads, {refused} refusals, {sent} sent"
    );
    // An empty or foreign file must not pass for a copy of the documentation.
    assert!(compared > 350, "{compared} compared");
}
