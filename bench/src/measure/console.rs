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
use crate::client::{Line, request};
use crate::figures::Side::{self, Product};
use crate::load::{closed_loops, count, millis, percentile};
use crate::measure::writes::{CONNECTIONS, escalate, open_sessions};
use crate::process::{self, Process};
use crate::seed;
use crate::terminal::{Step, Terminal};
use crate::vitals;
use crate::world::{World, quiet};

/// Rows of the list.
pub const ROWS: u32 = 10_000;
/// Messages of the long session.
const MESSAGES: usize = 5_000;
/// Keys of a measurement.
const STEPS: usize = 200;
/// Events that are watched for one by one.
const EVENTS: usize = 100;
/// Events of the burst.
const BURST: usize = 1_000;
/// Some frames.
const FRAMES: Duration = Duration::from_millis(50);
/// The wheel, turned up over the middle of the screen.
const WHEEL_UP: &str = "\x1b[<64;60;15M";
/// How long a console is left alone: a keep-alive comes every fifteen seconds.
const REST: Duration = Duration::from_secs(15);

/// A folder in which so many handoffs wait, and one is claimed whose session is long.
pub async fn seed(bench: &mut Bench) -> anyhow::Result<World> {
    let world = seed::product(&bench.binary, &bench.place(), ROWS).await?;
    let process = Process::product(&bench.binary, &world.folder, &quiet()).await?;
    let mut lines = Line::open_all(process.address, CONNECTIONS).await?;
    let sessions = open_sessions(&mut lines[..1], &world, 1).await?;
    let (_, handoffs) = escalate(&mut lines[..1], &world, &sessions, REST).await?;
    let claim = request("POST", &route::CLAIM.path(&[&handoffs[0]]), world.token(0), "");
    ensure!(lines[0].ask(&claim).await?.status == 200, "the claim was refused");
    let mut left = MESSAGES;
    let note = |_| {
        left = left.checked_sub(1)?;
        let body = format!("{{\"kind\":\"note\",\"content\":\"{} ({left})\"}}", seed::NOTES);
        Some(request("POST", &route::MESSAGES.path(&[&sessions[0]]), &world.owner, &body))
    };
    closed_loops(&mut lines, Duration::from_mins(2), note, |answer| {
        ensure!(answer.status == 201, "a note was answered with {}", answer.status);
        Ok(())
    })
    .await?;
    process.end().await?;
    Ok(world)
}

/// The product.
pub async fn product(bench: &mut Bench, seeded: &World) -> anyhow::Result<()> {
    let world = copy(bench, seeded)?;
    let process = Process::product(&bench.binary, &world.folder, &quiet()).await?;
    let mut console = start(bench, &world, &process)?;
    let queue = console.sees(&seed::title(0))?;
    let settled = console.sees(&format!("of {ROWS} "))?;
    bench.figures.note(Product, "first paint", console.first_paint()?);
    bench.figures.note(Product, "queue", console.since_start(queue));
    bench.figures.note(Product, "settled", console.since_start(settled));
    console.sees("live")?;
    list(bench, Product, &mut console)?;
    at_rest(bench, &mut console).await?;
    events(bench, &world, &process, &mut console).await?;
    burst(bench, &world, &process, &mut console).await?;
    long_session(bench, &mut console)?;
    console.end()?;
    process.end().await
}

fn start(bench: &Bench, world: &World, process: &Process) -> anyhow::Result<Terminal> {
    let home = bench.place();
    std::fs::create_dir_all(&home)?;
    let server = format!("http://{}", process.address);
    let settings =
        [("TIERUP_SERVER", server.as_str()), ("TIERUP_TOKEN", world.token(0)), ("TIERUP_KEYRING", "off")];
    Terminal::start(&process::beside("tierup")?, &[], &std::path::absolute(home)?, &settings)
}

/// Steps down a list, whoever's it is, and what there is in memory then.
pub fn list(bench: &mut Bench, side: Side, console: &mut Terminal) -> anyhow::Result<()> {
    let steps = steps(console, "j")?;
    note(bench, side, ["step p50", "step p99"], &steps);
    let mut bytes: Vec<f64> = steps.iter().map(|step| count(step.bytes)).collect();
    bench.figures.note(side, "bytes a step", percentile(&mut bytes, 50));
    bench.figures.note(side, "console memory", vitals::memory(console.process()?)? / 1024.0);
    Ok(())
}

fn steps(console: &mut Terminal, key: &str) -> anyhow::Result<Vec<Step>> {
    (0..STEPS).map(|_| console.step(key)).collect()
}

