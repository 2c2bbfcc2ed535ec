//! Emits the API reference as a static website that works without a server.

mod answers;
mod api;
mod entities;
mod facts;
mod html;
mod methods;
mod notes;
mod parts;
mod render;
mod search;
mod start;
mod urls;
mod versions;

use std::path::{Path, PathBuf};
use std::{fs, io};

use indexmap::IndexMap;
use serde::Serialize;

use mastodon_spec::model::{Model, is_of_other_servers};
use mastodon_spec::{Outputs, docs};
use render::{Context, Templates};
use urls::{ERRORS, LIMITS, PAGING, SCOPES, START, STREAMS, Urls, entity_page, resource_page};

const INDEX: &str = "index.html";
const METHODS: &str = "methods.html";
const ENTITIES: &str = "entities.html";
const VERSIONS: &str = "versions.html";

/// The pages other than those of resources and entities, with their titles.
const GUIDES: [(&str, &str); 10] = [
    ("Overview", INDEX),
    ("Getting started", START),
    ("All methods", METHODS),
    ("All entities", ENTITIES),
    ("Versions", VERSIONS),
    ("Scopes", SCOPES),
    ("Errors", ERRORS),
    ("Rate limits", LIMITS),
    ("Paging and headers", PAGING),
    ("Streams and push", STREAMS),
];

/// The tag that all generated pages contain.
const GENERATED_TAG: &str = "content=\"cargo codegen site\">";

/// The static files.
const ASSETS: [(&str, &str); 4] = [
    ("site.css", include_str!("../templates/site.css")),
    ("ranking.js", include_str!("../templates/ranking.js")),
    ("site.js", include_str!("../templates/site.js")),
    ("icon.svg", include_str!("../templates/icon.svg")),
];

/// The data that all page emitters need.
struct Site<'a> {
    model: &'a Model<'a>,
    urls: Urls<'a>,
}

/// The content of all pages.
#[derive(Serialize)]
struct Pages {
    /// The resources by page, in the order of the specification.
    resources: IndexMap<String, methods::Resource>,
    entities: IndexMap<String, entities::Page>,
    api: api::ApiPages,
    versions: Vec<versions::Release>,
    /// All releases, oldest first, and the index of the newest published one.
    releases: Vec<String>,
    newest: Option<usize>,
    /// The examples of the page "Getting started".
    examples: Vec<start::Example>,
    /// The root of the documentation on docs.rs, the repository, and the oldest supported compiler.
    rustdoc: &'static str,
    repository: &'static str,
    rust_version: &'static str,
    guides: [(&'static str, &'static str); GUIDES.len()],
    groups: Vec<Group>,
    counts: Counts,
}

/// A group of links in the navigation.
#[derive(Debug, Clone, Serialize)]
struct Group {
    title: &'static str,
    /// Title and page of each link.
    links: Vec<(String, String)>,
    /// Whether only servers other than Mastodon have what it links to.
    is_of_other_servers: bool,
}

/// The counts on the overview page.
#[derive(Debug, Serialize)]
struct Counts {
    methods: usize,
    entities: usize,
    /// Those that only other servers have.
    other_methods: usize,
    other_entities: usize,
    /// The kinds of server software other than Mastodon.
    servers: usize,
    newest: String,
}

impl Pages {
    fn new(site: &Site<'_>) -> Result<Self, String> {
        let spec = site.model.spec;
        let resources = site.model.resources().iter();
        let resources: IndexMap<_, _> = resources
            .map(|own| (resource_page(own.name), methods::resource(site, own)))
            .collect();
        let entities = spec.entities.iter().flat_map(|(file_name, file)| {
            let is_other = is_of_other_servers(file_name);
            let all = file.entities.iter();
            all.map(move |(name, entity)| (file, is_other, name, entity))
        });
        let entities: IndexMap<_, _> = entities
            .map(|(file, is_other, name, entity)| {
                let page = entities::page(site, (file, is_other), name, entity);
                (entity_page(name), page)
            })
            .collect();
        let releases = &spec.api.releases;
        // Releases without an API version are not published yet.
        let newest = releases
            .iter()
            .rposition(|release| release.version.pre.is_none() && release.api_version.is_some());
        let methods_of = |is_other: bool| {
            let resources = site.model.resources().iter();
            let resources = resources.filter(|own| own.is_of_other_servers == is_other);
            resources.map(|own| own.methods.len()).sum()
        };
        let entities_of = |is_other: bool| {
            let entities = entities.values();
            entities
                .filter(|own: &&entities::Page| own.is_of_other_servers == is_other)
                .count()
        };
        let mut pages = Self {
            api: api::pages(site),
            versions: versions::releases(site),
            releases: releases
                .iter()
                .map(|release| release.version.to_string())
                .collect(),
            newest,
            examples: start::examples()?,
            rustdoc: mastodon_spec::reference::RUSTDOC,
            repository: env!("CARGO_PKG_REPOSITORY"),
            rust_version: env!("CARGO_PKG_RUST_VERSION"),
            guides: GUIDES,
            groups: Vec::new(),
            counts: Counts {
                methods: methods_of(false),
                entities: entities_of(false),
                other_methods: methods_of(true),
                other_entities: entities_of(true),
                servers: spec.servers.servers.len(),
                newest: newest
                    .map(|at| releases[at].version.to_string())
                    .unwrap_or_default(),
            },
            resources,
            entities,
        };
        pages.groups = pages.grouped();
        Ok(pages)
    }

