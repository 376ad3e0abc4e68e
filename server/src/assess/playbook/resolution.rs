//! What a resolution says: cause and fix, without the sentences that say nothing, such as `Fixed. Called the customer.`

use tierup_common::text::truncate;

use crate::search::words;

/// The longest likely cause, in characters.
const MAX_SUMMARY_CHARS: usize = 420;
/// The fewest words of a sentence that says something.
const MIN_WORDS: usize = 2;
/// Sentences that close a case and say nothing about it begin like this.
#[rustfmt::skip]
const CLOSING: &[&str] = &[
    "fixed", "closed", "close", "done", "solved", "resolved", "called the customer", "called customer",
    "called back", "see below", "informed", "user informed", "customer informed", "customer confirmed", "works",
    "works again", "all good", "ok now", "erledigt", "gelöst", "geschlossen", "kunde angerufen",
    "kundin angerufen", "kunde informiert", "angerufen", "behoben", "läuft wieder", "appelé le client",
    "résolu", "fermé", "clos", "llamé al cliente", "solucionado", "cerrado", "resuelto", "confirmed with",
    "thanks", "danke",
];
/// Words for changes that people make.
#[rustfmt::skip]
const CHANGES: &[&str] = &[
    "renewed", "replaced", "removed", "deleted", "restarted", "rebooted", "set", "changed", "added", "updated",
    "cleared", "disabled", "enabled", "increased", "raised", "rolled back", "reverted", "installed",
    "reinstalled", "moved", "opened", "extended", "corrected", "created", "recreated", "reset", "switched",
    "ran", "re-ran", "rebuilt", "renamed", "assigned", "unlocked", "unticked", "ticked", "exempted", "exempt",
    "configured", "pinned", "resized", "resynced", "synced", "cleaned", "pointed", "granted", "swapped",
    "shortened", "lowered", "reduced", "stopped", "started", "killed", "closed the", "allowed", "made a",
    "made the", "put", "took", "turned", "bought", "ordered", "typed", "entered", "fixed the", "registered",
    "imported", "exported", "scheduled", "excluded", "patched", "upgraded", "downgraded", "freed", "expanded",
    "neu", "erneuert", "ersetzt", "gelöscht", "entfernt", "gestartet", "gestellt", "gesetzt", "geändert",
    "eingetragen", "angelegt", "hinterlegt", "umgestellt", "aktiviert", "deaktiviert", "installiert",
    "verschoben", "erhöht", "getauscht", "korrigiert", "freigegeben", "zurückgesetzt", "angepasst",
    "eingerichtet", "entsperrt", "vorgezogen", "remplacé", "renouvelé", "supprimé", "redémarré", "modifié",
    "ajouté", "nouveau", "mis à jour", "corrigé", "créé", "relancé", "désactivé", "activé", "installé",
    "augmenté", "reemplazado", "renovado", "eliminado", "reiniciado", "cambiado", "añadido", "actualizado",
    "corregido", "creado", "reasignada", "instalado", "desactivado", "activado", "borrado", "nuevo",
];

/// A resolution, read.
#[derive(Debug, Default)]
pub(super) struct Told<'t> {
    /// The sentences that say something, in order.
    pub(super) content: Vec<&'t str>,
    /// Those that name a change.
    pub(super) fixes: Vec<&'t str>,
}

/// Reads a resolution. A text of which every sentence says nothing is taken as a whole.
pub(super) fn read(resolution: &str) -> Told<'_> {
    let mut content: Vec<&str> =
        words::sentences(resolution).filter(|sentence| says_something(sentence)).collect();
    if content.is_empty() {
        content = words::sentences(resolution).collect();
    }
    let fixes = content.iter().copied().filter(|sentence| names_change(sentence)).collect();
    Told { content, fixes }
}

impl Told<'_> {
    /// Cause and fix in a few sentences, the ones that say the most if there are many.
    pub(super) fn summary(&self) -> String {
        let mut summary = String::new();
        for sentence in &self.content {
            if !summary.is_empty() {
                if summary.chars().count() + sentence.chars().count() > MAX_SUMMARY_CHARS {
                    break;
                }
                // Scripts without spaces have none between sentences either.
                if summary.ends_with(|c: char| c.is_ascii()) || sentence.starts_with(|c: char| c.is_ascii()) {
                    summary.push(' ');
                }
            }
            summary.push_str(sentence);
        }
        truncate(&summary, MAX_SUMMARY_CHARS)
    }
}

fn says_something(sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_alphanumeric());
    let words = words::keywords(sentence).count();
    let is_closing = CLOSING.iter().any(|closing| {
        bare.strip_prefix(closing)
            .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric) && words::keywords(rest).count() < 3)
    });
    !is_closing && words >= MIN_WORDS
}

fn names_change(sentence: &str) -> bool {
    let lower =
        format!(" {} ", sentence.to_lowercase().replace(|c: char| !c.is_alphanumeric() && c != '-', " "));
    CHANGES.iter().any(|change| lower.contains(&format!(" {change} ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_that_say_nothing_are_left_out() {
        let told =
            read("Fixed. Called the customer. The certificate of gw2 had expired. Renewed it on both nodes.");
        assert_eq!(told.content, ["The certificate of gw2 had expired.", "Renewed it on both nodes."]);
        assert_eq!(told.fixes, ["Renewed it on both nodes."]);
        assert_eq!(read("Fixed.").content, ["Fixed."]);
        assert_eq!(read("Fixed the route on gw2 and gw3.").content.len(), 1);
    }
}
