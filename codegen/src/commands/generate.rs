//! `cargo codegen`, and `cargo codegen --check`.

use std::path::Path;

use mastodon_spec::model::Model;

use super::{counted, print, specification_with_new_items};

pub(super) fn run(root: &Path, only_check: bool) -> Result<bool, String> {
    let spec = specification_with_new_items(root)?;
    let outputs = mastodon_codegen::outputs(&Model::new(&spec))?;
    let count = outputs.len();
    if !only_check {
        let written = mastodon_codegen::write(root, &outputs).map_err(|error| error.to_string())?;
        for path in &written {
            print(&format!("wrote {}\n", path.display()))?;
        }
        print(&format!(
            "{} of {count} generated files changed\n",
            written.len()
        ))?;
        return Ok(true);
    }
    let stale = mastodon_codegen::stale(root, &outputs).map_err(|error| error.to_string())?;
    for path in &stale {
        eprintln!("stale: {}", path.display());
    }
    if stale.is_empty() {
        print(&format!("{count} generated files are up to date\n"))?;
    } else {
        let stale = counted(stale.len(), "stale file");
        eprintln!("{stale}; run `cargo codegen`");
    }
    Ok(stale.is_empty())
}
