//! Which account each webhook belongs to.

use tierup_common::event::Kind;
use tierup_common::id::AccountId;

use crate::domain::WebhookId;
use crate::webhook::Webhook;

/// Every webhook of the server, with its account.
#[derive(Debug, Default)]
pub struct WebhookRegistry(Vec<(AccountId, Webhook)>);

/// A webhook names an unknown account, or none although there are several.
#[derive(Debug, thiserror::Error)]
#[error("webhooks: {0}")]
pub struct WebhookAccountError(String);

impl WebhookRegistry {
    /// Resolves the account of each webhook.
    pub fn new(
        webhooks: Vec<Webhook>,
        accounts: &[(AccountId, String)],
    ) -> Result<Self, WebhookAccountError> {
        let account_of = |hook: &Webhook| match (&hook.account, accounts) {
            (None, [(only, _)]) => Ok(*only),
            (None, _) => {
                Err(WebhookAccountError("name the account of each: the folder holds several".into()))
            }
            (Some(name), _) => {
                let found = accounts.iter().find(|(_, known)| known == name);
                let known = || accounts.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ");
                let unknown = || WebhookAccountError(format!("unknown account; known are: {}", known()));
                found.map(|(id, _)| *id).ok_or_else(unknown)
            }
        };
        let found = webhooks.into_iter().map(|hook| Ok((account_of(&hook)?, hook)));
        found.collect::<Result<_, _>>().map(Self)
    }

    /// Whether an account has any webhook.
    pub fn has_any(&self, account: AccountId) -> bool {
        self.0.iter().any(|(owner, _)| *owner == account)
    }

    /// The webhooks that get events of this kind.
    pub fn subscribed_to(&self, account: AccountId, event: Kind) -> impl Iterator<Item = WebhookId> {
        let wants = move |hook: &&Webhook| hook.events.contains(&event);
        self.for_account(account).filter(wants).map(Webhook::id)
    }

    /// An account's webhook by id; none if the settings no longer have it.
    pub fn get(&self, account: AccountId, id: WebhookId) -> Option<&Webhook> {
        self.for_account(account).find(|hook| hook.id == id)
    }

    fn for_account(&self, account: AccountId) -> impl Iterator<Item = &Webhook> {
        self.0.iter().filter(move |(owner, _)| *owner == account).map(|(_, hook)| hook)
    }
}
