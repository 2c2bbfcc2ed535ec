//! Moderation in the terminal: lists pending accounts and open reports, and handles them.
//!
//! `cargo run --example moderate` runs against an in-memory test server. With `--server`, and a token with the
//! scopes `admin:read` and `admin:write` in MASTODON_TOKEN, it runs against a real server.

mod shared;

use std::error::Error;
use std::io::BufRead;
use std::process::ExitCode;

use clap::Parser;
use mastodon_sdk::auth::OUT_OF_BAND;
use mastodon_sdk::{AdminAccount, AdminReport, Mastodon};
use mastodon_test_server::TestServer;

const HELP: &str =
    "list | approve ACCOUNT | reject ACCOUNT | assign REPORT | resolve REPORT | quit";

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    connection: shared::ConnectionOptions,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::exit_code(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let (mastodon, _server) = match Options::parse().connection.builder()? {
        Some(builder) => (builder.build()?, None),
        None => {
            let server = TestServer::start().await?;
            let moderator =
                shared::client_builder(&server, "admin", "admin:read admin:write").build()?;
            add_account_and_report(&server).await?;
            (moderator, Some(server))
        }
    };
    println!("{}\n{HELP}", list(&mastodon).await?);
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line.trim() == "quit" {
            break;
        }
        match run_command(&mastodon, &line).await {
            Ok(output) => println!("{output}"),
            Err(error) => println!("{error}"),
        }
    }
    Ok(())
}

/// Runs a command and returns its output.
pub(crate) async fn run_command(
    mastodon: &Mastodon,
    line: &str,
) -> Result<String, mastodon_sdk::Error> {
    let mut words = line.split_whitespace();
    Ok(match (words.next(), words.next()) {
        (Some("list"), None) => list(mastodon).await?,
        (Some("approve"), Some(id)) => {
            let account = mastodon.admin_account_approve(id).await?;
            format!("@{} is approved", account.username)
        }
        (Some("reject"), Some(id)) => {
            mastodon.admin_account_reject(id).await?;
            format!("{id} is rejected")
        }
        (Some("assign"), Some(id)) => {
            let report = mastodon.admin_report_assign(id).await?;
            format!("report {} is assigned to you", report.id)
        }
        (Some("resolve"), Some(id)) => {
            let report = mastodon.admin_report_resolve(id).await?;
            format!("report {} is resolved", report.id)
        }
        _ => HELP.to_owned(),
    })
}

/// Lists the pending accounts and the open reports.
async fn list(mastodon: &Mastodon) -> Result<String, mastodon_sdk::Error> {
    let mut lines = vec!["Pending accounts:".to_owned()];
    let mut accounts = mastodon.admin_accounts().status("pending").items();
    while let Some(account) = accounts.try_next().await? {
        lines.push(describe_account(&account));
    }
    lines.push("Open reports:".to_owned());
    let mut reports = mastodon.admin_reports().items();
    while let Some(report) = reports.try_next().await? {
        lines.push(describe_report(&report));
    }
    Ok(lines.join("\n"))
}

fn describe_account(account: &AdminAccount) -> String {
    let email = account.email.as_deref().unwrap_or("no address");
    let reason = account.invite_request.as_deref().unwrap_or("no reason");
    format!(
        "  {}  @{} ({email}): {reason}",
        account.id, account.username
    )
}

fn describe_report(report: &AdminReport) -> String {
    let (reporter, target) = (
        &report.account.account.acct,
        &report.target_account.account.acct,
    );
    let moderator = report.assigned_account.as_ref();
    let assigned = moderator.map_or("unassigned".to_owned(), |moderator| {
        format!("assigned to @{}", moderator.username)
    });
    let mut text = format!(
        "  {}  @{reporter} about @{target} ({assigned}): {}",
        report.id, report.comment
    );
    for status in &report.statuses {
        text += &format!("\n      > {}", status.content.to_text());
    }
    text
}

/// Adds a pending account and a report to the test server.
pub(crate) async fn add_account_and_report(server: &TestServer) -> Result<(), Box<dyn Error>> {
    server.require_approval();
    let visitor = Mastodon::builder(server.url()).build()?;
    let app = visitor
        .create_app("Sign-up", OUT_OF_BAND, "read write", None)
        .await?;
    let (registration, _) = visitor
        .log_in_with_client_credentials(&app, "read write")
        .await?;
    registration
        .create_account("frida", "frida@example.org", "correct horse", true, "en")
        .reason("I like birds.")
        .await?;
    let carol = shared::client_builder(server, "carol", "read write").build()?;
    let status = carol.status_post("You are all fools.").await?;
    let bob = shared::client_builder(server, "bob", "read write").build()?;
    bob.report(&status.account)
        .status_ids([&status])
        .comment("Rude.")
        .await?;
    Ok(())
}
