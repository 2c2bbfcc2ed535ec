//! Finds the status of a post whose response was lost: among the scheduled statuses and the newest statuses of the user.

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::call::core::BoxFuture;
use crate::call::decode::decode;
use crate::call::endpoints::{ACCOUNT_STATUSES, SCHEDULED_STATUSES, STATUS_SOURCE};
use crate::call::lost_response::{FindHook, Search, items, lookup, with_body};
use crate::call::params::{Group, Value};
use crate::call::request::Request;
use crate::client::Mastodon;
use crate::entities::{MediaAttachment, ScheduledStatus, Status, StatusId, StatusSource};
use crate::error::Error;
use crate::http::RawResponse;

/// Number of statuses per page, the maximum of Mastodon, and maximum number of pages.
const PAGE_SIZE: u32 = 40;
const MAX_PAGES: usize = 5;

/// Maximum difference between the requested time of publication and that of a scheduled status, in seconds.
const MAX_TIME_DIFFERENCE: u64 = 1;

/// Finds the status of a post.
pub(crate) struct FindPostedStatus(pub(crate) Mastodon);

impl FindHook for FindPostedStatus {
    fn find<'a>(
        &'a self,
        request: &'a Request,
        search: &'a Search,
    ) -> BoxFuture<'a, Result<Option<RawResponse>, Error>> {
        Box::pin(async move {
            let sent = Post::new(&request.values);
            if sent.scheduled_at.is_some() {
                let found = find_scheduled(request, search, &sent).await?;
                if found.is_some() {
                    return Ok(found);
                }
            }
            let user = self.0.fetch_user_id().await?;
            let list = lookup(request, &ACCOUNT_STATUSES)
                .with("id", user.as_str().to_owned())
                .with("exclude_reblogs", true);
            find_published(request, search, &sent, list).await
        })
    }
}

/// Finds the status among the scheduled statuses of the user.
async fn find_scheduled(
    request: &Request,
    search: &Search,
    sent: &Post<'_>,
) -> Result<Option<RawResponse>, Error> {
    let mut list = lookup(request, &SCHEDULED_STATUSES);
    for _ in 0..MAX_PAGES {
        let page = match fetch(&mut list).await {
            // Some software that does not have the list accepts `scheduled_at`.
            Err(error) if error.is_not_found() => return Ok(None),
            page => page?,
        };
        for item in &page.items {
            let scheduled = serde_json::from_value::<ScheduledStatus>(item.clone());
            if scheduled.is_ok_and(|scheduled| sent.is_scheduled_as(&scheduled))
                && search.claim(request, item)
            {
                return Ok(Some(with_body(&page.response, item)));
            }
        }
        if !continue_after(&mut list, &page.items) {
            break;
        }
    }
    Ok(None)
}

/// Finds the status among the newest statuses of the user.
async fn find_published(
    request: &Request,
    search: &Search,
    sent: &Post<'_>,
    mut list: Request,
) -> Result<Option<RawResponse>, Error> {
    for _ in 0..MAX_PAGES {
        let page = fetch(&mut list).await?;
        let start = search.start_time(&page.response);
        let mut has_older = false;
        for item in &page.items {
            let Ok(status) = serde_json::from_value::<Status>(item.clone()) else {
                continue;
            };
            if status.created_at < start {
                has_older = true;
                continue;
            }
            if sent.is_published_as(request, &status).await? && search.claim(request, item) {
                return Ok(Some(with_body(&page.response, item)));
            }
        }
        if has_older || !continue_after(&mut list, &page.items) {
            break;
        }
    }
    Ok(None)
}

/// A page of a list.
struct Page {
    response: RawResponse,
    items: Vec<Json>,
}

async fn fetch(list: &mut Request) -> Result<Page, Error> {
    list.set("limit", PAGE_SIZE);
    let (response, request) = list.clone().send().await?;
    let items = items(decode(request.endpoint, &response)?);
    Ok(Page { response, items })
}

/// Continues a list after a full page. Returns false at its end.
fn continue_after(list: &mut Request, items: &[Json]) -> bool {
    let last = items.last().and_then(|item| item["id"].as_str());
    match last {
        Some(id) if items.len() >= PAGE_SIZE as usize => {
            list.set("max_id", id.to_owned());
            true
        }
        _ => false,
    }
}

/// What was sent, as far as it identifies the status.
struct Post<'a> {
    /// Content warning and text. Without a text, the server uses the content warning as the text.
    text: String,
    in_reply_to: Option<&'a str>,
    media: Vec<&'a str>,
    poll_options: Vec<&'a str>,
    scheduled_at: Option<&'a str>,
}

impl<'a> Post<'a> {
    fn new(values: &'a Group) -> Self {
        let text = |name: &str| values.get(name).and_then(string);
        let poll_options = match values.get("poll") {
            Some(Value::Object(poll)) => poll
                .iter()
                .find(|(name, _)| name == "options")
                .map(|(_, options)| strings(options)),
            _ => None,
        };
        Self {
            text: joined(
                text("spoiler_text").unwrap_or_default(),
                text("status").unwrap_or_default(),
            ),
            in_reply_to: text("in_reply_to_id"),
            media: values.get("media_ids").map(strings).unwrap_or_default(),
            poll_options: poll_options.unwrap_or_default(),
            scheduled_at: text("scheduled_at"),
        }
    }

