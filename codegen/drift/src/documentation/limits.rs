//! Reads the page of rate limits: sentences or a table.

use super::methods::http;
use super::text::Heading;
use crate::external::{ExternalApi, Limit};
use mastodon_spec::yaml::Route;

/// Reads the page.
pub(super) fn parse(text: &str, at: &str, external: &mut ExternalApi) {
    let mut by_address = false;
    for (index, line) in text.lines().enumerate() {
        let at = format!("{at}:{}", index + 1);
        if let Some(heading) = Heading::parse(line) {
            by_address = match heading.title.to_ascii_lowercase().as_str() {
                "per account" => false,
                "per ip" => true,
                _ => by_address,
            };
        } else if line.trim_start().starts_with('|') {
            external.limits.extend(row(line, at));
        } else {
            external.limits.extend(sentence(line, by_address, at));
        }
    }
    if external.limits.is_empty() {
        external
            .unread
            .push(format!("{at}: the page contains no limit"));
    }
}

/// `` `POST /api/v1/media` can be called 30 times within 30 minutes.``
fn sentence(line: &str, by_address: bool, at: String) -> Option<Limit> {
    let (who, rest) = line.split_once(" can be called ")?;
    let (requests, time) = rest.split_once(" times within ")?;
    Some(Limit {
        endpoints: endpoints(who),
        requests: requests.parse().ok()?,
        seconds: seconds(time)?,
        by_address,
        at,
    })
}

/// ``|`POST /api/v1/media`|Uploading|30 minutes|30|Account|``
fn row(line: &str, at: String) -> Option<Limit> {
    let line = line.trim().trim_matches('|');
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let [endpoint, _, time, requests, per] = cells[..] else {
        return None;
    };
    Some(Limit {
        endpoints: endpoints(endpoint),
        requests: requests.parse().ok()?,
        seconds: seconds(time)?,
        by_address: per.eq_ignore_ascii_case("ip"),
        at,
    })
}

/// The endpoints in backticks.
fn endpoints(text: &str) -> Vec<Route> {
    let codes = text.split('`').skip(1).step_by(2);
    codes.filter_map(|code| http(code)?.ok()).collect()
}

/// Parses `30 minutes` into seconds.
fn seconds(text: &str) -> Option<u32> {
    let mut words = text.trim().trim_end_matches('.').split(' ');
    let count: u32 = words.next()?.parse().ok()?;
    let unit = match words.next()?.trim_end_matches('s') {
        "second" => 1,
        "minute" => 60,
        "hour" => 60 * 60,
        "day" => 24 * 60 * 60,
        _ => return None,
    };
    count.checked_mul(unit)
}
