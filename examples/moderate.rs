//! The work of a moderator in the terminal: who wishes to join, and what was reported.
//!
//! `cargo run --example moderate` shows it against a server in memory; with `--server` and a token that
//! has `admin:read` and `admin:write` in MASTODON_TOKEN it works on a real one.

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
    place: shared::Where,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::exit(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let (mastodon, _server) = match Options::parse().place.builder()? {
        Some(builder) => (builder.build()?, None),
        None => {
            let server = TestServer::start().await?;
            let staff = shared::user(&server, "dave", "admin:read admin:write").build()?;
            make_trouble(&server).await?;
            (staff, Some(server))
        }
    };
    println!("{}\n{HELP}", list(&mastodon).await?);
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line.trim() == "quit" {
            break;
        }
        match act(&mastodon, &line).await {
            Ok(done) => println!("{done}"),
            Err(error) => println!("{error}"),
        }
    }
    Ok(())
}

/// Does what a line says, and tells what came of it.
pub(crate) async fn act(mastodon: &Mastodon, line: &str) -> Result<String, mastodon_sdk::Error> {
    let mut words = line.split_whitespace();
    Ok(match (words.next(), words.next()) {
        (Some("list"), None) => list(mastodon).await?,
        (Some("approve"), Some(id)) => {
            let account = mastodon.admin_account_approve(id).await?;
            format!("@{} may join", account.username)
        }
        (Some("reject"), Some(id)) => {
            mastodon.admin_account_reject(id).await?;
            format!("{id} may not join")
        }
        (Some("assign"), Some(id)) => {
            let report = mastodon.admin_report_assign(id).await?;
            format!("report {} is yours", report.id)
        }
        (Some("resolve"), Some(id)) => {
            let report = mastodon.admin_report_resolve(id).await?;
            format!("report {} is resolved", report.id)
        }
        _ => HELP.to_owned(),
    })
}

/// Everything that waits for a decision.
async fn list(mastodon: &Mastodon) -> Result<String, mastodon_sdk::Error> {
    let mut lines = vec!["Who wishes to join:".to_owned()];
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
    let (email, why) = (account.email.as_deref(), account.invite_request.as_deref());
    let (email, why) = (
        email.unwrap_or("no address"),
        why.unwrap_or("no reason given"),
    );
    format!("  {}  @{} ({email}): {why}", account.id, account.username)
}

fn describe_report(report: &AdminReport) -> String {
    let (by, about) = (
        &report.account.account.acct,
        &report.target_account.account.acct,
    );
    let assigned = report.assigned_account.as_ref();
    let whose = assigned.map_or("nobody's".to_owned(), |staff| {
        format!("@{}'s", staff.username)
    });
    let mut text = format!(
        "  {}  @{by} about @{about} ({whose}): {}",
        report.id, report.comment
    );
    for status in &report.statuses {
        text += &format!("\n      > {}", status.plain_text());
    }
    text
}

/// Somebody signs up on the server in memory, and somebody is reported.
pub(crate) async fn make_trouble(server: &TestServer) -> Result<(), Box<dyn Error>> {
    server.require_approval();
    let visitor = Mastodon::builder(server.url()).build()?;
    let app = visitor
        .create_app("Sign-up", OUT_OF_BAND, "read write", None)
        .await?;
    let (program, _) = visitor
        .log_in_with_client_credentials(&app, "read write")
        .await?;
    let new = program.create_account("frida", "frida@example.org", "correct horse", true, "en");
    new.reason("I like birds.").await?;
    let carol = shared::user(server, "carol", "read write").build()?;
    let rude = carol.status_post("You are all fools.").await?;
    let bob = shared::user(server, "bob", "read write").build()?;
    bob.report(&rude.account)
        .status_ids([&rude])
        .comment("Rude.")
        .await?;
    Ok(())
}
