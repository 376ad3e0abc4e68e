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
use crate::extract::Access;

/// What a type looks like in JSON, asked when the description is made.
pub(crate) type Look = fn(&mut SchemaGenerator) -> Schema;

/// A route.
pub(crate) struct Row {
    pub(crate) method: Method,
    pub(crate) route: Route,
    pub(crate) access: Access,
    pub(crate) methods: MethodRouter<App>,
    /// What it does, in one line.
    pub(crate) says: &'static str,
    /// Its query string.
    pub(crate) query: Option<Look>,
    /// Its body.
    pub(crate) body: Body,
    /// How many bytes the body may have.
    pub(crate) most: usize,
    /// What a success gives.
    pub(crate) gives: Vec<(u16, Gives)>,
    /// Refusals beyond those that follow from all this.
    pub(crate) refuses: Vec<Code>,
}

/// What a route lets in, for whoever checks that it does: a test walks all of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Door {
    /// Its method.
    pub method: Method,
    /// Its path, a template.
    pub path: &'static str,
    /// The least role that may call; none where anybody may.
    pub least: Option<Role>,
}

/// What is taken.
pub(crate) enum Body {
    /// None.
    None,
    /// JSON of this look.
    Json(Look),
}

/// What is given.
pub(crate) enum Gives {
    /// A status alone.
    Nothing,
    /// JSON of this look.
    Json(Look),
    /// Server-sent events.
    Events,
    /// Text of this media type.
    Text(&'static str),
}

macro_rules! methods {
    ($($name:ident $METHOD:ident)*) => {$(
        /// A route of this method.
        pub(crate) fn $name<H, T>(route: Route, access: Access, handler: H, says: &'static str) -> Row
        where
            H: Handler<T, App>,
            T: 'static,
        {
            Row::new(Method::$METHOD, route, access, routing::$name(handler), says)
        }
    )*};
}

methods! { get GET  post POST  put PUT  patch PATCH  delete DELETE }

impl Row {
    fn new(
        method: Method,
        route: Route,
        access: Access,
        methods: MethodRouter<App>,
        says: &'static str,
    ) -> Self {
        let (query, body, most) = (None, Body::None, limit::BODY);
        Self {
            method,
            route,
            access,
            methods,
            says,
            query,
            body,
            most,
            gives: Vec::new(),
            refuses: Vec::new(),
        }
    }

    /// Who may come in.
    pub(crate) fn door(&self) -> Door {
        let least = match self.access {
            Access::Public => None,
            Access::From(role) => Some(role),
        };
        Door { method: self.method.clone(), path: self.route.0, least }
    }

    /// Its query string.
    pub(crate) fn asks<T: JsonSchema>(self) -> Self {
        Self { query: Some(SchemaGenerator::root_schema_for::<T>), ..self }
    }

    /// Its body.
    pub(crate) fn takes<T: JsonSchema>(self) -> Self {
        Self { body: Body::Json(SchemaGenerator::subschema_for::<T>), ..self }
    }

    /// Its body has at most so many bytes.
    pub(crate) fn at_most(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// A success with JSON.
    pub(crate) fn gives<T: JsonSchema>(mut self, status: u16) -> Self {
        self.gives.push((status, Gives::Json(SchemaGenerator::subschema_for::<T>)));
        self
    }

    /// A success with something else.
    pub(crate) fn gives_other(mut self, status: u16, what: Gives) -> Self {
        self.gives.push((status, what));
        self
    }

    /// Refusals beyond those that follow from access, path and body.
    pub(crate) fn refuses(mut self, codes: &[Code]) -> Self {
        self.refuses.extend(codes);
        self
    }
}
