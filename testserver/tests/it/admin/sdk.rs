//! The client of mastodon-sdk calls each endpoint for administration, and reads all answers without problems.

use std::time::{Duration, SystemTime};

use mastodon_sdk::methods::{AdminMetricDomain, AdminMetricTag};
use mastodon_sdk::{
    AdminAccountAction, AdminAccountStatus, AdminDimensionKey, AdminDomainBlockSeverity,
    AdminIpBlockSeverity, AdminMeasureKey, AdminRetentionFrequency, Mastodon,
};
use mastodon_test_server::{TestServer, routes};
use serde_json::json;

use super::{new_user, owner};
use crate::client::{Client, send};

/// Returns the value of a call whose response has the documented types.
macro_rules! read {
    ($call:expr) => {{
        let response = $call.response().await.unwrap();
        assert!(response.problems().is_empty(), "{:?}", response.problems());
        assert!(response.rejected().is_empty(), "{:?}", response.rejected());
        response.value
    }};
}

async fn start() -> (TestServer, Mastodon) {
    let server = TestServer::start().await.unwrap();
    let token = server.token("admin", super::SCOPES);
    let builder = Mastodon::builder(server.url()).access_token(token);
    let mastodon = builder.build().unwrap();
    (server, mastodon)
}

#[tokio::test]
async fn every_endpoint_for_administration_is_implemented() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    for route in routes::all().filter(|route| route.name.starts_with("admin_")) {
        let path = route.path.replace("{id}", "1");
        let method = format!("{:?}", route.method).to_uppercase();
        let response = send(&server, &method, &path, &staff.token, &[], b"").await;
        assert!(response.status < 500, "{}: {}", route.name, response.json);
    }
}

#[tokio::test]
async fn accounts_are_read_without_problems() {
    let (server, admin) = start().await;
    server.require_approval();
    for name in ["frida", "gus"] {
        new_user(&server, name).await;
    }
    assert!(server.set_role("dave", "Moderator"));
    assert_eq!(read!(admin.admin_accounts_v1()).len(), 7);
    let pending = read!(
        admin
            .admin_accounts_v2()
            .status(AdminAccountStatus::Pending)
    );
    read!(admin.admin_account_approve(&pending[0]));
    read!(admin.admin_account_reject(&pending[1]));
    let accounts = read!(admin.admin_accounts_v2());
    for account in &accounts {
        read!(admin.admin_account(account));
    }
    let bob = accounts
        .iter()
        .find(|account| account.username == "bob")
        .unwrap();
    for action in [
        AdminAccountAction::None,
        AdminAccountAction::Sensitive,
        AdminAccountAction::Disable,
        AdminAccountAction::Silence,
        AdminAccountAction::Suspend,
    ] {
        read!(admin.admin_account_moderate(bob, action).text("Be kind."));
    }
    read!(admin.admin_account_enable(bob));
    read!(admin.admin_account_unsilence(bob));
    read!(admin.admin_account_unsensitive(bob));
    assert!(!read!(admin.admin_account_unsuspend(bob)).suspended);
    read!(admin.admin_account_moderate(bob, AdminAccountAction::Suspend));
    let user = admin.with_token(server.token("carol", "read"));
    read!(user.notifications());
    read!(admin.admin_account_delete(bob));
}

