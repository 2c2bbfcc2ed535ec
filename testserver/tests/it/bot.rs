use mastodon_sdk::{Error, Mastodon, NotificationType};
use mastodon_test_server::TestServer;

/// The bot: replies to each mention with its number of words.
async fn reply_to_mentions(bot: &Mastodon) -> Result<(), Error> {
    let mentions = bot.notifications().types([NotificationType::Mention]);
    for mention in &mentions.await? {
        if let Some(status) = &mention.status {
            let words = status.content.to_text().split_whitespace().count();
            bot.status_reply(status, format!("{words} words")).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn bot_replies_with_the_number_of_words() -> Result<(), Box<dyn std::error::Error>> {
    let server = TestServer::start().await?;
    let client = |user| {
        let token = server.token(user, "read write");
        Mastodon::builder(server.url()).access_token(token).build()
    };
    let (bot, bob) = (client("wordbot")?, client("bob")?);

    bob.status_post("@wordbot one two three").await?;
    reply_to_mentions(&bot).await?;

    let replies = bob.notifications().await?;
    let reply = replies[0].status.as_ref().ok_or("the reply is missing")?;
    assert_eq!(reply.content.to_text(), "@bob 4 words");
    Ok(())
}
