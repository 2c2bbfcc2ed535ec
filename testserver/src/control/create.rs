//! Endpoints that create things. Their bodies are those of the items of a seed file.

use serde::Serialize;

use super::ControlError;
use super::endpoint::{Call, Empty, Endpoint, endpoint};
use super::users::{UserInfo, user_info};
use crate::seed::{
    ApplicationSeed, BlockSeed, CreatedIds, DomainBlockSeed, FollowSeed, MuteSeed, Seed,
    SeedResult, Seeder, TokenSeed, UserSeed,
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