fn note(bench: &mut Bench, side: Side, [half, most]: [&'static str; 2], steps: &[Step]) {
    let mut each: Vec<f64> = steps.iter().map(|step| step.millis).collect();
    bench.figures.note(side, half, percentile(&mut each, 50));
    bench.figures.note(side, most, percentile(&mut each, 99));
}

async fn at_rest(bench: &mut Bench, console: &mut Terminal) -> anyhow::Result<()> {
    console.rest(Duration::from_secs(2));
    let process = console.process()?;
    let (woken, computed, begun) = (vitals::woken(process)?, vitals::computed(process)?, Instant::now());
    tokio::time::sleep(REST).await;
    let span = begun.elapsed().as_secs_f64();
    let computed = vitals::computed(process)?.saturating_sub(computed).as_secs_f64();
    let woken = usize::try_from(vitals::woken(process)? - woken)?;
    bench.figures.note(Product, "console CPU at rest", computed / span * 100.0);
    bench.figures.note(Product, "console wake-ups", count(woken) / span);
    Ok(())
}

/// Escalations one after the other: from the frame on a stream beside the console's own to the new count on its screen.
async fn events(
    bench: &mut Bench,
    world: &World,
    process: &Process,
    console: &mut Terminal,
) -> anyhow::Result<()> {
    let mut lines = Line::open_all(process.address, 1).await?;
    let sessions = open_sessions(&mut lines, world, EVENTS).await?;
    let line = Line::open(process.address).await?;
    let heard = hear(line.listen(&request("GET", route::STREAM.0, world.token(1), "")).await?.into_std()?)?;
    let mut open = waiting(&mut lines[0], world).await?;
    let mut each = Vec::with_capacity(EVENTS);
    for session in &sessions {
        // A picture that has just been painted stays for a frame, and that is not what is asked for here.
        console.rest(FRAMES);
        open += 1;
        escalate(&mut lines, world, std::slice::from_ref(session), REST).await?;
        let came = heard.recv_timeout(REST).context("no event came")?;
        let seen = console.sees(&format!("{open} open"))?;
        each.push(millis(seen.saturating_duration_since(came)));
    }
    bench.figures.note(Product, "event to screen p50", percentile(&mut each, 50));
    bench.figures.note(Product, "event to screen p99", percentile(&mut each, 99));
    Ok(())
}

/// When each new handoff came on a stream.
fn hear(mut stream: TcpStream) -> anyhow::Result<Receiver<Instant>> {
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
async fn burst(
    bench: &mut Bench,
    world: &World,
    process: &Process,
    console: &mut Terminal,
) -> anyhow::Result<()> {
    let mut lines = Line::open_all(process.address, CONNECTIONS).await?;
    let sessions = open_sessions(&mut lines, world, BURST).await?;
    let open = waiting(&mut lines[0], world).await?;
    console.sees(&format!("{open} open"))?;
    console.rest(Duration::from_secs(1));
    let (frames, begun) = (console.frames(), Instant::now());
    escalate(&mut lines, world, &sessions, REST).await?;
    let seen = console.sees(&format!("{} open", open + BURST))?;
    // The first comes at once: what counts is how often another follows.
    let more = (console.frames() - frames).saturating_sub(1);
    bench.figures.note(Product, "frames in a burst", count(more) / (seen - begun).as_secs_f64());
    Ok(())
}

async fn waiting(line: &mut Line, world: &World) -> anyhow::Result<usize> {
    let asked = request("GET", &format!("{}?limit=1", route::ESCALATIONS.0), world.token(0), "");
    let page: QueuePage = serde_json::from_slice(line.ask(&asked).await?.body)?;
    Ok(usize::try_from(page.counts.open)?)
}

fn long_session(bench: &mut Bench, console: &mut Terminal) -> anyhow::Result<()> {
    console.press("2")?;
    console.sees("yours")?;
    console.rest(Duration::from_secs(1));
    // Whatever is fetched changes the mark that shows how much there is: the last byte comes with the last message.
    let opened = console.step_until("\r", Duration::from_millis(300))?;
    console.sees("active, yours")?;
    bench.figures.note(Product, "session opens", opened.millis);
    let steps = steps(console, WHEEL_UP)?;
    note(bench, Product, ["session step p50", "session step p99"], &steps);
    Ok(())
}

/// A folder of this round's own.
fn copy(bench: &Bench, world: &World) -> anyhow::Result<World> {
    let folder = bench.place();
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
