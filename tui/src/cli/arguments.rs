//! The command line as clap reads it: the commands, and one line about each.

use clap::{CommandFactory, Parser, Subcommand};

use crate::cli::options::Options;
use crate::cli::{
    assign, change, claim, completions, export, hand_off, handover, login, logout, new, outcome, queue,
    reassess, release, resolve, resume, runbook, say, send_back, sessions, show, similar, stats, timeline,
    tried, watch,
};

/// A queue of escalations for support teams.
///
/// Without a command, tierup opens the console.
#[derive(Parser)]
#[command(name = "tierup", version, disable_help_subcommand = true)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) options: Options,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// The commands. The help of each leaves out the options that all of them take.
pub(super) fn command() -> clap::Command {
    let mut command = Cli::command();
    // This gives them to each.
    command.build();
    command.mut_subcommands(|verb| {
        verb.mut_args(|arg| {
            let is_shared = arg.is_global_set();
            arg.hide_short_help(is_shared).hide_long_help(is_shared)
        })
        .after_help("The options of all commands are in `tierup --help`.")
    })
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Log in to a server and remember it
    Login(login::LoginArgs),
    /// Log out: revoke the token and forget it
    Logout(logout::LogoutArgs),
    /// Show the logged-in user
    Whoami,
    /// List the queue, most urgent first
    Queue(queue::QueueArgs),
    /// Show a handoff or a session
    Show(show::ShowArgs),
    /// Claim a handoff
    Claim(claim::ClaimArgs),
    /// Change the priority or the summary of a handoff
    Change(change::ChangeArgs),
    /// Put a claimed handoff back in the queue
    Release(release::ReleaseArgs),
    /// Assign a handoff to a team member
    Assign(assign::AssignArgs),
    /// Pass what you have claimed on to a team member
    Handover(handover::HandoverArgs),
    /// Run the assessment of a handoff again
    Reassess(reassess::ReassessArgs),
    /// Record the outcome of a suggested step
    Outcome(outcome::OutcomeArgs),
    /// Record a possible cause, or update its status
    Tried(tried::TriedArgs),
    /// Send a handoff back to its sender with a question
    SendBack(send_back::SendBackArgs),
    /// Open a session
    New(new::NewArgs),
    /// Send a message in a session
    Say(say::SayArgs),
    /// Park a session, privately
    Park(hand_off::ParkArgs),
    /// Escalate a session to the queue
    Escalate(hand_off::EscalateArgs),
    /// Take back a parked session or an unclaimed escalation
    Resume(resume::ResumeArgs),
    /// Resolve a session
    Resolve(resolve::ResolveArgs),
    /// Draft a runbook from a resolved session
    Runbook(runbook::RunbookArgs),
    /// Find similar resolved sessions and runbooks
    Similar(similar::SimilarArgs),
    /// Show what happened in a session, in order
    Timeline(timeline::TimelineArgs),
    /// Draft a post-mortem of a session, as Markdown or JSON
    Export(export::ExportArgs),
    /// List sessions, newest first
    Sessions(sessions::SessionsArgs),
    /// Print events as they happen, one JSON object per line
    Watch(watch::WatchArgs),
    /// Show queue statistics
    Stats(stats::StatsArgs),
    /// Check settings, server and terminal, and suggest fixes
    Doctor,
    /// Print shell completions
    Completions(completions::CompletionsArgs),
    /// Print the manual
    Man(completions::ManArgs),
    /// Try tierup with a scripted team; needs no server
    #[cfg(feature = "demo")]
    Demo {
        /// Print the story line by line instead of opening the console
        #[arg(long)]
        script: bool,
    },
}
