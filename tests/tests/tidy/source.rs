//! The Rust files of the workspace.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Every folder with Rust code of ours.
const FOLDERS: [&str; 9] = [
    "common/src",
    "server/src",
    "tui/src",
    "tests/src",
    "tests/tests",
    "server/tests",
    "tui/tests",
    "fuzz",
    "bench/src",
];

static FILES: LazyLock<Vec<SourceFile>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for folder in FOLDERS {
        let before = all.len();
        collect(&workspace_root().join(folder), &mut all);
        assert!(all.len() > before, "{folder} has no Rust files");
    }
    all
});

/// A file of the workspace.
pub struct SourceFile {
    /// Relative to the root of the workspace.
    pub path: String,
    pub text: String,
}

/// The folder of the workspace.
pub fn workspace_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A document, by its path in the workspace.
pub fn read_document(path: &str) -> String {
    std::fs::read_to_string(workspace_root().join(path)).unwrap()
}

/// The words of a text with one space between them.
pub fn normalize_whitespace(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every file, sorted by path within its folder.
pub fn all_files() -> &'static [SourceFile] {
    &FILES
}

/// The files whose paths begin so. A place without files fails the test: it was moved, and nothing is checked any more.
#[track_caller]
pub fn files_under(place: &str) -> impl Iterator<Item = &'static SourceFile> {
    let mut files = FILES.iter().filter(move |file| file.path.starts_with(place)).peekable();
    assert!(files.peek().is_some(), "{place} has no files: where did they go?");
    files
}

impl SourceFile {
    /// The part that ships: everything before the tests at the end.
    pub fn shipped_code(&self) -> &str {
        self.text.split("#[cfg(test)]").next().unwrap_or_default()
    }

    pub fn is_under(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }
}

fn collect(folder: &Path, all: &mut Vec<SourceFile>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, all);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(workspace_root()).unwrap().display().to_string();
            all.push(SourceFile { path, text });
        }
    }
}
