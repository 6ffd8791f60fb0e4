//! The session after a right code: how long, for what, how many.

use chrono::Duration;
use diesel::prelude::*;
use tokendesk::{portal, schema::enrollment_sessions};

use super::*;
use crate::on_both;

on_both! {
    fn a_session_lasts_fifteen_minutes(world) {
        let (invited, phone) = (invite(&world, "t.adeyemi"), world.stranger());
        let key = to_key(&phone, &invited);
        assert_eq!(phone.get(&invited.path("")).location(), invited.path("/key"), "who comes back goes on");
        world.advance(Duration::minutes(15) - Duration::seconds(1));
        phone.get(&invited.path("/key")).expect(200);
        world.advance(Duration::seconds(1));
        assert_eq!(phone.get(&invited.path("/key")).location(), invited.path("?again"));
        let late = phone.post(&invited.path("/key"), &[("otp", &otp(&key, world.now()))]);
        assert_eq!((late.location(), failures(&world, &invited)), (invited.path("?again").as_str(), 0));
        assert_eq!(to_key(&phone, &invited), key);
    }

    fn a_session_is_good_for_its_own_link_only(world) {
        let (mine, yours) = (invite(&world, "t.adeyemi"), invite(&world, "a.berg"));
        let phone = world.stranger();
        let page = phone.post(&mine.path(""), &[("code", &mine.code)]).expect(303);
        let cookie = page.header("set-cookie").to_owned();
        for part in ["HttpOnly", "SameSite=Lax", &format!("Path={}", mine.path("")), "Max-Age=900"] {
            assert!(cookie.contains(part), "{part} is not in {cookie}");
        }
        assert!(!cookie.contains("Secure"), "the test's address is plain http");
        let value = cookie.split(';').next().unwrap();
        assert!(!world.dump("enrollment_sessions").contains(value.trim_start_matches("enrollment=")));
        let thief = world.stranger();
        assert_eq!(thief.get_with(&mine.path("/key"), "cookie", value).status, 200, "the cookie is the session");
        assert_eq!(thief.get_with(&yours.path("/key"), "cookie", value).location(), yours.path("?again"));
        let link = world.desk.db.write(|conn| {
            let enrollment = world.enrollment(mine.task, mine.user.id);
            links::make(&world.desk, conn, world.now(), enrollment.id, &Policy::default())
        }).unwrap();
        let newer = format!("/enroll/{}", link.handle);
        assert_eq!(thief.get_with(&format!("{newer}/key"), "cookie", value).location(), format!("{newer}?again"));
    }

    fn who_has_the_code_cannot_fill_the_table_of_sessions(world) {
        let invited = invite(&world, "t.adeyemi");
        for _ in 0..portal::link::MOST_SESSIONS {
            world.stranger().post(&invited.path(""), &[("code", &invited.code)]).expect(303);
        }
        let page = world.stranger().post(&invited.path(""), &[("code", &invited.code)]).expect(429);
        assert_eq!(page.header("retry-after"), "900");
        world.advance(Duration::minutes(15));
        world.stranger().post(&invited.path(""), &[("code", &invited.code)]).expect(303);
        let rows: i64 = world.desk.db.read(|conn| Ok(enrollment_sessions::table.count().get_result(conn)?)).unwrap();
        assert_eq!(rows, 1, "those that are over are forgotten");
    }
}
