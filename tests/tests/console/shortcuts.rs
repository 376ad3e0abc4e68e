//! Saved filters and commands of one's own, by the keys that the settings give them.

use tierup_e2e::World;
use tierup_e2e::wait_for_file::wait_for_file;

const SETTINGS: &str = r#"
    [[filters]]
    key = "I"
    name = "Urgent ones of Sam"
    query = "from:sam priority:urgent"

    [[filters]]
    key = "alt-h"
    name = "What Dana solved"
    query = "by:dana status:resolved"
    tab = "history"
"#;

#[tokio::test]
async fn a_saved_filter_is_a_key_and_the_same_key_shows_all() {
    let world = World::without_assessments().await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    sam.escalate_with_priority("VPN is down", "urgent").await;
    sam.escalate("Mail is slow").await;
    let printer = sam.escalate("Printer jams").await;
    dana.claim(&printer).await;
    dana.resolve(&printer.session_id, "The fuser was worn out.").await;
    let mut priya = world.console_with_settings("Priya Nair", SETTINGS, (120, 36)).await;
    priya.sees("2 open").await;
    priya.press("I").await;
    priya.sees("/from:sam priority:urgent: 1").await;
    priya.press("I").await;
    priya.sees("Mail is slow").await;
    priya.press("<alt-h>").await;
    priya.sees("/by:dana status:resolved: 1").await;
    priya.still_sees("resolved Printer jams").await;
    // The help has their names.
    priya.press("?").await;
    priya.sees("Urgent ones of Sam").await;
}

#[tokio::test]
async fn a_command_runs_on_the_row_without_a_shell() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    sam.escalate("VPN; touch pwned && echo $HOME").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("1 VPN; touch pwned && echo $HOME");
    let settings = format!(
        "[[commands]]\nkey = \"o\"\nname = \"Open the ticket\"\nprogram = \"touch\"\nargs = [\"{}/{{number}} {{problem}}\"]\n\
         [[commands]]\nkey = \"ctrl-alt-s\"\nname = \"Log in to the host\"\nprogram = \"ssh\"\nargs = [\"host-{{number}}\"]\nterminal = true\n\
         [[commands]]\nkey = \"O\"\nname = \"Broken\"\nprogram = \"/no/such/program\"\n",
        folder.path().display()
    );
    let mut priya = world.console_with_settings("Priya Nair", &settings, (120, 36)).await;
    priya.sees("1 open").await;
    priya.press("o").await;
    priya.sees("Open the ticket #1").await;
    wait_for_file(&file, |_| file.exists());
    priya.press("O").await;
    priya.sees("Broken: cannot start /no/such/program").await;
    // Over a session only keys that type nothing are commands.
    priya.press("p").await;
    priya.sees("#1 VPN").await;
    priya.press("o").await;
    priya.press("<ctrl-alt-s>").await;
    priya.wait_for_host(|host| host.programs.iter().any(|call| call.arguments == ["host-1"])).await;
}
