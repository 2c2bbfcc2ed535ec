//! Lists of accounts, and sign-ups that wait for approval.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use super::{account_id, names, new_user, owner, sign_up, with_role};
use crate::client::{Client, id};
use crate::streaming::client::{Received, SseClient};

#[tokio::test]
async fn pending_account_waits_for_approval_or_rejection() {
    let server = TestServer::start().await.unwrap();
    server.require_approval();
    let anonymous = Client::anonymous(&server);
    assert_eq!(
        anonymous.get("/api/v2/instance").await.ok()["registrations"]["approval_required"],
        true
    );
    let (frida, gus) = (
        new_user(&server, "frida").await,
        new_user(&server, "gus").await,
    );
    assert!(
        frida
            .get("/api/v1/timelines/home")
            .await
            .error()
            .contains("pending approval")
    );

    let staff = owner(&server);
    let pending = staff
        .get("/api/v2/admin/accounts?status=pending")
        .await
        .ok();
    assert_eq!(names(&pending), ["gus", "frida"]);
    assert_eq!(pending[1]["invite_request"], "I like birds.");
    let account_action = async |index: usize, action: &str| {
        let path = format!("/api/v1/admin/accounts/{}/{action}", id(&pending[index]));
        staff.post(&path, json!({})).await
    };
    assert_eq!(account_action(1, "approve").await.ok()["approved"], true);
    assert_eq!(account_action(1, "approve").await.status, 403);
    let mut stream = SseClient::open(&server, "/user", &gus.token).await;
    assert_eq!(account_action(0, "reject").await.ok(), json!({}));
    assert_eq!(stream.next().await, Received::End);
    assert_eq!(frida.get("/api/v1/timelines/home").await.status, 200);
    assert_eq!(
        staff
            .get(&format!("/api/v1/admin/accounts/{}", id(&pending[0])))
            .await
            .status,
        404
    );
    let pending = staff
        .get("/api/v2/admin/accounts?status=pending")
        .await
        .ok();
    assert_eq!(pending, json!([]));
}

#[tokio::test]
async fn staff_is_notified_about_new_users() {
    let server = TestServer::start().await.unwrap();
    let moderator = with_role(&server, "bob", "Moderator");
    let kinds = async |client: &Client<'_>| {
        let path = "/api/v1/notifications?types[]=admin.sign_up";
        client.get(path).await.ok().as_array().unwrap().len()
    };
    sign_up(&server, "frida", "frida@example.org").await.ok();
    assert_eq!(
        kinds(&moderator).await,
        0,
        "the email address is not confirmed"
    );
    assert!(server.confirm_email("frida"));
    assert_eq!(kinds(&moderator).await, 1);
    assert_eq!(kinds(&owner(&server)).await, 1);
    assert_eq!(kinds(&Client::user(&server, "alice")).await, 0);
}

#[tokio::test]
async fn accounts_are_filtered_by_each_parameter() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    new_user(&server, "frida").await;
    server.suspend_account("dave");
    server.limit_account("carol");
    server.disable_login("bob");
    let list = async |query: &str| {
        staff
            .get(&format!("/api/v2/admin/accounts?{query}"))
            .await
            .ok()
    };
    for (query, expected) in [
        (
            "origin=local",
            &["frida", "admin", "dave", "carol", "bob", "alice"][..],
        ),
        ("origin=remote", &["erin"]),
        (
            "status=active&origin=local",
            &["frida", "admin", "carol", "bob", "alice"],
        ),
        ("status=suspended", &["dave"]),
        ("status=silenced", &["carol"]),
        ("status=disabled", &["bob"]),
        ("status=pending", &[]),
        ("permissions=staff", &["admin"]),
        ("role_ids[]=3&role_ids[]=1", &["admin"]),
        ("role_ids[]=1", &[]),
        ("username=AL", &["alice"]),
        ("username=@alice", &["alice"]),
        ("username=lice", &[]),
        ("display_name=car", &["carol"]),
        ("by_domain=elsewhere.example", &["erin"]),
        ("by_domain=elsewhere.example&origin=remote", &["erin"]),
        ("email=bob@", &["bob"]),
        ("ip=127.0.0.0/8", &["frida"]),
        ("ip=127.0.0.1", &["frida"]),
        ("ip=192.0.2.1", &[]),
        ("ip=nonsense", &[]),
        ("invited_by=1", &[]),
        ("origin=&username=alice", &["alice"]),
    ] {
        assert_eq!(names(&list(query).await), expected, "{query}");
    }
    let refused = staff.get("/api/v2/admin/accounts?origin=moon").await;
    assert_eq!(
        (refused.status, refused.error()),
        (400, "Unknown origin: moon")
    );
    let refused = staff.get("/api/v2/admin/accounts?status=happy").await;
    assert_eq!(
        (refused.status, refused.error()),
        (400, "Unknown status: happy")
    );
}

