# The vocabulary of this repository. `just` lists it.

default:
    @just --list --unsorted

# The whole product on one screen: a real server, a scripted team, and you
demo:
    cargo demo

# A server on ./data; make it first with `just init`
serve *ARGS:
    cargo run --release --package tierup-server -- serve --data data {{ARGS}}

# An account and its owner in ./data
init:
    cargo run --release --package tierup-server -- init --data data --account Acme --owner-email ana@acme.test --owner-name "Ana Ruiz"

# The console, on the server of the last log-in
console *ARGS:
    cargo run --release --package tierup -- {{ARGS}}

# All tests, as CI runs them
test:
    cargo test --workspace

# All tests again and again on two cores beside busy loops: they pass every time (45 minutes at most)
steady:
    tests/steady

# The long forms of the tests, with the same code and bigger numbers: half an hour on a machine with nothing else to do
soak *ARGS:
    TIERUP_SOAK=1 cargo test --release --workspace --no-fail-fast -- --test-threads 1 {{ARGS}}

# The long race for claims alone
race:
    TIERUP_SOAK=1 cargo test --release --package tierup-e2e --test claim_race -- --nocapture

# The API's main stories with hurl, on a fresh server or on a URL (needs hurl)
scripts *ARGS:
    tests/scripts/run {{ARGS}}

# Look at screens that changed, one by one (needs cargo-insta)
snap:
    cargo insta test --workspace --review

# Format, and mend what clippy can mend
fix:
    cargo fmt --all
    cargo clippy --workspace --all-targets --fix --allow-dirty --allow-staged

# Lints, as CI runs them
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# How fast the server is, beside one that does nothing but what the work needs, and the console, beside tig and neomutt where they are
bench *ARGS:
    cargo build --profile dist --package tierup-server --package tierup --package tierup-bench
    taskset -c 1 target/dist/tierup-bench {{ARGS}}

# Debian packages of server and console, in target/debian (needs cargo-deb)
package:
    cargo build --profile dist --locked
    mkdir -p target/package
    target/dist/tierup man target/package/man
    target/dist/tierup completions bash > target/package/tierup.bash
    target/dist/tierup completions zsh > target/package/_tierup
    target/dist/tierup completions fish > target/package/tierup.fish
    cargo deb --no-build --profile dist --package tierup-server
    cargo deb --no-build --profile dist --package tierup

# Documentation of the code, private items too
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --open

# Licences, sources and bans of dependencies (needs cargo-deny)
deny:
    cargo deny check licenses bans sources

# Everything that CI runs
ci:
    .ci/run
