//! Roles of users and the permissions that they grant.

use std::collections::BTreeMap;

use crate::ids::Id;
use crate::state::State;

/// Role of every user who has no other one.
pub(crate) const EVERYONE: i64 = -99;
/// Position of the role of everyone.
const LOWEST_POSITION: i64 = -1;
/// Maximum number of collections of users with a role.
const COLLECTION_LIMIT: u32 = 10;

/// Permission of a role. The order is that of the bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    Administrator,
    ViewDevops,
    ViewAuditLog,
    ViewDashboard,
    ManageReports,
    ManageFederation,
    ManageSettings,
    ManageBlocks,
    ManageTaxonomies,
    ManageAppeals,
    ManageUsers,
    ManageInvites,
    ManageRules,
    ManageAnnouncements,
    ManageCustomEmojis,
    ManageWebhooks,
    InviteUsers,
    ManageRoles,
    ManageUserAccess,
    DeleteUserData,
    ViewFeeds,
    InviteBypassApproval,
    ManageEmailSubscriptions,
}

impl Permission {
    pub(crate) const ALL: &[(Self, &'static str)] = &[
        (Self::Administrator, "administrator"),
        (Self::ViewDevops, "view_devops"),
        (Self::ViewAuditLog, "view_audit_log"),
        (Self::ViewDashboard, "view_dashboard"),
        (Self::ManageReports, "manage_reports"),
        (Self::ManageFederation, "manage_federation"),
        (Self::ManageSettings, "manage_settings"),
        (Self::ManageBlocks, "manage_blocks"),
        (Self::ManageTaxonomies, "manage_taxonomies"),
        (Self::ManageAppeals, "manage_appeals"),
        (Self::ManageUsers, "manage_users"),
        (Self::ManageInvites, "manage_invites"),
        (Self::ManageRules, "manage_rules"),
        (Self::ManageAnnouncements, "manage_announcements"),
        (Self::ManageCustomEmojis, "manage_custom_emojis"),
        (Self::ManageWebhooks, "manage_webhooks"),
        (Self::InviteUsers, "invite_users"),
        (Self::ManageRoles, "manage_roles"),
        (Self::ManageUserAccess, "manage_user_access"),
        (Self::DeleteUserData, "delete_user_data"),
        (Self::ViewFeeds, "view_feeds"),
        (Self::InviteBypassApproval, "invite_bypass_approval"),
        (Self::ManageEmailSubscriptions, "manage_email_subscriptions"),
    ];

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(_, known)| *known == name)
            .map(|(found, _)| *found)
    }

    const fn bit(self) -> u64 {
        1 << (self as u32)
    }
}

/// Returns the bit field of several permissions.
fn bits(permissions: &[Permission]) -> u64 {
    permissions.iter().fold(0, |all, one| all | one.bit())
}

#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) color: String,
    /// Bit field of the role itself. See [`Roles::permissions`].
    pub(crate) permissions: u64,
    /// A role can act upon roles of lower positions.
    pub(crate) position: i64,
    /// Whether profiles show it.
    pub(crate) highlighted: bool,
    pub(crate) collection_limit: u32,
}

impl Role {
    pub(crate) fn new(id: i64, name: &str, permissions: &[Permission], position: i64) -> Self {
        Self {
            id,
            name: name.to_owned(),
            color: String::new(),
            permissions: bits(permissions),
            position,
            highlighted: true,
            collection_limit: COLLECTION_LIMIT,
        }
    }
}

/// Roles of the server: at first those that a new Mastodon server has.
#[derive(Debug)]
pub(crate) struct Roles(BTreeMap<i64, Role>);

impl Default for Roles {
    fn default() -> Self {
        use Permission as P;
        let moderator = [
            P::ViewDashboard,
            P::ViewAuditLog,
            P::ViewFeeds,
            P::ManageUsers,
            P::ManageReports,
            P::ManageTaxonomies,
        ];
        let more_for_admin = [
            P::ManageUserAccess,
            P::DeleteUserData,
            P::ManageFederation,
            P::ManageSettings,
            P::ManageBlocks,
            P::ManageAppeals,
            P::ManageRules,
            P::ManageInvites,
            P::ManageAnnouncements,
            P::ManageCustomEmojis,
            P::ManageWebhooks,
            P::ManageRoles,
        ];
        let admin = [&moderator[..], &more_for_admin].concat();
        let everyone = Role {
            highlighted: false,
            ..Role::new(EVERYONE, "", &[P::InviteUsers], LOWEST_POSITION)
        };
        let roles = [
            everyone,
            Role::new(1, "Moderator", &moderator, 10),
            Role::new(2, "Admin", &admin, 100),
            Role::new(3, "Owner", &[P::Administrator], 1000),
        ];
        Self(roles.into_iter().map(|role| (role.id, role)).collect())
    }
}

