//! The row type of the table of routes, from which both the router and the description of the API are built.

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{self, MethodRouter};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use tierup_common::limit;
use tierup_common::problem::Code;
use tierup_common::route::Route;
use tierup_common::user::Role;

use crate::app::App;

/// Makes the JSON schema of a type.
pub(crate) type SchemaFn = fn(&mut SchemaGenerator) -> Schema;

/// Who may call a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// Everybody, with or without a token.
    Public,
    /// Users with at least this role.
    AtLeast(Role),
}

/// A route.
pub(crate) struct RouteSpec {
    pub(crate) method: Method,
    pub(crate) route: Route,
    pub(crate) access: Access,
    pub(crate) method_router: MethodRouter<App>,
    /// What it does, in one line.
    pub(crate) summary: &'static str,
    /// The schema of its query string.
    pub(crate) query: Option<SchemaFn>,
    /// Its request body.
    pub(crate) body: RequestBody,
    /// The largest body, in bytes.
    pub(crate) max_body_bytes: usize,
    /// Its successful responses, by status.
    pub(crate) responses: Vec<(u16, ResponseBody)>,
    /// It takes an `Idempotency-Key`: a repeated request gets the first response again.
    pub(crate) takes_idempotency_key: bool,
    /// What the `ETag` of its responses identifies, if they have one.
    pub(crate) etag: Option<&'static str>,
    /// Problems beyond those that follow from access, path and body.
    pub(crate) problem_codes: Vec<Code>,
}

/// The least role that a route requires, for a test that checks all of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RouteAccess {
    /// The method.
    pub method: Method,
    /// The path template.
    pub path: &'static str,
    /// The least role; none for public routes.
    pub min_role: Option<Role>,
}

/// A request body.
pub(crate) enum RequestBody {
    /// The route takes no body.
    None,
    /// JSON with this schema.
    Json(SchemaFn),
}

/// A response body.
pub(crate) enum ResponseBody {
    /// No body.
    Empty,
    /// JSON with this schema.
    Json(SchemaFn),
    /// Server-sent events.
    Events,
    /// Text of this media type.
    Text(&'static str),
}

macro_rules! route_constructors {
    ($($name:ident $METHOD:ident)*) => {$(
        /// A route with this method.
        pub(crate) fn $name<H, T>(route: Route, access: Access, handler: H, description: &'static str) -> RouteSpec
        where
            H: Handler<T, App>,
            T: 'static,
        {
            RouteSpec::new(Method::$METHOD, route, access, routing::$name(handler), description)
        }
    )*};
}

route_constructors! { get GET  post POST  put PUT  patch PATCH  delete DELETE }

impl RouteSpec {
    fn new(
        method: Method,
        route: Route,
        access: Access,
        method_router: MethodRouter<App>,
        summary: &'static str,
    ) -> Self {
        Self {
            method,
            route,
            access,
            method_router,
            summary,
            query: None,
            body: RequestBody::None,
            max_body_bytes: limit::MAX_BODY_BYTES,
            responses: Vec::new(),
            takes_idempotency_key: false,
            etag: None,
            problem_codes: Vec::new(),
        }
    }

    /// Who may call it.
    pub(crate) fn access_rule(&self) -> RouteAccess {
        let least = match self.access {
            Access::Public => None,
            Access::AtLeast(role) => Some(role),
        };
        RouteAccess { method: self.method.clone(), path: self.route.0, min_role: least }
    }

    /// Takes this query string.
    pub(crate) fn with_query<T: JsonSchema>(self) -> Self {
        Self { query: Some(SchemaGenerator::root_schema_for::<T>), ..self }
    }

    /// Takes this JSON body.
    pub(crate) fn with_body<T: JsonSchema>(self) -> Self {
        Self { body: RequestBody::Json(SchemaGenerator::subschema_for::<T>), ..self }
    }

    /// Limits the body to this many bytes.
    pub(crate) fn with_max_body_bytes(self, most: usize) -> Self {
        Self { max_body_bytes: most, ..self }
    }

    /// Adds a successful response with JSON.
    pub(crate) fn with_json_response<T: JsonSchema>(mut self, status: u16) -> Self {
        self.responses.push((status, ResponseBody::Json(SchemaGenerator::subschema_for::<T>)));
        self
    }

    /// Adds another successful response.
    pub(crate) fn with_response(mut self, status: u16, body: ResponseBody) -> Self {
        self.responses.push((status, body));
        self
    }

    /// Takes an `Idempotency-Key`.
    pub(crate) fn with_idempotency_key(self) -> Self {
        Self { takes_idempotency_key: true, ..self }
    }

    /// Its responses have an `ETag`; `identifies` says what of.
    pub(crate) fn with_etag(self, identifies: &'static str) -> Self {
        Self { etag: Some(identifies), ..self }
    }

    /// Problems beyond those that follow from access, path and body.
    pub(crate) fn with_problems(mut self, codes: &[Code]) -> Self {
        self.problem_codes.extend(codes);
        self
    }
}
