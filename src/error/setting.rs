//! Settings and limits in errors.

use std::fmt;

/// A timeout setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeoutSetting {
    /// [`connect_timeout`](crate::MastodonBuilder::connect_timeout): opening the connection.
    Connect,
    /// [`read_timeout`](crate::MastodonBuilder::read_timeout): waiting for the next bytes of a response.
    Read,
    /// [`timeout`](crate::MastodonBuilder::timeout): one attempt of a call.
    Attempt,
    /// [`deadline`](crate::MastodonBuilder::deadline): a whole call with all its attempts.
    Deadline,
    /// `idle_timeout` of a stream: waiting for the next event or heartbeat.
    #[cfg(feature = "streaming")]
    Idle,
    /// `deadline` of a call that repeats a request until the server reports a state.
    Condition,
}

impl TimeoutSetting {
    /// Returns the name of the setting, such as `connect_timeout`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect_timeout",
            Self::Read => "read_timeout",
            Self::Attempt => "timeout",
            Self::Deadline | Self::Condition => "deadline",
            #[cfg(feature = "streaming")]
            Self::Idle => "idle_timeout",
        }
    }

    /// Returns what did not arrive in time.
    pub(super) fn awaited(self) -> &'static str {
        match self {
            Self::Connect => "no connection",
            Self::Read => "no further bytes of the response",
            Self::Attempt | Self::Deadline => "no response",
            #[cfg(feature = "streaming")]
            Self::Idle => "neither an event nor a heartbeat",
            Self::Condition => "the awaited state was not reached",
        }
    }
}

impl fmt::Display for TimeoutSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The unit of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitUnit {
    /// Characters, as Mastodon counts them.
    Characters,
    /// Media attachments.
    MediaAttachments,
    /// Options of a poll.
    PollOptions,
    /// Characters of one option of a poll.
    PollOptionCharacters,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Pixels: width times height.
    Pixels,
}

impl fmt::Display for LimitUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Characters => "characters",
            Self::MediaAttachments => "media attachments",
            Self::PollOptions => "options",
            Self::PollOptionCharacters => "characters in an option",
            Self::Seconds => "seconds",
            Self::Bytes => "bytes",
            Self::Pixels => "pixels",
        })
    }
}

/// The direction of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitBound {
    /// The limit is a maximum.
    AtMost,
    /// The limit is a minimum.
    AtLeast,
}

impl fmt::Display for LimitBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AtMost => "at most",
            Self::AtLeast => "at least",
        })
    }
}
