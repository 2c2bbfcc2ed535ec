//! The test server as a program.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::Parser;
use mastodon_test_server::TestServer;

/// A Mastodon server in memory. Nothing is kept when it ends.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The port to listen on; 0 for any free one.
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// The address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,
    /// Stream at this port instead of the same one; 0 for any free one.
    #[arg(long)]
    streaming_port: Option<u16>,
    /// Refuse no request for being one too many.
    #[arg(long)]
    no_rate_limits: bool,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let mut builder =
        TestServer::builder().address(SocketAddr::from((arguments.address, arguments.port)));
    if arguments.no_rate_limits {
        builder = builder.without_rate_limits();
    }
    if let Some(port) = arguments.streaming_port {
        builder = builder.streaming_address(SocketAddr::from((arguments.address, port)));
    }
    let server = builder.start().await?;
    println!(
        "Listening on {}, streaming at {}",
        server.url(),
        server.streaming_url()
    );
    println!(
        "Register a program as with any Mastodon, or use one of these tokens. Ctrl-C ends the server."
    );
    for name in ["alice", "bob", "carol", "dave"] {
        let token = server.token(name, "read write follow push");
        println!("  {name}: e-mail {name}@example.org, password {name}, token {token}");
    }
    tokio::signal::ctrl_c().await?;
    println!("Ended.");
    Ok(())
}
