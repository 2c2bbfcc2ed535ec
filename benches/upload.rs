//! A gigabyte over loopback: how fast a file and a reader are sent, and what memory that takes; beside it the same
//! bytes from a file into a bare connection.
//!
//!     cargo bench --bench upload

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Instant;

use mastodon_sdk::{Mastodon, Upload, VersionCheck};
use tokio::runtime::Builder;

const LENGTH: u64 = 1_000_000_000;
const MEDIA: &str = r#"{"id":"7","type":"video","url":"https://a.example/7.mp4"}"#;

fn main() {
    // Tests that build all targets start it, too, and have no time for it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.mp4");
    let mut file = std::fs::File::create(&path).unwrap();
    let block: Vec<u8> = (0..1_000_000u32).map(|byte| byte as u8).collect();
    for _ in 0..LENGTH / 1_000_000 {
        file.write_all(&block).unwrap();
    }
    drop((file, block));
    let address = serve();
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let mastodon = Mastodon::builder(format!("http://{address}"))
        .version_check(VersionCheck::Off)
        .build()
        .unwrap();
    let send = |upload: Upload| {
        let sent = runtime.block_on(async { mastodon.media_post(upload).await.unwrap() });
        assert_eq!(sent.id.as_str(), "7");
    };
    for round in 1..=3 {
        measured(&format!("{round}: a bare connection"), || {
            bare(&address, &path);
        });
        measured(&format!("{round}: a file"), || send(Upload::path(&path)));
        let reader = runtime.block_on(tokio::fs::File::open(&path)).unwrap();
        let reader = Upload::reader(reader, LENGTH).file_name("film.mp4");
        measured(&format!("{round}: a reader of that file"), || send(reader));
        let reader = Upload::reader(tokio::io::repeat(7), LENGTH).file_name("film.mp4");
        measured(&format!("{round}: a reader in memory"), || send(reader));
    }
}

fn measured(title: &str, does: impl FnOnce()) {
    // Peak memory is counted from here on.
    let counted = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = peak();
    let began = Instant::now();
    does();
    let took = began.elapsed().as_secs_f64();
    let rate = LENGTH as f64 / 1e6 / took;
    let after = peak();
    let memory = match (counted, before, after) {
        (true, Some(before), Some(after)) => {
            format!(
                "{after} kB at the peak, {} kB more than before",
                after - before
            )
        }
        _ => "memory not known here".to_owned(),
    };
    println!("{title}: {took:.2} s, {rate:.0} MB/s; {memory}");
}

/// The peak of resident memory in kB.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// The least that can be done: the file, a piece at a time, into a connection.
fn bare(address: &str, path: &Path) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\ncontent-length: {LENGTH}\r\n\r\n"
    )
    .unwrap();
    let mut file = std::fs::File::open(path).unwrap();
    let mut piece = vec![0; 64 << 10];
    loop {
        let read = file.read(&mut piece).unwrap();
        if read == 0 {
            break;
        }
        stream.write_all(&piece[..read]).unwrap();
    }
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
}

/// A server that throws away what it is sent.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(|| answer(stream.unwrap()));
        }
    });
    address
}

/// Requests of one connection, until it ends.
fn answer(mut stream: TcpStream) {
    let mut reader = BufReader::with_capacity(256 << 10, stream.try_clone().unwrap());
    loop {
        let (mut line, mut length) = (String::new(), 0);
        while reader.read_line(&mut line).unwrap_or(0) > 2 {
            if let Some(told) = line.to_lowercase().strip_prefix("content-length: ") {
                length = told.trim().parse().unwrap();
            }
            line.clear();
        }
        if length == 0 {
            return;
        }
        let mut body = (&mut reader).take(length);
        io::copy(&mut body, &mut io::sink()).unwrap();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json";
        let _gone = write!(
            stream,
            "{head}\r\ncontent-length: {}\r\n\r\n{MEDIA}",
            MEDIA.len()
        );
    }
}
