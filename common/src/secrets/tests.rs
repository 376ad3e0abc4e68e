//! What counts as a secret, what does not, and what remains of a text with secrets.

mod planted;

use crate::secrets::{SecretKind, find_secrets, redact};

/// The text with marks.
fn marked(text: &str) -> String {
    redact(text, &[]).text.into_owned()
}

#[test]
fn known_prefixes_name_the_service() {
    let body = "x7Gk2LmQ9rTz4WbN8vCd3Yf6HjP1sAe5uKi0oMqR2tXw7";
    for (secret, label) in [
        ("AKIAIOSFODNN7EXAMPLE".to_owned(), "AWS key"),
        ("ASIAIOSFODNN7EXAMPLE".to_owned(), "AWS key"),
        (format!("ghp_{}", &body[..36]), "GitHub token"),
        (format!("github_pat_11ABCDE_{body}"), "GitHub token"),
        (format!("glpat-{}", &body[..20]), "GitLab token"),
        (format!("xoxb-123456789012-{}", &body[..24]), "Slack token"),
        (format!("hooks.slack.com/services/T000/B000/{}", &body[..24]), "Slack token"),
        (format!("AIza{}", &body[..35]), "Google key"),
        (format!("sk-ant-api03-{body}-AA"), "API key"),
        (format!("sk-proj-{body}"), "API key"),
        (format!("sk_live_{}", &body[..24]), "API key"),
        (format!("hf_{}", &body[..34]), "API key"),
        (format!("npm_{}", &body[..36]), "API key"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(), "API key"),
        (format!("tup_{body}2468"), "tierup token"),
        (format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{}", &body[..40]), "JWT"),
    ] {
        for (before, after) in [
            ("", ""),
            ("use ", " now"),
            ("(", ")"),
            ("\"", "\"."),
            ("key is ", ", ok"),
            ("\\n", "\\n"),
            ("é", "é"),
            ("x=", ".\n"),
        ] {
            let text = format!("{before}{secret}{after}");
            assert_eq!(marked(&text), format!("{before}[redacted: {label}]{after}"), "{text}");
        }
    }
}

#[test]
fn a_private_key_is_marked_as_a_whole_even_if_it_is_cut_off() {
    let line = "MIIEowIBAAKCAQEAx7Gk2LmQ9rTz4WbN8vCd3Yf6HjP1sAe5uKi0oMqR2tXw7abc";
    let block =
        format!("-----BEGIN RSA PRIVATE KEY-----\n{line}\n{line}\nabc=\n-----END RSA PRIVATE KEY-----");
    assert_eq!(marked(&format!("Here:\n{block}\nthanks")), "Here:\n[redacted: private key]\nthanks");
    let quoted = block.replace('\n', "\n> ");
    assert_eq!(marked(&format!("> {quoted}\n> thanks")), "> [redacted: private key]\n> thanks");
    let (escaped, spaced) = (block.replace('\n', "\\n"), block.replace('\n', " "));
    assert_eq!(marked(&format!("{{\"k\": \"{escaped}\"}}")), "{\"k\": \"[redacted: private key]\"}");
    assert_eq!(marked(&format!("{spaced} thanks")), "[redacted: private key] thanks");
    let header = format!(
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,3F\n\n{line}\n"
    );
    for (cut, left) in [
        (
            format!("-----BEGIN PRIVATE KEY-----\n{line}\n{line}\nMIIE\n\nIt went on."),
            "[redacted: private key]\n\nIt went on.",
        ),
        (
            format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{line}\n{}…", &line[..30]),
            "[redacted: private key]…",
        ),
        (
            format!("It began:\n{line}\n{line}\nabc=\n-----END EC PRIVATE KEY-----\nok"),
            "It began:\n[redacted: private key]\nok",
        ),
        (format!("{header}{line}\nand so on"), "[redacted: private key]\nand so on"),
    ] {
        let text = marked(&cut).replace(" so on", "");
        assert!(text == left || text.starts_with("[redacted: private key]"), "{cut} became {text}");
        assert!(!text.contains(&line[..12]), "{text}");
    }
    let public = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n-----BEGIN PUBLIC KEY-----\nMIIC\n-----END PUBLIC KEY-----";
    assert_eq!(marked(public), public);
}

#[test]
fn passwords_in_urls_are_marked_and_the_rest_stays() {
    for (url, left) in [
        (
            "postgres://app:hunter2@db.acme.test:5432/x",
            "postgres://app:[redacted: password]@db.acme.test:5432/x",
        ),
        ("redis://:hunter2@cache/0", "redis://:[redacted: password]@cache/0"),
        ("smtp://ana:p/a#s?s@mail.acme.test", "smtp://ana:[redacted: password]@mail.acme.test"),
        ("https://ana:p@ss@acme.test/x", "https://ana:[redacted: password]@acme.test/x"),
        ("a://b:c@d,a://e:f@g", "a://b:[redacted: password]@d,a://e:[redacted: password]@g"),
    ] {
        assert_eq!(marked(url), left);
    }
    for harmless in [
        "https://acme.test:8443/a@b",
        "http://registry:5000/image@sha256:0123",
        "ssh://git@acme.test/x",
        "https://acme.test/?mail=ana@acme.test:1",
        "http://[::1]:8080/a@b",
        "postgres://app:${DB_PASSWORD}@db",
        "postgres://app:****@db",
        "see ana@acme.test, or mailto:ana@acme.test",
    ] {
        assert_eq!(marked(harmless), harmless);
    }
}

#[test]
fn values_after_telling_names_are_marked() {
    for (text, left) in [
        ("password=hunter2", "password=#"),
        ("Password: hunter", "Password: #"),
        ("password: hunter2, user: ana", "password: #, user: ana"),
        ("pwd = 'correct horse'", "pwd = '#'"),
        ("PGPASSWORD=hunter psql", "PGPASSWORD=# psql"),
        ("MYSQL_ROOT_PASSWORD: \"a\\\"b\"", "MYSQL_ROOT_PASSWORD: \"#\""),
        (r#"{"password": "hunter", "user": "ana"}"#, r##"{"password": "#", "user": "ana"}"##),
        (r#"{\"password\": \"hunter\"}"#, r##"{\"password\": \"#\"}"##),
        ("$config['db_pass'] = 'hunter';", "$config['db_pass'] = '#';"),
        ("spring.datasource.password=hunter", "spring.datasource.password=#"),
        ("?user=ana&password=a&b&lang=de", "?user=ana&password=#&lang=de"),
        ("password=a;b", "password=#"),
        ("Server=x;Password=a;b,c;Database=y", "Server=x;Password=#;Database=y"),
        ("<password>hunter</password>", "<password>#</password>"),
        ("login --password hunter2 --user ana", "login --password # --user ana"),
        ("the password is Summer2026!", "the password is #"),
        ("Das Passwort lautet: sommer", "Das Passwort lautet: #"),
        ("mot de passe : soleil", "mot de passe : #"),
        ("La contraseña es sol2026", "La contraseña es #"),
        ("**Password:** hunter2", "**Password:** #"),
    ] {
        assert_eq!(marked(text), left.replace('#', "[redacted: password]"));
    }
    for (text, left) in [
        ("client_secret=abcdef", "client_secret=#"),
        ("api_key: 0123456789abcdef", "api_key: #"),
        ("API key: 0123456789abcdef", "API key: #"),
        ("X-Api-Key: abc-def-123", "X-Api-Key: #"),
        ("token: 8f3c2a1b9d", "token: #"),
        ("https://acme.test/?access_token=abc&x=1", "https://acme.test/?access_token=#&x=1"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws_secret_access_key = #"),
        ("Authorization: Bearer 8f3c2a1b9d", "Authorization: Bearer #"),
        ("-H 'Authorization: Basic YW5hOmh1bnRlcjI='", "-H 'Authorization: Basic #'"),
        ("{\"Authorization\": \"Bearer 8f3c2a1b9d\"}", "{\"Authorization\": \"Bearer #\"}"),
        (
            "Authorization: Digest username=\"ana\", response=\"6629\"\nHost: x",
            "Authorization: Digest #\nHost: x",
        ),
        ("sent Bearer 8f3c2a1b9d0011 again", "sent Bearer # again"),
    ] {
        assert_eq!(marked(text), left.replace('#', "[redacted: secret]"));
    }
}

#[test]
fn prose_and_placeholders_are_no_secrets() {
    for text in [
        "password: is wrong",
        "Password: wrong.",
        "the password was reset",
        "password: reset, still the same",
        "Passwort: falsch",
        "The password is wrong, and the token has expired.",
        "password is base64-encoded",
        "the token is valid for 12 hours",
        "token: expired",
        "Unexpected token: '}' in line 3",
        "SyntaxError: unexpected token: identifier2",
        "tokens: 1500, max_tokens=4096",
        "pass: 3, fail: 0",
        "secret: see KeePass",
        "password=",
        "password=\npassword: \n",
        "password=***",
        "password=<your password>",
        "password=${DB_PASSWORD}",
        "password=$DB_PASSWORD",
        "password={{ vault.password }}",
        "password=%PASSWORD%",
        "password = getpass()",
        "password = os.environ[\"X\"]",
        "password: null",
        "\"password\": \"\"",
        "PWD=/home/ana",
        "pwd=C:\\Users",
        "MYSQL_PASSWORD_FILE=/run/secrets/x",
        "--password is required",
        "Authorization: failed",
        "Authorization header is missing",
        "a compass: north2, bypass=maybe, broken=1",
        "password=[redacted: password]",
        "[redacted: secret]: abc1234",
        "sk-folding-cube-animation-wrapper",
        "disk-0123456789abcdef01234567",
        "setup_with_a_very_long_name_that_goes_on_and_on_and_on_and_on",
        "AKIA is the prefix of keys, ghp_ that of tokens",
        "eyJ is base64",
    ] {
        assert_eq!(marked(text), text);
    }
}

#[test]
fn card_numbers_have_an_issuer_a_length_and_a_checksum() {
    for card in [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4222222222222",
        "5555555555554444",
        "2223003122003222",
        "378282246310005",
        "3782 822463 10005",
        "6011111111111117",
        "30569309025904",
        "3530111333300000",
        "6205500000000000004",
        "6759649826438453",
    ] {
        assert_eq!(marked(&format!("card {card}, 12/27")), "card [redacted: card number], 12/27");
        assert_eq!(marked(&format!("2026-11-22 {card} 123")), "2026-11-22 [redacted: card number] 123");
    }
    for harmless in [
        "4111111111111112",
        "IMEI 356938035643809, 490154203237518",
        "ticket 1234567890123456",
        "1795339800000 1795339800000000000",
        "0.4111111111111111",
        "a4111111111111111 4111111111111111b",
        "550e8400-e29b-41d4-a716-446655440000",
        "+49 4111 1111 1111",
        "DE89 3704 0044 0532 0130 00",
        "2026-11-22 09:30:00 1111",
        "41111111111111111111111",
    ] {
        assert_eq!(marked(harmless), harmless);
    }
}

#[test]
fn custom_patterns_join_what_they_overlap() {
    let text = "customer 123456 password=123456 x";
    let found: Vec<_> = text.match_indices("123456").map(|(at, word)| at..at + word.len()).collect();
    let redacted = redact(text, &found);
    assert_eq!(redacted.text, "customer [redacted: custom pattern] password=[redacted: password] x");
    assert_eq!(redacted.kinds, [SecretKind::Custom, SecretKind::Password]);
}

#[test]
fn an_article_suits_every_kind() {
    for kind in SecretKind::ALL {
        let (article, label) = kind.with_article().split_once(' ').unwrap();
        assert_eq!(label, kind.label());
        assert_eq!(article == "an", label.starts_with(['A', 'O']), "{kind}");
    }
    assert_eq!(find_secrets("AKIAIOSFODNN7EXAMPLE")[0].kind.label(), "AWS key");
}

/// Mutants seen to fail: one pass.
#[test]
fn a_secret_right_behind_another_is_found_too() {
    let text = "-----BEGIN PRIVATE KEY-----eyJsk-AKIAIOSFODNN7EXAMPLEsk-";
    assert!(!redact(text, &[]).text.contains("AKIA"), "{}", redact(text, &[]).text);
}

/// Mutants seen to fail: slices of the text instead of its bytes.
#[test]
fn a_password_may_begin_with_any_character() {
    for value in ["ä", "é", "漢字", "🔑"] {
        assert!(!marked(&format!("PWD= {value}hunter2 ")).contains("hunter2"), "{value}");
    }
}
