//! PSKC files: the examples of RFC 6030, and files that mean harm.

use tokendesk::{operators::Who, tokens::import::Opening};
use zeroize::Zeroizing;

use super::{SEED, everything, import, mistake, outcomes};
use crate::{
    on_both,
    support::{On, World},
};

/// RFC 6030 §6.1.
const PRE_SHARED_KEY: &str = include_str!("rfc6030/pre-shared-key.xml");
/// RFC 6030 §6.2.
const PASSWORD: &str = include_str!("rfc6030/password.xml");
/// RFC 6030 §5.
const PIN: &str = include_str!("rfc6030/pin.xml");

fn key(hex: &str) -> Opening {
    Opening::Key(Zeroizing::new(data_encoding::HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).unwrap()))
}

fn password(text: &str) -> Opening {
    Opening::Password(Zeroizing::new(text.to_owned()))
}

fn the_key() -> Opening {
    key("12345678901234567890123456789012")
}

/// The device of all examples, whose secret is that of RFC 4226: its first values with 8 digits.
fn is_the_device_of_the_examples(world: &World) {
    let user = world.user("t.adeyemi", "Sales");
    // 84755224 is the first value of RFC 4226, appendix D, with two digits more of the same HMAC (1284755224).
    let bound = world.desk.db.write(|conn| {
        tokendesk::tokens::bind_hardware(
            &world.desk,
            conn,
            world.now(),
            user.id,
            user.container,
            "987654321",
            "84755224",
        )
    });
    assert!(matches!(bound, Ok(tokendesk::tokens::Binding::Bound(_))), "{bound:?}");
}

