//! The route table: every endpoint of the imitated version is handled, and newer ones respond with a sample.

use mastodon_test_server::TestServer;
use mastodon_test_server::route::{Method, Route};
use mastodon_test_server::routes;

use crate::client::send;

/// Returns the path with a value for each of its parameters.
fn filled(route: &Route) -> String {
    let segments = route.path.split('/');
    let filled = segments.map(|segment| {
        if segment.starts_with('{') {
            "1"
        } else {
            segment
        }
    });
    filled.collect::<Vec<_>>().join("/")
}

fn name(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    }
}

#[tokio::test]
async fn every_endpoint_of_the_imitated_version_is_implemented_and_every_removed_one_is_not_found()
{
    let builder = TestServer::builder().without_rate_limits();
    let server = builder.start().await.unwrap();
    let scopes: Vec<&str> = routes::SCOPES.iter().map(|scope| scope.name).collect();
    // The parameters are missing or refer to nothing, so most requests are refused, but none as unknown.
    for route in routes::all().filter(|route| !route.path.contains("/streaming")) {
        // A new token each time, because some endpoints revoke theirs.
        let token = server.token("walker", &scopes.join(" "));
        let (method, path) = (name(route.method), filled(route));
        let headers = [("content-type", "application/json")];
        let response = send(&server, method, &path, &token, &headers, b"{}").await;
        assert!(
            response.status < 500,
            "{method} {path} ({}): {} {}",
            route.name,
            response.status,
            response.json
        );
        assert!(
            response.header("x-sample-response").is_none() || route.is_after_imitated_version(),
            "{method} {path} ({}): has no handler in testserver/src/handlers/",
            route.name
        );
        if route.removed {
            assert_eq!(response.status, 404, "{method} {path} ({})", route.name);
        }
    }
}
