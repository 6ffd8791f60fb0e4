use proptest::prelude::*;

use super::*;

const SECRET: &[u8] = b"a secret of sixteen";

/// A request with these attributes, signed if `signed`; where its Message-Authenticator stands is after them.
fn request(attributes: &[(u8, &[u8])], signed: bool) -> Vec<u8> {
    let mut bytes = vec![code::ACCESS_REQUEST, 7, 0, 0];
    bytes.extend(*b"0123456789abcdef");
    for (kind, content) in attributes {
        bytes.extend([*kind, content.len() as u8 + 2]);
        bytes.extend(*content);
    }
    if signed {
        bytes.extend([code::MESSAGE_AUTHENTICATOR, 18]);
        bytes.extend([0; 16]);
    }
    let length = (bytes.len() as u16).to_be_bytes();
    bytes[2..4].copy_from_slice(&length);
    if signed {
        let proof = keyed_sum(SECRET, &[&bytes]);
        let at = bytes.len() - 16;
        bytes[at..].copy_from_slice(&proof);
    }
    bytes
}

fn hidden(secret: &[u8], authenticator: &[u8], typed: &str) -> Vec<u8> {
    let mut padded = typed.as_bytes().to_vec();
    padded.resize(typed.len().max(1).next_multiple_of(16), 0);
    let mut cipher: Vec<u8> = Vec::new();
    for block in padded.chunks(16) {
        let before = if cipher.is_empty() { authenticator } else { &cipher[cipher.len() - 16..] };
        let mask = sum(&[secret, before]);
        let next: Vec<u8> = block.iter().zip(mask).map(|(plain, mask)| plain ^ mask).collect();
        cipher.extend(next);
    }
    cipher
}

#[test]
fn the_password_of_rfc_2865_section_7_1_is_shown() {
    let bytes = data_encoding::HEXLOWER_PERMISSIVE
        .decode(b"010000380f403f9473978057bd83d5cb98f4227a01066e656d6f02120dbe708d93d413ce3196e43f782a0aee0406c0a80110050600000003")
        .unwrap();
    let packet = Packet::read(&bytes).unwrap();
    assert_eq!((packet.code(), packet.identifier(), packet.user_name()), (code::ACCESS_REQUEST, 0, Some("nemo")));
    assert_eq!(packet.method(), Method::Pap);
    assert_eq!(*packet.password(b"xyzzy5461").unwrap(), b"arctangent");
    assert_ne!(*packet.password(b"xyzzy5462").unwrap(), b"arctangent");
    assert_eq!(packet.proof(b"xyzzy5461"), Proof::None);
}

#[test]
fn a_password_of_any_length_comes_back() {
    for length in [0, 1, 6, 15, 16, 17, 40, 128] {
        let typed = "ö".repeat(length / 2) + &"x".repeat(length % 2);
        let cipher = hidden(SECRET, b"0123456789abcdef", &typed);
        let bytes = request(&[(code::USER_PASSWORD, &cipher)], true);
        assert_eq!(*Packet::read(&bytes).unwrap().password(SECRET).unwrap(), typed.as_bytes(), "{length}");
    }
    for length in [0, 1, 15, 17, 144] {
        let bytes = request(&[(code::USER_PASSWORD, &vec![1; length])], true);
        assert!(Packet::read(&bytes).unwrap().password(SECRET).is_none(), "{length}");
    }
}

#[test]
fn a_proof_fits_its_secret_and_its_packet_only() {
    let mut bytes = request(&[(code::USER_NAME, b"a.berg")], true);
    assert_eq!(Packet::read(&bytes).unwrap().proof(SECRET), Proof::Right);
    assert_eq!(Packet::read(&bytes).unwrap().proof(b"another secret!!!"), Proof::Wrong);
    bytes[22] ^= 1;
    assert_eq!(Packet::read(&bytes).unwrap().proof(SECRET), Proof::Wrong);
    let bytes = request(&[(code::USER_NAME, b"a.berg")], false);
    assert_eq!(Packet::read(&bytes).unwrap().proof(SECRET), Proof::None);
    // A second one would leave open which counts.
    let bytes = request(&[(code::MESSAGE_AUTHENTICATOR, &[0; 16])], true);
    assert_eq!(Packet::read(&bytes).unwrap().proof(SECRET), Proof::Wrong);
    let bytes = request(&[(code::MESSAGE_AUTHENTICATOR, &[0; 4])], false);
    assert_eq!(Packet::read(&bytes).unwrap().proof(SECRET), Proof::Wrong);
}

