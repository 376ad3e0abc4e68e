//! Paths, written once: the server's router and every client use these.

use std::fmt::{Display, Write};

/// One path of the API, as a template whose `{…}` are filled in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Route(pub &'static str);

impl Route {
    /// The path with its parameters filled in. Ids and numbers need no escaping, which is why only types that
    /// print as such are passed here.
    pub fn path(self, parameters: &[&(dyn Display + Sync)]) -> String {
        let mut path = String::with_capacity(self.0.len() + 40 * parameters.len());
        let mut parameters = parameters.iter();
        let mut rest = self.0;
        while let Some((before, after)) = rest.split_once('{') {
            path.push_str(before);
            if let Some(parameter) = parameters.next() {
                // Writing to a String cannot fail.
                let _ = write!(path, "{parameter}");
            }
            rest = after.split_once('}').map_or("", |(_, after)| after);
        }
        path.push_str(rest);
        path
    }
}

macro_rules! routes {
    ($($(#[$doc:meta])+ $name:ident = $template:literal;)*) => {
        $($(#[$doc])+ pub const $name: Route = Route($template);)*
        /// Every path of the API.
        pub const ALL: &[Route] = &[$($name),*];
    };
}

routes! {
    /// Log in by email and password.
    LOGIN = "/api/v1/auth/login";
    /// End the token in use.
    LOGOUT = "/api/v1/auth/logout";
    /// The caller.
    ME = "/api/v1/me";
    /// Members of the account.
    USERS = "/api/v1/users";
    /// One member.
    USER = "/api/v1/users/{user_id}";
    /// Tokens of one member.
    USER_TOKENS = "/api/v1/users/{user_id}/tokens";
    /// One token.
    TOKEN = "/api/v1/tokens/{token_id}";
    /// Sessions.
    SESSIONS = "/api/v1/ai-sessions";
    /// One session.
    SESSION = "/api/v1/ai-sessions/{session_id}";
    /// Its messages.
    MESSAGES = "/api/v1/ai-sessions/{session_id}/messages";
    /// One branch of its map.
    BRANCH = "/api/v1/ai-sessions/{session_id}/branches/{branch_id}";
    /// Park or escalate.
    HAND_OFF = "/api/v1/ai-sessions/{session_id}/handoff";
    /// Take back.
    RESUME = "/api/v1/ai-sessions/{session_id}/resume";
    /// Resolve.
    RESOLVE = "/api/v1/ai-sessions/{session_id}/resolve";
    /// The audit trail.
    TIMELINE = "/api/v1/ai-sessions/{session_id}/timeline";
    /// The queue.
    ESCALATIONS = "/api/v1/escalations";
    /// The event stream.
    STREAM = "/api/v1/escalations/stream";
    /// One handoff, by id or number.
    HANDOFF = "/api/v1/handoffs/{handoff}";
    /// Claim it.
    CLAIM = "/api/v1/handoffs/{handoff}/claim";
    /// Release it.
    RELEASE = "/api/v1/handoffs/{handoff}/release";
    /// Pass it to a named person.
    ASSIGN = "/api/v1/handoffs/{handoff}/assign";
    /// Return it to the opener with a question.
    SEND_BACK = "/api/v1/handoffs/{handoff}/send-back";
    /// Run its assessment again.
    REASSESS = "/api/v1/handoffs/{handoff}/reassess";
    /// One suggested step.
    STEP = "/api/v1/handoffs/{handoff}/steps/{step_id}";
    /// The process serves.
    LIVE = "/health/live";
    /// The database answers and the writer lives.
    READY = "/health/ready";
    /// What the server counts and times.
    METRICS = "/metrics";
    /// The description of all this.
    OPENAPI = "/api/v1/openapi.json";
    /// The same to read.
    DOCS = "/docs";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Number;

    #[test]
    fn a_path_is_its_template_filled_in() {
        assert_eq!(CLAIM.path(&[&Number(42)]), "/api/v1/handoffs/42/claim");
        assert_eq!(STEP.path(&[&Number(1), &"s"]), "/api/v1/handoffs/1/steps/s");
        assert_eq!(ME.path(&[]), "/api/v1/me");
    }
}
