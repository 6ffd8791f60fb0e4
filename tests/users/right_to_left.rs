//! Names that are read from right to left stand alone (`<bdi>`) wherever a page says them, so that no number beside them
//! moves; typed in Hebrew and Arabic, for users, operators, containers, descriptions and custom fields.

use diesel::prelude::*;
use reqwest::blocking::multipart::{Form, Part};
use tokendesk::{
    operators::{BuiltIn, Who},
    provision::{
        self,
        choice::{Choice, Selection},
    },
    schema::operators,
    tasks::task::Description,
    users::{self, Details, Typed, User},
};

use crate::{
    on_both,
    support::{Browser, Page, World, browser},
};

const CONTAINER: &str = "מכירות";
const FIRST: &str = "דוד";
const LAST: &str = "כהן";
const OPERATOR: &str = "ليلى.حداد";
const DESCRIPTION: &str = "צוות צפון";

/// Elements whose text cannot hold an element.
const TEXT_ALONE: [&str; 5] = ["option", "script", "style", "textarea", "title"];

fn is_read_from_right_to_left(text: &str) -> bool {
    text.chars().any(|letter| matches!(letter, '\u{590}'..='\u{6FF}'))
}

/// The texts of a page that are read from right to left, and whether each is within `<bdi>`.
fn right_to_left(html: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    for part in html.split('<').skip(1) {
        let (tag, text) = part.split_once('>').expect("no tag of these pages has > in an attribute");
        let name = tag.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap_or_default();
        if name == "bdi" || TEXT_ALONE.contains(&name) {
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "elements close in order");
            } else {
                open.push(name);
            }
        }
        if is_read_from_right_to_left(text) && !open.last().is_some_and(|name| TEXT_ALONE.contains(name)) {
            found.push((text.to_owned(), open.contains(&"bdi")));
        }
    }
    found
}

#[track_caller]
fn stands_alone(what: &str, page: &Page) {
    let found = right_to_left(&page.body);
    assert!(!found.is_empty(), "{what} names nobody: {}", page.text());
    let bare: Vec<_> = found.into_iter().filter(|(_, alone)| !alone).collect();
    assert!(bare.is_empty(), "{what}: {bare:?}");
}

/// Somebody in a container, in a task of an operator, all of them with such names.
fn somebody(world: &World) -> (Who, User, i64) {
    let typed = Typed {
        user_id: "ד.כהן".into(),
        first_name: FIRST.into(),
        last_name: LAST.into(),
        email: "d@example.org".into(),
        container: CONTAINER.into(),
        custom: ["קומה 3".into(), String::new(), String::new()],
        ..Typed::default()
    };
    let user = users::create(&world.desk, &Who::command_line(), world.now(), &Details::parse(&typed).unwrap()).unwrap();
    let who = world.operator(OPERATOR, BuiltIn::Operator);
    let named = operators::table.filter(operators::user_id.eq(OPERATOR));
    world.desk.db.write(|conn| Ok(diesel::update(named).set(operators::name.eq("ليلى حداد")).execute(conn)?)).unwrap();
    let choice = Choice { description: Description::parse(DESCRIPTION).unwrap(), ..world.app_choice() };
    let task = provision::provision(&world.desk, &who, world.now(), &Selection::Users(vec![user.id]), &choice).unwrap();
    (who, user, task.0)
}

on_both! {
    fn whoever_reads_a_page_reads_names_from_right_to_left_alone_among_its_words(world) {
        let (who, user, task) = somebody(&world);
        let browser = Browser::signed_in(&world.url, &world.desk, &who);
        let at = format!("/users/{}", tokendesk::web::segment(&user.user_id));
        let operator = format!("/operators/{}", tokendesk::web::segment(OPERATOR));
        let edited = browser.post(&format!("{at}/disable"), &[]);
        stands_alone("what just happened", &browser.get(edited.location()).expect(200));
        browser.post(&format!("{at}/enable"), &[]).expect(303);
        for path in [
            "/".into(),
            "/find?q=%D7%93%D7%95%D7%93".into(),
            "/users".into(),
            "/users?q=%D7%93%D7%95%D7%93+5".into(),
            "/users/new".into(),
            at.clone(),
            format!("{at}/edit"),
            format!("{at}/authentication-methods"),
            format!("{at}/tasks/{task}/edit"),
            "/tasks".into(),
            format!("/tasks/{task}"),
            format!("/tasks/{task}?q=%D7%93%D7%95%D7%93"),
            format!("/tasks/{task}/edit"),
            format!("/tasks/{task}/remove"),
            "/outbox".into(),
            "/outbox/1".into(),
            "/audit".into(),
            "/audit/1".into(),
            "/reports/provisioning".into(),
            "/reports/not-enrolled".into(),
            "/reports/operators".into(),
            "/operators".into(),
            operator.clone(),
            format!("{operator}/password"),
            "/account".into(),
        ] {
            stands_alone(&path, &browser.get(&path).expect(200));
        }
        let heading = browser.get(&at).expect(200).body;
        assert!(heading.contains("<bdi>דוד כהן</bdi>"), "one name is one run: {heading}");

        let taken = [("user_id", user.user_id.as_str()), ("last_name", LAST), ("container", CONTAINER)];
        stands_alone("a mistake", &browser.post("/users/new", &taken).expect(422));
        for change in ["resend", "stop-date", "remove"] {
            let all = [("all", "1"), ("stop_on", "2026-12-05")];
            let path = format!("/tasks/{task}/edit/{change}");
            stands_alone(&path, &browser.post(&path, &all).expect(200));
        }
        let draft = browser.post("/provision", &[("user", &user.id.0.to_string()), ("include_with_task", "1")]);
        let file = Part::bytes(b"User ID,Last Name\nx.y,Y\n".to_vec()).file_name("עובדים 5.csv");
        let form = Form::new().part("file", file).text("check", "1").text("container", CONTAINER);
        let preview = browser::send(browser.request("/users/import").multipart(form));
        stands_alone("the file", &preview.expect(200).says("עובדים 5.csv"));
        stands_alone("Provision", &browser.get(draft.location()).expect(200));
    }
}
