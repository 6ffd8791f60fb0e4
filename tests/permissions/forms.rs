//! What a form names out of scope is as good as not there: nothing of it changes, and the answer does not tell it from a
//! name that nothing has.

use actix_web::http::Method;
use diesel::connection::SimpleConnection;
use reqwest::blocking::multipart::Form;
use tokendesk::{
    app::{self, Route},
    ids::TaskId,
    operators::BuiltIn,
    provision::choice::Selection,
    tokens::AuthenticationType,
};

use super::{
    LETS_IN, Which, fill,
    leaks::{Mixed, first_difference},
    missing,
    tables::{Rows, difference},
    told,
    world::{Actor, LEGAL, SALES, Shared, Side, table},
};
use crate::{
    on_both,
    support::{Browser, Page, World, browser::send},
};

/// Where everything that lies in LEGAL is looked up, by the name of the view.
const LOOKS: [(&str, &str); 9] = [
    ("containers", "id = C"),
    ("users", "container_id = C"),
    ("tokens", "container_id = C"),
    ("emails", "container_id = C"),
    ("operator_containers", "container_id = C"),
    ("operators", "id IN (SELECT operator_id FROM operator_containers WHERE container_id = C)"),
    ("enrollments", "user_id IN (SELECT id FROM users WHERE container_id = C)"),
    (
        "enrollment_links",
        "enrollment_id IN (SELECT e.id FROM enrollments e JOIN users u ON u.id = e.user_id WHERE u.container_id = C)",
    ),
    (
        "enrollment_sessions",
        "enrollment_id IN (SELECT e.id FROM enrollments e JOIN users u ON u.id = e.user_id WHERE u.container_id = C)",
    ),
];

/// How a form names things: as those of LEGAL, or as what nothing has.
struct Named {
    user: String,
    enrollment: String,
    task: String,
    email: String,
    user_id: String,
    serial: String,
    container: String,
    container_id: String,
    operator: String,
}

impl Named {
    fn outside(legal: &Side) -> Self {
        Named {
            user: legal.user.id.to_string(),
            enrollment: legal.enrollment.to_string(),
            task: legal.task.to_string(),
            email: legal.email.to_string(),
            user_id: legal.user.user_id.clone(),
            serial: legal.serial.clone(),
            container: LEGAL.container.into(),
            container_id: legal.container.to_string(),
            operator: legal.operator.clone(),
        }
    }

    fn missing() -> Self {
        Named {
            user: "999981".into(),
            enrollment: "999982".into(),
            task: "999983".into(),
            email: "999985".into(),
            user_id: "no.such.person".into(),
            serial: "NO-SUCH-DEVICE".into(),
            container: "No such place".into(),
            container_id: "999984".into(),
            operator: "no.such.operator".into(),
        }
    }

    fn all(&self) -> [&str; 9] {
        let Named { user, enrollment, task, email, user_id, serial, container, container_id, operator } = self;
        [user, enrollment, task, email, user_id, serial, container, container_id, operator]
    }

