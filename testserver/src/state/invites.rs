//! Invites: codes with which users let other people sign up.

use jiff::Timestamp;

use super::{Follow, State};
use crate::ids::Id;

#[derive(Clone, Debug)]
pub(crate) struct Invite {
    /// User who invites.
    pub(crate) user: Id,
    pub(crate) uses: u32,
    pub(crate) max_uses: Option<u32>,
    pub(crate) expires: Option<Timestamp>,
    /// Whether the new user follows the one who invites.
    pub(crate) autofollow: bool,
}

impl Invite {
    pub(crate) fn is_valid(&self, now: Timestamp) -> bool {
        self.max_uses.is_none_or(|max| self.uses < max)
            && self.expires.is_none_or(|expires| expires > now)
    }
}

impl State {
    /// Creates an invite. Returns its code.
    pub(crate) fn create_invite(&mut self, invite: Invite) -> String {
        let code = self.unique_token("invite");
        self.invites.insert(code.clone(), invite);
        code
    }

    /// Counts the use of an invite by a new user. An unknown code has no effect.
    pub(crate) fn use_invite(&mut self, code: &str, new_user: Id, now: Timestamp) {
        let Some(invite) = self.invites.get_mut(code) else {
            return;
        };
        invite.uses += 1;
        if invite.autofollow {
            let inviter = invite.user;
            let follow = Follow::new(self.next_row_id(), now);
            self.follow(new_user, inviter, follow, now);
        }
    }
}
