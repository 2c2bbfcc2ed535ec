//! Checks the examples of the documentation, if `MASTODON_RECORDINGS` names a folder with them.

use std::path::Path;

use mastodon_conform::examples::{ExampleReport, check_examples};

/// A known problem of the documentation.
struct KnownProblem {
    /// Location of the example.
    location: &'static str,
    /// Part of the message.
    message: &'static str,
    /// Why the specification is right.
    reason: &'static str,
}

const KNOWN_PROBLEMS: [KnownProblem; 11] = [
    KnownProblem {
        location: "GET /api/v1/admin/accounts",
        message: "].ip: {",
        reason: "The example has the object of version 3.5; the decoder keeps only its IP address.",
    },
    KnownProblem {
        location: "GET /api/v1/admin/accounts",
        message: "].role: \"",
        reason: "The example has the string of versions before 4.0.0, which had no role entities.",
    },
    KnownProblem {
        location: "GET /api/v1/admin/accounts/{id}",
        message: "$.ip: {",
        reason: "The example has the object of version 3.5; the decoder keeps only its IP address.",
    },
    KnownProblem {
        location: "GET /api/v2/admin/accounts",
        message: "].ip: {",
        reason: "The example has the object of version 3.5; the decoder keeps only its IP address.",
    },
    KnownProblem {
        location: "POST /api/v1/admin/accounts/{id}/reject",
        message: "the method has no response body, the example has one",
        reason: "The example has the account; the server returns an empty object.",
    },
    KnownProblem {
        location: "DELETE /api/v1/admin/accounts/{id}",
        message: "the method has no response body, the example has one",
        reason: "The example has the account; the server returns an empty object.",
    },
    KnownProblem {
        location: "DELETE /api/v1/admin/domain_allows/{id}",
        message: "the method has no response body, the example has one",
        reason: "The example has the deleted entity; the server returns an empty object.",
    },
    KnownProblem {
        location: "POST /api/v1/statuses/{id}/translate",
        message: "$.poll: [",
        reason: "The example has a list of polls; the entity's documentation and the server have a single poll.",
    },
    KnownProblem {
        location: "POST /api/v1/statuses/{id}/translate",
        message: "spoiler_text: expected a string, found null",
        reason: "The example has null; the server sends an empty string.",
    },
    KnownProblem {
        location: "entity AsyncRefresh",
        message: "expected the field `id`",
        reason: "The example shows the object that contains the entity.",
    },
    KnownProblem {
        location: "entity PreviewCard",
        message: "$.published_at: \"1661472000\"",
        reason: "The example has a Unix time as a string; it is decoded into a timestamp.",
    },
];

impl KnownProblem {
    fn matches(&self, (location, message): &(String, String)) -> bool {
        location == self.location && message.contains(self.message)
    }
}

#[test]
fn documented_examples_are_decoded_without_loss() {
    let Some(folder) = std::env::var_os("MASTODON_RECORDINGS") else {
        println!("skipped: MASTODON_RECORDINGS is not set to a folder of recordings");
        return;
    };
    let report = check_examples(&Path::new(&folder).join("docs_examples.jsonl")).unwrap();
    let unexpected: Vec<_> = report
        .problems
        .iter()
        .filter(|problem| !KNOWN_PROBLEMS.iter().any(|known| known.matches(problem)))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    for known in KNOWN_PROBLEMS {
        assert!(
            report.problems.iter().any(|problem| known.matches(problem)),
            "no longer found: {} {:?} ({})",
            known.location,
            known.message,
            known.reason
        );
    }
    let ExampleReport {
        compared,
        completed,
        empty,
        plain_payloads,
        errors,
        requests,
        ..
    } = report;
    println!(
        "{compared} decoded and compared ({completed} of them completed with placeholders), {empty} without a \
         response body, {plain_payloads} plain payloads, {errors} error responses, {requests} requests"
    );
    // An empty or unrelated file must not pass.
    assert!(compared > 350, "{compared} compared");
}
