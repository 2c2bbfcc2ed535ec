//! IP addresses that cannot sign up, or have no access at all.

use std::net::IpAddr;

use jiff::Timestamp;

use super::IpRange;
use crate::ids::Id;
use crate::state::State;

/// What a client of a blocked address cannot do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IpSeverity {
    SignUpRequiresApproval,
    SignUpBlock,
    NoAccess,
}

impl IpSeverity {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "sign_up_requires_approval" => Self::SignUpRequiresApproval,
            "sign_up_block" => Self::SignUpBlock,
            "no_access" => Self::NoAccess,
            _ => return None,
        })
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::SignUpRequiresApproval => "sign_up_requires_approval",
            Self::SignUpBlock => "sign_up_block",
            Self::NoAccess => "no_access",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct IpBlock {
    pub(crate) id: Id,
    pub(crate) range: IpRange,
    pub(crate) severity: IpSeverity,
    pub(crate) comment: String,
    pub(crate) created: Timestamp,
    /// An expired block is removed.
    pub(crate) expires: Option<Timestamp>,
}

impl State {
    /// Whether an address has a block of the given severity.
    pub(crate) fn is_ip_blocked(
        &self,
        address: IpAddr,
        severity: IpSeverity,
        now: Timestamp,
    ) -> bool {
        let blocks = self.moderation.ip_blocks.values();
        let mut active = blocks.filter(|block| block.expires.is_none_or(|at| at > now));
        active.any(|block| block.severity == severity && block.range.contains(address))
    }
}