/// A plain file with these packages in it.
fn plain(packages: &str) -> String {
    format!("<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">{packages}</KeyContainer>")
}

/// A package with a TOTP key that has this in it.
fn package(serial: &str, attributes: &str, inside: &str) -> String {
    format!(
        "<KeyPackage><DeviceInfo><SerialNo>{serial}</SerialNo></DeviceInfo><Key Id=\"1\" \
         Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:totp\"{attributes}><Data><Secret>\
         <PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret></Data>{inside}</Key></KeyPackage>"
    )
}

on_both! {
    fn a_file_with_a_pre_shared_key_is_opened(world) {
        let report = import(&world, &Who::command_line(), PRE_SHARED_KEY.as_bytes(), the_key()).unwrap();
        assert_eq!(outcomes(&report), ["1 987654321 imported"]);
        assert_eq!(report.lines[0].detail(), "HOTP, SHA1, 8 digits");
        is_the_device_of_the_examples(&world);
        let all = everything(&world);
        assert!(!all.contains("12345678901234567890") && !all.contains(SEED));
    }

    fn a_file_with_a_password_is_opened(world) {
        let report = import(&world, &Who::command_line(), PASSWORD.as_bytes(), password("qwerty")).unwrap();
        assert_eq!(outcomes(&report), ["1 987654321 imported"]);
        is_the_device_of_the_examples(&world);
        assert!(!everything(&world).contains("qwerty"));
    }

    fn a_plain_key_is_taken_and_its_pin_is_not(world) {
        let who = Who::command_line();
        let report = import(&world, &who, PIN.as_bytes(), Opening::Nothing).unwrap();
        assert_eq!(outcomes(&report), ["1 987654321 imported", "2 987654321 refused"]);
        assert!(report.lines[1].detail().contains("PIN"));
        assert!(!report.carried_out, "one refused stops all");
    }
}

#[test]
fn a_wrong_key_opens_nothing() {
    let world = World::new(On::Sqlite);
    let who = Who::command_line();
    let file = PRE_SHARED_KEY.as_bytes();
    assert!(mistake(import(&world, &who, file, Opening::Nothing), "key").contains("encrypted with a pre-shared key"));
    assert!(mistake(import(&world, &who, file, key("1234")), "key").contains("16 bytes"));
    let wrong = mistake(import(&world, &who, file, key("12345678901234567890123456789013")), "key");
    assert!(wrong.contains("does not open this file"), "{wrong}");
    let file = PASSWORD.as_bytes();
    assert!(mistake(import(&world, &who, file, Opening::Nothing), "password").contains("with a password"));
    assert!(mistake(import(&world, &who, file, the_key()), "password").contains("with a password"));
    assert!(mistake(import(&world, &who, file, password("Qwerty")), "password").contains("does not open"));
}

#[test]
fn a_changed_value_is_refused_by_its_mac() {
    let world = World::new(On::Sqlite);
    let who = Who::command_line();
    let changed = PRE_SHARED_KEY.replace("AAECAwQF", "BAECAwQF");
    let wrong = import(&world, &who, changed.as_bytes(), the_key());
    assert!(mistake(wrong, "key").contains("does not open"), "none of its keys fits");
    let (before, after) =
        PRE_SHARED_KEY.split_at(PRE_SHARED_KEY.find("</KeyPackage>").unwrap() + "</KeyPackage>".len());
    let package = &before[before.find("<KeyPackage>").unwrap()..];
    let two = format!("{before}{}{after}", package.replace("987654321", "987654322").replace("AAECAwQF", "BAECAwQF"));
    let report = import(&world, &who, two.as_bytes(), the_key()).unwrap();
    assert_eq!(outcomes(&report), ["1 987654321 imported", "2 987654322 refused"]);
    assert!(report.lines[1].detail().contains("MAC does not fit"));
    let bare = PRE_SHARED_KEY.replace("<ValueMAC>Su+NvtQfmvfJzF6bmQiJqoLRExc=", "<ValueMAC>");
    assert!(import(&world, &who, bare.as_bytes(), the_key()).is_err() || !world.dump("tokens").contains("987654321"));
    let no_method = PRE_SHARED_KEY.replace("MACMethod", "Extensions");
    let report = import(&world, &who, no_method.as_bytes(), the_key()).unwrap();
    assert!(report.lines[0].detail().contains("no MAC"), "{report:?}");
}

#[test]
fn a_hostile_file_is_refused_with_a_sentence() {
    let world = World::new(On::Sqlite);
    let who = Who::command_line();
    let wrong = |text: &str| mistake(import(&world, &who, text.as_bytes(), Opening::Nothing), "file");
    let laughs = "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><KeyContainer>&b;</KeyContainer>";
    assert!(wrong(laughs).contains("DOCTYPE"));
    let outside = "<?xml version=\"1.0\"?><!DOCTYPE x SYSTEM \"http://192.0.2.1/x.dtd\"><KeyContainer/>";
    assert!(wrong(outside).contains("DOCTYPE"));
    assert!(wrong("<html><body>Sign in</body></html>").contains("no PSKC file"));
    assert!(wrong("<KeyContainer Version=\"2.0\"/>").contains("version 2.0"));
    assert!(wrong("<KeyContainer Version=\"1.0\"/>").contains("no key"));
    assert!(wrong("<KeyContainer><KeyPackage>").contains("ends within"));
    assert!(wrong(&"<a>".repeat(100_000)).contains("deep"));
    let busy = PASSWORD.replace(">1000<", ">4294967295<");
    let refused = import(&world, &who, busy.as_bytes(), password("qwerty"));
    assert!(mistake(refused, "file").contains("is refused; at most 2000000 rounds"));
    let asymmetric = "<KeyContainer><EncryptionKey><X509Data/></EncryptionKey><KeyPackage/></KeyContainer>";
    assert!(wrong(asymmetric).contains("certificate"));
}

#[test]
fn a_key_that_cannot_be_kept_as_it_says_is_refused_with_the_reason() {
    let world = World::new(On::Sqlite);
    let format = |text: &str| format!("<AlgorithmParameters>{text}</AlgorithmParameters>");
    let policy = |text: &str| format!("<Policy>{text}</Policy>");
    let cases = [
        (format("<ResponseFormat Length=\"10\" Encoding=\"DECIMAL\"/>"), "6 or 8 digits"),
        (format("<ResponseFormat Length=\"6\" Encoding=\"HEXADECIMAL\"/>"), "not decimal"),
        (format("<ResponseFormat Length=\"6\" Encoding=\"DECIMAL\" CheckDigits=\"true\"/>"), "check digit"),
        (format("<Suite>HMAC-MD5</Suite>"), "SHA1, SHA256 and SHA512"),
        (policy("<ExpiryDate>2020-01-01T00:00:00Z</ExpiryDate>"), "expired on 2020-01-01"),
        (policy("<PINPolicy PINUsageMode=\"Append\"/>"), "PIN in them"),
        (policy("<KeyUsage>Encrypt</KeyUsage>"), "not meant for one-time passwords"),
        (policy("<NumberOfTransactions>5</NumberOfTransactions>"), "not known: NumberOfTransactions"),
    ];
    for (inside, reason) in &cases {
        let file = plain(&package("FT-1", "", inside));
        let report = import(&world, &Who::command_line(), file.as_bytes(), Opening::Nothing).unwrap();
        assert!(report.lines[0].detail().contains(reason), "{}", report.lines[0].detail());
    }
    let short = package("FT-1", "", "").replace("MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=", "MTIzNA==");
    let none =
        "<KeyPackage><Key Id=\"7\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:hotp\"><Data/></Key></KeyPackage>";
    for (package, reason) in [(short.as_str(), "4 bytes"), (none, "no secret"), ("<KeyPackage/>", "no key")] {
        let report = import(&world, &Who::command_line(), plain(package).as_bytes(), Opening::Nothing).unwrap();
        assert!(report.lines[0].detail().contains(reason), "{}", report.lines[0].detail());
    }
}

#[test]
fn a_good_totp_key_is_taken_with_all_it_says() {
    let world = World::new(On::Sqlite);
    let inside = "<AlgorithmParameters><Suite>HMAC-SHA256</Suite><ResponseFormat Length=\"8\" Encoding=\"DECIMAL\"/>\
                  </AlgorithmParameters><Policy><StartDate>2020-01-01T00:00:00Z</StartDate>\
                  <ExpiryDate>2037-12-31T00:00:00Z</ExpiryDate><KeyUsage>OTP</KeyUsage></Policy>";
    let file = plain(&package("FT-1", "", inside));
    let file = file.replace("</Secret>", "</Secret><TimeInterval><PlainValue>60</PlainValue></TimeInterval>");
    let report = import(&world, &Who::command_line(), file.as_bytes(), Opening::Nothing).unwrap();
    assert_eq!(report.lines[0].detail(), "TOTP, SHA256, 8 digits, 60 s");
    assert!(report.carried_out);
}
