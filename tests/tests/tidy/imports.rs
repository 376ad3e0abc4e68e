//! The import graph of a crate, from `use` and paths in the code. Re-exports are resolved to the file that defines the
//! item. Test modules are left out.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ItemUse, Meta, UseTree, Visibility};

use crate::source::files_under;

/// A module as its path: `["store", "writer"]`. The root of the crate is empty.
pub type Module = Vec<String>;

/// The files of one crate, and the items that each imports from the others.
pub struct ImportGraph {
    edges: BTreeMap<Module, BTreeMap<Module, BTreeSet<String>>>,
}

impl ImportGraph {
    /// Reads the files of a crate; its binary is not part of it.
    pub fn of_crate(name: &str) -> Self {
        let root = format!("{name}/src/");
        let files = files_under(&root).filter_map(|file| {
            let module = to_module(file.path.strip_prefix(&root)?)?;
            let parsed = syn::parse_file(file.shipped_code());
            Some((module, parsed.unwrap_or_else(|error| panic!("{}: {error}", file.path))))
        });
        let paths = files.map(|(module, file)| {
            let mut paths = FilePaths::default();
            paths.visit_file(&file);
            (module, paths)
        });
        let crate_paths = CratePaths(paths.collect());
        let edges = crate_paths.0.keys().map(|module| (module.clone(), crate_paths.imports_of(module)));
        Self { edges: edges.collect() }
    }

    pub fn modules(&self) -> impl Iterator<Item = &Module> {
        self.edges.keys()
    }

    /// The items that a file imports, by file.
    pub fn imports_of(&self, module: &Module) -> &BTreeMap<Module, BTreeSet<String>> {
        &self.edges[module]
    }

    /// The groups of files that use each other, directly or through others.
    pub fn circles(&self) -> BTreeSet<BTreeSet<Module>> {
        let reached: BTreeMap<&Module, BTreeSet<&Module>> =
            self.modules().map(|module| (module, self.reached_from(module))).collect();
        let circle_of = |module: &Module| -> BTreeSet<Module> {
            let others = reached[module].iter().filter(|other| reached[**other].contains(module));
            others.map(|other| (*other).clone()).collect()
        };
        self.modules().map(circle_of).filter(|circle| circle.len() > 1).collect()
    }

    fn reached_from<'g>(&'g self, start: &'g Module) -> BTreeSet<&'g Module> {
        let (mut reached, mut open) = (BTreeSet::new(), vec![start]);
        while let Some(module) = open.pop() {
            open.extend(self.edges[module].keys().filter(|next| reached.insert(*next)));
        }
        reached
    }
}

/// `store/writer.rs` to `["store", "writer"]`; none for the binary and for modules of tests.
fn to_module(path: &str) -> Option<Module> {
    let module: Module = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    match module.last()?.as_str() {
        "lib" => Some(Module::new()),
        "main" => None,
        _ if module.iter().any(|part| part == "tests") => None,
        _ => Some(module),
    }
}

/// The paths in one file, as written.
#[derive(Default)]
struct FilePaths {
    /// The full path of each import, by the name it has here.
    imports: BTreeMap<String, Vec<String>>,
    /// The same for `pub use`: others find the name here and the item elsewhere.
    reexports: BTreeMap<String, Vec<String>>,
    inline: BTreeSet<Vec<String>>,
}

impl<'ast> Visit<'ast> for FilePaths {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let names =
            if matches!(item.vis, Visibility::Inherited) { &mut self.imports } else { &mut self.reexports };
        flatten(&item.tree, &mut Vec::new(), names);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.inline.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        // `#[serde(with = "crate::…")]` has its path in a string; a doc comment has none.
        if let Meta::List(list) = &attribute.meta {
            self.read_tokens(list.tokens.clone());
        }
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.read_tokens(called.tokens.clone());
        visit::visit_macro(self, called);
    }
}

impl FilePaths {
    /// The paths among the arguments of a macro or an attribute: names joined by `::`.
    fn read_tokens(&mut self, tokens: TokenStream) {
        let (mut path, mut colons) = (Vec::new(), 0);
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.inline.insert(std::mem::take(&mut path));
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Punct(_) => colons = 0,
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    if text.contains("::") {
                        self.inline.insert(text.trim_matches('"').split("::").map(str::to_owned).collect());
                    }
                    colons = 0;
                }
                TokenTree::Group(group) => {
                    self.read_tokens(group.stream());
                    colons = 0;
                }
            }
        }
        self.inline.insert(path);
    }
}

fn flatten(tree: &UseTree, prefix: &mut Vec<String>, names: &mut BTreeMap<String, Vec<String>>) {
    let (ident, alias) = match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            flatten(&path.tree, prefix, names);
            prefix.pop();
            return;
        }
        UseTree::Group(group) => return group.items.iter().for_each(|tree| flatten(tree, prefix, names)),
        UseTree::Name(name) => (name.ident.to_string(), name.ident.to_string()),
        UseTree::Rename(rename) => (rename.ident.to_string(), rename.rename.to_string()),
        UseTree::Glob(_) => ("*".into(), format!("{}::*", prefix.join("::"))),
    };
    let mut full = prefix.clone();
    if ident != "self" {
        full.push(ident);
    }
    let alias = if alias == "self" { full.last().cloned().unwrap_or_default() } else { alias };
    names.insert(alias, full);
}

/// Every file of a crate with its paths.
struct CratePaths(BTreeMap<Module, FilePaths>);

impl CratePaths {
    fn imports_of(&self, module: &Module) -> BTreeMap<Module, BTreeSet<String>> {
        let file = &self.0[module];
        let inline = file.inline.iter().map(|path| match path.split_first() {
            // `writer::start` after `use crate::store::writer`.
            Some((first, rest)) if !rest.is_empty() && file.imports.contains_key(first) => {
                file.imports[first].iter().chain(rest).cloned().collect()
            }
            _ => path.clone(),
        });
        let mut edges = BTreeMap::<Module, BTreeSet<String>>::new();
        for path in file.imports.values().cloned().chain(inline) {
            let Some((target, item)) = self.absolute(module, &path).and_then(|path| self.resolve(&path, 0))
            else {
                continue;
            };
            if target != *module {
                edges.entry(target).or_default().insert(item);
            }
        }
        edges
    }

    /// A path from the root of the crate; none if it leads to another crate, or is one name of this file.
    fn absolute(&self, module: &Module, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        let base = match first.as_str() {
            "crate" => Module::new(),
            "self" => module.clone(),
            "super" => module[..module.len().checked_sub(1)?].to_vec(),
            child => {
                let child: Module = module.iter().cloned().chain([child.to_owned()]).collect();
                self.0.contains_key(&child).then_some(child)?
            }
        };
        Some(base.into_iter().chain(rest.iter().cloned()).collect())
    }

    /// The file that defines the item of a path, and the item; none if the path names a module.
    fn resolve(&self, path: &[String], depth: usize) -> Option<(Module, String)> {
        let length = (0..=path.len()).rev().find(|length| self.0.contains_key(&path[..*length]))?;
        let (module, rest) = path.split_at(length);
        let item = rest.first()?;
        match self.0[module].reexports.get(item) {
            Some(target) if depth < 8 => {
                let target = self.absolute(&module.to_vec(), target)?;
                self.resolve(&[target, rest[1..].to_vec()].concat(), depth + 1)
            }
            _ => Some((module.to_vec(), item.clone())),
        }
    }
}
