//! Writes copies of the specification into a folder, to test the commands with a larger one:
//!
//! ```sh
//! cargo run -p mastodon-codegen --example times -- 10 /tmp/ten
//! time cargo codegen --root /tmp/ten
//! ```

#[path = "../benches/times.rs"]
mod times;

use std::path::Path;
use std::{env, fs, io};

use mastodon_spec::load;

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let factor = arguments.next().and_then(|factor| factor.parse().ok());
    let (Some(factor), Some(folder)) = (factor, arguments.next()) else {
        return Err(io::Error::other("usage: times FACTOR FOLDER"));
    };
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec");
    for (file, text) in times::times(&load::files(&spec)?, factor) {
        let path = Path::new(&folder).join("spec").join(file);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}
