//! What must hold of the dataset, so that its answers can be trusted.

use std::collections::BTreeSet;

use crate::dataset::{Case, Dataset, Domain, Kind};

impl Dataset {
    /// The rules that the dataset breaks, a line each.
    pub fn broken_rules(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let mut names = BTreeSet::new();
        for (name, domain) in &self.domains {
            let rules = [
                domain.broken_sessions(),
                domain.broken_runbooks(&self.runbooks),
                domain.broken_causes(),
                domain.cases.iter().flat_map(|case| domain.broken_case(case)).collect(),
            ];
            broken.extend(rules.into_iter().flatten().map(|rule| format!("{name}: {rule}")));
            let twice = domain.cases.iter().filter(|case| !names.insert(&case.name));
            broken.extend(twice.map(|case| format!("{name}: {} exists twice", case.name)));
        }
        broken
    }
}

impl Domain {
    /// The causes whose pattern matches a text.
    pub fn causes_named_in(&self, text: &str) -> BTreeSet<&str> {
        let named = self.causes.iter().filter(|(_, cause)| cause.names.matches(text));
        named.map(|(name, _)| name.as_str()).collect()
    }

    /// A resolution names its own cause and no other.
    fn broken_sessions(&self) -> Vec<String> {
        let named = |text| self.causes_named_in(text).into_iter().collect::<Vec<_>>();
        let broken = self.sessions.iter().filter(|session| named(&session.resolution) != [&session.cause]);
        broken
            .map(|session| {
                let named = named(&session.resolution);
                format!("{:?} names {named:?} instead of {}", session.title, session.cause)
            })
            .collect()
    }

    /// A runbook names all its causes, and no paragraph names another.
    fn broken_runbooks(&self, folder: &std::path::Path) -> Vec<String> {
        let mut broken = Vec::new();
        for (name, runbook) in &self.runbooks {
            let Ok(text) = std::fs::read_to_string(folder.join(format!("{name}.md"))) else {
                broken.push(format!("{name}.md cannot be read"));
                continue;
            };
            let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let whole = one_line(&text);
            let named = self.causes_named_in(&whole);
            let missing = runbook.causes.iter().filter(|cause| !named.contains(cause.as_str()));
            broken.extend(missing.map(|cause| format!("{name}.md does not name {cause}")));
            for paragraph in text.split("\n\n").map(one_line) {
                let named = self.causes_named_in(&paragraph);
                let others = named.into_iter().filter(|cause| !runbook.causes.iter().any(|own| own == cause));
                broken.extend(others.map(|cause| format!("{name}.md also names {cause}: {paragraph:?}")));
            }
        }
        broken
    }

    /// A cause has a pattern and a source.
    fn broken_causes(&self) -> Vec<String> {
        let from_sessions = self.sessions.iter().map(|session| &session.cause);
        let from_runbooks = self.runbooks.values().flat_map(|runbook| &runbook.causes);
        let with_source: BTreeSet<&String> = from_sessions.chain(from_runbooks).collect();
        let unknown = with_source.iter().filter(|cause| !self.causes.contains_key(**cause));
        let unknown = unknown.map(|cause| format!("{cause} is not a cause"));
        let broken = self.causes.iter().flat_map(|(name, cause)| {
            let no_source = (!with_source.contains(name)).then(|| format!("{name} has no source"));
            let no_pattern = (!cause.names.is_valid()).then(|| format!("{name} has no valid pattern"));
            no_source.into_iter().chain(no_pattern)
        });
        unknown.chain(broken).collect()
    }

    fn broken_case(&self, case: &Case) -> Vec<String> {
        let name = &case.name;
        let mut broken = Vec::new();
        for cause in case.causes.iter().chain(&case.ruled_out) {
            if !self.causes.contains_key(cause) {
                broken.push(format!("{name}: {cause} is not a cause"));
            }
        }
        if case.causes.iter().any(|cause| case.ruled_out.contains(cause)) {
            broken.push(format!("{name}: a cause is right and ruled out"));
        }
        if (case.kind == Kind::Unanswered) != case.causes.is_empty() {
            broken.push(format!("{name}: a case without a cause is unanswered, and the reverse"));
        }
        if case.form.ends_with("rules-out") && case.ruled_out.is_empty() {
            broken.push(format!("{name}: rules nothing out"));
        }
        if !case.tried.iter().all(crate::pattern::Pattern::is_valid) {
            broken.push(format!("{name}: an invalid pattern in `tried`"));
        }
        broken
    }
}