#[tokio::test]
async fn warnings_reports_and_severed_follows_are_read_without_problems() {
    let (server, admin) = start().await;
    let alice = admin.with_token(server.token("alice", "read write"));
    let bob = admin.with_token(server.token("bob", "read write"));
    let dave = admin.with_token(server.token("dave", "read write"));
    let status = bob.status_post("You are all fools.").await.unwrap();
    alice
        .report(&status.account)
        .status_ids([&status])
        .rule_ids(["1"])
        .await
        .unwrap();
    let reports = read!(admin.admin_reports());
    let report = &reports[0];
    read!(admin.admin_report(report));
    read!(admin.admin_report_update(report).rule_ids(["2"]));
    read!(admin.admin_report_assign(report));
    read!(admin.admin_report_unassign(report));
    read!(admin.admin_report_resolve(report));
    read!(admin.admin_report_reopen(report));
    let warning = admin.admin_account_moderate(&report.target_account, AdminAccountAction::None);
    read!(warning.report_id(report).text("Be kind."));
    read!(
        admin
            .admin_create_domain_block("elsewhere.example")
            .severity(AdminDomainBlockSeverity::Suspend)
    );
    for user in [&bob, &dave, &admin] {
        assert!(!read!(user.notifications()).is_empty());
        read!(user.grouped_notifications());
    }
}

#[tokio::test]
async fn blocks_are_read_without_problems() {
    let (_server, admin) = start().await;
    let block = read!(
        admin
            .admin_create_domain_block("spam.example")
            .private_comment("Spam")
    );
    read!(admin.admin_update_domain_block(&block).obfuscate(true));
    read!(admin.admin_domain_block(&block));
    assert_eq!(read!(admin.admin_domain_blocks()).len(), 3);
    read!(admin.admin_delete_domain_block(&block));

    let allow = read!(admin.admin_create_domain_allow("friend.example"));
    read!(admin.admin_domain_allow(&allow));
    assert_eq!(read!(admin.admin_domain_allows()).len(), 1);
    read!(admin.admin_delete_domain_allow(&allow));

    let block = read!(admin.admin_create_email_domain_block("throwaway.example"));
    read!(admin.admin_email_domain_block(&block));
    assert_eq!(read!(admin.admin_email_domain_blocks()).len(), 2);
    read!(admin.admin_delete_email_domain_block(&block));

    let block = admin.admin_create_ip_block("192.0.2.0/24", AdminIpBlockSeverity::NoAccess);
    let block = read!(
        block
            .comment("Crawler")
            .expires_in(Duration::from_secs(3600))
    );
    read!(
        admin
            .admin_update_ip_block(&block)
            .severity(AdminIpBlockSeverity::SignUpBlock)
    );
    read!(admin.admin_ip_block(&block));
    assert_eq!(read!(admin.admin_ip_blocks()).len(), 1);
    read!(admin.admin_delete_ip_block(&block));

    let block = read!(
        admin
            .admin_create_canonical_email_block()
            .email("frida@example.org")
    );
    read!(admin.admin_canonical_email_block(&block));
    assert_eq!(read!(admin.admin_canonical_email_blocks()).len(), 1);
    assert_eq!(
        read!(admin.admin_test_canonical_email_block("fri.da@example.org")).len(),
        1
    );
    read!(admin.admin_delete_canonical_email_block(&block));
}

#[tokio::test]
async fn trends_are_read_without_problems() {
    let (server, admin) = start().await;
    for name in ["bob", "carol"] {
        let id = Client::user(&server, name)
            .post_text("#birds https://news.example/birds")
            .await;
        Client::user(&server, "alice")
            .act_on_status(&id, "favourite")
            .await;
    }
    let tags = read!(admin.admin_tags());
    read!(admin.admin_tag(&tags[0]));
    read!(admin.admin_tag_update(&tags[0]).usable(true));
    assert!(!read!(admin.admin_trending_tags()).is_empty());
    read!(admin.admin_approve_trending_tag(&tags[0]));
    read!(admin.admin_reject_trending_tag(&tags[0]));
    let links = owner(&server).get("/api/v1/admin/trends/links").await.ok();
    let link = links[0]["id"].to_string();
    assert_eq!(read!(admin.admin_trending_links()).len(), 1);
    read!(admin.admin_approve_trending_link(link.as_str()));
    read!(admin.admin_reject_trending_link(link.as_str()));
    let statuses = owner(&server)
        .get("/api/v1/admin/trends/statuses")
        .await
        .ok();
    let status = statuses[0]["id"].as_str().unwrap();
    assert_eq!(read!(admin.admin_trending_statuses()).len(), 2);
    read!(admin.admin_approve_trending_status(status));
    read!(admin.admin_reject_trending_status(status));
    let publishers = read!(admin.admin_trending_link_publishers());
    read!(admin.admin_approve_trending_link_publisher(&publishers[0]));
    read!(admin.admin_reject_trending_link_publisher(&publishers[0]));
}