#[test]
fn how_it_asks_is_told() {
    let ms_chap = [&311_u32.to_be_bytes()[..], &[25, 4, 0, 0]].concat();
    let cisco = [&9_u32.to_be_bytes()[..], &[25, 4, 0, 0]].concat();
    let password: (u8, &[u8]) = (code::USER_PASSWORD, &[0; 16]);
    for (attributes, method) in [
        (vec![password], Method::Pap),
        (vec![(code::CHAP_PASSWORD, &[0; 17][..])], Method::Chap),
        (vec![password, (code::CHAP_PASSWORD, &[0; 17][..])], Method::Chap),
        (vec![(code::VENDOR_SPECIFIC, &ms_chap[..])], Method::MsChap),
        (vec![(code::VENDOR_SPECIFIC, &cisco[..]), password], Method::Pap),
        (vec![password, (code::EAP_MESSAGE, &[2][..])], Method::Eap),
        (vec![(code::USER_NAME, &b"a.berg"[..])], Method::None),
    ] {
        assert_eq!(Packet::read(&request(&attributes, true)).unwrap().method(), method);
    }
}

#[test]
fn what_is_not_whole_is_no_packet() {
    let whole = request(&[(code::USER_NAME, b"a.berg")], true);
    assert!(Packet::read(&whole).is_some());
    for length in 0..whole.len() {
        assert!(Packet::read(&whole[..length]).is_none(), "{length}");
    }
    let mut padded = whole.clone();
    padded.extend([0; 9]);
    assert_eq!(Packet::read(&padded).unwrap().proof(SECRET), Proof::Right, "padding is no part of it");
    for (at, byte) in [(3, 19), (2, 0x10), (21, 0), (21, 1), (21, 9), (21, 255)] {
        let mut damaged = whole.clone();
        damaged[at] = byte;
        assert!(Packet::read(&damaged).is_none(), "{at} {byte}");
    }
}

#[test]
fn a_reply_is_signed_twice_and_brings_proxy_states_back_as_they_came() {
    let bytes = request(&[(code::PROXY_STATE, b"one"), (code::USER_NAME, b"x"), (code::PROXY_STATE, b"")], true);
    let asked = Packet::read(&bytes).unwrap();
    let reply = Reply::new(Answer::Accept).with_text(code::CLASS, "Sales").to(&asked, SECRET).unwrap();
    let read = Packet::read(&reply).unwrap();
    assert_eq!((read.code(), read.identifier()), (code::ACCESS_ACCEPT, 7));
    let attributes: Vec<(u8, &[u8])> = read.attributes().collect();
    assert_eq!(attributes[0].0, code::MESSAGE_AUTHENTICATOR, "first of all");
    assert_eq!(attributes[1..], [(code::CLASS, &b"Sales"[..]), (code::PROXY_STATE, b"one"), (code::PROXY_STATE, b"")]);
    // The client puts its own authenticator where ours stands, and looks whether both sums are right.
    let mut as_signed = reply.clone();
    as_signed[4..20].copy_from_slice(asked.authenticator());
    assert_eq!(Packet::read(&as_signed).unwrap().proof(SECRET), Proof::Right);
    assert_eq!(sum(&[&as_signed, SECRET]), reply[4..20]);
}

#[test]
fn a_reply_is_never_longer_than_a_packet() {
    let states: Vec<(u8, &[u8])> = vec![(code::PROXY_STATE, &[1; 253]); 15];
    let bytes = request(&states, true);
    let asked = Packet::read(&bytes).unwrap();
    assert!(Reply::new(Answer::Accept).to(&asked, SECRET).is_some());
    let long = Reply::new(Answer::Accept).with_text(code::CLASS, &"ö".repeat(400)).with(code::FILTER_ID, &[7; 400]);
    assert!(long.to(&asked, SECRET).is_none());
    let bytes = request(&[], true);
    let reply = long.to(&Packet::read(&bytes).unwrap(), SECRET).unwrap();
    let class = Packet::read(&reply).unwrap().first(code::CLASS).unwrap().to_owned();
    assert_eq!(String::from_utf8(class).unwrap(), "ö".repeat(126));
}

proptest! {
    #[test]
    fn whatever_comes_is_read_without_a_panic(datagram in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Some(packet) = Packet::read(&datagram) {
            let _ = (packet.method(), packet.user_name(), packet.password(SECRET), packet.attributes().count());
            prop_assert_ne!(packet.proof(SECRET), Proof::Right);
            let _ = Reply::new(Answer::Reject).to(&packet, SECRET);
        }
    }

    #[test]
    fn a_packet_that_was_damaged_proves_nothing(at in 0_usize..84, bit in 0_u8..8, cut in 0_usize..84) {
        let cipher = hidden(SECRET, b"0123456789abcdef", "755224");
        let whole = request(&[(code::USER_NAME, b"t.adeyemi"), (code::USER_PASSWORD, &cipher), (code::PROXY_STATE, b"p1")], true);
        let mut damaged = whole.clone();
        let at = at % whole.len();
        damaged[at] ^= 1 << bit;
        prop_assert!(Packet::read(&damaged).is_none_or(|packet| packet.proof(SECRET) != Proof::Right));
        let cut = cut % whole.len();
        prop_assert!(Packet::read(&whole[..cut]).is_none());
    }
}
