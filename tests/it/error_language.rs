//! The language of the server's error messages.

use crate::support::ScriptedServer;

#[tokio::test]
async fn error_language_is_sent_unless_the_endpoint_has_its_own_lang_parameter() {
    let server = ScriptedServer::start(Vec::new()).await;
    let client = server.builder().language("de").build().unwrap();
    let clone = client.clone();
    let _not_found = client.status("1").await;
    let _not_found = client.status_post("Hi").await;
    let _not_found = client.status_translate("1").lang("fr").await;
    let _not_found = client.trending_links().await;
    client.set_language(Some("pt-BR".to_owned()));
    let _not_found = clone.timeline_home().limit(2).await;
    client.set_language(None);
    let _not_found = client.status("1").await;
    assert_eq!(
        server.request_lines(),
        [
            "GET /api/v1/statuses/1?lang=de",
            "POST /api/v1/statuses?lang=de",
            "POST /api/v1/statuses/1/translate",
            "GET /api/v1/trends/links",
            "GET /api/v1/timelines/home?limit=2&lang=pt-BR",
            "GET /api/v1/statuses/1",
        ]
    );
    let translation = &server.requests()[2];
    assert!(translation.ends_with(r#"{"lang":"fr"}"#), "{translation}");
}
