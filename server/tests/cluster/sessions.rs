//! Who signs in or out at one gateway has done so at all of them.

use crate::gateway::{Gateway, Place};
use crate::{database_server, until};
use reqwest::Method;
use serde_json::json;
use sqlx::Connection;

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

/// What can't be read when it is looked at anew is looked at again.
#[tokio::test]
async fn a_logout_that_could_not_be_read_is_read_later() {
    let server = database_server();
    let database = server.create("unread");
    let mut place = Place::new(database.clone(), json!([]));
    place.admin_token = Some(TOKEN);
    let [one, two] = [place.start("one").await, place.start("two").await];
    let cookie = one.login(TOKEN).await;
    tokio::time::sleep(crate::together::SETTLED).await;
    let mut beside = sqlx::PgConnection::connect(&database).await.unwrap();
    let hide = "ALTER TABLE logouts RENAME TO hidden";
    sqlx::query(hide).execute(&mut beside).await.unwrap();
    // Who sees it go looks at everything anew.
    two.kill().await;
    until("that it fails to", async || one.log().contains("logged out of could not be read").then_some(()))
        .await;
    assert!(opens(&one, &cookie).await);
    let [_, ends, session, ..] = cookie.split('.').collect::<Vec<_>>()[..] else { panic!("{cookie}") };
    let until_ms = ends.parse::<i64>().unwrap() * 1000;
    let put = "INSERT INTO hidden VALUES ($1, 'admin', $2)";
    sqlx::query(put).bind(session).bind(until_ms).execute(&mut beside).await.unwrap();
    sqlx::query("ALTER TABLE hidden RENAME TO logouts").execute(&mut beside).await.unwrap();
    until("the end of the session", async || (!opens(&one, &cookie).await).then_some(())).await;
}

/// A logout that could not be stored has ended the session where it was asked for, and is stored when it is asked for again;
/// one that is stored costs nothing more.
#[tokio::test]
async fn a_logout_is_stored_once() {
    let server = database_server();
    let database = server.create("once");
    let mut place = Place::new(database.clone(), json!([]));
    place.admin_token = Some(TOKEN);
    let gateway = place.start("one").await;
    let cookie = gateway.login(TOKEN).await;
    let mut beside = sqlx::PgConnection::connect(&database).await.unwrap();
    let mut run = async |sql: &'static str| sqlx::query(sql).execute(&mut beside).await.unwrap();
    run("ALTER TABLE logouts RENAME TO hidden").await;
    let (status, is_forgotten) = gateway.logout(&cookie).await;
    assert!(status >= 500 && is_forgotten, "{status}");
    assert!(!opens(&gateway, &cookie).await);
    run("ALTER TABLE hidden RENAME TO logouts").await;
    assert_eq!(gateway.logout(&cookie).await, (204, true));
    assert_eq!(run("DELETE FROM logouts").await.rows_affected(), 1);
    assert_eq!(gateway.logout(&cookie).await, (204, true));
    assert_eq!(run("DELETE FROM logouts").await.rows_affected(), 0, "it is known");
}
