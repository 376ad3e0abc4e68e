//! A data folder with an account, engineers and their tokens.

use std::path::{Path, PathBuf};

use tierup_common::id::AccountId;
use tierup_common::user::Role;
use tierup_server::admin;

/// Contenders per race, each with a user of its own.
pub const CONTENDERS: usize = 8;

/// A data folder of the product.
#[derive(Clone)]
pub struct World {
    /// Its path.
    pub folder: PathBuf,
    /// The account.
    pub account: AccountId,
    /// The owner's token.
    pub owner: String,
    /// The engineers' tokens.
    pub tokens: Vec<String>,
}

impl World {
    /// Creates a folder.
    pub fn make(folder: &Path) -> anyhow::Result<Self> {
        let owner = admin::init(folder, "Acme", "ana@acme.test", "Ana Ruiz")?;
        let mut tokens = Vec::new();
        for number in 0..CONTENDERS {
            let (email, name) = (format!("{number}@acme.test"), format!("Engineer {number}"));
            tokens.push(admin::add_user(folder, None, &email, &name, Role::Engineer)?.token);
        }
        Ok(Self { folder: folder.into(), account: owner.account_id, owner: owner.token, tokens })
    }

    /// An engineer's token, round robin.
    pub fn token(&self, turn: usize) -> &str {
        &self.tokens[turn % self.tokens.len()]
    }
}

/// Settings without assessments and mail.
pub fn quiet() -> Vec<(&'static str, String)> {
    vec![("TIERUP_SERVER_ASSESSMENT_ENGINE", "off".into())]
}
