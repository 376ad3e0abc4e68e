//! The scripts in tests/scripts pass without hurl, and wrong scripts fail.

use std::fs;
use std::path::Path;

use tierup_common::user::Role;
use tierup_e2e::{Variables, World, run_script};

/// The variables of every script.
async fn script_variables(world: &World) -> Variables {
    let viewer = world.user("Vic Low", Role::Viewer).await;
    Variables::default()
        .with("base", &world.url())
        .with("owner", world.owner().token())
        .with("engineer", world.engineer("Sam Ortiz").await.token())
        .with("senior", world.engineer("Priya Nair").await.token())
        .with("viewer", viewer.token())
        .with("stranger", world.other_account_owner().token())
}

#[tokio::test]
async fn every_script_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut scripts: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|end| end == "hurl")).collect();
    scripts.sort();
    assert!(scripts.len() >= 8, "too few scripts");
    // One server for all scripts, like `tests/scripts/run URL`.
    let world = World::new().await;
    let variables = script_variables(&world).await;
    for path in scripts {
        let name = path.file_name().unwrap().display();
        let script = fs::read_to_string(&path).unwrap();
        run_script(&script, variables.clone()).await.unwrap_or_else(|error| panic!("{name}, {error}"));
    }
}

#[tokio::test]
async fn a_failed_assert_is_reported_with_its_line() {
    let world = World::new().await;
    let variables = script_variables(&world).await;
    let me = "GET {{base}}/api/v1/me\nAuthorization: Bearer {{owner}}\nHTTP 200\n";
    for (assert, found) in [
        (r#"jsonpath "$.role" == "viewer""#, "\"owner\""),
        (r#"jsonpath "$.role" not exists"#, "\"owner\""),
        (r#"jsonpath "$.roles" exists"#, "nothing"),
        (r#"jsonpath "$.roles" not contains "viewer""#, "nothing"),
        (r#"jsonpath "$.role" isInteger"#, "\"owner\""),
        (r#"jsonpath "$.role" isBoolean"#, "\"owner\""),
        (r#"jsonpath "$.role" isEmpty"#, "\"owner\""),
        (r#"jsonpath "$" isString"#, "found {"),
        (r#"jsonpath "$.role" matches "^own$""#, "\"owner\""),
        (r#"jsonpath "$.role" startsWith "wner""#, "\"owner\""),
        (r#"jsonpath "$.role" contains "view""#, "\"owner\""),
        (r#"jsonpath "$.*" count == 1"#, "found 7"),
        (r#"jsonpath "$.*" count < 7"#, "found 7"),
        (r#"jsonpath "$.*" contains "viewer""#, "["),
        (r#"jsonpath "$.role" > 1"#, "no number"),
        (r#"jsonpath "$.role" count == 1"#, "no count"),
        (r#"header "x-request-id" not exists"#, "found"),
        (r#"body contains "viewer""#, "found"),
        (r#"jsonpath "$.role" == {{nobody}}"#, "no variable nobody"),
    ] {
        let script = format!("{me}[Asserts]\n{assert}\n");
        let error = run_script(&script, variables.clone()).await.unwrap_err();
        assert!(error.contains("line 5") && error.contains(found), "{assert}: {error}");
    }
    let missing = format!("{me}[Captures]\nx: jsonpath \"$.nothing\"\n");
    let error = run_script(&missing, variables.clone()).await.unwrap_err();
    assert!(error.contains("nothing to capture"), "{error}");
    let error = run_script(&me.replace("HTTP 200", "HTTP 204"), variables).await.unwrap_err();
    assert!(error.contains("200, not HTTP 204"), "{error}");
}

#[tokio::test]
async fn a_line_that_is_not_understood_fails_the_script() {
    let world = World::new().await;
    let variables = script_variables(&world).await;
    let me = "GET {{base}}/api/v1/me\nAuthorization: Bearer {{owner}}\n";
    run_script(&format!("{me}HTTP 200\n"), variables.clone()).await.unwrap();
    for rest in [
        "HTTP 200\nContent-Type: application/json",
        "HTTP 200\n[Asserts]\njsonpath \"$.id\" isIsoDate",
        "HTTP 200\n[Asserts]\nxpath \"//x\" exists",
        "HTTP 200\n[Asserts]\njsonpath \"$.*\" nth 1 == 2",
        "HTTP 200\n[Asserts]\njsonpath \"$.role\" == \"owner\" 2",
        "HTTP 200\n[Asserts]\njsonpath \"$.role\" exists 2",
        "HTTP 200\n[Asserts]\njsonpath \"$.role\" ==",
        "HTTP 200\n[Asserts]\njsonpath \"$.role\" == owner",
        "HTTP 200\n[Asserts]\njsonpath \"$.role",
        "HTTP 200\n[Asserts]\njsonpath \"\\u{61}\" not exists",
        "HTTP 200\n[Captures]\nx: jsonpath \"$.id\" count",
        "HTTP 200\n[Cookies]\na: b",
        "HTTP 200\n{\"x\": 1}",
        "HTTP *",
        "[Options]\ninsecure: true\nHTTP 200",
        "[QueryStringParams]\na: b\nHTTP 200",
        "[Asserts]\njsonpath \"$.id\" exists",
        "{\"x\": {{y}}}\nHTTP 200",
        "```\nx\n```\nHTTP 200",
        "file,x.json;\nHTTP 200",
        "",
    ] {
        let error = run_script(&format!("{me}{rest}\n"), variables.clone()).await.unwrap_err();
        assert!(error.contains("understood") || error.contains("no HTTP status"), "{rest}: {error}");
    }
    assert!(run_script("# nothing\n", variables.clone()).await.is_err());
    assert!(run_script("HTTP 200\n", variables).await.unwrap_err().contains("not a request"));
}
