//! Who signs in or out at one gateway has done so at all of them.

use crate::gateway::{Gateway, Place};
use crate::{database_server, until};
use reqwest::Method;
use serde_json::json;

const TOKEN: &str = "a-token-that-is-long-enough-for-this";

async fn opens(gateway: &Gateway, cookie: &str) -> bool {
    let status = gateway.with_cookie(Method::GET, "stats", cookie).await;
    assert!(matches!(status, 200 | 401), "{status}");
    status == 200
}

#[tokio::test]
async fn a_logout_at_one_gateway_ends_the_session_at_all_and_for_those_that_come_later() {
    let server = database_server();
    let mut place = Place::new(server.create("sessions"), json!([]));
    place.admin_token = Some(TOKEN);
    let [one, two] = [place.start("one").await, place.start("two").await];
    let (ended, other) = (one.login(TOKEN).await, two.login(TOKEN).await);
    for gateway in [&one, &two] {
        assert!(opens(gateway, &ended).await && opens(gateway, &other).await, "{}", gateway.name);
    }
    assert_eq!(one.with_cookie(Method::POST, "logout", &ended).await, 204);
    assert!(!opens(&one, &ended).await, "at once where it was ended");
    until("the end of the session at the other", async || (!opens(&two, &ended).await).then_some(())).await;
    let three = place.start("three").await;
    assert!(!opens(&three, &ended).await, "at once where it is read at the start");
    // Another one is another one.
    for gateway in [&one, &two, &three] {
        assert!(opens(gateway, &other).await, "{}", gateway.name);
    }
    // Once they know each other it is told, and not only read because somebody came.
    tokio::time::sleep(crate::together::SETTLED).await;
    assert_eq!(two.with_cookie(Method::POST, "logout", &other).await, 204);
    for gateway in [&one, &three] {
        until("the end of the other session", async || (!opens(gateway, &other).await).then_some(())).await;
    }
}
