//! OAuth applications and access tokens.

use serde::Deserialize;

use super::{FixedId, Reference, Scopes, SeedError, SeedResult, Seeder, Time, listed};
use crate::ids::Id;
use crate::routes::SCOPES;
use crate::state::{App, Token};

/// Scopes of tokens and applications for which none are given.
const USER_SCOPES: [&str; 4] = ["read", "write", "follow", "push"];
/// Redirect URI of applications for which none is given: the user copies the code from a page.
const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

/// OAuth application.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplicationSeed {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) id: Option<FixedId>,
    /// Default: a new one.
    #[serde(default)]
    pub(crate) client_id: Option<String>,
    /// Default: a new one.
    #[serde(default)]
    pub(crate) client_secret: Option<String>,
    /// Default: `urn:ietf:wg:oauth:2.0:oob`.
    #[serde(default)]
    pub(crate) redirect_uris: Option<Vec<String>>,
    /// Default: `read write follow push`.
    #[serde(default)]
    pub(crate) scopes: Option<Scopes>,
    #[serde(default)]
    pub(crate) website: Option<String>,
}

/// Access token.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TokenSeed {
    /// User. Default: none; the token belongs to the application alone.
    pub(crate) user: Option<Reference>,
    /// Value of the token. Default: a new one.
    pub(crate) token: Option<String>,
    /// Default: `read write follow push`.
    pub(crate) scopes: Option<Scopes>,
    /// Client ID or name of the application.
    pub(crate) application: Option<String>,
    pub(crate) created_at: Option<Time>,
}

/// Access token of the user that contains it.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(crate) struct UserTokenSeed {
    /// Value of the token. Default: a new one.
    pub(crate) token: Option<String>,
    /// Default: `read write follow push`.
    pub(crate) scopes: Option<Scopes>,
    /// Client ID or name of the application.
    pub(crate) application: Option<String>,
}

impl UserTokenSeed {
    pub(crate) fn of(&self, user: &str) -> TokenSeed {
        TokenSeed {
            user: Some(user.into()),
            token: self.token.clone(),
            scopes: self.scopes.clone(),
            application: self.application.clone(),
            created_at: None,
        }
    }
}

/// Returns the scopes of a token or an application. All of them must exist.
fn known_scopes(scopes: Option<&Scopes>) -> SeedResult<Vec<String>> {
    let Some(Scopes(scopes)) = scopes else {
        return Ok(USER_SCOPES.map(str::to_owned).into());
    };
    let is_unknown = |name: &&String| !SCOPES.iter().any(|scope| scope.name == *name);
    if let Some(unknown) = scopes.iter().find(is_unknown) {
        let names: Vec<&str> = SCOPES.iter().map(|scope| scope.name).collect();
        let message = format!(
            "unknown scope `{unknown}`; the scopes are {}",
            names.join(", ")
        );
        return Err(SeedError::new("scopes", message));
    }
    Ok(scopes.clone())
}

impl Seeder<'_> {
    /// Creates an application. Returns its client ID.
    pub(crate) fn application(&mut self, seed: &ApplicationSeed) -> SeedResult<String> {
        let scopes = known_scopes(seed.scopes.as_ref())?;
        if let Some(client_id) = &seed.client_id
            && let Some(existing) = self.state.apps.get(client_id)
        {
            let name = &existing.name;
            let message = format!("`{client_id}` is already that of the application `{name}`");
            return Err(SeedError::new("client_id", message));
        }
        let id = self.row_id(seed.id, |state, id| {
            state.apps.values().any(|app| app.id == id)
        })?;
        let or_new = |value: &Option<String>, prefix: &str, seeder: &mut Self| match value {
            Some(value) => value.clone(),
            None => seeder.state.unique_token(prefix),
        };
        let client_id = or_new(&seed.client_id, "client", self);
        let redirect_uris = seed.redirect_uris.clone();
        let app = App {
            id,
            name: seed.name.clone(),
            secret: or_new(&seed.client_secret, "secret", self),
            redirect_uris: redirect_uris.unwrap_or_else(|| vec![OUT_OF_BAND.to_owned()]),
            scopes,
            website: seed.website.clone(),
        };
        self.state.apps.insert(client_id.clone(), app);
        Ok(client_id)
    }

    /// Creates a token. Returns its value.
    pub(crate) fn token(&mut self, seed: &TokenSeed) -> SeedResult<String> {
        let user = match &seed.user {
            Some(user) => Some(self.account("user", user)?),
            None => None,
        };
        let scopes = known_scopes(seed.scopes.as_ref())?;
        let app = match &seed.application {
            Some(name) => Some(self.client_id(name)?),
            None => None,
        };
        if user.is_none() && app.is_none() {
            let message = "a token needs a user, an application, or both";
            return Err(SeedError::new("", message));
        }
        let value = match &seed.token {
            Some(value) if self.state.tokens.contains_key(value) => {
                return Err(SeedError::new("token", format!("`{value}` exists already")));
            }
            Some(value) if value.is_empty() || value.contains(char::is_whitespace) => {
                let message = "a token must not be empty or contain spaces";
                return Err(SeedError::new("token", message));
            }
            Some(value) => value.clone(),
            None => self.state.unique_token("token"),
        };
        let token = Token {
            value: value.clone(),
            app,
            user,
            scopes,
            created: self.time(seed.created_at.as_ref()),
            revoked: false,
        };
        self.state.tokens.insert(value.clone(), token);
        Ok(value)
    }

    /// Finds an application by its client ID or its name.
    pub(super) fn client_id(&self, name: &str) -> SeedResult<String> {
        let apps = &self.state.apps;
        let by_name = || apps.iter().find(|(_, app)| app.name == name);
        let found = apps.get_key_value(name).or_else(by_name);
        found.map(|(id, _)| id.clone()).ok_or_else(|| {
            let names: Vec<&str> = apps.values().map(|app| app.name.as_str()).collect();
            let known = listed(&names);
            let message = format!("unknown application `{name}`; the applications are {known}");
            SeedError::new("application", message)
        })
    }

    /// Returns the chosen row number of a record, or a new one.
    pub(crate) fn row_id(
        &mut self,
        fixed: Option<FixedId>,
        exists: impl Fn(&crate::state::State, Id) -> bool,
    ) -> SeedResult<Id> {
        match fixed {
            Some(FixedId(id)) if exists(self.state, id) => {
                Err(SeedError::new("id", format!("the ID {id} exists already")))
            }
            Some(FixedId(id)) => {
                self.state.reserve_row_id(id);
                Ok(id)
            }
            None => Ok(self.state.next_row_id()),
        }
    }
}
