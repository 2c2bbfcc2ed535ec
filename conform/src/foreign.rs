//! Parameters that are not in the specification, but that clients send on purpose: other server software accepts them,
//! and clients send them to every server.

use mastodon_har::Request;

/// Names of parameters of other server software, and of parameters that only prevent caching.
const PARAMS: [&str; 23] = [
    "_",
    "_pe",
    "boostable",
    "content_type",
    "exclude_visibilities",
    "expires_in",
    "federated",
    "in_reply_to_conversation_id",
    "include_all",
    "include_types",
    "instance",
    "interaction_policy",
    "likeable",
    "local_only",
    "preview",
    "quote_id",
    "replyable",
    "reply_visibility",
    "summary",
    "theme",
    "to",
    "with_muted",
    "with_relationships",
];

/// Start of the `User-Agent` of clients that support other server software.
const CLIENTS: [&str; 14] = [
    "Akkoma",
    "Elk",
    "Fedilab",
    "Husky",
    "IceCubesApp",
    "Mangane",
    "Megalodon",
    "Mona",
    "Moshidon",
    "Phanpy",
    "Pinafore",
    "Pleroma",
    "Soapbox",
    "Tusky",
];

/// Returns why a client may send a parameter that is not in the specification; `None` if the specification may lack it.
pub(crate) fn reason(request: &Request, param: &str) -> Option<&'static str> {
    let name = param.split('[').next().unwrap_or(param);
    let user_agent = request.header("user-agent").unwrap_or_default();
    if PARAMS.contains(&name) {
        Some("a parameter of other server software")
    } else if CLIENTS.iter().any(|client| starts_with(user_agent, client)) {
        Some("sent by a client of other server software")
    } else {
        None
    }
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len())
        .is_some_and(|text| text.eq_ignore_ascii_case(start))
}
