//! Rules for each file.

use crate::source::all_files;

#[test]
fn a_file_has_at_most_400_lines() {
    for file in all_files() {
        let lines = file.shipped_code().lines().count();
        assert!(lines <= 400, "{} has {lines} lines: it does more than one thing", file.path);
    }
}

#[test]
fn every_file_begins_with_a_comment_about_its_purpose() {
    for file in all_files() {
        assert!(file.text.starts_with("//!"), "{} does not say what it is for", file.path);
        assert!(!file.path.ends_with("mod.rs"), "{}: name it after its folder", file.path);
    }
}
