//! Endpoints that create things. Their bodies are those of the items of a seed file.

use serde::Serialize;

use super::ControlError;
use super::endpoint::{Call, CreatedId, Empty, Endpoint, endpoint};
use super::users::{UserInfo, user_info};
use crate::ids::{Id, parse_id};
use crate::seed::{
    AnnouncementChanges, AnnouncementSeed, ApplicationSeed, BlockSeed, CollectionSeed, CreatedIds,
    DomainBlockSeed, EmojiSeed, FilterSeed, FollowSeed, ListSeed, MediaSeed, MuteSeed,
    NotificationSeed, RoleSeed, ScheduledStatusSeed, Seed, SeedResult, Seeder, StatusSeed,
    TokenSeed, TrendsSeed, UserSeed,
};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    endpoint!(POST "/seed", "Creates everything in a seed. What exists already stays.", everything: Seed => CreatedIds),
    endpoint!(POST "/applications", "Creates an OAuth application.", application: ApplicationSeed => ApplicationInfo),
    endpoint!(POST "/users", "Creates a user, or an account of another server.", user: UserSeed => UserInfo),
    endpoint!(POST "/tokens", "Creates an access token without a browser.", token: TokenSeed => TokenInfo),
    endpoint!(POST "/follows", "Creates a follow or a follow request.", follow: FollowSeed => Empty),
    endpoint!(POST "/mutes", "Mutes an account.", mute: MuteSeed => Empty),
    endpoint!(POST "/blocks", "Blocks an account.", block: BlockSeed => Empty),
    endpoint!(POST "/domain_blocks", "Blocks a domain for a user.", domain_block: DomainBlockSeed => Empty),
    endpoint!(POST "/roles", "Creates a role.", role: RoleSeed => CreatedId),
    endpoint!(POST "/emojis", "Creates a custom emoji.", emoji: EmojiSeed => Empty),
    endpoint!(POST "/media", "Creates a media attachment.", media: MediaSeed => CreatedId),
    endpoint!(POST "/statuses", "Creates a status and the acts of others on it, with their notifications and events.", status: StatusSeed => CreatedId),
    endpoint!(POST "/scheduled_statuses", "Creates a scheduled status.", scheduled_status: ScheduledStatusSeed => CreatedId),
    endpoint!(POST "/notifications", "Creates a notification without the act that usually causes it.", notification: NotificationSeed => Empty),
    endpoint!(POST "/lists", "Creates a list.", list: ListSeed => CreatedId),
    endpoint!(POST "/filters", "Creates a filter.", filter: FilterSeed => CreatedId),
    endpoint!(POST "/collections", "Creates a collection.", collection: CollectionSeed => CreatedId),
    endpoint!(POST "/announcements", "Publishes an announcement.", announcement: AnnouncementSeed => CreatedId),
    endpoint!(PUT "/trends", "Sets the trends. They come before those that statuses cause.", trends: TrendsSeed => Empty),
    endpoint!(PATCH "/announcements/{id}", "Changes the text of an announcement.", change_announcement: AnnouncementChanges => CreatedId),
    endpoint!(DELETE "/announcements/{id}", "Deletes an announcement.", delete_announcement: Empty => Empty),
];

/// Credentials of an application.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ApplicationInfo {
    id: String,
    client_id: String,
    client_secret: String,
}

/// Access token, in the form of the response of `/oauth/token`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TokenInfo {
    access_token: String,
    token_type: &'static str,
    scope: String,
    created_at: i64,
}

