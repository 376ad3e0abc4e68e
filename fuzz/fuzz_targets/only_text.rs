//! Fuzzes the property of `tui/tests/only_text.rs`: any input stays plain text at every output.

#![no_main]

#[path = "../../tui/tests/only_text/property.rs"]
mod property;

libfuzzer_sys::fuzz_target!(|raw: &str| property::assert_safe(raw));
