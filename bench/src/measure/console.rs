//! The console, in a pseudo-terminal: what a key costs, how soon it is there, how soon it shows what happened, and
//! what it takes up.

use std::io::Read;
use std::net::TcpStream;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use memchr::memmem;
use tierup_common::handoff::QueuePage;
use tierup_common::route;

use crate::bench::Bench;
use crate::client::{HttpConnection, encode_request};
use crate::figures::Program::{self, Product};
use crate::load::{as_f64, as_millis, percentile, run_closed_loops};
use crate::measure::writes::{CONNECTIONS, escalate, open_sessions};
use crate::process_stats;
use crate::seed;
use crate::server_process::{self, ServerProcess};
use crate::terminal::{KeyResult, PtyProgram};
use crate::world::{World, quiet};

/// Rows of the list.
pub const LIST_ROWS: u32 = 10_000;
/// Messages of the long session.
const SESSION_MESSAGES: usize = 5_000;
/// Keys of a measurement.
const KEY_PRESSES: usize = 200;
/// Events that are watched for one by one.
const SINGLE_EVENTS: usize = 100;
/// Events of the burst.
const BURST_EVENTS: usize = 1_000;
/// Some frames.
const FRAME_SETTLE_TIME: Duration = Duration::from_millis(50);
/// The wheel, turned up over the middle of the screen.
const WHEEL_UP: &str = "\x1b[<64;60;15M";
/// How long a console is left alone: a keep-alive comes every fifteen seconds.
const IDLE_TIME: Duration = Duration::from_secs(15);

/// A folder in which so many handoffs wait, and one is claimed whose session is long.
pub async fn seed_console(bench: &mut Bench) -> anyhow::Result<World> {
    let world = seed::seed_product(&bench.server_binary, &bench.new_folder(), LIST_ROWS).await?;
    let process = ServerProcess::start_product(&bench.server_binary, &world.folder, &quiet()).await?;
    let mut lines = HttpConnection::connect_all(process.address, CONNECTIONS).await?;
    let sessions = open_sessions(&mut lines[..1], &world, 1).await?;
    let (_, handoffs) = escalate(&mut lines[..1], &world, &sessions, IDLE_TIME).await?;
    let claim = encode_request("POST", &route::CLAIM.path(&[&handoffs[0]]), world.token(0), "");
    ensure!(lines[0].send(&claim).await?.status == 200, "the claim was refused");
    let mut left = SESSION_MESSAGES;
    let note = |_| {
        left = left.checked_sub(1)?;
        let body = format!("{{\"kind\":\"note\",\"content\":\"{} ({left})\"}}", seed::NOTES);
        Some(encode_request("POST", &route::MESSAGES.path(&[&sessions[0]]), &world.owner, &body))
    };
    run_closed_loops(&mut lines, Duration::from_mins(2), note, |answer| {
        ensure!(answer.status == 201, "a note was answered with {}", answer.status);
        Ok(())
    })
    .await?;
    process.stop().await?;
    Ok(world)
}

/// The product.
pub async fn measure_console(bench: &mut Bench, seeded: &World) -> anyhow::Result<()> {
    let world = copy_fixture(bench, seeded)?;
    let process = ServerProcess::start_product(&bench.server_binary, &world.folder, &quiet()).await?;
    let mut console = start_console(bench, &world, &process)?;
    let queue = console.wait_for_text(&seed::title(0))?;
    let settled = console.wait_for_text(&format!("of {LIST_ROWS} "))?;
    bench.figures.record(Product, "first paint", console.first_paint_ms()?);
    bench.figures.record(Product, "queue", console.ms_since_start(queue));
    bench.figures.record(Product, "settled", console.ms_since_start(settled));
    console.wait_for_text("live")?;
    measure_list(bench, Product, &mut console)?;
    measure_idle(bench, &mut console).await?;
    measure_event_latency(bench, &world, &process, &mut console).await?;
    measure_burst(bench, &world, &process, &mut console).await?;
    measure_long_session(bench, &mut console)?;
    console.kill()?;
    process.stop().await
}

fn start_console(bench: &Bench, world: &World, process: &ServerProcess) -> anyhow::Result<PtyProgram> {
    let home = bench.new_folder();
    std::fs::create_dir_all(&home)?;
    let server = format!("http://{}", process.address);
    let settings =
        [("TIERUP_SERVER", server.as_str()), ("TIERUP_TOKEN", world.token(0)), ("TIERUP_KEYRING", "off")];
    PtyProgram::start(&server_process::sibling_binary("tierup")?, &[], &std::path::absolute(home)?, &settings)
}

/// Steps down a list, whoever's it is, and what there is in memory then.
pub fn measure_list(bench: &mut Bench, side: Program, console: &mut PtyProgram) -> anyhow::Result<()> {
    let steps = press_repeatedly(console, "j")?;
    record_latencies(bench, side, ["step p50", "step p99"], &steps);
    let mut bytes: Vec<f64> = steps.iter().map(|step| as_f64(step.bytes)).collect();
    bench.figures.record(side, "bytes a step", percentile(&mut bytes, 50));
    bench.figures.record(side, "console memory", process_stats::resident_kib(console.pid()?)? / 1024.0);
    Ok(())
}

fn press_repeatedly(console: &mut PtyProgram, key: &str) -> anyhow::Result<Vec<KeyResult>> {
    (0..KEY_PRESSES).map(|_| console.measure_key(key)).collect()
}

