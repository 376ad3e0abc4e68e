//! The served OpenAPI document is the committed one and describes every route.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tierup_common::route;
use tierup_e2e::{World, http_client};

/// To update it after an intended change: `TIERUP_UPDATE=1 cargo test --test openapi`.
#[tokio::test]
async fn the_served_openapi_document_is_the_committed_one() {
    let world = World::new().await;
    let url = world.url();
    let response = http_client().get(format!("{url}/api/v1/openapi.json")).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    let served = response.text().await.unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/openapi.json");
    if std::env::var_os("TIERUP_UPDATE").is_some() {
        std::fs::write(&path, &served).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        served == committed,
        "docs/openapi.json is out of date: TIERUP_UPDATE=1 cargo test --test openapi"
    );
}

#[tokio::test]
async fn every_route_is_described_and_every_reference_resolves() {
    let document: Value = serde_json::from_str(tierup_server::api_description().json()).unwrap();
    for route in route::ALL {
        assert!(document["paths"].get(route.0).is_some(), "{} is not described", route.0);
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name} is not described");
    }
}

#[tokio::test]
async fn the_reference_page_needs_no_internet() {
    let world = World::new().await;
    let page = http_client()
        .get(format!("{}/docs", world.url()))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap()
        .replace("&#x2f;", "/");
    for part in ["/api/v1/handoffs/{handoff}/claim", "QueueItem", "handoff-already-claimed"] {
        assert!(page.contains(part), "{part} is not on the page");
    }
    for outside in ["<script", "https://", "http://", "@import"] {
        assert!(!page.contains(outside), "{outside} on the page");
    }
}

#[tokio::test]
async fn pages_and_responses_have_security_headers() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let stream = route::STREAM.0;
    for path in
        ["/docs", "/handoffs/7", "/handoffs/x", "/metrics", "/health/live", "/api/v1/me", "/nowhere", stream]
    {
        let request = http_client().get(format!("{}{path}", world.url())).bearer_auth(sam.token());
        let answer = request.send().await.unwrap();
        let headers = answer.headers().clone();
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("x-content-type-options").as_deref(), Some("nosniff"), "{path}");
        assert_eq!(header("referrer-policy").as_deref(), Some("no-referrer"), "{path}");
        let is_page = header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        assert_eq!(is_page, matches!(path, "/docs" | "/handoffs/7"), "{path}");
        if !is_page {
            continue;
        }
        let policy = header("content-security-policy").unwrap();
        for word in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"]
        {
            assert!(policy.contains(word), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header("x-frame-options").as_deref(), Some("DENY"));
        // Its style is allowed by its hash in the policy.
        let page = answer.text().await.unwrap();
        let style = page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
        let hash = STANDARD.encode(Sha256::digest(style));
        let styles = policy.split("style-src").nth(1).unwrap().split(';').next().unwrap();
        assert!(styles.contains(&format!("'sha256-{hash}'")), "{policy}");
        assert!(
            !page.contains("<script") && !page.contains(" style=") && !page.contains(" onclick"),
            "{path}"
        );
    }
}
