//! No secret is ever in the log, however talkative it is (PRODUCT.md §9): seeds, codes, passwords, one-time passwords,
//! cookies and API keys, over the whole way of an operator and a user.

use chrono::Duration;
use tokendesk::{
    authentication,
    clock::unix_seconds,
    ids::UserId,
    oath::{self, Algorithm},
    operators::{self, NewOperator, Who},
    provision::choice::Selection,
    tasks,
};

use crate::{
    on_both,
    support::{World, browser, log::Ear},
};

const PASSWORD: &str = "violet anchors under glass";
const OTHER: &str = "nine copper kettles sing";

fn otp(seed: &[u8], world: &World) -> String {
    oath::totp(seed, unix_seconds(world.now()), 30, 6, Algorithm::Sha1)
}

fn between(body: &str, before: &str, after: &str) -> String {
    let rest = body.split(before).nth(1).unwrap_or_else(|| panic!("{before} is not in {body}"));
    rest.split(after).next().unwrap_or_default().to_owned()
}

on_both! {
    fn no_secret_of_an_operator_or_a_user_is_in_the_log(world, |s| s.require_second_factor = true) {
        let ear = Ear::new();
        let mut secrets: Vec<(&str, String)> = vec![("password", PASSWORD.into()), ("new password", OTHER.into())];
        let new = NewOperator {
            user_id: "k.lindqvist".into(),
            name: String::new(),
            email: String::new(),
            role: "Operator".into(),
            password: PASSWORD.into(),
            must_change_password: false,
            containers: None,
        };
        operators::add(&world.desk, &Who::command_line(), world.now(), new).unwrap();
        let console = world.stranger();
        console.post("/sign-in", &[("user_id", "k.lindqvist"), ("password", "a wrong one: violet")]).expect(422);
        secrets.push(("wrong password", "a wrong one: violet".into()));
        console.post("/sign-in", &[("user_id", PASSWORD), ("password", "x")]).expect(422);
        console.post("/sign-in", &[("user_id", "k.lindqvist"), ("password", PASSWORD)]).expect(303);
        secrets.push(("half a session", console.cookies()));
        let key = between(&console.get("/sign-in/set-up").expect(200).body, "<code>", "</code>").replace(' ', "");
        let seed = data_encoding::BASE32_NOPAD.decode(key.as_bytes()).unwrap();
        secrets.push(("second factor", key));
        secrets.push(("second factor in hex", data_encoding::HEXLOWER.encode(&seed)));
        let typed = otp(&seed, &world);
        console.post("/sign-in/set-up", &[("otp", &typed)]).expect(303);
        secrets.push(("one-time password of an operator", typed));
        for cookie in console.cookies().split("; ") {
            let (name, value) = cookie.split_once('=').unwrap();
            // A signed cookie is signature and key; the key is what signs in.
            secrets.push(("cookie", value.to_owned()));
            assert!(["session", "known"].contains(&name), "{name}");
        }
        let fields = [("current", PASSWORD), ("new", OTHER), ("again", OTHER)];
        console.post("/account/password", &fields).expect(303);
        let page = console.post("/operators/new", &[("user_id", "m.okafor"), ("role", "Help desk"), ("scope", "all")]).expect(200);
        secrets.push(("first password", between(&page.body, "<code class=\"handed\">", "</code>")));
        let page = console.post("/auth-nodes", &[("name", "VPN")]).expect(200);
        let key = between(&page.body, "Bearer ", "<");
        secrets.push(("key of an auth node", key.clone()));

        let user = world.user("t.adeyemi", "Sales");
        let chosen = Selection::Users(vec![UserId(user.id.0)]);
        let task = tokendesk::provision::provision(&world.desk, &Who::system(), world.now(), &chosen, &world.app_choice()).unwrap();
        let enrollment = world.enrollment(task, user.id);
        let policy = world.desk.db.read(tokendesk::policy::current).unwrap();
        let link = world.desk.db.write(|conn| tasks::links::make(&world.desk, conn, world.now(), enrollment.id, &policy)).unwrap();
        secrets.push(("activation code", link.code.clone()));
        let (phone, path) = (world.stranger(), format!("/enroll/{}", link.handle));
        phone.get(&path).expect(200);
        phone.post(&path, &[("code", &link.code)]).expect(303);
        let shown = phone.get(&format!("{path}/key")).expect(200);
        let seed32 = between(&shown.body, "data-copy=\"", "\"");
        let seed = data_encoding::BASE32_NOPAD.decode(seed32.as_bytes()).unwrap();
        secrets.push(("seed", seed32));
        secrets.push(("seed in hex", data_encoding::HEXLOWER.encode(&seed)));
        let typed = otp(&seed, &world);
        phone.post(&format!("{path}/key"), &[("otp", &typed)]).expect(303);
        secrets.push(("one-time password", typed));
        world.advance(Duration::seconds(60));
        let typed = otp(&seed, &world);
        for status in [200, 403] {
            let question = serde_json::json!({ "user_id": "t.adeyemi", "otp": typed }).to_string();
            let request = world.stranger().bare("/api/v1/authenticate").header("authorization", format!("Bearer {key}"));
            browser::send(request.header("content-type", "application/json").body(question)).expect(status);
        }
        secrets.push(("one-time password at the API", typed));
        browser::send(world.stranger().bare("/api/v1/authenticate").header("authorization", "Bearer td_guessed_key").body("{")).expect(401);
        secrets.push(("guessed key", "td_guessed_key".into()));
        assert!(authentication::admit(&world.desk, world.now(), Some(&key), "192.0.2.1", "r1").is_ok());
        secrets.push(("master key", "07".repeat(32)));

        let heard = ear.heard();
        assert!(heard.contains("path=/api/v1/authenticate") && heard.contains("TRACE"), "the log says something: {}", heard.len());
        let (lower, spelled) = (heard.to_lowercase(), tokendesk::web::segment);
        for (what, secret) in secrets {
            assert!(secret.len() >= 6, "{what}");
            // Six digits stand in times and sizes by chance.
            let digits = secret.len() == 6 && secret.bytes().all(|letter| letter.is_ascii_digit());
            let is_there = match digits {
                true => heard.lines().any(|line| line.contains(&format!("otp={secret}")) || line.contains(&format!("\"{secret}\""))),
                false => lower.contains(&secret.to_lowercase()) || heard.contains(&spelled(&secret)),
            };
            assert!(!is_there, "the {what} is in the log");
        }
    }
}
