//! Logs a user in and saves the credentials to a file, so that the next start needs no login.
//!
//! `cargo run --example login` uses the in-memory test server (alice@example.org, password alice).
//!
//! - `--server mastodon.social`: uses this server. Also the address of an account, such as `@alice@example.org`.
//! - `--file PATH`: path of the credentials file. Default: `login.json` in the folder for temporary files.
//! - `--no-browser`: for machines without a browser: the server shows a code, which the user enters here.
//! - `--approve`: logs in and authorizes the application without the user; test server only.

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
    let options = parse_options(arguments)?;
    let path = options
        .file
        .unwrap_or_else(|| std::env::temp_dir().join("login.json"));
    let test_server = match &options.server {
        Some(_) => None,
        None => Some(TestServer::start().await?),
    };
    let server = options
        .server
        .as_deref()
        .or(test_server.as_ref().map(TestServer::url));
    // The user may enter an account or a domain that is not the host of the API.
    let client = Mastodon::discover(server.unwrap_or_default()).await?;
    let client = client.build()?;
    println!("Server: {}", client.server());
    let approver = test_server.as_ref().filter(|_| options.approve);
    let (mastodon, app) = if options.no_browser {
        log_in_with_code(&client, approver).await?
    } else {
        log_in_with_browser(&client, approver).await?
    };
    mastodon.credentials(Some(&app)).save(&path)?;

    // Later runs of the application start here.
    let mastodon = Credentials::load(&path)?.builder()?.build()?;
    let me = mastodon.me().await?;
    println!(
        "Logged in as @{}; the credentials are in {}.",
        me.acct,
        path.display()
    );
    Ok(())
}

/// Logs in with a browser on this machine.
async fn log_in_with_browser(
    client: &Mastodon,
    approver: Option<&TestServer>,
) -> Result<(Mastodon, App), mastodon_sdk::Error> {
    let open = |url: &str| match approver {
        Some(server) => approve(server, url),
        None => println!("Open this page in a browser:\n{url}"),
    };
    let (mastodon, app, _) = client.log_in_with_browser("login", SCOPES, open).await?;
    Ok((mastodon, app))
}

/// Logs in with a code that the server shows and the user enters.
async fn log_in_with_code(
    client: &Mastodon,
    approver: Option<&TestServer>,
) -> Result<(Mastodon, App), Box<dyn Error>> {
    let app = client
        .create_app("login", OUT_OF_BAND, SCOPES, None)
        .await?;
    let request = client.auth_request_url(&app, SCOPES).await?;
    let code = match approver {
        Some(server) => server
            .authorize(&request.url(), "alice")
            .ok_or("the authorization request is invalid")?,
        None => {
            println!(
                "Open this page in a browser:\n{}\nEnter the code that it shows:",
                request.url()
            );
            let mut code = String::new();
            std::io::stdin().read_line(&mut code)?;
            code
        }
    };
    let (mastodon, _) = client.log_in_with_code(&app, &request, &code).await?;
    Ok((mastodon, app))
}

fn parse_options(mut arguments: impl Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
    let mut options = Options::default();
    while let Some(option) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{option} needs a value"));
        match option.as_str() {
            "--server" => options.server = Some(value()?),
            "--file" => options.file = Some(value()?.into()),
            "--no-browser" => options.no_browser = true,
            "--approve" => options.approve = true,
            _ => {
                let known = "--server, --file, --no-browser, --approve";
                return Err(format!("unknown option `{option}`; options: {known}").into());
            }
        }
    }
    if options.approve && options.server.is_some() {
        return Err("--approve works with the test server only; remove --server".into());
    }
    Ok(options)
}

/// Acts as the user and the browser: authorizes the application and follows the redirect.
fn approve(server: &TestServer, url: &str) {
    let code = server.authorize(url, "alice").unwrap_or_default();
    let url = Url::parse(url).ok();
    let parameter = |name: &str| {
        let mut pairs = url.as_ref()?.query_pairs();
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let host = parameter("redirect_uri").unwrap_or_default();
    let host = host
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    let state = parameter("state").unwrap_or_default();
    tokio::spawn(async move {
        let mut stream = tokio::net::TcpStream::connect(&host).await?;
        let request = format!("GET /?code={code}&state={state} HTTP/1.1\r\nhost: {host}\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        stream.read_to_end(&mut Vec::new()).await
    });
}
