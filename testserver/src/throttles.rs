//! Throttles of Mastodon, in the order in which they are evaluated, with the requests that they count.

use crate::route::{CountedBy, Limit};

/// What the throttles look at. They do not know the routes: a request to an unknown path counts, too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThrottledRequest<'r> {
    pub(crate) method: &'r str,
    pub(crate) path: &'r str,
    /// Whether the request has a cursor or a page number.
    pub(crate) is_paging: bool,
    pub(crate) has_user: bool,
    pub(crate) has_token: bool,
}

impl ThrottledRequest<'_> {
    fn is_api(&self) -> bool {
        self.path.starts_with("/api")
    }

    fn is_post_to(&self, path: &str) -> bool {
        self.method == "POST" && self.path == path
    }

    fn is_media_upload(&self) -> bool {
        let version = self.path.strip_prefix("/api/v");
        let version = version.and_then(|rest| rest.strip_suffix("/media"));
        self.method == "POST" && version.is_some_and(is_number)
    }

    /// Deletes a status or a boost.
    fn is_deletion(&self) -> bool {
        let status = self.path.strip_prefix("/api/v1/statuses/");
        let id = match self.method {
            "DELETE" => status,
            "POST" => status.and_then(|rest| rest.strip_suffix("/unreblog")),
            _ => None,
        };
        id.is_some_and(is_number)
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A limit for some of the requests.
pub(crate) struct Throttle {
    /// Bucket of the limit. `None`: the limit is not that of a bucket.
    pub(crate) bucket: Option<&'static str>,
    pub(crate) limit: ThrottleLimit,
    pub(crate) per: CountedBy,
    pub(crate) applies: fn(&ThrottledRequest<'_>) -> bool,
}

/// Where the number of requests comes from.
pub(crate) enum ThrottleLimit {
    /// The limit of the bucket for this identity.
    OfBucket(CountedBy),
    Fixed(Limit),
}

const fn of_bucket(
    bucket: &'static str,
    limit: CountedBy,
    per: CountedBy,
    applies: fn(&ThrottledRequest<'_>) -> bool,
) -> Throttle {
    Throttle {
        bucket: Some(bucket),
        limit: ThrottleLimit::OfBucket(limit),
        per,
        applies,
    }
}

/// The throttles in order. The first one that is exceeded rejects the request; those after it do not count it.
pub(crate) static THROTTLES: &[Throttle] = &[
    of_bucket("general", CountedBy::User, CountedBy::User, |request| {
        request.is_api() && request.has_user
    }),
    of_bucket("general", CountedBy::Token, CountedBy::Token, |request| {
        request.is_api() && request.has_token
    }),
    of_bucket("general", CountedBy::Token, CountedBy::Address, |request| {
        request.is_api() && !request.has_user
    }),
    of_bucket("media", CountedBy::User, CountedBy::User, |request| {
        request.has_user && request.is_media_upload()
    }),
    of_bucket(
        "accounts",
        CountedBy::Address,
        CountedBy::Address,
        |request| request.is_post_to("/api/v1/accounts"),
    ),
    of_bucket("paging", CountedBy::User, CountedBy::User, |request| {
        request.is_paging && request.has_user
    }),
    of_bucket("paging", CountedBy::User, CountedBy::Address, |request| {
        request.is_paging && !request.has_user
    }),
    of_bucket("deletions", CountedBy::User, CountedBy::User, |request| {
        request.has_user && request.is_deletion()
    }),
    of_bucket("apps", CountedBy::Address, CountedBy::Address, |request| {
        request.is_post_to("/api/v1/apps")
    }),
    of_bucket(
        "email_confirmations",
        CountedBy::Address,
        CountedBy::Address,
        |request| request.is_post_to("/api/v1/emails/confirmations"),
    ),
    of_bucket(
        "email_confirmations",
        CountedBy::User,
        CountedBy::User,
        |request| request.has_user && request.is_post_to("/api/v1/emails/confirmations"),
    ),
    Throttle {
        bucket: None,
        limit: ThrottleLimit::Fixed(Limit {
            requests: 25,
            seconds: 300,
            per: CountedBy::Address,
        }),
        per: CountedBy::Address,
        applies: |request| request.is_post_to("/auth/sign_in"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn request<'r>(method: &'r str, path: &'r str) -> ThrottledRequest<'r> {
        ThrottledRequest {
            method,
            path,
            is_paging: false,
            has_user: true,
            has_token: true,
        }
    }

    #[test]
    fn deletions_are_recognized_by_digits_in_the_path() {
        for (method, path, is_deletion) in [
            ("DELETE", "/api/v1/statuses/1", true),
            ("POST", "/api/v1/statuses/1/unreblog", true),
            ("DELETE", "/api/v1/statuses/x", false),
            ("DELETE", "/api/v1/lists/1", false),
            ("POST", "/api/v1/statuses/1/reblog", false),
        ] {
            assert_eq!(request(method, path).is_deletion(), is_deletion, "{path}");
        }
        assert!(request("POST", "/api/v2/media").is_media_upload());
        assert!(!request("POST", "/api/v1/media/1").is_media_upload());
    }
}
