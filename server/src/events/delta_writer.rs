//! How a worker writes a text that streams show as it grows.

use std::sync::Arc;

use crate::events::channel::{AccountChannel, ChannelState};
use crate::events::deltas::TextKey;

/// Somebody who writes a text. When they go, so does the text, unless an event has ended it.
pub struct DeltaWriter {
    channel: Arc<AccountChannel>,
    key: TextKey,
    generation: u64,
}

impl DeltaWriter {
    pub(super) fn start(channel: Arc<AccountChannel>, key: TextKey) -> Self {
        let beginning = channel.state.lock().partial_texts.start(key);
        Self { channel, key, generation: beginning }
    }

    /// The text grew by this much.
    pub fn append(&self, text: &str) {
        let grow = |state: &mut ChannelState| state.partial_texts.append(self.key, self.generation, text);
        self.channel.update_and_wake(self.key.filter(), grow);
    }
}

impl Drop for DeltaWriter {
    fn drop(&mut self) {
        self.channel.state.lock().partial_texts.discard(self.key, self.generation);
    }
}
