//! The list over the whole fleet.

use axum::http::StatusCode;
use serde_json::json;

use super::{OTHER_ACCOUNT, health_when, is_known, stream_id, three};
use crate::{
    model::{
        access::{identity::Role, scope::Scope},
        inventory::Condition,
        list::{ListQuery, Parameter},
    },
    server::web::handlers::events::frame,
    tests::support::{ACCOUNT, Actor, REGION, Setup, TestApp, until},
};

#[tokio::test]
async fn tags_are_read_in_bulk_shown_by_choice_and_filtered() {
    let app = TestApp::start().await;
    let orders = app.known("orders-prod").await;
    let tags = until(|| async { app.state.inventory.stream(&orders).unwrap().0.tags }).await;
    assert!(tags.contains(&("team".to_owned(), "payments".to_owned())), "{tags:?}");
    assert_eq!(app.calls("GetResources").await, 1, "one call for all");
    let viewer = app.actor(Role::Viewer).await;
    let plain = viewer.get("/streams").await;
    assert!(!plain.body.contains("team=payments") && !plain.headers.contains_key("set-cookie"), "{}", plain.body);
    let chosen = viewer.get("/streams?cols=tags,created&tag=team%3Dpayments").await;
    assert!(chosen.body.contains("team=payments") && chosen.body.contains(">Created<!></th>"), "{}", chosen.body);
    assert_eq!(
        chosen.header("set-cookie"),
        "keystream-columns=tags.created; HttpOnly; SameSite=Lax; Path=/; Max-Age=31536000"
    );
    let with_cookie = Actor {
        cookie: viewer.cookie.as_ref().map(|cookie| format!("{cookie}; keystream-columns=tags.created")),
        ..app.anonymous()
    };
    let remembered = with_cookie.get("/streams").await;
    assert!(remembered.body.contains("team=payments") && !remembered.headers.contains_key("set-cookie"));
    let none = with_cookie.get("/streams?cols=none").await;
    assert!(!none.body.contains("team=payments"));
    assert!(none.header("set-cookie").starts_with("keystream-columns=none;"));
    let hostile = Actor {
        cookie: viewer.cookie.as_ref().map(|cookie| format!("{cookie}; keystream-columns=<script>;;=")),
        ..app.anonymous()
    };
    let page = hostile.get("/streams").await;
    assert!(page.status == StatusCode::OK && !page.body.contains("<script>;"));
    let denied = json!({
        "operation": "GetResources", "times": 10,
        "fault": {"refuse": {"code": "AccessDeniedException", "message": "no"}},
    });
    let other = TestApp::with(Setup { before: vec![("faults", denied)], ..Setup::default() }).await;
    let health = health_when(&other, 0, |health| health.tags_problem.is_some()).await;
    assert_eq!(health.condition(), Condition::Well, "nothing else depends on tags");
    assert!(
        other
            .actor(Role::Viewer)
            .await
            .get("/settings")
            .await
            .body
            .contains("Tags can't be read: AWS refused the read: AccessDeniedException")
    );
}

#[tokio::test]
async fn the_whole_fleet_is_filtered_counted_and_paged_by_the_server() {
    let fleet = vec![("fleet", json!({"account": ACCOUNT, "region": REGION, "count": 230}))];
    let app = TestApp::with(Setup { targets: Some(three), before: fleet, ..Setup::default() }).await;
    let all = [(0, 244), (1, 11), (2, 7)];
    for (index, streams) in all {
        health_when(&app, index, |health| health.streams == streams).await;
    }
    is_known(&app, &stream_id(OTHER_ACCOUNT, "eu-central-1", "consent-changes")).await;
    let viewer = app.actor(Role::Viewer).await;
    let page = viewer.get("/streams").await.body;
    assert!(page.contains("<span class=\"count\">262<") && page.contains("Page 1 of 6"), "{page}");
    assert!(page.contains("444455556666 (18)") && page.contains("eu-central-1 (7)"), "{page}");
    let narrowed = viewer.get("/streams?account=444455556666&per=25").await.body;
    assert!(narrowed.contains("18 of 262 streams match.") && narrowed.contains("111122223333 (244)"), "{narrowed}");
    assert!(!narrowed.contains("stream-00001"));
    let several = viewer.get("/streams?account=444455556666&region=eu-west-1&region=eu-central-1&q=APP").await.body;
    assert!(several.contains("2 of 262 streams match."), "{several}");
    let narrow = Scope::parse(&format!("{OTHER_ACCOUNT}/*/*")).unwrap();
    let within = app.state.inventory.list(&ListQuery::default(), &narrow);
    assert_eq!((within.counts.all, within.selection.matching), (18, 18));
    let accounts = within.facets.iter().find(|group| group.filter == Parameter::Account).unwrap();
    assert_eq!(accounts.options.len(), 1, "what is outside of the scope is no option");
}

#[tokio::test]
async fn a_tab_hears_of_its_rows_and_that_others_have_moved() {
    let app = TestApp::start().await;
    let orders = app.known("orders-prod").await;
    app.known("refunds").await;
    let everything = Scope::everything();
    let view =
        app.state.inventory.mark_viewed_ids(&format!("{},no-digest,0123456789abcdef", orders.digest()), &everything);
    let news = app.state.inventory.news_after(0, 0).unwrap();
    let heard = frame(&news, &everything, Some(&view), Vec::new).unwrap();
    assert!(heard.streams.len() == 1 && heard.streams[0].id == orders, "{heard:?}");
    assert!(heard.is_list_moved && news.rows.len() > 1);
    // A scope without the row: neither a look at it nor a word of it.
    let narrow = Scope::parse("*/*/refunds").unwrap();
    assert!(!app.state.inventory.mark_viewed_ids(&orders.digest(), &narrow).has(&orders));
    // Reading the same again is no news to whom the row is not in view.
    let mut receiver = app.state.inventory.events().subscribe();
    let report = app.state.inventory.stream(&orders).unwrap().1.unwrap();
    let again = crate::model::stream::StreamReport {
        asked_at: app.state.clock.now(),
        read_at: app.state.clock.now(),
        ..report
    };
    app.state.inventory.record_report(again.clone());
    let elsewhere = app.state.inventory.mark_viewed_ids("", &everything);
    loop {
        let crate::server::services::inventory::Delivery::News(news) =
            crate::server::services::inventory::Events::next(&mut receiver).await
        else {
            panic!("reset")
        };
        let Some((row, is_news)) = news.rows.get(&orders).filter(|(row, _)| row.read_at == Some(again.read_at)) else {
            continue;
        };
        assert!(!is_news, "{row:?}");
        let told = frame(&news, &everything, Some(&view), Vec::new).unwrap();
        assert_eq!(told.streams.len(), 1, "the age in view moves");
        assert!(frame(&news, &everything, Some(&elsewhere), Vec::new).is_none_or(|frame| frame.streams.is_empty()));
        break;
    }
}
