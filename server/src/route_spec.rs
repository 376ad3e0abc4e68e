//! One line of the table of routes: who may call, what is taken, what is given, and why the answer may be no. The
//! router is made of these, and so is the description of the API.

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{self, MethodRouter};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use tierup_common::limit;
use tierup_common::problem::Code;
use tierup_common::route::Route;
use tierup_common::user::Role;

use crate::app::App;

/// What a type looks like in JSON, asked when the description is made.
pub(crate) type SchemaFn = fn(&mut SchemaGenerator) -> Schema;

/// Who may call a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// Anybody, with or without a token.
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
    /// Its query string.
    pub(crate) query: Option<SchemaFn>,
    /// Its body.
    pub(crate) body: RequestBody,
    /// How many bytes the body may have.
    pub(crate) max_body_bytes: usize,
    /// What a success gives.
    pub(crate) responses: Vec<(u16, ResponseBody)>,
    /// It takes an `Idempotency-Key`: a repeated request gets the first response again.
    pub(crate) takes_idempotency_key: bool,
    /// What the `ETag` of its responses identifies, if they have one.
    pub(crate) etag: Option<&'static str>,
    /// Problems beyond those that follow from access, path and body.
    pub(crate) problem_codes: Vec<Code>,
}

/// What a route lets in, for whoever checks that it does: a test walks all of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RouteAccess {
    /// Its method.
    pub method: Method,
    /// Its path, a template.
    pub path: &'static str,
    /// The least role that may call; none where anybody may.
    pub min_role: Option<Role>,
}

/// What is taken.
pub(crate) enum RequestBody {
    /// None.
    None,
    /// JSON of this look.
    Json(SchemaFn),
}

/// What is given.
pub(crate) enum ResponseBody {
    /// A status alone.
    Empty,
    /// JSON of this look.
    Json(SchemaFn),
    /// Server-sent events.
    Events,
    /// Text of this media type.
    Text(&'static str),
}

macro_rules! route_constructors {
    ($($name:ident $METHOD:ident)*) => {$(
        /// A route of this method.
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
            max_body_bytes: limit::BODY,
            responses: Vec::new(),
            takes_idempotency_key: false,
            etag: None,
            problem_codes: Vec::new(),
        }
    }

    /// Who may come in.
    pub(crate) fn access_rule(&self) -> RouteAccess {
        let least = match self.access {
            Access::Public => None,
            Access::AtLeast(role) => Some(role),
        };
        RouteAccess { method: self.method.clone(), path: self.route.0, min_role: least }
    }

    /// Its query string.
    pub(crate) fn with_query<T: JsonSchema>(self) -> Self {
        Self { query: Some(SchemaGenerator::root_schema_for::<T>), ..self }
    }

    /// Its body.
    pub(crate) fn with_body<T: JsonSchema>(self) -> Self {
        Self { body: RequestBody::Json(SchemaGenerator::subschema_for::<T>), ..self }
    }

    /// Its body has at most so many bytes.
    pub(crate) fn with_max_body_bytes(self, most: usize) -> Self {
        Self { max_body_bytes: most, ..self }
    }

    /// A success with JSON.
    pub(crate) fn with_json_response<T: JsonSchema>(mut self, status: u16) -> Self {
        self.responses.push((status, ResponseBody::Json(SchemaGenerator::subschema_for::<T>)));
        self
    }

    /// A success with something else.
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
