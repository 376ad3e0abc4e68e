//! `tierup whoami`: who the token belongs to.

use crate::cli::errand::Errand;
use crate::cli::exit::Exit;

pub(super) async fn run(errand: &Errand) -> Result<(), Exit> {
    let me = errand.api.me().await?;
    let words = format!(
        "{} <{}>, {} of {}, on {}",
        me.user.name,
        me.user.email,
        me.user.role,
        me.account_name,
        errand.api.server()
    );
    errand.out.tell(&me, &words)
}
