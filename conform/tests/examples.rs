//! What the documentation shows, where there is a copy: the folder is told by `MASTODON_RECORDINGS`.

use std::path::Path;

use mastodon_conform::examples::examine;

/// Mistakes of the documentation: where, a part of what is found there, and why it is none of ours.
const DOCUMENTED_MISTAKES: [(&str, &str, &str); 4] = [
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
    let examined = examine(&Path::new(&folder).join("docs_examples.jsonl"), |example| {
        !example.place().contains("/admin/") && !example.place().contains("Admin::")
    })
    .unwrap();
    let known = |(place, problem): &(String, String)| {
        DOCUMENTED_MISTAKES
            .iter()
            .any(|(where_, part, _)| place == where_ && problem.contains(part))
    };
    let left: Vec<_> = examined
        .problems
        .iter()
        .filter(|found| !known(found))
        .collect();
    assert!(left.is_empty(), "{left:#?}");
    for mistake in DOCUMENTED_MISTAKES {
        let (where_, part, _) = mistake;
        assert!(
            examined
                .problems
                .iter()
                .any(|(place, problem)| place == where_ && problem.contains(part)),
            "{mistake:?} is not there any more"
        );
    }
    // An empty or foreign file must not pass for a copy of the documentation.
    assert!(examined.compared > 200, "{} compared", examined.compared);
}
