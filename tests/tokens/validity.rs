//! Tokens that are good from a day on, or until one (RFC 6030 §5).

use chrono::Duration;
use tokendesk::{
    clock::Timestamp,
    error::Error,
    oath::{Algorithm, totp},
    operators::{BuiltIn, Who},
    tokens::{self, Binding, BindingRefusal, Outside, Reason, Verdict, import::Opening},
    users::User,
};

use super::{import, outcomes};
use crate::{on_both, support::World};

/// A PSKC file of one TOTP key with this policy.
fn file(policy: &str) -> String {
    format!(
        "<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\"><KeyPackage><DeviceInfo>\
         <SerialNo>PX-1</SerialNo></DeviceInfo><Key Id=\"1\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:totp\"><Data>\
         <Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret></Data><Policy>{policy}</Policy></Key>\
         </KeyPackage></KeyContainer>"
    )
}

fn stamp(at: Timestamp) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn between(from: Timestamp, until: Timestamp) -> String {
    file(&format!("<StartDate>{}</StartDate><ExpiryDate>{}</ExpiryDate>", stamp(from), stamp(until)))
}

/// The value of the device now, `steps` later.
fn value(world: &World, steps: i64) -> String {
    let seconds = world.now().and_utc().timestamp() + 30 * steps;
    totp(b"12345678901234567890", seconds, 30, 6, Algorithm::Sha1)
}

fn imported(world: &World, text: &str) {
    let report = import(world, &Who::command_line(), text.as_bytes(), Opening::Nothing).unwrap();
    assert!(report.carried_out, "{report:?}");
}

fn bind(world: &World, user: &User) -> Binding {
    let typed = value(world, 0);
    world
        .desk
        .db
        .write(|conn| tokens::bind_hardware(&world.desk, conn, world.now(), user.id, user.container, "PX-1", &typed))
        .unwrap()
}

fn check(world: &World, user: &User, typed: &str) -> Verdict {
    world.desk.db.write(|conn| tokens::check(&world.desk, conn, world.now(), user.id, typed)).unwrap()
}

on_both! {
    fn a_token_is_enrolled_and_accepted_within_its_time_and_not_before_or_after(world) {
        let (from, until) = (world.now() + Duration::days(2), world.now() + Duration::days(4));
        imported(&world, &between(from, until));
        let user = world.user("t.adeyemi", "Sales");
        let Binding::Refused(why) = bind(&world, &user) else { panic!("enrolled before its time") };
        assert_eq!(why, BindingRefusal::NotValid(Outside::NotYet(from)));
        world.advance(Duration::days(2));
        assert!(matches!(bind(&world, &user), Binding::Bound(_)));
        assert!(matches!(check(&world, &user, &value(&world, 1)), Verdict::Accepted { .. }));
        world.advance(Duration::days(2) - Duration::minutes(5));
        assert!(matches!(check(&world, &user, &value(&world, 0)), Verdict::Accepted { .. }));
        world.advance(Duration::minutes(5));
        let failures = world.token("PX-1").failures;
        for _ in 0..12 {
            let Verdict::Rejected(why) = check(&world, &user, &value(&world, 0)) else { panic!("accepted after its time") };
            assert_eq!(why, Reason::NotValid(Outside::Over(until)));
            assert!(why.label().contains("valid until 2026-"), "{}", why.label());
        }
        let token = world.token("PX-1");
        assert_eq!((token.failures, token.state), (failures, tokens::TokenState::Active), "it is no guess");
        let rejections = world.desk.db.read(|conn| tokens::rejections_of(conn, user.id)).unwrap();
        assert_eq!(rejections[0].what, tokens::Rejected::NotValid);
    }

    fn another_token_of_the_user_counts_still(world) {
        let user = world.user("t.adeyemi", "Sales");
        let device = world.device_of(&user, "FT-1", tokens::MovingFactor::Counter);
        imported(&world, &file(&format!("<ExpiryDate>{}</ExpiryDate>", stamp(world.now() + Duration::hours(1)))));
        assert!(matches!(bind(&world, &user), Binding::Bound(_)));
        world.advance(Duration::hours(2));
        assert!(matches!(check(&world, &user, &device.press(1)), Verdict::Accepted { .. }));
        assert_eq!(check(&world, &user, &value(&world, 0)), Verdict::Rejected(Reason::Wrong));
        assert_eq!(world.token("PX-1").failures, 0);
    }

    fn the_help_desk_neither_resyncs_nor_assigns_it_and_reads_why(world) {
        let who = world.operator("k.lindqvist", BuiltIn::Operator);
        let user = world.user("t.adeyemi", "Sales");
        imported(&world, &between(world.now() - Duration::days(1), world.now() + Duration::days(1)));
        assert!(matches!(bind(&world, &user), Binding::Bound(_)));
        world.advance(Duration::days(3));
        let (first, second) = (value(&world, -1), value(&world, 0));
        let told = tokens::resync(&world.desk, &who, world.now(), "PX-1", &first, &second).unwrap_err();
        assert!(matches!(&told, Error::Refused(why) if why.contains("valid until")), "{told:?}");
        let browser = world.signed_in("a.reyes", BuiltIn::Operator);
        browser.get("/tokens/PX-1").expect(200).says("Valid from").says("Valid until");
        browser.get("/tokens").expect(200).says("valid until");
        browser.get("/users/t.adeyemi/authentication-methods").expect(200).says("PX-1 is not valid now");
        let revoked = tokens::revoke(&world.desk, &who, world.now(), "PX-1", tokens::TokenState::Active, tokens::lifecycle::Fate::Inventory, "over");
        assert!(revoked.is_ok());
        let told = world.desk.db.write(|conn| tokens::assign(&world.desk, conn, &who, world.now(), "PX-1", &user)).unwrap_err();
        assert!(matches!(&told, Error::Invalid(wrong) if wrong.of("serial").contains("valid until")), "{told:?}");
    }

    fn what_has_expired_or_cannot_be_kept_is_refused_at_import(world) {
        let later = stamp(world.now() + Duration::days(9));
        for (policy, why) in [
            (format!("<ExpiryDate>{}</ExpiryDate>", stamp(world.now())), "It expired on 2026-11-20."),
            ("<ExpiryDate>soon</ExpiryDate>".into(), "expiry date cannot be read"),
            ("<StartDate>2026-13-01T00:00:00Z</StartDate>".into(), "start date cannot be read"),
            (format!("<StartDate>{later}</StartDate><ExpiryDate>{later}</ExpiryDate>"), "expires before it begins"),
            ("<NumberOfTransactions>100</NumberOfTransactions>".into(), "a rule that is not known: NumberOfTransactions"),
            ("<KeyUsage>CR</KeyUsage>".into(), "not meant for one-time passwords"),
            ("<PINPolicy PINUsageMode=\"Append\"/>".into(), "PIN"),
        ] {
            let report = import(&world, &Who::command_line(), file(&policy).as_bytes(), Opening::Nothing).unwrap();
            assert_eq!(outcomes(&report), ["1 PX-1 refused"]);
            assert!(report.lines[0].detail().contains(why), "{} is not {why}", report.lines[0].detail());
        }
        imported(&world, &file(&format!("<StartDate>{later}</StartDate><KeyUsage>OTP</KeyUsage>")));
    }
}