    /// A form for this address that names all of it, and is filled in well besides.
    fn form(&self, path: &str) -> Vec<(&'static str, String)> {
        // "user" is the row of a user on Assignment, and that of a place on the pages of a task; "email" is an address,
        // and in the outbox the row of an email. A new user or operator
        // has a name of their own: that one is taken is told, since it is unique everywhere.
        let user = if path.starts_with("/tasks") { &self.enrollment } else { &self.user };
        let email = if path.starts_with("/outbox") { &self.email } else { "typed@example.org" };
        let user_id = if path.ends_with("/new") { "brand.new" } else { &self.user_id };
        [
            ("user", user.as_str()),
            ("task", &self.task),
            ("user_id", user_id),
            ("serial", &self.serial),
            ("container", &self.container),
            ("new_container", &self.container),
            ("containers", &self.container_id),
            ("operator", &self.operator),
            ("query", &format!("q={}&state=any", self.user_id)),
            ("q", &self.user_id),
            ("last_name", "Typed"),
            ("first_name", "Typed"),
            ("name", "Typed"),
            ("email", email),
            ("role", "Nothing"),
            ("scope", "some"),
            ("reason", "Typed"),
            ("stop_on", "2026-12-01"),
            ("shown_at", "2026-11-20T13:32:00"),
            ("authentication_type", AuthenticationType::AuthenticatorApp.code()),
            ("otp", "123456"),
            ("text", &format!("User ID,Last Name,First Name,Container\nbrand.new,Typed,Typed,{}\n", self.container)),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .into()
    }
}

/// Sends a form, and sends it again confirmed if the answer asks for that; the last answer.
fn send_and_confirm(browser: &Browser, address: &str, form: &[(&str, String)]) -> Page {
    let post = |form: &[(&str, String)]| {
        let fields: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        if address.ends_with("/import") {
            let parts = fields.iter().fold(Form::new().text("import", "1"), |parts, (name, value)| {
                parts.text((*name).to_owned(), (*value).to_owned())
            });
            return send(browser.request(address).multipart(parts));
        }
        browser.post(address, &fields)
    };
    let page = post(form);
    let shown =
        page.body.split_once("name=\"shown\" value=\"").map(|(_, rest)| rest.split('"').next().unwrap_or_default());
    // The pages of the outbox ask with the time they were shown at.
    if shown.is_none() && !address.starts_with("/outbox") {
        return page;
    }
    let shown = shown.unwrap_or_default().to_owned();
    let mut confirmed = form.to_vec();
    let date = form.iter().find(|(name, _)| *name == "stop_on").map(|(_, date)| date.clone()).unwrap_or_default();
    confirmed.extend([("confirmed", "1".into()), ("shown", shown), ("previewed", date), ("notify", "1".into())]);
    post(&confirmed)
}

/// The world with what these tests send forms about.
struct Scene {
    world: World,
    sales: Side,
    legal: Side,
    shared: Shared,
    mixed: Mixed,
    actor: Actor,
}

impl Scene {
    fn new(world: World) -> Self {
        let shared = world.shared();
        let (sales, mixed, legal) = (world.side(&SALES), world.mixed(), world.side(&LEGAL));
        world.join(mixed.open, &legal.user);
        world.join(mixed.half, &world.someone(&LEGAL, "half"));
        let role = BuiltIn::Operator;
        let actor = world.actor("scoped", role.name(), role.permissions(), Some(sales.container));
        let views: Vec<String> = LOOKS
            .iter()
            .map(|(table, lies)| {
                let lies = lies.replace("= C", &format!("= {}", legal.container));
                format!("CREATE VIEW legal_{table} AS SELECT * FROM {table} WHERE {lies};")
            })
            .collect();
        world.desk.db.write(|conn| Ok(conn.batch_execute(&views.concat())?)).expect("the views are new");
        world.keep();
        Scene { world, sales, legal, shared, mixed, actor }
    }

    /// All that lies in LEGAL.
    fn out_of_scope(&self) -> Rows {
        let look = |(table, _): &(&str, &str)| {
            let rows = self.world.dump(&format!("legal_{table}"));
            rows.lines().map(|row| format!("{table}: {row}")).collect::<Vec<_>>()
        };
        LOOKS.iter().flat_map(look).collect()
    }

    /// The addresses a form can be sent to.
    fn addresses(&self) -> Vec<(&'static str, String)> {
        let table = table(&self.actor, &self.sales, &self.legal, &self.shared);
        let all = app::routes(false).into_iter().filter(|route| {
            route.method == Method::POST
                && route.gate.permissions().is_some()
                && missing(route.gate, &self.actor).is_none()
        });
        let mut addresses = Vec::new();
        for Route { path, .. } in all {
            addresses.push((path, fill(path, &table, |_| Which::Inside).expect("every segment has a line")));
            if path.starts_with("/tasks/{number}") {
                addresses.push((path, path.replace("{number}", &self.mixed.open.to_string())));
            }
        }
        addresses
    }

