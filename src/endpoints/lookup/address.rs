//! Addresses of accounts and statuses: handles, and the paths of pages of Mastodon and other software.

use percent_encoding::percent_decode_str;
use url::Url;

/// A handle: a user name, and the domain of the server if it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Handle {
    pub(super) user: String,
    pub(super) domain: Option<String>,
}

impl Handle {
    /// Parses a handle such as `@alice@example.org`, without `acct:` and the first `@`.
    pub(super) fn parse(handle: &str) -> Option<Self> {
        let handle = handle.strip_prefix("acct:").unwrap_or(handle);
        let handle = handle.strip_prefix('@').unwrap_or(handle);
        let (user, domain) = match handle.split_once('@') {
            Some((user, domain)) => (user, Some(domain)),
            None => (handle, None),
        };
        let is_user = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let is_domain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | ':');
        let is_valid = !user.is_empty()
            && user.chars().all(is_user)
            && domain.is_none_or(|domain| {
                domain.starts_with(char::is_alphanumeric) && domain.chars().all(is_domain)
            });
        is_valid.then(|| Self {
            user: user.to_owned(),
            domain: domain.map(str::to_lowercase),
        })
    }

    /// Returns the handle as `account_lookup` takes it.
    pub(super) fn acct(&self) -> String {
        match &self.domain {
            Some(domain) => format!("{}@{domain}", self.user),
            None => self.user.clone(),
        }
    }
}

/// The account that the URL of a profile leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Profile {
    /// Handle. Without a domain, the account is one of the server of the URL.
    Handle(Handle),
    /// Probable user name: the path could also be that of another page.
    Guess(String),
    /// ID on the server of the URL.
    Id(String),
}

/// Pages of an account, after its path.
const PAGES: [&str; 9] = [
    "with_replies",
    "media",
    "followers",
    "following",
    "featured",
    "tagged",
    "about",
    "posts",
    "collections",
];

/// Returns the account that the path of a profile leads to; `None` if its form is not known.
pub(super) fn profile(url: &Url) -> Option<Profile> {
    let segments = segments(url);
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let handle = |name: &str| Handle::parse(name).map(Profile::Handle);
    match *segments {
        // Mastodon's older and advanced web interfaces.
        ["web" | "deck", ref rest @ ..] if !rest.is_empty() => match *rest {
            ["accounts", id, ..] => Some(Profile::Id(id.to_owned())),
            [name] if name.starts_with('@') => handle(name),
            _ => None,
        },
        ["ap", "users", id] | ["i", "web", "profile", id] => Some(Profile::Id(id.to_owned())),
        ["accounts", id] => Some(Profile::Id(id.to_owned())),
        [name] if name.starts_with('@') => handle(name),
        [name, page, ..] if name.starts_with('@') && PAGES.contains(&page) => handle(name),
        // Mastodon, Pleroma, Akkoma, GoToSocial, Mitra and others.
        ["users", name] => handle(name),
        ["users", name, page, ..] if PAGES.contains(&page) => handle(name),
        // Friendica; Lemmy and NodeBB; PeerTube; Hubzilla; WordPress; Lemmy's communities and PeerTube's channels.
        ["profile" | "u" | "a" | "channel" | "author" | "c", name] => guess(name),
        // Pixelfed, Pleroma, WriteFreely.
        [name] => guess(name),
        _ => None,
    }
}

fn guess(name: &str) -> Option<Profile> {
    Handle::parse(name).map(|handle| match handle.domain {
        Some(_) => Profile::Handle(handle),
        None => Profile::Guess(handle.user),
    })
}