#[tokio::test]
async fn figures_are_read_without_problems() {
    let (_server, admin) = start().await;
    let end = SystemTime::now();
    let start = end - Duration::from_secs(7 * 86_400);
    let tag = || async { read!(admin.admin_tags())[0].id.clone() };
    let domain = || AdminMetricDomain::new("elsewhere.example");
    let dimensions = [
        AdminDimensionKey::Languages,
        AdminDimensionKey::Sources,
        AdminDimensionKey::Servers,
        AdminDimensionKey::SpaceUsage,
        AdminDimensionKey::SoftwareVersions,
        AdminDimensionKey::TagServers,
        AdminDimensionKey::TagLanguages,
        AdminDimensionKey::InstanceAccounts,
        AdminDimensionKey::InstanceLanguages,
    ];
    let call = admin
        .admin_dimensions(dimensions)
        .start_at(start)
        .end_at(end)
        .limit(5);
    let call = call.tag_servers(AdminMetricTag::new(tag().await));
    let call = call.tag_languages(AdminMetricTag::new(tag().await));
    let call = call
        .instance_accounts(domain())
        .instance_languages(domain());
    assert_eq!(read!(call).len(), 9);

    let measures = [
        AdminMeasureKey::ActiveUsers,
        AdminMeasureKey::NewUsers,
        AdminMeasureKey::Interactions,
        AdminMeasureKey::OpenedReports,
        AdminMeasureKey::ResolvedReports,
        AdminMeasureKey::TagAccounts,
        AdminMeasureKey::TagUses,
        AdminMeasureKey::TagServers,
        AdminMeasureKey::InstanceAccounts,
        AdminMeasureKey::InstanceMediaAttachments,
        AdminMeasureKey::InstanceReports,
        AdminMeasureKey::InstanceStatuses,
        AdminMeasureKey::InstanceFollows,
        AdminMeasureKey::InstanceFollowers,
    ];
    let call = admin.admin_measures(measures, start, end);
    let call = call.tag_accounts(AdminMetricTag::new(tag().await));
    let call = call.tag_uses(AdminMetricTag::new(tag().await));
    let call = call.tag_servers(AdminMetricTag::new(tag().await));
    let call = call
        .instance_accounts(domain())
        .instance_media_attachments(domain());
    let call = call.instance_reports(domain()).instance_statuses(domain());
    let call = call.instance_follows(domain()).instance_followers(domain());
    let measures = read!(call);
    assert_eq!(measures.len(), 14);
    assert!(measures.iter().all(|measure| measure.data.len() == 8));

    for frequency in [AdminRetentionFrequency::Day, AdminRetentionFrequency::Month] {
        assert!(!read!(admin.admin_retention(start, end, frequency)).is_empty());
    }
}

#[tokio::test]
async fn lists_without_the_permission_are_read_without_problems() {
    let (server, _admin) = start().await;
    let builder = Mastodon::builder(server.url());
    let alice = builder
        .access_token(server.token("alice", "admin:read"))
        .build()
        .unwrap();
    read!(alice.admin_trending_tags());
    read!(alice.admin_trending_statuses());
    let refused = alice.admin_accounts().await.unwrap_err();
    assert!(refused.is_forbidden());
    let raw = Client::with_token(&server, server.token("alice", "admin:read"));
    let measures = raw
        .post("/api/v1/admin/measures", json!({ "keys": ["new_users"] }))
        .await;
    assert_eq!(
        measures.status, 400,
        "parameters are checked before the role"
    );
}
