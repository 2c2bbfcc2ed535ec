//! Command line of the test server.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::Parser;
use mastodon_test_server::TestServer;

/// In-memory Mastodon server for tests. All data is lost when the process ends.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Port to listen on; 0 selects a free port
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// IP address to listen on
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,
    /// Separate port for the streaming API; 0 selects a free port. Default: the same port as the REST API
    #[arg(long)]
    streaming_port: Option<u16>,
    /// Disable all rate limits
    #[arg(long)]
    no_rate_limits: bool,
    /// Confirm the email addresses of new users at once
    #[arg(long)]
    confirmed_sign_ups: bool,
    /// Accept `grant_type=password`, as before Mastodon 4.4
    #[arg(long)]
    password_grant: bool,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let mut builder =
        TestServer::builder().address(SocketAddr::from((arguments.address, arguments.port)));
    if arguments.no_rate_limits {
        builder = builder.without_rate_limits();
    }
    if arguments.confirmed_sign_ups {
        builder = builder.confirmed_sign_ups();
    }
    if arguments.password_grant {
        builder = builder.password_grant();
    }
    if let Some(port) = arguments.streaming_port {
        builder = builder.streaming_address(SocketAddr::from((arguments.address, port)));
    }
    let server = builder.start().await?;
    println!(
        "Listening on {}, streaming API at {}",
        server.url(),
        server.streaming_url()
    );
    println!(
        "Register an application as on any Mastodon server, or use one of these access tokens. Press Ctrl-C to stop."
    );
    for name in ["alice", "bob", "carol", "dave"] {
        let token = server.token(name, "read write follow push");
        println!("  {name}: email {name}@example.org, password {name}, access token {token}");
    }
    tokio::signal::ctrl_c().await?;
    println!("Stopped.");
    Ok(())
}