    fn is_scheduled_as(&self, scheduled: &ScheduledStatus) -> bool {
        let params = &scheduled.params;
        let spoiler_text = params.spoiler_text.as_deref().unwrap_or_default();
        let reply_to = params.in_reply_to_id.as_ref().map(StatusId::as_str);
        let poll = params.poll.iter().flat_map(|poll| &poll.options);
        let requested = self
            .scheduled_at
            .and_then(|time| time.parse::<Timestamp>().ok());
        let is_at_time = requested.is_none_or(|time| {
            let difference = time.duration_since(scheduled.scheduled_at).unsigned_abs();
            difference.as_secs() <= MAX_TIME_DIFFERENCE
        });
        is_at_time
            && normalize(&joined(spoiler_text, &params.text)) == normalize(&self.text)
            && reply_to == self.in_reply_to
            && self.has_media(&scheduled.media_attachments)
            && self.has_options(poll.map(String::as_str))
    }

    async fn is_published_as(&self, request: &Request, status: &Status) -> Result<bool, Error> {
        let reply_to = status.in_reply_to_id.as_ref().map(StatusId::as_str);
        let poll = status.poll.iter().flat_map(|poll| &poll.options);
        let fits = status.reblog.is_none()
            && reply_to == self.in_reply_to
            && self.has_media(&status.media_attachments)
            && self.has_options(poll.map(|option| option.title.as_str()));
        if !fits {
            return Ok(false);
        }
        let text = joined(&status.spoiler_text, &status.content.to_text());
        if normalize(&text) == normalize(&self.text) {
            return Ok(true);
        }
        // The server may have rendered the text as Markdown or another format.
        let source = lookup(request, &STATUS_SOURCE).with("id", status.id.as_str().to_owned());
        match source.send().await {
            Ok((response, request)) => {
                let source = decode::<StatusSource>(request.endpoint, &response)?;
                let text = joined(&source.spoiler_text, &source.text);
                Ok(normalize(&text) == normalize(&self.text))
            }
            Err(error) if error.is_retryable() => Err(error),
            Err(_) => Ok(false),
        }
    }

    fn has_media(&self, media: &[MediaAttachment]) -> bool {
        media.len() == self.media.len()
            && media
                .iter()
                .all(|attachment| self.media.contains(&attachment.id.as_str()))
    }

    fn has_options<'o>(&self, options: impl Iterator<Item = &'o str>) -> bool {
        let sent = self.poll_options.iter().map(|option| normalize(option));
        options.map(normalize).eq(sent)
    }
}

fn string(value: &Value) -> Option<&str> {
    match value {
        Value::String(string) => Some(string),
        _ => None,
    }
}

fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(string).collect(),
        _ => Vec::new(),
    }
}

fn joined(spoiler_text: &str, text: &str) -> String {
    format!("{spoiler_text} {text}")
}

/// Returns what servers keep of a text: white space, punctuation of Markdown, upper case and the hosts of mentions can
/// differ between the text that was sent and the published one.
fn normalize(text: &str) -> String {
    let words = text.split_whitespace().map(without_host);
    let words: String = words.collect();
    let kept: String = words
        .chars()
        .filter(|c| !c.is_ascii_punctuation())
        .collect();
    if kept.is_empty() {
        words
    } else {
        kept.to_lowercase()
    }
}

/// Removes the host of a mention: `(@bob@b.example)` becomes `(@bob)`.
fn without_host(word: &str) -> String {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut result = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find('@') {
        let (before, mention) = rest.split_at(at + 1);
        result.push_str(before);
        let name = mention.find(|c| !is_name(c)).unwrap_or(mention.len());
        let (name, after) = mention.split_at(name);
        result.push_str(name);
        rest = after;
        if !name.is_empty()
            && let Some(host) = after.strip_prefix('@')
        {
            rest = host.trim_start_matches(is_name);
        }
    }
    result + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_without_what_servers_change() {
        for (sent, published) in [
            ("Hello,  world!\n\nBye", "Hello, world!\nBye"),
            ("@bob@b.example (@carol@c.example): hi", "@bob (@carol): hi"),
            ("**bold** _and_ `code`", "bold and code"),
            (
                "#Rust is https://a.example/b",
                "#Rust is https://a.example/b",
            ),
            ("...", "..."),
            ("mail me@a.example", "mail me@a.example"),
        ] {
            assert_eq!(normalize(sent), normalize(published), "{sent}");
        }
        for (sent, other) in [("1", "2"), ("...", "!!!"), ("🎉", "🔥"), ("a", "")] {
            assert_ne!(normalize(sent), normalize(other), "{sent}");
        }
    }
}
