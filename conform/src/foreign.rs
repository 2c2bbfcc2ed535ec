//! Parameters that are not in the specification, but that clients send on purpose: other server software accepts them,
//! and clients send them to every server.

use mastodon_har::Request;
use mastodon_spec::yaml::Spec;

/// Names of parameters that are in no method of the specification: three that GoToSocial had before its interaction
/// policies, one of Friendica, and one that only prevents caching.
const PARAMS: [&str; 5] = ["_", "boostable", "likeable", "replyable", "summary"];

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
pub(crate) fn reason(spec: &Spec, request: &Request, param: &str) -> Option<&'static str> {
    let name = param.split('[').next().unwrap_or(param);
    let user_agent = request.header("user-agent").unwrap_or_default();
    if PARAMS.contains(&name) || is_of_other_software(spec, name) {
        Some("a parameter of other server software")
    } else if CLIENTS.iter().any(|client| starts_with(user_agent, client)) {
        Some("sent by a client of other server software")
    } else {
        None
    }
}

/// Returns whether some method has the parameter on other server software only.
fn is_of_other_software(spec: &Spec, name: &str) -> bool {
    let methods = spec.methods.values().flat_map(|file| file.methods.values());
    let mut params = methods.flat_map(|method| &method.params);
    params.any(|(known, param)| known == name && param.since.is_none() && !param.on.is_empty())
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len())
        .is_some_and(|text| text.eq_ignore_ascii_case(start))
}
