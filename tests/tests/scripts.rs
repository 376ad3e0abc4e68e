//! The scripts of tests/scripts pass without hurl, and a script that is wrong does not.

use std::fs;
use std::path::Path;

use tierup_common::user::Role;
use tierup_e2e::{HurlScript, Variables, World};

/// Where a script begins, and who acts in it.
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
    assert!(scripts.len() >= 8, "the scripts were not found");
    // One server for all, as a server that runs has it.
    let world = World::new().await;
    let cast = script_variables(&world).await;
    for path in scripts {
        let name = path.file_name().unwrap().display();
        let script = HurlScript::parse(&fs::read_to_string(&path).unwrap());
        let script = script.unwrap_or_else(|why| panic!("{name}, {why}"));
        script.run(cast.clone()).await.unwrap_or_else(|why| panic!("{name}, {why}"));
    }
}

#[tokio::test]
async fn what_is_not_so_is_said_with_its_line() {
    let world = World::new().await;
    let cast = script_variables(&world).await;
    let me = "GET {{base}}/api/v1/me\nAuthorization: Bearer {{owner}}\nHTTP 200\n";
    for (assert, found) in [
        (r#"jsonpath "$.role" == "viewer""#, "\"owner\""),
        (r#"jsonpath "$.role" != "owner""#, "\"owner\""),
        (r#"jsonpath "$.role" not exists"#, "\"owner\""),
        (r#"jsonpath "$.roles" exists"#, "nothing"),
        (r#"jsonpath "$.roles" != "viewer""#, "nothing"),
        (r#"jsonpath "$.roles" not contains "viewer""#, "nothing"),
        (r#"jsonpath "$.role" isInteger"#, "\"owner\""),
        (r#"jsonpath "$.role" matches "^own$""#, "\"owner\""),
        (r#"jsonpath "$.role" startsWith "wner""#, "\"owner\""),
        (r#"jsonpath "$.role" contains "view""#, "\"owner\""),
        (r#"jsonpath "$.*" count == 1"#, "found 7"),
        (r#"jsonpath "$.*" contains "viewer""#, "["),
        (r#"jsonpath "$.role" > 1"#, "no number"),
        (r#"jsonpath "$.role" count == 1"#, "no count"),
        (r#"header "x-request-id" not exists"#, "found"),
        (r#"body contains "viewer""#, "found"),
        (r#"jsonpath "$.role" == {{nobody}}"#, "no variable nobody"),
    ] {
        let script = HurlScript::parse(&format!("{me}[Asserts]\n{assert}\n")).unwrap();
        let why = script.run(cast.clone()).await.unwrap_err();
        assert!(why.contains("line 5") && why.contains(found), "{assert}: {why}");
    }
    let missing = HurlScript::parse(&format!("{me}[Captures]\nx: jsonpath \"$.nothing\"\n")).unwrap();
    assert!(missing.run(cast.clone()).await.unwrap_err().contains("nothing to capture"));
    let other = HurlScript::parse(&me.replace("HTTP 200", "HTTP 204")).unwrap();
    assert!(other.run(cast).await.unwrap_err().contains("200, not 204"));
}

#[test]
fn what_is_not_known_here_is_refused() {
    for rest in [
        "HTTP 200\nContent-Type: application/json",
        "HTTP 200\n[Asserts]\njsonpath \"$.x\" isIsoDate",
        "HTTP 200\n[Asserts]\nxpath \"//x\" exists",
        "HTTP 200\n[Asserts]\njsonpath \"$.x\" nth 1 == 2",
        "HTTP 200\n[Asserts]\njsonpath \"$.x\" == 1 2",
        "HTTP 200\n[Asserts]\njsonpath \"$.x\" ==",
        "HTTP 200\n[Asserts]\njsonpath \"$.x",
        "HTTP 200\n[Asserts]\njsonpath \"\\u{61}\" exists",
        "HTTP 200\n[Captures]\nx: jsonpath \"$.x\" count",
        "HTTP 200\n[Cookies]\na: b",
        "HTTP 200\n{\"x\": 1}",
        "HTTP *",
        "[Options]\ninsecure: true\nHTTP 200",
        "[QueryStringParams]\na: b\nHTTP 200",
        "[Asserts]\njsonpath \"$.x\" exists",
        "{\"x\": {{y}}}\nHTTP 200",
        "```\nx\n```\nHTTP 200",
        "file,x.json;\nHTTP 200",
        "",
    ] {
        let script = format!("GET {{{{base}}}}/x\n{rest}\n");
        assert!(HurlScript::parse(&script).is_err(), "{script}");
    }
    assert!(HurlScript::parse("# nothing\n").is_err());
}