/// Returns the ID of a status in the URL of its page on the client's server; `None` if it is no known form.
pub(super) fn status_id(url: &Url) -> Option<String> {
    let segments = segments(url);
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let is_id = |id: &str| {
        !id.is_empty()
            && id
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    let id = match *segments {
        ["web" | "deck", ref rest @ ..] => match *rest {
            ["statuses", id, ..] => Some(id),
            [name, id, ..] if name.starts_with('@') => Some(id),
            _ => None,
        },
        ["ap", "users", _, "statuses", id, ..] => Some(id),
        // Mastodon and GoToSocial.
        ["users", _, "statuses", id, ..] => Some(id),
        [name, "statuses", id, ..] if name.starts_with('@') => Some(id),
        // The posts of a profile, not a status.
        [name, page, ..] if name.starts_with('@') && PAGES.contains(&page) => None,
        [name, id, ..] if name.starts_with('@') => Some(id),
        // Mastodon's embedded statuses; Pleroma and Akkoma; Mitra; Iceshrimp.
        ["statuses" | "notice" | "post" | "notes", id, ..] => Some(id),
        // Pixelfed.
        ["p", _, id] | ["i", "web", "post", id] => Some(id),
        _ => None,
    };
    id.filter(|id| is_id(id)).map(str::to_owned)
}

fn segments(url: &Url) -> Vec<String> {
    let segments = url.path_segments().into_iter().flatten();
    let segments = segments.filter(|segment| !segment.is_empty());
    segments
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect()
}

/// Removes the user name and the password, which are not sent to the server.
fn without_secrets(mut url: Url) -> Url {
    // A URL with a host can have no user name, and no password.
    let _changed = (url.set_username(""), url.set_password(None));
    url.set_fragment(None);
    url
}

/// Parses the URL of a page; its scheme may be missing. `None` if the text is no URL.
pub(super) fn page_url(text: &str) -> Option<Url> {
    let text = text.trim();
    let url = if text.contains("://") {
        Url::parse(text).ok()?
    } else if text.contains('/') {
        Url::parse(&format!("https://{text}")).ok()?
    } else {
        return None;
    };
    let is_page = matches!(url.scheme(), "https" | "http") && url.host_str().is_some();
    is_page.then(|| without_secrets(url))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text_strategy::unicode_text;

    fn url(path: &str) -> Url {
        Url::parse("https://a.example").unwrap().join(path).unwrap()
    }

    #[test]
    fn handles_are_parsed_in_every_form() {
        for (text, acct) in [
            ("alice", "alice"),
            ("@alice", "alice"),
            ("alice@B.example", "alice@b.example"),
            ("@alice@b.example", "alice@b.example"),
            ("acct:alice@b.example", "alice@b.example"),
            ("a.l-i_ce@b.example:3000", "a.l-i_ce@b.example:3000"),
            ("@alice@例え.jp", "alice@例え.jp"),
        ] {
            assert_eq!(Handle::parse(text).unwrap().acct(), acct, "{text}");
        }
        for text in [
            "",
            "@",
            "@@b.example",
            "alice@",
            "al ice",
            "a@b@c",
            "a@b/c",
            "@alice@.",
        ] {
            assert_eq!(Handle::parse(text), None, "{text}");
        }
    }

    #[test]
    fn profiles_of_mastodon_and_other_software_are_recognized() {
        let handle = |acct: &str| Some(Profile::Handle(Handle::parse(acct).unwrap()));
        let id = |id: &str| Some(Profile::Id(id.to_owned()));
        let guess = |name: &str| Some(Profile::Guess(name.to_owned()));
        for (path, expected) in [
            ("/@alice", handle("alice")),
            ("/@alice/", handle("alice")),
            ("/@alice/media?x=1#y", handle("alice")),
            ("/@alice@b.example", handle("alice@b.example")),
            ("/%40alice", handle("alice")),
            ("/users/alice", handle("alice")),
            ("/users/alice/followers", handle("alice")),
            ("/web/@alice", handle("alice")),
            ("/deck/@alice@b.example", handle("alice@b.example")),
            ("/web/accounts/7", id("7")),
            ("/ap/users/7", id("7")),
            ("/profile/alice", guess("alice")),
            ("/u/alice", guess("alice")),
            ("/channel/alice", guess("alice")),
            ("/alice", guess("alice")),
            ("/@alice/7", None),
            ("/users/alice/statuses/7", None),
            ("/", None),
            ("/web", guess("web")),
        ] {
            assert_eq!(profile(&url(path)), expected, "{path}");
        }
    }

    #[test]
    fn statuses_of_the_own_server_are_recognized() {
        for (path, expected) in [
            ("/@alice/7", Some("7")),
            ("/@alice@b.example/7", Some("7")),
            ("/@alice/7/embed", Some("7")),
            ("/users/alice/statuses/7", Some("7")),
            ("/users/alice/statuses/7/activity", Some("7")),
            (
                "/@alice/statuses/01HZXJ3E8V9K2M4N6P8Q0R2S4T",
                Some("01HZXJ3E8V9K2M4N6P8Q0R2S4T"),
            ),
            ("/ap/users/1/statuses/7", Some("7")),
            ("/web/statuses/7", Some("7")),
            ("/web/@alice/7", Some("7")),
            ("/deck/@alice/7", Some("7")),
            ("/notice/AbCdEf", Some("AbCdEf")),
            ("/p/alice/7", Some("7")),
            ("/objects/9f0c2a4e-1b3d-4f5a-8c7e-0d1f2b3c4d5e", None),
            ("/@alice", None),
            ("/@alice/media", None),
            ("/about", None),
        ] {
            assert_eq!(status_id(&url(path)).as_deref(), expected, "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in unicode_text()) {
            let _handle = Handle::parse(&text);
            if let Some(url) = page_url(&text) {
                let _parsed = (profile(&url), status_id(&url));
            }
        }
    }
}
