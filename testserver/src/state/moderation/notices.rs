//! Notifications about decisions of the staff, and to the staff.

use jiff::Timestamp;

use super::Permission;
use crate::ids::Id;
use crate::state::{About, Notification, State};

impl State {
    /// Notifies a user about a decision that concerns the user. Like in Mastodon, it comes from the user's own account.
    /// A suspended user is not notified.
    pub(in crate::state) fn notify_self(
        &mut self,
        to: Id,
        kind: &'static str,
        about: About,
        now: Timestamp,
    ) {
        self.notify_about(to, kind, to, about, now);
    }

    /// Notifies the staff about a new report, unless there is another open one about the account.
    pub(crate) fn notify_staff_about_report(&mut self, report: Id, now: Timestamp) {
        let Some(new) = self.reports.get(&report) else {
            return;
        };
        let (target, reporter) = (new.target, new.reporter);
        let mut others = self.reports.values().filter(|other| other.id != report);
        if others.any(|other| other.target == target && other.resolved.is_none()) {
            return;
        }
        for member in self.staff_who_can(Permission::ManageReports) {
            self.notify_about(member, "admin.report", reporter, About::Report(report), now);
        }
    }

    fn notify_about(&mut self, to: Id, kind: &'static str, from: Id, about: About, now: Timestamp) {
        let recipient = self.accounts.get(&to);
        if recipient.is_none_or(|account| account.domain.is_some() || account.suspended) {
            return;
        }
        let notification = Notification {
            id: self.next_notification_id(now),
            to,
            kind,
            from,
            status: None,
            about: Some(about),
            created: now,
            filtered: false,
            group: None,
        };
        self.deliver_notification(notification, now);
    }
}
