//! Statuses, polls and media.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Bytes;
use jiff::Timestamp;

use crate::ids::Id;

#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) id: Id,
    pub(crate) account: Id,
    pub(crate) created: Timestamp,
    pub(crate) text: String,
    pub(crate) spoiler: String,
    pub(crate) sensitive: bool,
    pub(crate) visibility: String,
    pub(crate) language: Option<String>,
    pub(crate) reply_to: Option<Id>,
    pub(crate) media: Vec<Id>,
    pub(crate) poll: Option<Poll>,
    pub(crate) favourited_by: BTreeSet<Id>,
    pub(crate) bookmarked_by: BTreeSet<Id>,
}

impl Status {
    pub(crate) fn new(id: Id, account: Id, created: Timestamp, text: &str) -> Self {
        Self {
            id,
            account,
            created,
            text: text.to_owned(),
            spoiler: String::new(),
            sensitive: false,
            visibility: "public".to_owned(),
            language: Some("en".to_owned()),
            reply_to: None,
            media: Vec::new(),
            poll: None,
            favourited_by: BTreeSet::new(),
            bookmarked_by: BTreeSet::new(),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Poll {
    pub(crate) id: Id,
    pub(crate) options: Vec<String>,
    pub(crate) expires: Timestamp,
    pub(crate) multiple: bool,
    pub(crate) votes: BTreeMap<Id, BTreeSet<usize>>,
}

#[derive(Debug)]
pub(crate) struct Media {
    pub(crate) id: Id,
    pub(crate) bytes: Bytes,
    pub(crate) description: Option<String>,
}

/// The words of a text that begin with a mark, without it.
pub(crate) fn words(text: &str, mark: char) -> impl Iterator<Item = String> {
    text.split_whitespace().filter_map(move |word| {
        let name: String = word
            .strip_prefix(mark)?
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        (!name.is_empty()).then(|| name.to_lowercase())
    })
}
