//! The console in a pseudo-terminal: latency of keys and events, start-up, memory and CPU.

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
/// Key presses per measurement.
const KEY_PRESSES: usize = 200;
/// Events measured one by one.
const SINGLE_EVENTS: usize = 100;
/// Events of the burst.
const BURST_EVENTS: usize = 1_000;
/// A few frames.
const FRAME_SETTLE_TIME: Duration = Duration::from_millis(50);
/// The mouse wheel, turned up over the middle of the screen.
const WHEEL_UP: &str = "\x1b[<64;60;15M";
/// How long the console is left idle: one keep-alive interval.
const IDLE_TIME: Duration = Duration::from_secs(15);

/// A folder with many open handoffs, and a claimed one with a long session.
pub async fn seed_console(bench: &mut Bench) -> anyhow::Result<World> {
    let world = seed::seed_product(&bench.server_binary, &bench.new_folder(), LIST_ROWS).await?;
    let process = ServerProcess::start_product(&bench.server_binary, &world.folder, &quiet()).await?;
    let mut connections = HttpConnection::connect_all(process.address, CONNECTIONS).await?;
    let sessions = open_sessions(&mut connections[..1], &world, 1).await?;
    let (_, handoffs) = escalate(&mut connections[..1], &world, &sessions, IDLE_TIME).await?;
    let claim = encode_request("POST", &route::CLAIM.path(&[&handoffs[0]]), world.token(0), "");
    ensure!(connections[0].send(&claim).await?.status == 200, "the claim failed");
    let mut left = SESSION_MESSAGES;
    let note = |_| {
        left = left.checked_sub(1)?;
        let body = format!("{{\"kind\":\"note\",\"content\":\"{} ({left})\"}}", seed::NOTES);
        Some(encode_request("POST", &route::MESSAGES.path(&[&sessions[0]]), &world.owner, &body))
    };
    run_closed_loops(&mut connections, Duration::from_mins(2), note, |response| {
        ensure!(response.status == 201, "a note returned {}", response.status);
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

/// Steps down the list of any program, and measures its memory then.
pub fn measure_list(bench: &mut Bench, program: Program, console: &mut PtyProgram) -> anyhow::Result<()> {
    let steps = press_repeatedly(console, "j")?;
    record_latencies(bench, program, ["step p50", "step p99"], &steps);
    let mut bytes: Vec<f64> = steps.iter().map(|step| as_f64(step.bytes)).collect();
    bench.figures.record(program, "bytes a step", percentile(&mut bytes, 50));
    bench.figures.record(program, "console memory", process_stats::resident_kib(console.pid()?)? / 1024.0);
    Ok(())
}

fn press_repeatedly(console: &mut PtyProgram, key: &str) -> anyhow::Result<Vec<KeyResult>> {
    (0..KEY_PRESSES).map(|_| console.measure_key(key)).collect()
}

fn record_latencies(bench: &mut Bench, program: Program, [p50, p99]: [&'static str; 2], steps: &[KeyResult]) {
    let mut latencies: Vec<f64> = steps.iter().map(|step| step.latency_ms).collect();
    bench.figures.record(program, p50, percentile(&mut latencies, 50));
    bench.figures.record(program, p99, percentile(&mut latencies, 99));
}

async fn measure_idle(bench: &mut Bench, console: &mut PtyProgram) -> anyhow::Result<()> {
    console.read_until_quiet(Duration::from_secs(2));
    let process = console.pid()?;
    let (woken, cpu_time_before, started) = (
        process_stats::voluntary_context_switches(process)?,
        process_stats::cpu_time(process)?,
        Instant::now(),
    );
    tokio::time::sleep(IDLE_TIME).await;
    let span = started.elapsed().as_secs_f64();
    let cpu_time = process_stats::cpu_time(process)?.saturating_sub(cpu_time_before).as_secs_f64();
    let woken = usize::try_from(process_stats::voluntary_context_switches(process)? - woken)?;
    bench.figures.record(Product, "console CPU at rest", cpu_time / span * 100.0);
    bench.figures.record(Product, "console wake-ups", as_f64(woken) / span);
    Ok(())
}

/// Single escalations: from the frame on another stream to the new count on the console's screen.
async fn measure_event_latency(
    bench: &mut Bench,
    world: &World,
    process: &ServerProcess,
    console: &mut PtyProgram,
) -> anyhow::Result<()> {
    let mut connections = HttpConnection::connect_all(process.address, 1).await?;
    let sessions = open_sessions(&mut connections, world, SINGLE_EVENTS).await?;
    let connection = HttpConnection::connect(process.address).await?;
    let arrivals = spawn_arrival_reader(
        connection
            .into_stream(&encode_request("GET", route::STREAM.0, world.token(1), ""))
            .await?
            .into_std()?,
    )?;
    let mut open = open_count(&mut connections[0], world).await?;
    let mut latencies = Vec::with_capacity(SINGLE_EVENTS);
    for session in &sessions {
        // After a frame, the next one is delayed by the frame rate, which is not measured here.
        console.read_until_quiet(FRAME_SETTLE_TIME);
        open += 1;
        escalate(&mut connections, world, std::slice::from_ref(session), IDLE_TIME).await?;
        let arrived_at = arrivals.recv_timeout(IDLE_TIME).context("no event arrived")?;
        let seen = console.wait_for_text(&format!("{open} open"))?;
        latencies.push(as_millis(seen.saturating_duration_since(arrived_at)));
    }
    bench.figures.record(Product, "event to screen p50", percentile(&mut latencies, 50));
    bench.figures.record(Product, "event to screen p99", percentile(&mut latencies, 99));
    Ok(())
}

/// The arrival time of each new handoff on a stream.
fn spawn_arrival_reader(mut stream: TcpStream) -> anyhow::Result<Receiver<Instant>> {
    stream.set_nonblocking(false)?;
    let (sender, arrivals) = channel();
    std::thread::spawn(move || {
        let mut bytes = [0; 16 * 1024];
        while let Ok(read @ 1..) = stream.read(&mut bytes) {
            let arrived_at = Instant::now();
            for _ in memmem::find_iter(&bytes[..read], b"event: handoff_created") {
                let _ = sender.send(arrived_at);
            }
        }
    });
    Ok(arrivals)
}

/// As many escalations as possible: all must be shown, at a limited frame rate.
async fn measure_burst(
    bench: &mut Bench,
    world: &World,
    process: &ServerProcess,
    console: &mut PtyProgram,
) -> anyhow::Result<()> {
    let mut connections = HttpConnection::connect_all(process.address, CONNECTIONS).await?;
    let sessions = open_sessions(&mut connections, world, BURST_EVENTS).await?;
    let open = open_count(&mut connections[0], world).await?;
    console.wait_for_text(&format!("{open} open"))?;
    console.read_until_quiet(Duration::from_secs(1));
    let (frames, started) = (console.frames(), Instant::now());
    escalate(&mut connections, world, &sessions, IDLE_TIME).await?;
    let seen = console.wait_for_text(&format!("{} open", open + BURST_EVENTS))?;
    // Do not count the first frame, which comes at once.
    let more = (console.frames() - frames).saturating_sub(1);
    bench.figures.record(Product, "frames in a burst", as_f64(more) / (seen - started).as_secs_f64());
    Ok(())
}

async fn open_count(connection: &mut HttpConnection, world: &World) -> anyhow::Result<usize> {
    let request = encode_request("GET", &format!("{}?limit=1", route::ESCALATIONS.0), world.token(0), "");
    let page: QueuePage = serde_json::from_slice(connection.send(&request).await?.body)?;
    Ok(usize::try_from(page.counts.open)?)
}

fn measure_long_session(bench: &mut Bench, console: &mut PtyProgram) -> anyhow::Result<()> {
    console.press("2")?;
    console.wait_for_text("yours")?;
    console.read_until_quiet(Duration::from_secs(1));
    // The position marker changes while messages load: the last byte comes with the last message.
    let opened = console.measure_key_until_quiet("\r", Duration::from_millis(300))?;
    console.wait_for_text("active, yours")?;
    bench.figures.record(Product, "session opens", opened.latency_ms);
    let steps = press_repeatedly(console, WHEEL_UP)?;
    record_latencies(bench, Product, ["session step p50", "session step p99"], &steps);
    Ok(())
}

/// A copy of the folder for this round.
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
