//! Queries about what is read: its search, and the messages that can be opened in full.

use tierup_common::session::Message;

use crate::state::layer::Layer;
use crate::state::search::{SearchPlace, TextSearch};
use crate::state::wrap_cache::WrapCache;
use crate::state::{Screen, State};

/// The search.
impl State {
    /// The place that a search would search now; none where there is nothing to search.
    pub fn search_place(&self) -> Option<SearchPlace> {
        match self.layers.last() {
            Some(layer) => self.search_place_of(layer),
            None => self.search_place_of_screen(),
        }
    }

    /// The search of the place that has the keys.
    pub fn active_search(&self) -> Option<&TextSearch> {
        self.search.as_ref().filter(|search| Some(search.place) == self.search_place())
    }

    /// The search of the place that has the keys, to change it.
    pub fn active_search_mut(&mut self) -> Option<&mut TextSearch> {
        let place = self.search_place();
        self.search.as_mut().filter(|search| Some(search.place) == place)
    }

    /// Whether a search stands in the place that has the keys: some of them go from match to match.
    pub fn has_standing_search(&self) -> bool {
        self.active_search().is_some_and(|search| !search.is_typing)
    }

    /// The search of a place, if there is one.
    pub fn search_in(&self, place: SearchPlace) -> Option<&TextSearch> {
        self.search.as_ref().filter(|search| search.place == place)
    }

    /// Ends a search whose place has been left.
    pub fn drop_search_of_closed_place(&mut self) {
        let Some(place) = self.search.as_ref().map(|search| search.place) else { return };
        let layers = self.layers.iter().filter_map(|layer| self.search_place_of(layer));
        if !layers.chain(self.search_place_of_screen()).any(|open| open == place) {
            self.search = None;
        }
    }

    fn search_place_of(&self, layer: &Layer) -> Option<SearchPlace> {
        if let Layer::Log { .. } = layer {
            Some(SearchPlace::Log)
        } else if let Layer::Pager(pager) = layer {
            Some(SearchPlace::Pager(pager.message.id))
        } else if let Layer::Briefing = layer {
            self.open_briefing().map(|briefing| SearchPlace::Briefing(briefing.item.id))
        } else {
            None
        }
    }

    fn search_place_of_screen(&self) -> Option<SearchPlace> {
        match &self.screen {
            Screen::Queue => None,
            Screen::Briefing(briefing) => Some(SearchPlace::Briefing(briefing.item.id)),
            Screen::Session(chat) => Some(SearchPlace::Session(chat.id)),
        }
    }
}

/// The messages that can be read in full: those of the open conversation, or of the open briefing.
impl State {
    /// The messages, the oldest first.
    pub fn readable_messages(&self, of_conversation: bool) -> &[Message] {
        if of_conversation {
            return self.open_chat().map_or(&[], |chat| &chat.messages);
        }
        let snapshot = self.open_briefing().and_then(|briefing| briefing.snapshot.as_ref());
        snapshot.map_or(&[], |snapshot| &snapshot.messages)
    }

    /// The message with this `seq`.
    pub fn readable_message(&self, of_conversation: bool, seq: u32) -> Option<&Message> {
        // A briefing also has what came after its snapshot.
        let news = self.open_briefing().filter(|_| !of_conversation).map(|briefing| &briefing.news.messages);
        let messages = self.readable_messages(of_conversation).iter().chain(news.into_iter().flatten());
        messages.into_iter().find(|message| message.seq == seq)
    }

    /// Their rows.
    pub fn readable_cache(&self, of_conversation: bool) -> Option<&WrapCache> {
        if of_conversation {
            return self.open_chat().map(|chat| &chat.wrap_cache);
        }
        self.open_briefing().map(|briefing| &briefing.wrap_cache)
    }

    /// The same, to show one in full.
    pub fn readable_cache_mut(&mut self, of_conversation: bool) -> Option<&mut WrapCache> {
        if of_conversation {
            return self.open_chat_mut().map(|chat| &mut chat.wrap_cache);
        }
        self.open_briefing_mut().map(|briefing| &mut briefing.wrap_cache)
    }

    /// The newest long message that was painted, in sight or not.
    pub fn newest_long_message(&self, of_conversation: bool) -> Option<u32> {
        let cache = self.readable_cache(of_conversation)?;
        let messages = self.readable_messages(of_conversation).iter().rev();
        messages.into_iter().find(|message| cache.is_long(message.id)).map(|message| message.seq)
    }
}