    /// Resources and entities: those for clients, those for admins, and those of other servers.
    fn grouped(&self) -> Vec<Group> {
        let is_admin = |resource: &methods::Resource| {
            let mut methods = resource.methods.iter();
            methods.all(|own| own.path.contains("/admin/"))
        };
        let mut groups = [
            ("Methods", Vec::new()),
            ("Administration", Vec::new()),
            ("Methods of other servers", Vec::new()),
            ("Entities", Vec::new()),
            ("Admin entities", Vec::new()),
            ("Entities of other servers", Vec::new()),
        ];
        for (page, own) in &self.resources {
            let group = match own.is_of_other_servers {
                true => 2,
                false => usize::from(is_admin(own)),
            };
            groups[group].1.push((own.title.clone(), page.clone()));
        }
        for (page, own) in &self.entities {
            let is_admin = own.name.starts_with("Admin::");
            let group = match own.is_of_other_servers {
                true => 5,
                false => 3 + usize::from(is_admin),
            };
            groups[group].1.push((own.name.clone(), page.clone()));
        }
        for (_, links) in &mut groups[3..] {
            links.sort();
        }
        let groups = groups.into_iter();
        groups
            .map(|(title, links)| Group {
                title,
                links,
                is_of_other_servers: title.ends_with("other servers"),
            })
            .collect()
    }

    /// The navigation of every page.
    fn navigation(&self) -> Vec<Group> {
        let guides = GUIDES.map(|(title, page)| (title.to_owned(), page.to_owned()));
        let mut all = vec![Group {
            title: "Guide",
            links: guides.into(),
            is_of_other_servers: false,
        }];
        all.extend(
            self.groups
                .iter()
                .filter(|group| !group.links.is_empty())
                .cloned(),
        );
        all
    }
}

/// The pages by their path from the root of the site.
///
/// # Errors
///
/// When a template uses an undefined value, which is a bug of the emitter.
pub fn site(model: &Model<'_>) -> Result<Outputs, String> {
    Ok(readable(model)?
        .into_iter()
        .map(|(path, text)| {
            let is_page = path
                .extension()
                .is_some_and(|extension| extension == "html");
            let text = if is_page { html::minified(&text) } else { text };
            (path, text)
        })
        .collect())
}

/// Like [`site`], with the line breaks, quotes and end tags that HTML does not need.
///
/// # Errors
///
/// When a template uses an undefined value, which is a bug of the emitter.
pub fn readable(model: &Model<'_>) -> Result<Outputs, String> {
    let site = Site {
        model,
        urls: Urls::new(model),
    };
    let pages = Pages::new(&site)?;
    let templates = Templates::new()?;
    let mut files = Outputs::new();
    for (title, page) in GUIDES {
        let context = Context {
            page,
            title,
            is_of_other_servers: false,
            it: &pages,
        };
        files.insert(PathBuf::from(page), templates.render(page, &context)?);
    }
    for (page, resource) in &pages.resources {
        let context = Context {
            page,
            title: &resource.title,
            is_of_other_servers: resource.is_of_other_servers,
            it: resource,
        };
        files.insert(
            PathBuf::from(page),
            templates.render("resource.html", &context)?,
        );
    }
    for (page, entity) in &pages.entities {
        let context = Context {
            page,
            title: &entity.name,
            is_of_other_servers: entity.is_of_other_servers || entity.versions.is_only_on_others(),
            it: entity,
        };
        files.insert(
            PathBuf::from(page),
            templates.render("entity.html", &context)?,
        );
    }
    files.insert(PathBuf::from("search.js"), search::script(&pages)?);
    for (name, text) in ASSETS {
        files.insert(PathBuf::from(name), text.to_owned());
    }
    Ok(files)
}

/// Writes the site into a folder and deletes outdated pages of an earlier run. Other files are kept.
///
/// # Errors
///
/// When a file cannot be read or written.
pub fn write(folder: &Path, pages: &Outputs) -> io::Result<()> {
    for (path, text) in pages {
        let target = folder.join(path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        if fs::read_to_string(&target).ok().as_ref() != Some(text) {
            fs::write(target, text)?;
        }
    }
    for inner in ["methods", "entities"] {
        for entry in fs::read_dir(folder.join(inner))? {
            let entry = entry?;
            let path = Path::new(inner).join(entry.file_name());
            let is_page = path
                .extension()
                .is_some_and(|extension| extension == "html");
            if is_page
                && !pages.contains_key(&path)
                && fs::read_to_string(entry.path())?.contains(GENERATED_TAG)
            {
                fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}

/// The URL of Mastodon's documentation, unless the item is undocumented.
fn docs_url(page: Option<&str>, anchor: Option<&str>, undocumented: bool) -> Option<String> {
    page.filter(|_| !undocumented)
        .map(|page| docs::page_url(page, anchor))
}