/// Calls a function that creates something.
pub(super) fn create<T>(
    call: &Call,
    create: impl FnOnce(&mut Seeder<'_>) -> SeedResult<T>,
) -> Result<T, ControlError> {
    let now = call.shared.clock.now();
    let mut state = call.shared.state();
    Ok(create(&mut Seeder::new(&mut state, now))?)
}

async fn everything(call: &Call, mut seed: Seed) -> Result<CreatedIds, ControlError> {
    seed.load_files(None)?;
    call.shared.apply_settings(&seed)?;
    create(call, |seeder| seeder.create_all(&seed))
}

async fn application(call: &Call, seed: ApplicationSeed) -> Result<ApplicationInfo, ControlError> {
    let client_id = create(call, |seeder| seeder.application(&seed))?;
    let state = call.shared.state();
    let app = state.apps.get(&client_id);
    Ok(ApplicationInfo {
        id: app.map_or_else(String::new, |app| app.id.to_string()),
        client_secret: app.map_or_else(String::new, |app| app.secret.clone()),
        client_id,
    })
}

async fn user(call: &Call, seed: UserSeed) -> Result<UserInfo, ControlError> {
    let id = create(call, |seeder| seeder.user(&seed))?;
    user_info(&call.shared.state(), id)
}

async fn token(call: &Call, seed: TokenSeed) -> Result<TokenInfo, ControlError> {
    let access_token = create(call, |seeder| seeder.token(&seed))?;
    let state = call.shared.state();
    let token = state.tokens.get(&access_token);
    Ok(TokenInfo {
        token_type: "Bearer",
        scope: token.map_or_else(String::new, |token| token.scopes.join(" ")),
        created_at: token.map_or(0, |token| token.created.as_second()),
        access_token,
    })
}

async fn follow(call: &Call, seed: FollowSeed) -> Result<Empty, ControlError> {
    create(call, |seeder| seeder.follow(&seed))?;
    Ok(Empty {})
}

async fn mute(call: &Call, seed: MuteSeed) -> Result<Empty, ControlError> {
    create(call, |seeder| seeder.mute(&seed))?;
    Ok(Empty {})
}

async fn block(call: &Call, seed: BlockSeed) -> Result<Empty, ControlError> {
    create(call, |seeder| seeder.block(&seed))?;
    Ok(Empty {})
}

async fn domain_block(call: &Call, seed: DomainBlockSeed) -> Result<Empty, ControlError> {
    create(call, |seeder| seeder.domain_block(&seed))?;
    Ok(Empty {})
}

async fn role(call: &Call, seed: RoleSeed) -> Result<CreatedId, ControlError> {
    let id = create(call, |seeder| seeder.role(&seed))?;
    Ok(CreatedId { id })
}

async fn emoji(call: &Call, seed: EmojiSeed) -> Result<Empty, ControlError> {
    create(call, |seeder| seeder.emoji(&seed))?;
    Ok(Empty {})
}

async fn trends(call: &Call, seed: TrendsSeed) -> Result<Empty, ControlError> {
    create(call, |seeder| seeder.trends(&seed))?;
    Ok(Empty {})
}

async fn notification(call: &Call, seed: NotificationSeed) -> Result<Empty, ControlError> {
    create(call, |seeder| seeder.notification(&seed))?;
    Ok(Empty {})
}

/// Creates a thing and returns its ID.
fn created(
    call: &Call,
    function: impl FnOnce(&mut Seeder<'_>) -> SeedResult<Id>,
) -> Result<CreatedId, ControlError> {
    let id = create(call, function)?.to_string();
    Ok(CreatedId { id })
}

async fn media(call: &Call, seed: MediaSeed) -> Result<CreatedId, ControlError> {
    created(call, |seeder| seeder.media(&seed))
}

async fn status(call: &Call, seed: StatusSeed) -> Result<CreatedId, ControlError> {
    created(call, |seeder| seeder.status(&seed))
}

async fn scheduled_status(
    call: &Call,
    seed: ScheduledStatusSeed,
) -> Result<CreatedId, ControlError> {
    created(call, |seeder| seeder.scheduled_status(&seed))
}

async fn list(call: &Call, seed: ListSeed) -> Result<CreatedId, ControlError> {
    created(call, |seeder| seeder.list(&seed))
}

async fn filter(call: &Call, seed: FilterSeed) -> Result<CreatedId, ControlError> {
    created(call, |seeder| seeder.filter(&seed))
}

async fn collection(call: &Call, seed: CollectionSeed) -> Result<CreatedId, ControlError> {
    created(call, |seeder| seeder.collection(&seed))
}

async fn announcement(call: &Call, seed: AnnouncementSeed) -> Result<CreatedId, ControlError> {
    created(call, |seeder| seeder.announcement(&seed))
}

fn no_announcement(call: &Call) -> ControlError {
    ControlError::not_found(format!("there is no announcement {}", call.path_param()))
}

async fn change_announcement(
    call: &Call,
    changes: AnnouncementChanges,
) -> Result<CreatedId, ControlError> {
    let (id, now) = (parse_id(call.path_param()), call.shared.clock.now());
    let is_changed = call
        .shared
        .state()
        .update_announcement(id, &changes.text, now);
    if !is_changed {
        return Err(no_announcement(call));
    }
    Ok(CreatedId { id: id.to_string() })
}

async fn delete_announcement(call: &Call, _: Empty) -> Result<Empty, ControlError> {
    let id = parse_id(call.path_param());
    if call.shared.state().delete_announcement(id) {
        return Ok(Empty {});
    }
    Err(no_announcement(call))
}
