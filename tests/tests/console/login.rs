//! Logging in, inside the console: the first time, and when a token works no more.

use reqwest::Method;
use serde_json::json;
use tierup_e2e::{Console, World};

#[tokio::test]
async fn the_first_time_a_server_and_a_token_are_asked_for_and_tried() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    sam.escalate("VPN is down").await;
    let priya = world.engineer("Priya Nair").await;
    let home = world.folder().join("home");
    let mut console = Console::open_logged_out(&home, 100, 30);
    console.sees("Welcome to tierup").await;

    // What is wrong is said in place, and nothing that was typed goes.
    console.press("http://127.0.0.1:1<tab><tab>tup_wrong<enter>").await;
    console.sees("the server cannot be reached").await;
    console.press("<tab>").await;
    console.press(&"<backspace>".repeat("127.0.0.1:1".len())).await;
    console.paste(world.url().trim_start_matches("http://")).await;
    console.press("<enter>").await;
    console.sees("not a tierup token").await;
    // A token is never shown.
    console.does_not_see("tup_wrong").await;

    console.press("<tab><tab><ctrl-u>").await;
    console.paste(priya.token()).await;
    console.press("<enter>").await;
    console.sees("VPN is down").await;
    console.sees("Logged in as Priya Nair").await;
    console.press("p").await;
    console.sees("active, yours").await;
    let login_file = std::fs::read_to_string(home.join("login.json")).expect("the log-in is kept");
    assert!(login_file.contains(priya.token()) && login_file.contains(&world.url()));
}

#[tokio::test]
async fn one_logs_in_with_an_email_address_and_a_password_too() {
    let world = World::new().await;
    let body = json!({"email": "dana@acme.test", "name": "Dana Wu", "role": "engineer", "password": "correct horse"});
    world.owner().post("/users", body).await.expect(201);
    let home = world.folder().join("home");
    let mut console = Console::open_logged_out(&home, 80, 24);
    console.sees("Token").await;
    console.paste(&world.url()).await;
    console.press("<enter>dana@acme.test").await;
    console.sees("Password").await;
    console.press("<enter>wrong<enter>").await;
    console.sees("do not belong together").await;
    console.press("<ctrl-u>correct horse<enter>").await;
    console.sees("Logged in as Dana Wu").await;
    console.sees("live").await;
}

#[tokio::test]
async fn a_token_that_ends_asks_for_another_and_one_goes_on_where_one_was() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let priya = world.engineer("Priya Nair").await;
    let home = world.folder().join("home");
    let mut console = Console::open(&world.url(), priya.token(), &home, 100, 30);
    sam.escalate("VPN is down").await;
    console.sees("VPN is down").await;
    console.press("p").await;
    console.sees("active, yours").await;
    console.press("half a thought").await;
    console.sees("half a thought").await;

    let me = priya.get("/me").await.expect(200);
    let path = format!("/users/{}/tokens", me["id"].as_str().expect("an id"));
    let another = priya.post(&path, json!({"name": "another"})).await.expect(201);
    let tokens = priya.get(&path).await.expect(200);
    let old = tokens["items"][0]["id"].as_str().expect("an id");
    assert_ne!(tokens["items"][0]["id"], another["id"]);
    priya.send_raw(Method::DELETE, &format!("/tokens/{old}"), None, &[]).await;
    console.sees("Log in again").await;

    // Their address is filled in; a token wants none.
    console.press("<tab><tab>").await;
    console.sees("▌ Email").await;
    console.press(&"<backspace>".repeat(60)).await;
    console.sees("empty to come with a token").await;
    console.press("<tab>").await;
    console.paste(another["token"].as_str().expect("a token")).await;
    console.press("<enter>").await;
    console.sees("Logged in as Priya Nair").await;
    console.still_sees("half a thought").await;
    console.sees("live").await;
    console.press(", finished<alt-enter><enter>").await;
    console.sees("half a thought, finished").await;
}