#[tokio::test]
async fn flags_of_version_1_select_origin_and_status() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    server.suspend_account("dave");
    server.limit_account("carol");
    let list = async |query: &str| {
        staff
            .get(&format!("/api/v1/admin/accounts?{query}"))
            .await
            .ok()
    };
    for (query, expected) in [
        ("", &["admin", "carol", "bob", "alice"][..]),
        ("local=true", &["admin", "carol", "bob", "alice"]),
        // Any value sets a flag.
        ("remote=false", &["erin"]),
        ("suspended=true", &["dave"]),
        ("silenced=true", &["carol"]),
        ("disabled=true", &[]),
        ("staff=true", &["admin"]),
        ("by_domain=elsewhere.example&remote=true", &["erin"]),
        ("email=alice@example.org", &["alice"]),
    ] {
        assert_eq!(names(&list(query).await), expected, "{query}");
    }
}

#[tokio::test]
async fn list_of_accounts_has_pages_that_keep_the_filters() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    let first = staff
        .get("/api/v2/admin/accounts?origin=local&limit=2")
        .await;
    assert_eq!(names(&first.json), ["admin", "dave"]);
    let next = first.link("next").unwrap();
    assert!(next.contains("origin=local"), "{next}");
    let second = staff.get(&next).await;
    assert_eq!(names(&second.json), ["carol", "bob"]);
    let previous = staff.get(&second.link("prev").unwrap()).await;
    assert_eq!(previous.json, first.json);
}

#[tokio::test]
async fn account_tells_what_only_the_staff_sees() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    new_user(&server, "frida").await;
    let show = async |acct: &str| {
        let path = format!("/api/v1/admin/accounts/{}", account_id(&server, acct).await);
        staff.get(&path).await.ok()
    };
    let frida = show("frida").await;
    assert_eq!(
        (&frida["email"], &frida["ip"]),
        (&json!("frida@example.org"), &json!("127.0.0.1"))
    );
    assert_eq!(frida["ips"][0]["ip"], "127.0.0.1");
    assert_eq!(
        (&frida["confirmed"], &frida["disabled"]),
        (&json!(true), &json!(false))
    );
    assert!(frida["created_by_application_id"].is_string());
    assert_eq!(frida["account"]["username"], "frida");
    let erin = show("erin@elsewhere.example").await;
    assert_eq!(erin["domain"], "elsewhere.example");
    for field in [
        "email",
        "ip",
        "ips",
        "role",
        "confirmed",
        "approved",
        "disabled",
        "locale",
    ] {
        assert_eq!(erin[field], Value::Null, "{field}");
    }
}

#[tokio::test]
async fn invited_users_are_found_by_their_inviter_and_pass_email_blocks() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    let invite = server.create_invite("alice", None, None).unwrap();
    let fields = json!({
        "username": "frida", "email": "frida@disposable.example", "password": "correct horse", "agreement": true,
        "locale": "en",
    });
    let app = crate::signup::app_client(&server).await;
    assert_eq!(
        app.post("/api/v1/accounts", fields.clone()).await.status,
        422
    );
    let mut invited = fields;
    invited["invite_code"] = json!(invite);
    app.post("/api/v1/accounts", invited).await.ok();
    let alice = account_id(&server, "alice").await;
    let path = format!("/api/v2/admin/accounts?invited_by={alice}");
    let listed = staff.get(&path).await.ok();
    assert_eq!(names(&listed), ["frida"]);
    assert_eq!(listed[0]["invited_by_account_id"], json!(alice));
}
