//! Publishes a text while it is being written, so that streams can show it as it grows.

use std::sync::Arc;

use crate::events::channel::{AccountChannel, ChannelState};
use crate::events::deltas::DeltaTarget;

/// Writes one text. Dropping it discards the text, unless an event has completed it.
pub struct DeltaWriter {
    channel: Arc<AccountChannel>,
    key: DeltaTarget,
    generation: u64,
}

impl DeltaWriter {
    pub(super) fn start(channel: Arc<AccountChannel>, key: DeltaTarget) -> Self {
        let generation = channel.state.lock().partial_texts.start(key);
        Self { channel, key, generation }
    }

    /// Appends to the text and wakes the streams that show it.
    pub fn append(&self, text: &str) {
        let append = |state: &mut ChannelState| state.partial_texts.append(self.key, self.generation, text);
        self.channel.update_and_wake(self.key.filter(), append);
    }
}

impl Drop for DeltaWriter {
    fn drop(&mut self) {
        self.channel.state.lock().partial_texts.discard(self.key, self.generation);
    }
}
