//! The paths of the API, for the server's router and its clients.

use std::fmt::{Display, Write};

/// One path of the API: a template with `{…}` for each parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Route(pub &'static str);

impl Route {
    /// The path with its parameters, in order. They are not escaped: pass ids and numbers only.
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
    /// The caller and their account.
    ME = "/api/v1/me";
    /// The users of the account.
    USERS = "/api/v1/users";
    /// One user.
    USER = "/api/v1/users/{user_id}";
    /// The tokens of one user.
    USER_TOKENS = "/api/v1/users/{user_id}/tokens";
    /// One token.
    TOKEN = "/api/v1/tokens/{token_id}";
    /// Statistics of escalations.
    STATS = "/api/v1/stats";
    /// Sessions.
    SESSIONS = "/api/v1/ai-sessions";
    /// One session.
    SESSION = "/api/v1/ai-sessions/{session_id}";
    /// The messages of a session.
    MESSAGES = "/api/v1/ai-sessions/{session_id}/messages";
    /// One branch of a session.
    BRANCH = "/api/v1/ai-sessions/{session_id}/branches/{branch_id}";
    /// Park or escalate a session.
    HAND_OFF = "/api/v1/ai-sessions/{session_id}/handoff";
    /// Take back a session that was parked or escalated.
    RESUME = "/api/v1/ai-sessions/{session_id}/resume";
    /// Resolve a session.
    RESOLVE = "/api/v1/ai-sessions/{session_id}/resolve";
    /// The events of a session.
    TIMELINE = "/api/v1/ai-sessions/{session_id}/timeline";
    /// Resolved sessions and runbooks that are similar to a problem.
    SIMILAR = "/api/v1/similar";
    /// The queue.
    ESCALATIONS = "/api/v1/escalations";
    /// The event stream.
    STREAM = "/api/v1/escalations/stream";
    /// The log of events.
    EVENTS = "/api/v1/events";
    /// One handoff, by id or number.
    HANDOFF = "/api/v1/handoffs/{handoff}";
    /// Claim a handoff.
    CLAIM = "/api/v1/handoffs/{handoff}/claim";
    /// Release a claim.
    RELEASE = "/api/v1/handoffs/{handoff}/release";
    /// Assign a handoff to a user.
    ASSIGN = "/api/v1/handoffs/{handoff}/assign";
    /// Send a handoff back with a question.
    SEND_BACK = "/api/v1/handoffs/{handoff}/send-back";
    /// Run the assessment of a handoff again.
    REASSESS = "/api/v1/handoffs/{handoff}/reassess";
    /// One suggested step of an assessment.
    STEP = "/api/v1/handoffs/{handoff}/steps/{step_id}";
    /// The assessment engine.
    ENGINE = "/api/v1/assessment-engine";
    /// Whether the process runs.
    LIVE = "/health/live";
    /// Whether the server can read and write.
    READY = "/health/ready";
    /// Metrics for Prometheus.
    METRICS = "/metrics";
    /// The OpenAPI document.
    OPENAPI = "/api/v1/openapi.json";
    /// The API reference as a page.
    DOCS = "/docs";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Number;

    #[test]
    fn a_path_is_built_from_its_template() {
        assert_eq!(CLAIM.path(&[&Number(42)]), "/api/v1/handoffs/42/claim");
        assert_eq!(STEP.path(&[&Number(1), &"s"]), "/api/v1/handoffs/1/steps/s");
        assert_eq!(ME.path(&[]), "/api/v1/me");
    }
}
