//! Secrets planted in random text: none is left.

use proptest::prelude::*;

use crate::secrets::redact;

/// A secret as it is written, and the part of it that must not be left.
fn secrets() -> impl Strategy<Value = (String, String)> {
    let prefixed = prop_oneof![
        "(AKIA|ASIA)[A-Z0-9]{16}",
        "gh[pousr]_[A-Za-z0-9]{36}",
        "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
        "glpat-[A-Za-z0-9]{20}",
        "xox[abprs]-[0-9]{12}-[A-Za-z0-9]{24}",
        "sk-[A-Za-z0-9]{48}",
        "sk-ant-api03-[A-Za-z0-9_-]{93}AA",
        "AIza[A-Za-z0-9]{35}",
        "tup_[A-Za-z0-9]{49}",
        "hf_[A-Za-z]{34}",
        "npm_[A-Za-z0-9]{36}",
        "eyJhbGciOi[A-Za-z0-9]{10,40}\\.eyJ[A-Za-z0-9_-]{10,80}[A-Z]\\.[A-Za-z0-9_-]{43}",
        "-----BEGIN (RSA |EC |OPENSSH |)PRIVATE KEY-----(\n[A-Za-z0-9+/]{64}){1,9}\n[A-Za-z0-9+/]{22}==\n-----END PRIVATE KEY-----",
    ];
    let value = "[A-Za-z][A-Za-z0-9!#%+/@^~-]{6,24}[0-9]";
    let named = (
        prop_oneof![
            Just("password="),
            Just("Password: "),
            Just("passwd: "),
            Just("pwd="),
            Just("DB_PASSWORD="),
            Just("secret="),
            Just("client_secret: "),
            Just("api_key="),
            Just("token: "),
            Just("Authorization: Bearer "),
            Just("--password "),
            Just("postgres://app:"),
        ],
        prop_oneof![Just(""), Just("\""), Just("'")],
        value,
    );
    let named = named.prop_map(|(name, quote, value)| match name {
        "postgres://app:" => (format!("{name}{value}@db.acme.test/x"), value),
        "Authorization: Bearer " | "--password " => (format!("{name}{value}"), value),
        _ => (format!("{name}{quote}{value}{quote}"), value),
    });
    prop_oneof![
        prefixed.prop_map(|secret| (secret.clone(), secret)),
        named,
        cards().prop_map(|card| (card.clone(), card))
    ]
}

/// Card numbers with a valid checksum.
fn cards() -> impl Strategy<Value = String> {
    let digits = prop_oneof!["4[0-9]{14}", "5[1-5][0-9]{13}", "3[47][0-9]{12}"];
    (digits, prop_oneof![Just(""), Just(" "), Just("-")]).prop_map(|(digits, separator)| {
        let value = |(index, digit): (usize, u32)| match (index % 2, digit) {
            (0, digit) => digit * 2 / 10 + digit * 2 % 10,
            (_, digit) => digit,
        };
        let sum: u32 = digits.chars().rev().filter_map(|c| c.to_digit(10)).enumerate().map(value).sum();
        let number = format!("{digits}{}", (10 - sum % 10) % 10);
        match (separator, number.len()) {
            ("", _) => number,
            (_, 15) => [&number[..4], &number[4..10], &number[10..]].join(separator),
            _ => [&number[..4], &number[4..8], &number[8..12], &number[12..]].join(separator),
        }
    })
}

/// What people write around a secret.
fn prose() -> impl Strategy<Value = String> {
    prop_oneof![
        "([A-Za-z0-9äé,.:;()'\"=-]{0,9} ){0,20}",
        "(.{0,30}\n){0,5}",
        Just(String::new()),
        Just("The password is wrong, see https://acme.test:8443/x. \n".to_owned()),
        Just("[redacted: password] ".to_owned()),
    ]
}

/// Text with the signs that searches stop at.
fn soup() -> impl Strategy<Value = String> {
    let words = proptest::sample::select(vec![
        "password",
        "token",
        "Authorization",
        "Bearer",
        "sk-",
        "ghp_",
        "eyJ",
        "4111 1111 1111 1111",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "://",
        "[redacted: ",
        "AKIAIOSFODNN7EXAMPLE",
    ]);
    let piece = prop_oneof![
        words.prop_map(str::to_owned),
        "[ \t\n\"'`\\\\=:;,.&<>@/%$*{}()\\[\\]…é-]{1,3}",
        "[A-Za-z0-9]{1,9}",
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_planted_secret_is_left(
        planted in proptest::collection::vec((prose(), secrets()), 1..4),
        end in prose(),
    ) {
        let mut text = String::new();
        for (before, (secret, _)) in &planted {
            // A secret is pasted as a word of its own.
            let gap = if text.is_empty() && before.is_empty() { "" } else { "\n" };
            text.extend([gap, before.as_str(), gap, secret.as_str()]);
        }
        text.push_str(" \n");
        text.push_str(&end);
        let redacted = redact(&text, &[]);
        for (_, (_, secret)) in &planted {
            prop_assert!(!redacted.text.contains(secret.as_str()), "{secret} is left: {}", redacted.text);
        }
        prop_assert!(!redacted.kinds.is_empty());
    }

    #[test]
    fn a_redacted_text_has_no_more_secrets(text in soup()) {
        let once = redact(&text, &[]);
        let twice = redact(&once.text, &[]);
        prop_assert_eq!(&twice.text, &once.text);
    }
}