impl Roles {
    pub(crate) fn get(&self, id: i64) -> Option<&Role> {
        self.0.get(&id)
    }

    /// Finds a role by its name. The role of everyone has none.
    pub(crate) fn find(&self, name: &str) -> Option<&Role> {
        let mut named = self.0.values().filter(|role| role.id != EVERYONE);
        named.find(|role| role.name.eq_ignore_ascii_case(name))
    }

    /// Returns the names of all roles but that of everyone.
    pub(crate) fn names(&self) -> Vec<&str> {
        let roles = self.0.values().filter(|role| role.id != EVERYONE);
        roles.map(|role| role.name.as_str()).collect()
    }

    /// Adds a role, or replaces the one with the same name. Returns its ID.
    pub(crate) fn add(&mut self, role: Role) -> i64 {
        let next = || self.0.keys().next_back().map_or(1, |last| last + 1);
        let id = self.find(&role.name).map_or_else(next, |known| known.id);
        self.0.insert(id, Role { id, ..role });
        id
    }

    /// Returns what a role permits: also what everyone may do, and everything for an administrator.
    pub(crate) fn permissions(&self, role: &Role) -> u64 {
        if role.permissions & Permission::Administrator.bit() != 0 {
            return Permission::ALL
                .iter()
                .fold(0, |all, (one, _)| all | one.bit());
        }
        let everyone = self.0.get(&EVERYONE).map_or(0, |role| role.permissions);
        everyone | role.permissions
    }

    /// Returns the IDs of the roles other than that of everyone that grant a permission.
    pub(crate) fn that_can(&self, permission: Permission) -> Vec<i64> {
        let can = |role: &&Role| self.permissions(role) & permission.bit() != 0;
        let roles = self.0.values().filter(|role| role.id != EVERYONE);
        roles.filter(can).map(|role| role.id).collect()
    }
}

impl State {
    /// Returns the role of a local user; `None` for other accounts.
    pub(crate) fn role_of(&self, account: Id) -> Option<&Role> {
        let account = self.accounts.get(&account)?;
        account.login.as_ref()?;
        let roles = &self.moderation.roles;
        let own = account.moderation.role.and_then(|id| roles.get(id));
        own.or_else(|| roles.get(EVERYONE))
    }

    /// Gives a local user a role, or takes it away.
    pub(crate) fn set_role(&mut self, account: Id, role: Option<i64>) {
        if let Some(account) = self.accounts.get_mut(&account) {
            account.moderation.role = role;
        }
    }

    /// Whether the role of a user grants at least one of several permissions.
    pub(crate) fn can(&self, user: Id, any_of: &[Permission]) -> bool {
        let permissions = self
            .role_of(user)
            .map_or(0, |role| self.moderation.roles.permissions(role));
        permissions & bits(any_of) != 0
    }

    /// Whether a user may act upon an account: its role is lower, or it has no user on this server.
    pub(crate) fn outranks(&self, user: Id, account: Id) -> bool {
        let position = |id| self.role_of(id).map(|role| role.position);
        position(account).is_none_or(|other| position(user).is_some_and(|own| own > other))
    }

    /// Returns the users whose roles, other than that of everyone, grant a permission.
    pub(crate) fn staff_who_can(&self, permission: Permission) -> Vec<Id> {
        let roles = self.moderation.roles.that_can(permission);
        let has_role = |role: Option<i64>| role.is_some_and(|role| roles.contains(&role));
        let accounts = self.accounts.values();
        let staff = accounts.filter(|account| has_role(account.moderation.role));
        staff.map(|account| account.id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_have_the_bits_of_mastodon() {
        for (index, (permission, name)) in Permission::ALL.iter().enumerate() {
            assert_eq!(permission.bit(), 1 << index, "{name}");
            assert_eq!(Permission::from_name(name), Some(*permission));
        }
    }
}
