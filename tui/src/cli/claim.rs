//! `tierup claim`: exactly one wins; the other is told who, and ends with status 9.

use tierup_common::id::HandoffRef;

use crate::cli::exit::{Exit, wrong};
use crate::cli::{Options, connect};
use crate::runtime::files::Files;
use crate::text::safe;

pub(super) async fn run(options: &Options, handoff: HandoffRef) -> Result<(), Exit> {
    let files = Files::of_platform().map_err(wrong)?;
    let claimed = connect::api(options, &files)?.claim(handoff).await?;
    println!("#{} is yours: {}", claimed.item.number, safe::line(&claimed.item.problem_summary));
    Ok(())
}
