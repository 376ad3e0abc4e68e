//! Checks that the source has every Rust file that the documents name, and every type and function in ARCHITECTURE.md.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use crate::source::{SourceFile, all_files, normalize_whitespace, read_document, workspace_root};

#[test]
fn every_name_in_the_architecture_document_is_in_the_source() {
    let text = read_document("ARCHITECTURE.md");
    let prose: String = text.split("```").step_by(2).collect();
    let mut missing = BTreeSet::new();
    for name in quoted_names(&prose) {
        if let Some(fault) = fault_in(&name) {
            missing.insert(fault);
        }
    }
    // "`claim` (`handler/handoff.rs`)": that name, in that file.
    let placed = Regex::new(r"`([A-Za-z_][\w:]*)`\s+\(`([\w/.-]+\.rs)`").unwrap();
    for found in placed.captures_iter(&prose) {
        let (name, path) = (&found[1], &found[2]);
        if !files_named(path).any(|file| file.has(name)) {
            missing.insert(format!("{name} is not in {path}"));
        }
    }
    assert!(missing.is_empty(), "ARCHITECTURE.md names what is not there: {missing:#?}");
}

#[test]
fn the_rust_files_that_documents_name_exist() {
    let documents =
        ["README.md", "docs/CONSOLE.md", "docs/API.md", "docs/OPERATING.md", "docs/RELIABILITY.md"];
    for document in documents.into_iter().chain(["docs/PERFORMANCE.md", "docs/STYLE.md", "docs/GLOSSARY.md"])
    {
        let prose: String = read_document(document).split("```").step_by(2).collect();
        let names = quoted_names(&prose).into_iter().filter(|name| {
            Path::new(name).extension().is_some_and(|end| end == "rs") && !ABSENT.contains(&name.as_str())
        });
        for name in names.filter(|name| !name.contains(' ')) {
            assert!(files_named(&name).next().is_some(), "{document} names {name}");
        }
    }
}

/// The texts in backticks.
fn quoted_names(prose: &str) -> Vec<String> {
    prose.split('`').skip(1).step_by(2).map(normalize_whitespace).collect()
}

/// Names that are allowed although the source lacks them.
const ABSENT: [&str; 4] = ["foo.rs", "mod.rs", "async", "unsafe"];

/// The fault in a name; none if it does not name a file, type or function.
fn fault_in(name: &str) -> Option<String> {
    static IS_PATH: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^[\w-]+(/[\w.-]+)*(/|\.(rs|md|toml|json|sql))$").unwrap());
    static IS_ITEM: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[A-Za-z]\w*(::\w+)*$").unwrap());
    if ABSENT.contains(&name) {
        return None;
    }
    if IS_PATH.is_match(name) {
        let is_there = workspace_root().join(name).exists()
            || files_named(name).next().is_some()
            || name.ends_with('/') && all_files().iter().any(|file| file.path.contains(&format!("/{name}")));
        return (!is_there).then(|| format!("no file {name}"));
    }
    let is_unknown = IS_ITEM.is_match(name) && !DEFINITIONS.iter().any(|file| file.has(name));
    is_unknown.then(|| format!("nothing called {name}"))
}

/// The files that a path as the documents write it can mean: `router/table.rs`, or the whole path.
fn files_named(path: &str) -> impl Iterator<Item = &'static Definitions> {
    let inner = format!("/{path}");
    DEFINITIONS.iter().filter(move |file| file.path == path || file.path.ends_with(&inner))
}

static DEFINITIONS: LazyLock<Vec<Definitions>> =
    LazyLock::new(|| all_files().iter().map(Definitions::in_file).collect());

/// The names that a file defines.
struct Definitions {
    path: &'static str,
    items: BTreeSet<&'static str>,
    /// Fields, variants and other names that begin a line.
    members: BTreeSet<&'static str>,
    /// Types with an `impl` in this file.
    implemented: BTreeSet<&'static str>,
}

impl Definitions {
    fn in_file(file: &'static SourceFile) -> Self {
        static ITEM: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"\b(?:fn|struct|enum|trait|type|const|static|mod|macro_rules!) (\w+)").unwrap()
        });
        static MEMBER: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"(?m)^\s+(?:pub(?:\([^)]*\))? )?(\w+)(?:,$|\(|:|\s\{|\s=)").unwrap()
        });
        static IMPL: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"(?m)^impl\b(?:.* for)?(?:<[^>]*>)? (\w+)").unwrap());
        let names = |regex: &Regex| -> BTreeSet<&'static str> {
            regex.captures_iter(file.shipped_code()).map(|found| found.get(1).unwrap().as_str()).collect()
        };
        Self { path: &file.path, items: names(&ITEM), members: names(&MEMBER), implemented: names(&IMPL) }
    }

    /// Whether the file defines `name`, `Type::function`, `Enum::Variant` or `module::function`.
    fn has(&self, name: &str) -> bool {
        let Some((owner, inner)) = name.rsplit_once("::") else {
            return self.items.contains(name) || self.members.contains(name);
        };
        let is_owner = self.items.contains(owner)
            || self.implemented.contains(owner)
            || self.path.ends_with(&format!("/{owner}.rs"));
        is_owner && (self.items.contains(inner) || self.members.contains(inner))
    }
}
