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
    server::{
        services::inventory::{Delivery, Events, News},
        web::fragments::{Audience, EventsQuery, Parts, Subscription, of_news},
    },
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
    let shared = viewer.get("/streams?cols=tags,created&tag=team%3Dpayments").await;
    assert!(shared.body.contains("team=payments") && shared.body.contains("Created"), "{}", shared.body);
    assert!(!shared.headers.contains_key("set-cookie"), "a link with columns chooses none");
    let chosen = viewer.get("/streams?tag=team%3Dpayments&keep=cols&cols=none&cols=tags&cols=created").await;
    assert_eq!((chosen.status, chosen.header("location")), (StatusCode::SEE_OTHER, "/streams?tag=team%3Dpayments"));
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
    assert!(!remembered.body.contains("cols=tags"), "an address that is copied carries no choice");
    let none = with_cookie.get("/streams?cols=none").await;
    assert!(!none.body.contains("team=payments") && !none.headers.contains_key("set-cookie"));
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
    assert!(page.contains("id=\"count-all\"") && page.contains(">262<") && page.contains("Page 1 of 6"), "{page}");
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
async fn windows_hear_of_their_rows_and_that_others_have_moved() {
    let app = TestApp::start().await;
    let orders = app.known("orders-prod").await;
    app.known("refunds").await;
    let everything = Scope::everything();
    let row = format!("<tr id=\"row-{}\"", orders.digest());
    let news = app.state.inventory.news_after(0, 0, &everything).unwrap();
    let heard = heard(&app, &news, &everything, &format!("{},no-digest,0123456789ab", orders.digest()));
    assert!(heard.fragments.contains(&row) && heard.fragments.matches("<tr").count() == 1, "{heard:?}");
    assert!(heard.moved == "list" && news.rows.len() > 1, "{heard:?}");
    // A scope without the row: neither a look at it nor a word of it.
    let narrow = Scope::parse("*/*/refunds").unwrap();
    let digest = orders.digest();
    assert!(!app.state.inventory.mark_viewed_ids([digest].into_iter(), &narrow).has(&orders));
    let unheard = self::heard(&app, &news, &narrow, &digest.to_string());
    assert!(!unheard.fragments.contains("<tr") && unheard.moved == "list", "{unheard:?}");
    // Reading the same again is no news to whom the row is not in view.
    let mut receiver = app.state.inventory.events().subscribe();
    let report = app.state.inventory.stream(&orders).unwrap().1.unwrap();
    let again = crate::model::stream::StreamReport {
        asked_at: app.state.clock.now(),
        read_at: app.state.clock.now(),
        ..report
    };
    app.state.inventory.record_report(again.clone());
    loop {
        let Delivery::News(news) = Events::next(&mut receiver).await else { panic!("reset") };
        let Some((known, is_news)) = news.rows.get(&orders).filter(|(row, _)| row.read_at == Some(again.read_at))
        else {
            continue;
        };
        assert!(!is_news, "{known:?}");
        let told = self::heard(&app, &news, &everything, &digest.to_string());
        assert!(told.fragments.contains(&row), "the age in view moves: {told:?}");
        assert!(!self::heard(&app, &news, &everything, "").fragments.contains("<tr"));
        break;
    }
}

/// What a viewer's connection gets of news, for windows that show these rows.
fn heard(app: &TestApp, news: &News, scope: &Scope, rows: &str) -> Parts {
    let query: EventsQuery = serde_json::from_value(json!({"rows": rows, "moves": "list"})).unwrap();
    let subscription = Subscription::of(&query).unwrap();
    let audience = Audience { user_name: "noor", scope, may_change: false, subscription: &subscription };
    of_news(news, &audience, &app.state.inventory, &app.state.fragments, app.state.clock.now())
}
