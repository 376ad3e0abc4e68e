//! What pictures are made with: a problem to paint, a model that says the same of everything, the camera.

use tierup_e2e::{Console, Engineer, Escalated, Model, Temper, World};

/// Columns and rows of the pictures.
pub const SIZES: [(u16, u16); 2] = [(120, 36), (80, 24)];

const SAID: &str = "**Likely cause:** The machine certificate was reissued by the update, and the gateway \
    does not trust the new issuer.\n\n**Steps**\n1. Check the machine certificate in `certlm.msc`\n\
    2. Roll back KB5031455\n3. Compare the MTU (already tried)\n\n**Confidence:** high\n\n\
    **Evidence**\n- [1] \"error 809\"";

/// Compares the screen with its picture. What turns by itself is held still.
#[track_caller]
pub fn picture(name: &str, console: &Console) {
    let (screen, size) = (console.screen(), console.buffer().area);
    insta::with_settings!({
        snapshot_path => "../snapshots",
        filters => [("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]", "⠿"), (r"\d\d:\d\d  ([✓✗●])", "[time]  $1"), (r" +(\S) offline \d+s( \((retry in \d+s|trying)\))?", "  $1 offline [n]s")],
        omit_expression => true,
        prepend_module_to_snapshot => false,
    }, {
        insta::assert_snapshot!(format!("{name}_{}x{}", size.width, size.height), screen);
    });
}

/// Priya's console in a terminal of this size, which knows who she is and what time it is.
pub async fn opens(world: &World, (columns, rows): (u16, u16)) -> Console {
    let mut priya = world.console_of_size("Priya Nair", columns, rows).await;
    priya.sees("live").await;
    priya.waits(|screen| columns < 80 || screen.contains("Acme · Priya Nair")).await;
    priya
}

/// A VPN problem with all that a real one has, escalated.
pub async fn vpn(sam: &Engineer) -> Escalated {
    let session = sam.opens("VPN won't connect after Windows update").await;
    sam.notes(&session, "Reinstalled the client, same error 809.").await;
    sam.tried(&session, "reinstall the client", "ruled_out").await;
    sam.tried(&session, "MTU on the docking station", "open").await;
    sam.hands_off(&session, "urgent").await
}

/// A world whose model says the same of everything, and the model.
pub async fn world_with_model() -> (World, Model) {
    let model = Model::with(Temper::Says(SAID.into())).await;
    (World::with(model.settings(10)).await, model)
}
