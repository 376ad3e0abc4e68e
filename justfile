# Commands for this repository. Run `just` to list them.

default:
    @just --list --unsorted

# Try the whole product: a real server, a scripted team, and the console
demo:
    cargo demo

# Serve ./data (create it first with `just init`)
serve *ARGS:
    cargo run --release --package tierup-server -- serve --data data {{ARGS}}

# Create an account and its owner in ./data
init:
    cargo run --release --package tierup-server -- init --data data --account Acme --owner-email ana@acme.test --owner-name "Ana Ruiz"

# Open the console on the server of the last login
console *ARGS:
    cargo run --release --package tierup -- {{ARGS}}

# Run all tests, as CI does
test:
    cargo test --workspace

# Run all tests repeatedly on two busy cores, to find flaky ones (at most 45 minutes)
steady:
    tests/steady

# Run the long forms of the tests: the same code with bigger numbers (half an hour on an idle machine)
soak *ARGS:
    TIERUP_SOAK=1 cargo test --release --workspace --no-fail-fast -- --test-threads 1 {{ARGS}}

# Run only the long claim race
race:
    TIERUP_SOAK=1 cargo test --release --package tierup-e2e --test claim_race -- --nocapture

# Run the main API stories with hurl, on a new server or on a URL (needs hurl)
scripts *ARGS:
    tests/scripts/run {{ARGS}}

# Review changed screens one by one (needs cargo-insta)
snap:
    cargo insta test --workspace --review

# Format, and apply clippy's fixes
fix:
    cargo fmt --all
    cargo clippy --workspace --all-targets --fix --allow-dirty --allow-staged

# Lint, as CI does
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# Benchmark the server against a minimal one, and the console against tig and neomutt if installed
bench *ARGS:
    cargo build --profile dist --package tierup-server --package tierup --package tierup-bench
    taskset -c 1 target/dist/tierup-bench {{ARGS}}

# Measure how accurate assessments are, on cases with known answers
assess-bench *ARGS:
    cargo run --release --package tierup-assess-bench -- {{ARGS}}

# Build Debian packages of server and console in target/debian (needs cargo-deb)
package:
    cargo build --profile dist --locked
    mkdir -p target/package
    target/dist/tierup man target/package/man
    target/dist/tierup completions bash > target/package/tierup.bash
    target/dist/tierup completions zsh > target/package/_tierup
    target/dist/tierup completions fish > target/package/tierup.fish
    cargo deb --no-build --profile dist --package tierup-server
    cargo deb --no-build --profile dist --package tierup

# Build and open the code documentation, private items included
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --open

# Check licences, sources and bans of dependencies (needs cargo-deny)
deny:
    cargo deny check licenses bans sources

# Run everything CI runs
ci:
    .ci/run
