//! Checks that need nothing from the server, made before anything is sent.

use url::Url;

use super::core::Core;
use super::endpoint::{Auth, Endpoint};
use super::params::Value;
use super::request::Request;
use crate::error::Error;
use crate::facts::id_noun;
use crate::redact::redact_url;

/// Fails if the endpoint requires an access token and the client has none, or if an argument cannot be an ID.
pub(super) fn check_locally(request: &Request) -> Result<(), Error> {
    check_token(&request.core, request.endpoint)?;
    request.values.check(request.endpoint.name)?;
    for param in request.endpoint.params {
        if let (Some(id_type), Some(value)) = (param.id_type, request.values.get(param.name)) {
            check_ids(request.endpoint, (param.name, id_type), value)?;
        }
    }
    Ok(())
}

/// Fails if the endpoint requires an access token and the client has none. If an earlier version of the server did not
/// require it, the server decides unless its version is known.
pub(crate) fn check_token(core: &Core, endpoint: &Endpoint) -> Result<(), Error> {
    if core.token.is_some() && !core.may_send_token {
        return Err(unencrypted_token_error(&core.base));
    }
    let needs_user = match endpoint.auth {
        Auth::User => true,
        Auth::App => false,
        Auth::None | Auth::OptionalApp | Auth::OptionalUser => return Ok(()),
    };
    let is_required = || {
        endpoint.auth_since.is_none_or(|since| {
            let server = core.server.known_version();
            server.is_some_and(|server| server.software.is_mastodon() && server.supports(since))
        })
    };
    if core.token.is_some() || !is_required() {
        return Ok(());
    }
    Err(Error::NoAccessToken {
        endpoint: endpoint.name.into(),
        needs_user,
    })
}

/// The access token would be sent unencrypted to a host other than this machine.
pub(crate) fn unencrypted_token_error(url: &Url) -> Error {
    Error::configuration(
        "allow_plain_http",
        format!(
            "the access token would be sent unencrypted to {url}; use https, or `allow_plain_http` if you must"
        ),
    )
}

/// Maximum number of characters of an argument in an error.
const MAX_SHOWN_LEN: usize = 100;

fn check_ids(
    endpoint: &'static Endpoint,
    (name, id_type): (&'static str, &'static str),
    value: &Value,
) -> Result<(), Error> {
    match value {
        Value::Array(items) => {
            for item in items {
                check_ids(endpoint, (name, id_type), item)?;
            }
            Ok(())
        }
        Value::String(text) => match NotAnId::of(text) {
            Some(kind) => Err(Error::argument(
                endpoint.name,
                name,
                kind.reason(id_type, text),
            )),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Text that is not an ID on any server: IDs are numbers, UUIDs, ULIDs, and other text without these characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotAnId {
    Handle,
    Url,
}

impl NotAnId {
    fn of(text: &str) -> Option<Self> {
        if text.contains("://") {
            Some(Self::Url)
        } else {
            text.contains('@').then_some(Self::Handle)
        }
    }

    /// Says what the text is, and how to get the ID.
    fn reason(self, id_type: &str, text: &str) -> String {
        let noun = id_noun(id_type);
        let kind = match self {
            Self::Handle => "a handle",
            Self::Url => "a URL",
        };
        let helper = match (self, id_type) {
            (_, "AccountId") => Some("account_find"),
            (Self::Url, "StatusId") => Some("status_find"),
            _ => None,
        };
        let advice = match helper {
            Some(helper) => format!("find the {noun} with `{helper}` and pass its ID"),
            None => "pass the ID that the server returned".to_owned(),
        };
        // Lines are not broken, and a URL can contain a password.
        let text = redact_url(&text.replace(char::is_control, " "));
        let shown: String = text.chars().take(MAX_SHOWN_LEN).collect();
        format!(
            "`{shown}` is {kind}, not the ID of {}; {advice}",
            with_article(&noun)
        )
    }
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {noun}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_every_server_software_are_accepted() {
        for id in [
            "109348756273849562",
            "01HZXJ3E8V9K2M4N6P8Q0R2S4T",
            "AbCdEfGhIjKlMnOpQr",
            "9f0c2a4e-1b3d-4f5a-8c7e-0d1f2b3c4d5e",
            "2026-11-23T19:24:20.830Z/mention/9f0c",
            "filter-keyword",
            "d41d8cd98f00b204e9800998ecf8427e",
            "-99",
            "~x:y=z",
            "a/b:c d",
        ] {
            assert_eq!(NotAnId::of(id), None, "{id}");
        }
    }

    #[test]
    fn text_that_cannot_be_an_id_is_named() {
        for (text, kind) in [
            ("@bob", NotAnId::Handle),
            ("bob@b.example", NotAnId::Handle),
            ("acct:bob@b.example", NotAnId::Handle),
            ("https://b.example/@bob/1", NotAnId::Url),
        ] {
            assert_eq!(NotAnId::of(text), Some(kind), "{text}");
        }
    }
}
