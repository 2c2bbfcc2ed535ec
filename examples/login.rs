//! Logs a user in and keeps the credentials in a file, so that the next start needs no log-in.
//!
//! `cargo run --example login` does it against a server in memory (alice@example.org, password alice);
//! `--server mastodon.social` against a real one. `--no-browser` shows a code to type in here, for
//! machines without a browser; `--file PATH` says where to keep the credentials; `--approve` signs in
//! and agrees by itself, which only the server in memory lets a program do.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use mastodon_sdk::Mastodon;
use mastodon_sdk::auth::{App, Credentials, OUT_OF_BAND};
use mastodon_test_server::TestServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;

const SCOPES: &str = "read write";

#[tokio::main]
async fn main() -> ExitCode {
    match run(std::env::args().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Default)]
struct Options {
    server: Option<String>,
    file: Option<PathBuf>,
    no_browser: bool,
    approve: bool,
}

pub async fn run(arguments: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let options = read(arguments)?;
    let path = options
        .file
        .unwrap_or_else(|| std::env::temp_dir().join("login.json"));
    let in_memory = match &options.server {
        Some(_) => None,
        None => Some(TestServer::start().await?),
    };
    let server = options
        .server
        .as_deref()
        .or(in_memory.as_ref().map(TestServer::url));
    let visitor = Mastodon::builder(server.unwrap_or_default()).build()?;
    let user = in_memory.as_ref().filter(|_| options.approve);
    let (mastodon, app) = if options.no_browser {
        with_a_code(&visitor, user).await?
    } else {
        in_the_browser(&visitor, user).await?
    };
    mastodon.credentials(Some(&app)).save(&path)?;

    // What a program does from its second start on.
    let mastodon = Credentials::load(&path)?.builder()?.build()?;
    let me = mastodon.me().await?;
    println!(
        "Logged in as @{}; {} has the credentials.",
        me.acct,
        path.display()
    );
    Ok(())
}

/// The answer of the browser comes to a port of this machine.
async fn in_the_browser(
    visitor: &Mastodon,
    user: Option<&TestServer>,
) -> Result<(Mastodon, App), mastodon_sdk::Error> {
    let show = |page: &str| match user {
        Some(server) => agree(server, page),
        None => println!("Open this page in a browser:\n{page}"),
    };
    let (mastodon, app, _) = visitor.log_in_with_browser("login", SCOPES, show).await?;
    Ok((mastodon, app))
}

/// The user types in the code that the page shows.
async fn with_a_code(
    visitor: &Mastodon,
    user: Option<&TestServer>,
) -> Result<(Mastodon, App), Box<dyn Error>> {
    let app = visitor
        .create_app("login", OUT_OF_BAND, SCOPES, None)
        .await?;
    let login = visitor.auth_request_url(&app, SCOPES).await?;
    let code = match user {
        Some(server) => server
            .authorize(&login.url(), "alice")
            .ok_or("alice was refused")?,
        None => {
            println!(
                "Open this page in a browser:\n{}\nThen type in its code:",
                login.url()
            );
            let mut code = String::new();
            std::io::stdin().read_line(&mut code)?;
            code
        }
    };
    let (mastodon, _) = visitor.log_in_with_code(&app, &login, &code).await?;
    Ok((mastodon, app))
}

fn read(mut arguments: impl Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
    let mut options = Options::default();
    while let Some(option) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{option} wants a value"));
        match option.as_str() {
            "--server" => options.server = Some(value()?),
            "--file" => options.file = Some(value()?.into()),
            "--no-browser" => options.no_browser = true,
            "--approve" => options.approve = true,
            _ => {
                let known = "--server, --file, --no-browser and --approve";
                return Err(format!("`{option}` is no option; there are {known}").into());
            }
        }
    }
    if options.approve && options.server.is_some() {
        return Err("--approve works with the server in memory alone: leave --server out".into());
    }
    Ok(options)
}

/// Does what a user and a browser do: signs in, agrees, and is sent back to the program.
fn agree(server: &TestServer, page: &str) {
    let code = server.authorize(page, "alice").unwrap_or_default();
    let asked = Url::parse(page).ok();
    let asked = |name: &str| {
        let mut pairs = asked.as_ref()?.query_pairs();
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let host = asked("redirect_uri").unwrap_or_default();
    let host = host
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    let state = asked("state").unwrap_or_default();
    tokio::spawn(async move {
        let mut stream = tokio::net::TcpStream::connect(&host).await?;
        let request = format!("GET /?code={code}&state={state} HTTP/1.1\r\nhost: {host}\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        stream.read_to_end(&mut Vec::new()).await
    });
}
