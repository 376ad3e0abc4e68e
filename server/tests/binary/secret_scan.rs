//! Searches collected output for secrets: plain, in base64, escaped for URLs and for JSON.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The encodings in which programs write a secret.
fn encodings(secret: &str) -> Vec<String> {
    let percent = |keep: &dyn Fn(u8) -> bool, upper: bool| -> String {
        let byte = |byte: u8| match byte {
            _ if keep(byte) => char::from(byte).to_string(),
            _ if upper => format!("%{byte:02X}"),
            _ => format!("%{byte:02x}"),
        };
        secret.bytes().map(byte).collect()
    };
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let of_a_path = |byte: u8| unreserved(byte) || b"!$&'()*+,;=:@/".contains(&byte);
    let mut forms = vec![
        secret.to_owned(),
        percent(&unreserved, true),
        percent(&unreserved, false),
        percent(&of_a_path, true),
        percent(&unreserved, true).replace("%20", "+"),
        serde_json::to_string(secret).unwrap().trim_matches('"').to_owned(),
    ];
    // Base64 encodes three bytes as four letters, so the offset decides which of three forms a secret has.
    for before in 0..3 {
        let encoded = STANDARD.encode([&b"xx"[..before], secret.as_bytes()].concat());
        let (begin, end) = ((before * 8).div_ceil(6), (before + secret.len()) * 8 / 6);
        let inside = encoded[begin..end].to_owned();
        forms.push(inside.replace('+', "-").replace('/', "_"));
        forms.push(inside);
    }
    forms
}

/// All output, with its source.
pub struct CollectedOutput(pub Vec<(String, String)>);

impl CollectedOutput {
    /// Asserts that the output contains none of these secrets in any encoding.
    #[track_caller]
    pub fn assert_contains_none_of(&self, secrets: &[String]) {
        for (place, text) in &self.0 {
            for form in secrets.iter().flat_map(|secret| encodings(secret)) {
                let line = text.lines().find(|line| line.contains(&form));
                assert!(line.is_none(), "{form} is in {place}: {line:?}");
            }
        }
    }

    /// Adds all files of a folder.
    pub fn add_folder(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.add_folder(&path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                self.0.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
    }
}

#[test]
fn a_secret_is_found_in_every_form() {
    let secret = "hunter2/of the@post";
    let texts = [
        format!("a{secret}b"),
        "hunter2%2Fof%20the%40post".to_owned(),
        STANDARD.encode(secret),
        STANDARD.encode(format!("\0ana\0{secret}")),
        STANDARD.encode(format!("ana:{secret}")),
        STANDARD.encode(format!("\0a\0{secret}\n")),
    ];
    for text in texts {
        assert!(encodings(secret).iter().any(|form| text.contains(form)), "{text}");
    }
}