    /// The answer, without what is new each time: handles of drafts, hashes of what was shown, first passwords, link and code
    /// of a sheet.
    fn answer(&self, page: &Page) -> [String; 3] {
        let location = page.header("location");
        if page.status == 303 && location.starts_with("/provision/") {
            let next = self.actor.browser.get(location);
            return told(&next).map(|text| text.replace(location, "/provision/DRAFT"));
        }
        let mut told = told(page);
        for before in [
            "name=\"shown\" value=\"", "<code class=\"handed\">", "fill=\"#000\" d=\"", "/enroll/<wbr>",
            "sheet-figure\">",
        ] {
            if let Some((_, rest)) = page.body.split_once(before) {
                told = told.map(|text| text.replace(rest.split(['"', '<']).next().unwrap_or_default(), "NEW"));
            }
        }
        told
    }
}

on_both! {
    fn a_form_does_not_reach_what_it_names_out_of_scope(world) {
        let scene = Scene::new(world);
        let before = scene.out_of_scope();
        let (outside, nowhere) = (Named::outside(&scene.legal), Named::missing());
        let mut wrong = Vec::new();
        for (path, address) in scene.addresses() {
            // By name, and as all that a search finds.
            for all in [None, Some(("all", "1".to_owned()))] {
                let send = |named: &Named| {
                    let form: Vec<_> = named.form(path).into_iter().chain(all.clone()).collect();
                    let page = send_and_confirm(&scene.actor.browser, &address, &form);
                    let told = scene.answer(&page);
                    let changed = difference(&before, &scene.out_of_scope());
                    scene.world.put_back();
                    // What waits to be shown on the next page is shown.
                    scene.actor.browser.get("/account");
                    (page.status, told, changed)
                };
                let (_, real, _) = send(&nowhere);
                let real = real.map(|text| {
                    let names = nowhere.all().into_iter().zip(outside.all());
                    names.fold(text, |text, (missing, outside)| text.replace(missing, outside))
                });
                let (status, seen, changed) = send(&outside);
                let by = if all.is_some() { "by search" } else { "by name" };
                if !changed.is_empty() {
                    wrong.push(format!("POST {address} {by} ({status}) has changed:\n  {}", changed.join("\n  ")));
                }
                if seen != real {
                    let words = first_difference(&real, &seen);
                    wrong.push(format!("POST {address} {by} ({status}) tells: {words}"));
                }
                if !LETS_IN.contains(&status) {
                    wrong.push(format!("POST {address} {by}: {status}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    fn nobody_out_of_scope_is_provisioned_with_the_others(world) {
        let scene = Scene::new(world);
        let before = scene.out_of_scope();
        let new = scene.world.someone(&SALES, "new");
        let by_search = Selection::Matching { query: "q=&state=any".into(), without: Vec::new() };
        for (n, selection) in [Selection::Users(vec![new.id, scene.legal.user.id]), by_search].iter().enumerate() {
            let draft = format!("/provision/draft-that-names-{n}");
            let insert = scene.world.desk.db.write(|conn| {
                let operator = scene.actor.who.operator.expect("an operator");
                tokendesk::provision::draft_rows::insert(conn, scene.world.now(), &draft[11..], operator, selection)
            });
            insert.expect("the draft is new");
            let browser = &scene.actor.browser;
            let kind = AuthenticationType::AuthenticatorApp.code();
            let choice = [
                ("authentication_type", kind), ("stop_on", "2026-12-01"),
                ("include_with_token", "1"), ("include_with_task", "1"),
            ];
            browser.get(&draft).expect(200).says("marigold.new").does_not_say(LEGAL.mark);
            browser.post(&format!("{draft}/type"), &choice).expect(303);
            let confirm = format!("{draft}/confirm");
            let page = browser.get(&confirm).expect(200).does_not_say(LEGAL.mark);
            let shown = page.body.split_once("name=\"shown\" value=\"").expect("it can be confirmed").1;
            let task = browser.post(&confirm, &[("shown", shown.split('"').next().unwrap_or_default())]);
            let task: i64 = task.location().strip_prefix("/tasks/").expect("a task").parse().expect("a number");
            scene.world.enrollment(TaskId(task), new.id);
            let changed = difference(&before, &scene.out_of_scope());
            assert!(changed.is_empty(), "{}", changed.join("\n"));
        }
    }
}
