//! A world with a fixed assessment, and snapshots of screens.

use regex::{Captures, Regex};
use tierup_e2e::{ApiClient, Console, Escalation, FakeModel, ModelBehavior, World};

/// Columns and rows of the snapshots.
pub const TERMINAL_SIZES: [(u16, u16); 2] = [(120, 36), (80, 24)];

const ASSESSMENT: &str = "**Likely cause:** The machine certificate was reissued by the update, and the gateway \
    does not trust the new issuer.\n\n**Steps**\n1. Check the machine certificate in `certlm.msc`\n\
    2. Roll back KB5031455\n3. Reinstall the client\n\n**Confidence:** high\n\n\
    **Evidence**\n- [2] \"error 809\"";

/// Compares the screen of the idle console with its snapshot. Spinners are replaced by a fixed text of the same width.
pub async fn assert_screen_snapshot(name: &str, console: &Console) {
    let screen = redact(&console.screen().await);
    let (columns, rows) = console.size();
    insta::with_settings!({
        snapshot_path => "../snapshots",
        omit_expression => true,
        prepend_module_to_snapshot => false,
    }, {
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), screen);
    });
}

/// Priya's console in a terminal of this size, loaded.
pub async fn open_console(world: &World, (columns, rows): (u16, u16)) -> Console {
    let priya = world.console_with_size("Priya Nair", columns, rows).await;
    priya.still_sees(" live").await;
    priya
}

/// A screen without the parts that vary: spinner, local times, offline duration.
fn redact(screen: &str) -> String {
    let offline = "offline [n]s ([retry])";
    // It is right-aligned, so the padding goes to its left.
    let redact_offline = |found: &Captures<'_>| {
        format!("{:>1$}{offline}", &found[2], found[0].chars().count() - offline.len())
    };
    let screen =
        regex(r"( *)(○ )offline \d+s \((?:retry in \d+s|trying)\)").replace_all(screen, redact_offline);
    let screen = regex(r"127\.0\.0\.1:\d{5}").replace_all(&screen, "127.0.0.1:[nnn]");
    let screen = regex(r"progress for \d\ds").replace_all(&screen, "progress for nns");
    let redact_email =
        |found: &Captures<'_>| format!("{:1$}", "priya.nair@acme.test", found[0].chars().count());
    let screen = regex(r"priya\.nair\d+@acme\.test *").replace_all(&screen, redact_email);
    let screen = regex(r"\d\d:\d\d(  [✓✗●])").replace_all(&screen, "hh:mm$1");
    regex("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]").replace_all(&screen, "⠿").into_owned()
}

#[expect(clippy::expect_used, reason = "the patterns stand here")]
fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern")
}

/// An escalated VPN problem with every kind of detail.
pub async fn escalate_vpn_problem(sam: &ApiClient) -> Escalation {
    let session = sam.open_session("VPN won't connect after Windows update").await;
    sam.add_note(&session, "Reinstalled the client, same error 809.").await;
    sam.add_branch(&session, "reinstall the client", "ruled_out").await;
    sam.add_branch(&session, "MTU on the docking station", "open").await;
    sam.escalate_session(&session, "urgent").await
}

/// A world whose model always gives the same assessment, and the model.
pub async fn world_with_model() -> (World, FakeModel) {
    let model = FakeModel::start(ModelBehavior::Answers(ASSESSMENT.into())).await;
    (World::with_settings(model.server_settings(10)).await, model)
}
