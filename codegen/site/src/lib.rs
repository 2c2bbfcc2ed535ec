//! Emits the API reference as a static website that works without a server.

mod api;
mod entities;
mod facts;
mod methods;
mod parts;
mod render;
mod search;
mod urls;
mod versions;

use std::path::{Path, PathBuf};
use std::{fs, io};

use indexmap::IndexMap;
use serde::Serialize;

use mastodon_spec::model::{Model, is_of_other_servers};
use mastodon_spec::{Outputs, docs};
use render::{Context, Templates};
use urls::{ERRORS, LIMITS, PAGING, SCOPES, STREAMS, Urls, entity_page, resource_page};

const INDEX: &str = "index.html";
const METHODS: &str = "methods.html";
const ENTITIES: &str = "entities.html";
const VERSIONS: &str = "versions.html";

/// The pages other than those of resources and entities, with their titles.
const GUIDES: [(&str, &str); 9] = [
    ("Overview", INDEX),
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
const GENERATED_TAG: &str = "<meta name=\"generator\" content=\"cargo codegen site\">";

/// The static files.
const ASSETS: [(&str, &str); 3] = [
    ("site.css", include_str!("../templates/site.css")),
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
}

/// The counts on the overview page.
#[derive(Debug, Serialize)]
struct Counts {
    methods: usize,
    entities: usize,
    newest: String,
}

impl Pages {
    fn new(site: &Site<'_>) -> Self {
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
        let mut pages = Self {
            api: api::pages(site),
            versions: versions::releases(site),
            releases: releases
                .iter()
                .map(|release| release.version.to_string())
                .collect(),
            newest,
            guides: GUIDES,
            groups: Vec::new(),
            counts: Counts {
                methods: site.model.methods().count(),
                entities: entities.len(),
                newest: newest
                    .map(|at| releases[at].version.to_string())
                    .unwrap_or_default(),
            },
            resources,
            entities,
        };
        pages.groups = pages.grouped();
        pages
    }

    /// Resources for clients, resources for admins, entities for clients, entities for admins.
    fn grouped(&self) -> Vec<Group> {
        let is_admin = |page: &str| {
            let methods = self.resources.get(page).map(|resource| &resource.methods);
            methods.is_some_and(|methods| methods.iter().all(|own| own.path.contains("/admin/")))
        };
        let resources = self.resources.iter();
        let resources = resources.map(|(page, own)| (own.title.clone(), page.clone()));
        let (admin, client) = resources.partition(|(_, page)| is_admin(page));
        let entities = self.entities.iter();
        let entities = entities.map(|(page, own)| (own.name.clone(), page.clone()));
        let (admin_entities, mut client_entities): (Vec<_>, Vec<_>) =
            entities.partition(|(name, _)| name.starts_with("Admin::"));
        client_entities.sort();
        vec![
            Group {
                title: "Methods",
                links: client,
            },
            Group {
                title: "Administration",
                links: admin,
            },
            Group {
                title: "Entities",
                links: client_entities,
            },
            Group {
                title: "Admin entities",
                links: admin_entities,
            },
        ]
    }

    /// The navigation of every page.
    fn navigation(&self) -> Vec<Group> {
        let guides = GUIDES.map(|(title, page)| (title.to_owned(), page.to_owned()));
        let mut all = vec![Group {
            title: "Guide",
            links: guides.into(),
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
    let site = Site {
        model,
        urls: Urls::new(model),
    };
    let pages = Pages::new(&site);
    let templates = Templates::new()?;
    let mut files = Outputs::new();
    for (title, page) in GUIDES {
        let context = Context {
            page,
            title,
            it: &pages,
        };
        files.insert(PathBuf::from(page), templates.render(page, &context)?);
    }
    for (page, resource) in &pages.resources {
        let context = Context {
            page,
            title: &resource.title,
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
