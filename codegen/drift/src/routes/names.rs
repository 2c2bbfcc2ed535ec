//! Path templates, and the singular and plural names of Rails.

pub(super) fn join(outer: &str, own: &str) -> String {
    let own = own.trim_matches('/');
    if own.is_empty() {
        outer.to_owned()
    } else {
        format!("{outer}/{own}")
    }
}

/// The path with parameters in braces, without optional parts.
pub(super) fn braced(path: &str) -> String {
    let mut depth = 0_i32;
    let kept: String = path
        .chars()
        .filter(|c| {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => return depth == 0,
            }
            false
        })
        .collect();
    let parts = kept.split('/').filter(|part| !part.is_empty()).map(|part| {
        match part.strip_prefix([':', '*']) {
            Some(name) => format!("{{{name}}}"),
            None => part.to_owned(),
        }
    });
    let path = parts.collect::<Vec<_>>().join("/");
    format!("/{path}")
}

pub(super) fn below(module: &str, name: &str) -> String {
    match module {
        "" => name.to_owned(),
        module => format!("{module}/{name}"),
    }
}

/// The controller of a singular resource has a plural name.
pub(super) fn plural(name: &str) -> String {
    match name.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ if name.ends_with("us") || name.ends_with("ch") => format!("{name}es"),
        _ if name.ends_with('s') => name.to_owned(),
        _ => format!("{name}s"),
    }
}

/// The singular of a name, used for the name of a parameter.
pub(crate) fn singular(name: &str) -> String {
    let name = name.rsplit('/').next().unwrap_or(name);
    for (end, with) in [("ies", "y"), ("sses", "ss"), ("uses", "us"), ("s", "")] {
        if let Some(stem) = name.strip_suffix(end) {
            return format!("{stem}{with}");
        }
    }
    name.to_owned()
}
