//! The theme.

use super::*;
use crate::settings::ThemeSource;

/// Seen to fail: while a chosen theme was replaced too.
#[test]
fn the_theme_follows_the_background_until_one_is_chosen() {
    let mut priya = TestConsole::with_items(Vec::new());
    assert_eq!(priya.state.settings.theme_name, "dark");
    priya.dispatch(Event::BackgroundReported { is_light: true });
    assert_eq!(priya.state.settings.theme_name, "dark", "it was not asked for");
    priya.state.settings.theme_source = ThemeSource::Background;
    priya.dispatch(Event::BackgroundReported { is_light: true });
    assert_eq!(priya.state.settings.theme_name, "light");

    priya.state.settings.set_theme("high-contrast").unwrap();
    priya.dispatch(Event::BackgroundReported { is_light: true });
    assert_eq!(priya.state.settings.theme_name, "high-contrast");
}
