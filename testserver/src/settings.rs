//! Settings that the administrator of an instance makes: who may sign up, and who may use the API.

use serde::{Deserialize, Serialize};

/// Users who can see a list of the instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Audience {
    /// Nobody: the endpoint responds with 404.
    #[default]
    Disabled,
    /// Users of the instance.
    Users,
    /// Everyone.
    All,
}

/// Settings of an instance, as its administrator makes them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct InstanceSettings {
    /// Title of the instance. Default: `Test server`.
    pub title: String,
    /// Short description of the instance.
    pub description: String,
    /// Language of error messages for requests that ask for no language, such as `de` or `fr`. Messages in languages other
    /// than these two are in English. Default: `en`.
    pub default_locale: String,
    /// Whether registrations are closed: sign-up is refused with 403. Default: false.
    pub closed_registrations: bool,
    /// Whether new users need the approval of the staff. Default: false.
    pub approval_required: bool,
    /// Whether new users must give a reason, if the staff has to approve them. Default: false.
    pub sign_up_reason_required: bool,
    /// Minimum age of new users in years; sign-up then needs a date of birth. Default: none.
    pub minimum_age: Option<u8>,
    /// Whether visitors and application tokens are refused with 401 on nearly all of the API, as on an instance with
    /// `DISALLOW_UNAUTHENTICATED_API_ACCESS`. The description of the server, the registration of applications and sign-up
    /// stay open. Default: false.
    pub visitors_disallowed: bool,
    /// Who sees which domains the instance blocks. Default: `disabled`, as on a new Mastodon server.
    pub show_domain_blocks: Audience,
    /// Whether statuses can be translated. The translated text is the original, prefixed with the target language.
    /// Default: false.
    pub translation: bool,
    /// Whether the instance shuts down for good: nearly every request fails with 410. Default: false.
    pub self_destruct: bool,
}

impl Default for InstanceSettings {
    fn default() -> Self {
        Self {
            title: "Test server".to_owned(),
            description: "A Mastodon in memory, for testing clients and bots.".to_owned(),
            default_locale: "en".to_owned(),
            closed_registrations: false,
            approval_required: false,
            sign_up_reason_required: false,
            minimum_age: None,
            visitors_disallowed: false,
            show_domain_blocks: Audience::Disabled,
            translation: false,
            self_destruct: false,
        }
    }
}
