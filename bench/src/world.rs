//! A folder to measure in: an account, its engineers and their tokens.

use std::path::{Path, PathBuf};

use tierup_common::id::AccountId;
use tierup_common::user::Role;
use tierup_server::admin;

/// Contenders of a race, each an engineer of their own.
pub const CONTENDERS: usize = 8;

/// A folder of the product.
#[derive(Clone)]
pub struct World {
    /// Where it is.
    pub folder: PathBuf,
    /// The account in it.
    pub account: AccountId,
    /// The owner's token.
    pub owner: String,
    /// A token of each engineer.
    pub tokens: Vec<String>,
}

impl World {
    /// Makes a new one.
    pub fn make(folder: &Path) -> anyhow::Result<Self> {
        let owner = admin::init(folder, "Acme", "ana@acme.test", "Ana Ruiz")?;
        let mut tokens = Vec::new();
        for number in 0..CONTENDERS {
            let (email, name) = (format!("{number}@acme.test"), format!("Engineer {number}"));
            tokens.push(admin::add_user(folder, None, &email, &name, Role::Engineer)?.token);
        }
        Ok(Self { folder: folder.into(), account: owner.account_id, owner: owner.token, tokens })
    }

    /// The token of one of the engineers, whichever is their turn.
    pub fn token(&self, turn: usize) -> &str {
        &self.tokens[turn % self.tokens.len()]
    }
}

/// Settings of a server that does nothing but answer: no assessments, no mail.
pub fn quiet() -> Vec<(&'static str, String)> {
    vec![("TIERUP_SERVER_ASSESSMENT_ENGINE", "off".into())]
}
