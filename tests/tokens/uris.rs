//! Keys of authenticator apps as addresses: `otpauth://`, and what Google Authenticator exports.

use tokendesk::{
    operators::Who,
    tokens::{AuthenticationType, TokenState, import::Opening},
};

use super::{everything, import, mistake, outcomes};
use crate::on_both;

/// The seed of RFC 4226, appendix D, in base 32.
const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// An export of two parts, made by hand from the published description: the TOTP key `12345678901234567890` of "Example:a.berg" and
/// the HOTP key `abcdefghijklmnopqrst` of "b.cole" at counter 7, then a TOTP key of "a.berg" with SHA-256 and 8 digits.
const EXPORT: [&str; 2] = [
    "otpauth-migration://offline?data=CjUKFDEyMzQ1Njc4OTAxMjM0NTY3ODkwEg5FeGFtcGxlOmEuYmVyZxoHRXhhbXBsZSABKAEwAgomChRhYmNkZWZnaGlqa2xtbm9wcXJzdBIGYi5jb2xlIAEoATABOAcQARgCKCo%3D",
    "otpauth-migration://offline?data=Ci0KFHRzcnFwb25tbGtqaWhnZmVkY2JhEgZhLmJlcmcaB0V4YW1wbGUgAigCMAIQARgCIAEoKg%3D%3D",
];

on_both! {
    fn an_app_goes_to_its_user_with_a_serial_number_of_its_own_and_comes_in_once(world) {
        let berg = world.user("a.berg", "Sales");
        let file = format!("# exported today\n\notpauth://totp/Example:a.berg?secret={SEED}&issuer=Example\n");
        let report = import(&world, &Who::command_line(), file.as_bytes(), Opening::Nothing).unwrap();
        assert!(report.carried_out && report.lines[0].number == 3);
        let serial = report.lines[0].serial.clone();
        let token = world.token(&serial);
        assert!(serial.starts_with("TD-") && serial.len() == 17, "{serial}");
        assert_eq!((token.state, token.user), (TokenState::Active, Some(berg.id)));
        assert_eq!(token.authentication_type, AuthenticationType::AuthenticatorApp);
        assert!(!everything(&world).contains(&SEED.to_lowercase()));
        let again = import(&world, &Who::command_line(), file.as_bytes(), Opening::Nothing).unwrap();
        assert_eq!(again.lines[0].refused.as_deref(), Some("A token with this key is there already."));
        let twice = format!("{file}otpauth://totp/a.berg?secret=MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U\notpauth://totp/a.berg?secret=MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U&digits=8\n");
        let report = import(&world, &Who::command_line(), twice.as_bytes(), Opening::Nothing).unwrap();
        assert_eq!(report.lines[2].refused.as_deref(), Some("This key is that of line 4 already."));
    }

    fn an_app_of_nobody_is_refused_and_a_device_goes_to_inventory(world) {
        world.user("a.berg", "Sales");
        let file = format!(
            "otpauth://totp/?secret={SEED}\notpauth://hotp/?secret={SEED}&counter=2&serial=FT-1\notpauth://totp/nobody?secret=MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U\nhello\n"
        );
        let report = import(&world, &Who::command_line(), file.as_bytes(), Opening::Nothing).unwrap();
        let why: Vec<&str> = report.lines.iter().map(|line| line.detail()).collect();
        assert_eq!(why, [
            "It names no user, and an authenticator app cannot go to inventory.", "HOTP, SHA1, 6 digits",
            "There is no user nobody in your scope.", "This line is no otpauth:// address.",
        ]);
    }

    fn an_export_of_google_authenticator_is_read_and_a_missing_part_is_named(world) {
        world.user("a.berg", "Sales");
        let cole = world.user("b.cole", "Sales");
        let report = import(&world, &Who::command_line(), EXPORT[0].as_bytes(), Opening::Nothing).unwrap();
        assert!(!report.carried_out);
        let why = report.lines[2].refused.as_deref().unwrap();
        assert_eq!(why, "This is an export of 2 parts, and the file has 1 of them. Add the codes that the app shows next.");
        let report = import(&world, &Who::command_line(), EXPORT.join("\n").as_bytes(), Opening::Nothing).unwrap();
        assert!(report.carried_out, "{:?}", outcomes(&report));
        let details: Vec<(usize, &str, &str)> = report.lines.iter().map(|line| (line.number, line.owner.as_str(), line.detail())).collect();
        assert_eq!(details, [
            (1, "a.berg", "TOTP, SHA1, 6 digits, 30 s"), (1, "b.cole", "HOTP, SHA1, 6 digits"),
            (2, "a.berg", "TOTP, SHA256, 8 digits, 30 s"),
        ]);
        let device = world.token(&report.lines[1].serial);
        assert_eq!((device.user, device.authentication_type), (Some(cole.id), AuthenticationType::HardwareToken));
        let wrong = mistake(import(&world, &Who::command_line(), b"otpauth\n", Opening::Nothing), "file");
        assert!(wrong.contains("“Serial Number” is missing"), "{wrong}");
    }
}
