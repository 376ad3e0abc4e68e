//! Words and phrases that tell how a clause is meant, in English, German, French and Spanish; apostrophes are spaces.

/// Something was done, and changed nothing.
#[rustfmt::skip]
pub(super) const NO_EFFECT: &[&str] = &[
    "no change", "no difference", "no effect", "no luck", "no success", "no improvement", "not help", "t help",
    "helped nothing", "same error", "same result", "same again", "same state", "same message", "still the same",
    "still fails", "still failing", "the error stayed", "error stays", "stays the same", "made no",
    "changed nothing", "changes nothing", "nothing changed", "to no avail", "without success", "without effect",
    "in vain", "failed again", "fails again", "not fix", "t fix", "not solve", "was back", "is back",
    "came back", "keine änderung", "ohne erfolg", "ohne wirkung", "ohne besserung", "hilft nicht", "half nicht",
    "hat nicht geholfen", "brachte nichts", "bringt nichts", "nichts gebracht", "gleicher fehler",
    "gleiche meldung", "immer noch", "weiterhin", "keine besserung", "sans effet", "sans succès", "rien changé",
    "rien n a changé", "même erreur", "toujours pareil", "pareil", "sin éxito", "sin efecto", "sigue igual",
    "no ayudó", "mismo error", "no cambió", "igual",
];
/// Something is not the cause, or is in order.
#[rustfmt::skip]
pub(super) const DENIED: &[&str] = &[
    "not the", "isn t the", "isn t it", "is not the", "it is not", "it s not", "wasn t the", "was not the",
    "aren t", "are not", "can t be", "cannot be", "can not be", "not it", "no sign of", "ruled out", "excluded",
    "not because", "nothing to do with", "not related", "is fine", "are fine", "looks fine", "all fine",
    "is ok", "are ok", "ok", "okay", "in order", "is good", "are good", "looks good", "healthy", "valid",
    "not expired", "not locked", "not full", "no lack of", "exempt", "not this time", "up to date", "in sync",
    "is correct", "are correct", "identical", "ist ok", "in ordnung", "passt", "gültig", "nicht abgelaufen",
    "nicht gesperrt", "liegt nicht", "ist es nicht", "nicht daran", "ausgeschlossen", "unauffällig", "stimmt",
    "nicht voll", "ce n est pas", "est bon", "est bonne", "valide", "en ordre", "pas expiré", "à jour",
    "correcte", "no es", "está bien", "válido", "correcto", "descartado", "no ha caducado", "vigente",
];
/// Something works; said in passing.
#[rustfmt::skip]
pub(super) const IN_ORDER: &[&str] = &[
    "isn t", "is not", "wasn t", "was not", "weren t", "fine", "green", "stable", "unaffected", "works",
    "enough", "free", "normal", "correct", "nothing odd", "nothing in", "no errors", "no error", "no word",
    "no entries", "no loss", "pass", "passes", "passed", "checked", "steady", "optimal", "geprüft", "vérifié", "comprobado", "clean", "already", "matches", "plenty", "unchanged",
    "the same as", "not in", "no such", "without any", "frei", "genug", "keine fehler", "kein fehler", "läuft",
    "funktioniert", "n est pas", "aucune", "aucun", "fonctionne", "no está", "sin errores", "funciona",
];
/// A symptom does not show this time.
#[rustfmt::skip]
pub(super) const DENIED_SYMPTOM: &[&str] =
    &["not this time", "this time not", "diesmal nicht", "diesmal kein", "pas cette fois", "esta vez no"];
/// Something might be, may be done, or was so last time.
#[rustfmt::skip]
pub(super) const SUPPOSED: &[&str] = &[
    "would", "will", "should", "shall", "could", "maybe", "perhaps", "plan to", "planning", "going to",
    "want to", "wanted to", "before i", "before we", "if", "suspect", "suspected", "i think", "suppose",
    "thought of", "guess", "probably", "might", "next step", "next i", "i d", "last time", "as in", "as on",
    "like last", "same as last", "looks like", "reminds", "thought", "remember", "again like", "damals",
    "letztes mal", "wie letztes", "wie bei", "dernière fois", "última vez", "sieht aus wie", "on dirait",
    "parece", "not yet", "haven t", "have not", "hasn t", "not tried", "didn t try", "or is it", "recommend",
    "suggest", "propose", "intend", "tomorrow", "würde", "sollen wir", "soll ich", "als nächstes", "vielleicht",
    "vermute", "vermutlich", "könnte", "müsste", "evtl", "eventuell", "wahrscheinlich", "falls", "noch nicht",
    "je pense", "peut être", "je voudrais", "faudrait", "prochaine étape", "on pourrait", "pas encore",
    "quizás", "tal vez", "podría", "debería", "pienso", "creo que", "próximo paso", "todavía no", "aún no",
    "si", "in mind", "had that with", "same picture as", "think of", "recipe", "as with the", "like at",
    "like on", "as at", "dachte an", "wie damals", "wie beim", "comme pour", "como en",
];
/// Where a sentence turns.
#[rustfmt::skip]
pub(super) const TURNS: &[&str] = &[
    "; ", " but ", " aber ", " sondern ", " mais ", " pero ", " sino ", " though ", " however", " – ", " — ",
    " - ", ", ", ": ", " -> ", " → ",
];
/// People have gone through everything that is known.
#[rustfmt::skip]
pub(super) const GIVES_UP: &[&str] = &[
    "nothing fits", "neither is it", "neither fits", "neither applies", "neither of", "none of the", "none of them",
    "none of these", "all ruled out", "both ruled out", "all excluded", "everything checked", "checked everything",
    "tried everything", "went through", "from top to bottom", "out of ideas", "no more ideas", "no idea left",
    "what else", "ideas welcome", "any ideas", "nothing else to", "nichts davon", "nichts passt", "keine ideen",
    "ratlos", "alles geprüft", "alles ausgeschlossen", "plus d idées", "plus d idée", "tout vérifié", "sin ideas",
    "nada de eso", "todo comprobado",
];