fn record_latencies(bench: &mut Bench, side: Program, [half, most]: [&'static str; 2], steps: &[KeyResult]) {
    let mut each: Vec<f64> = steps.iter().map(|step| step.latency_ms).collect();
    bench.figures.record(side, half, percentile(&mut each, 50));
    bench.figures.record(side, most, percentile(&mut each, 99));
}

async fn measure_idle(bench: &mut Bench, console: &mut PtyProgram) -> anyhow::Result<()> {
    console.read_until_quiet(Duration::from_secs(2));
    let process = console.pid()?;
    let (woken, computed, begun) = (
        process_stats::voluntary_context_switches(process)?,
        process_stats::cpu_time(process)?,
        Instant::now(),
    );
    tokio::time::sleep(IDLE_TIME).await;
    let span = begun.elapsed().as_secs_f64();
    let computed = process_stats::cpu_time(process)?.saturating_sub(computed).as_secs_f64();
    let woken = usize::try_from(process_stats::voluntary_context_switches(process)? - woken)?;
    bench.figures.record(Product, "console CPU at rest", computed / span * 100.0);
    bench.figures.record(Product, "console wake-ups", as_f64(woken) / span);
    Ok(())
}

/// Escalations one after the other: from the frame on a stream beside the console's own to the new count on its screen.
async fn measure_event_latency(
    bench: &mut Bench,
    world: &World,
    process: &ServerProcess,
    console: &mut PtyProgram,
) -> anyhow::Result<()> {
    let mut lines = HttpConnection::connect_all(process.address, 1).await?;
    let sessions = open_sessions(&mut lines, world, SINGLE_EVENTS).await?;
    let line = HttpConnection::connect(process.address).await?;
    let heard = spawn_arrival_reader(
        line.into_stream(&encode_request("GET", route::STREAM.0, world.token(1), "")).await?.into_std()?,
    )?;
    let mut open = open_count(&mut lines[0], world).await?;
    let mut each = Vec::with_capacity(SINGLE_EVENTS);
    for session in &sessions {
        // A picture that has just been painted stays for a frame, and that is not what is asked for here.
        console.read_until_quiet(FRAME_SETTLE_TIME);
        open += 1;
        escalate(&mut lines, world, std::slice::from_ref(session), IDLE_TIME).await?;
        let came = heard.recv_timeout(IDLE_TIME).context("no event came")?;
        let seen = console.wait_for_text(&format!("{open} open"))?;
        each.push(as_millis(seen.saturating_duration_since(came)));
    }
    bench.figures.record(Product, "event to screen p50", percentile(&mut each, 50));
    bench.figures.record(Product, "event to screen p99", percentile(&mut each, 99));
    Ok(())
}

/// When each new handoff came on a stream.
fn spawn_arrival_reader(mut stream: TcpStream) -> anyhow::Result<Receiver<Instant>> {
    stream.set_nonblocking(false)?;
    let (sender, heard) = channel();
    std::thread::spawn(move || {
        let mut bytes = [0; 16 * 1024];
        while let Ok(read @ 1..) = stream.read(&mut bytes) {
            let came = Instant::now();
            for _ in memmem::find_iter(&bytes[..read], b"event: handoff_created") {
                let _ = sender.send(came);
            }
        }
    });
    Ok(heard)
}

/// As many escalations as go: none is lost, and the screen does not flicker.
async fn measure_burst(
    bench: &mut Bench,
    world: &World,
    process: &ServerProcess,
    console: &mut PtyProgram,
) -> anyhow::Result<()> {
    let mut lines = HttpConnection::connect_all(process.address, CONNECTIONS).await?;
    let sessions = open_sessions(&mut lines, world, BURST_EVENTS).await?;
    let open = open_count(&mut lines[0], world).await?;
    console.wait_for_text(&format!("{open} open"))?;
    console.read_until_quiet(Duration::from_secs(1));
    let (frames, begun) = (console.frames(), Instant::now());
    escalate(&mut lines, world, &sessions, IDLE_TIME).await?;
    let seen = console.wait_for_text(&format!("{} open", open + BURST_EVENTS))?;
    // The first comes at once: what counts is how often another follows.
    let more = (console.frames() - frames).saturating_sub(1);
    bench.figures.record(Product, "frames in a burst", as_f64(more) / (seen - begun).as_secs_f64());
    Ok(())
}

async fn open_count(line: &mut HttpConnection, world: &World) -> anyhow::Result<usize> {
    let asked = encode_request("GET", &format!("{}?limit=1", route::ESCALATIONS.0), world.token(0), "");
    let page: QueuePage = serde_json::from_slice(line.send(&asked).await?.body)?;
    Ok(usize::try_from(page.counts.open)?)
}

fn measure_long_session(bench: &mut Bench, console: &mut PtyProgram) -> anyhow::Result<()> {
    console.press("2")?;
    console.wait_for_text("yours")?;
    console.read_until_quiet(Duration::from_secs(1));
    // Whatever is fetched changes the mark that shows how much there is: the last byte comes with the last message.
    let opened = console.measure_key_until_quiet("\r", Duration::from_millis(300))?;
    console.wait_for_text("active, yours")?;
    bench.figures.record(Product, "session opens", opened.latency_ms);
    let steps = press_repeatedly(console, WHEEL_UP)?;
    record_latencies(bench, Product, ["session step p50", "session step p99"], &steps);
    Ok(())
}

/// A folder of this round's own.
fn copy_fixture(bench: &Bench, world: &World) -> anyhow::Result<World> {
    let folder = bench.new_folder();
    copy_folder(&world.folder, &folder)?;
    Ok(World { folder, ..world.clone() })
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
