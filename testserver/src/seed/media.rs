//! Media attachments.

use serde::Deserialize;

use super::{FileSeed, FixedId, Kind, Reference, SeedError, SeedResult, Seeder, Time};
use crate::ids::Id;
use crate::media_info::probe;
use crate::state::Media;

/// Media attachment that a status can name.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct MediaSeed {
    /// User who uploaded it.
    pub(crate) user: Reference,
    /// Name by which statuses refer to it.
    #[serde(default)]
    pub(crate) label: Option<String>,
    #[serde(default)]
    pub(crate) id: Option<FixedId>,
    /// Default: a gray image of one pixel.
    #[serde(default)]
    pub(crate) content: FileSeed,
    /// Text for people who cannot see or hear it.
    #[serde(default)]
    pub(crate) description: Option<String>,
    /// Focal point: two numbers from -1 to 1.
    #[serde(default)]
    pub(crate) focus: Option<(f64, f64)>,
    /// Time until which the server processes it. Default: it is ready.
    #[serde(default)]
    pub(crate) processed_at: Option<Time>,
    #[serde(default)]
    pub(crate) created_at: Option<Time>,
}

impl Seeder<'_> {
    /// Creates a media attachment. Returns its ID.
    pub(crate) fn media(&mut self, seed: &MediaSeed) -> SeedResult<Id> {
        let account = self.account("user", &seed.user)?;
        self.check_label(Kind::Media, seed.label.as_deref())?;
        let bytes = seed
            .content
            .content()
            .map_err(|error| error.inside("content"))?;
        let info = probe(&bytes).ok_or_else(|| {
            SeedError::new("content", "the file is not media that Mastodon accepts")
        })?;
        if let Some((x, y)) = seed.focus
            && !(x.abs() <= 1.0 && y.abs() <= 1.0)
        {
            return Err(SeedError::new(
                "focus",
                "two numbers from -1 to 1 are expected",
            ));
        }
        let created = self.time(seed.created_at.as_ref());
        let id = self.snowflake_id(seed.id, created)?;
        let media = Media {
            id,
            account,
            bytes,
            info,
            thumbnail: None,
            description: seed.description.clone(),
            focus: seed.focus.map(|(x, y)| (x, Some(y))),
            fails: false,
            ready_at: self.time(seed.processed_at.as_ref()),
            status: None,
            scheduled: None,
        };
        self.state.media.insert(id, media);
        self.state.schedule_media_cleanup(self.now);
        self.set_label(Kind::Media, seed.label.as_deref(), id);
        Ok(id)
    }
}
