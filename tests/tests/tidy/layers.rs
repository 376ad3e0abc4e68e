//! Imports are acyclic.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::imports::{ImportGraph, Module};
use crate::source::read_document;

/// Import cycles that are allowed. ARCHITECTURE.md gives the reason for each.
const ONE_IDEA: [(&str, &[&str]); 0] = [];

/// The crates that ship.
const CRATES: [&str; 3] = ["common", "server", "tui"];

#[test]
fn no_files_import_each_other_in_a_cycle() {
    let architecture = read_document("ARCHITECTURE.md");
    let mut allowed: BTreeMap<&str, BTreeSet<BTreeSet<Module>>> = BTreeMap::new();
    for (name, modules) in ONE_IDEA {
        for module in modules {
            assert!(
                architecture.contains(&format!("{}.rs`", module.replace("::", "/"))),
                "ARCHITECTURE.md does not argue for the circle of {module}"
            );
        }
        let circle = modules.iter().map(|module| module.split("::").map(str::to_owned).collect()).collect();
        allowed.entry(name).or_default().insert(circle);
    }
    let mut report = String::new();
    for name in CRATES {
        let graph = ImportGraph::of_crate(name);
        let (found, allowed) = (graph.circles(), allowed.remove(name).unwrap_or_default());
        for circle in found.difference(&allowed) {
            describe(name, &graph, circle, &mut report);
        }
        let gone: Vec<_> = allowed.difference(&found).collect();
        assert!(gone.is_empty(), "no circle any more, and still allowed: {gone:?}");
    }
    assert!(report.is_empty(), "\n{report}");
}

fn describe(name: &str, graph: &ImportGraph, circle: &BTreeSet<Module>, report: &mut String) {
    writeln!(report, "{name} has a circle of {}:", circle.len()).unwrap();
    for module in circle {
        for (target, items) in graph.imports_of(module).iter().filter(|(target, _)| circle.contains(*target))
        {
            let items: Vec<&str> = items.iter().map(String::as_str).collect();
            writeln!(report, "    {} -> {}: {}", module.join("::"), target.join("::"), items.join(", "))
                .unwrap();
        }
    }
}

#[test]
fn submodules_of_update_and_view_import_nothing_from_their_parents() {
    let graph = ImportGraph::of_crate("tui");
    for above in ["update", "view"].map(|name| Module::from([name.to_owned()])) {
        let parts = graph.modules().filter(|module| module.len() > 1 && module.starts_with(&above));
        for part in parts {
            let items = graph.imports_of(part).get(&above);
            assert!(items.is_none(), "{} imports {items:?} from {}", part.join("::"), above[0]);
        }
    }
}

/// The modules that a part of the console must not import.
const ABOVE: [(&str, &[&str]); 3] = [
    ("state", &["update", "view", "runtime", "cli"]),
    ("view", &["update", "runtime", "cli"]),
    ("update", &["view", "runtime", "cli"]),
];

#[test]
fn state_update_and_view_import_nothing_that_uses_them() {
    let graph = ImportGraph::of_crate("tui");
    for (part, above) in ABOVE {
        let modules: Vec<_> =
            graph.modules().filter(|module| module.first().is_some_and(|first| first == part)).collect();
        assert!(!modules.is_empty(), "{part} has no files");
        for module in modules {
            let target = graph
                .imports_of(module)
                .keys()
                .find(|target| above.contains(&target.first().map_or("", |first| first)));
            assert!(target.is_none(), "{} imports {target:?}", module.join("::"));
        }
    }
}
