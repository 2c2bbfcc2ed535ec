//! Public API of the server: what its staff does.

use crate::server::TestServer;
use crate::state::{Permission, Role};

impl TestServer {
    /// Gives a local user a role: `Moderator`, `Admin`, `Owner`, or one of [`add_role`](Self::add_role). An empty name
    /// takes the role away. Returns `false` if there is no such user or role. By default only the user `admin` has a
    /// role: `Owner`.
    ///
    /// The role decides what the endpoints for administration permit; a token also needs the scope.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> std::io::Result<()> {
    /// let server = mastodon_test_server::TestServer::start().await?;
    /// assert!(server.set_role("alice", "Moderator"));
    /// let token = server.token("alice", "admin:read");
    /// # Ok(()) }
    /// ```
    pub fn set_role(&self, username: &str, role: &str) -> bool {
        let mut state = self.shared.state();
        let found = state.moderation.roles.find(role).map(|role| role.id);
        match state.local_account(username) {
            Some(user) if found.is_some() || role.is_empty() => {
                state.set_role(user, found);
                true
            }
            _ => false,
        }
    }

    /// Adds a role with permissions by the names of Mastodon, such as `manage_reports`; unknown names are ignored. Only
    /// roles of a higher position can act upon its users: that of Moderator is 10, of Admin 100, of Owner 1000. Profiles
    /// show the role. Returns its ID.
    pub fn add_role(&self, name: &str, permissions: &[&str], position: i32) -> String {
        let names = permissions.iter();
        let permissions: Vec<Permission> = names
            .filter_map(|name| Permission::from_name(name))
            .collect();
        let role = Role::new(0, name, &permissions, position.into());
        self.shared.state().moderation.roles.add(role).to_string()
    }

    /// Acts as staff: adds a preset text for warnings. Returns its ID, for `warning_preset_id`.
    pub fn add_warning_preset(&self, text: &str) -> String {
        let mut state = self.shared.state();
        let id = state.next_row_id();
        state.moderation.warning_presets.insert(id, text.to_owned());
        id.to_string()
    }

    /// Requires that the staff approves what appears in trends: hashtags, links and statuses. Default: everything appears.
    pub fn require_trend_review(&self) {
        self.shared
            .behavior
            .with(|behavior| behavior.trend_review = true);
    }

    /// Acts as staff: prevents a user from logging in and from using existing tokens.
    pub fn disable_login(&self, username: &str) {
        let mut state = self.shared.state();
        if let Some(user) = state.local_account(username) {
            state.set_login_disabled(user, true);
        }
    }
}
