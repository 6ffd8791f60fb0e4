//! What a browser keeps for ever is the content that the address names, and nothing else.

use std::{collections::BTreeSet, io::Read};

use tokendesk::operators::BuiltIn;

use crate::support::{On, Page, World};

/// The addresses of files with a stamp that a page names.
fn stamped(page: &Page) -> BTreeSet<String> {
    let addresses = page.body.split("/static/").skip(1).map(|rest| {
        let end = rest.find(['"', '#', '&', ' ']).unwrap_or(rest.len());
        format!("/static/{}", &rest[..end])
    });
    addresses.filter(|address| address.contains('?')).collect()
}

#[test]
fn only_the_address_with_the_stamp_of_its_content_is_kept_for_ever() {
    let world = World::new(On::Sqlite);
    let browser = world.signed_in("k.lindqvist", BuiltIn::Operator);
    let pages = [browser.get("/tasks"), world.stranger().get("/sign-in")];
    let addresses: BTreeSet<String> = pages.iter().flat_map(stamped).collect();
    let kept = |address: &str| browser.get(address).expect(200).header("cache-control").to_owned();
    for end in ["console.css", "console.js", "portal.css", "sprite.svg", "favicon.svg"] {
        assert!(addresses.iter().any(|address| address.contains(&format!("/{end}?v="))), "{end}: {addresses:?}");
    }
    for address in &addresses {
        let (path, stamp) = address.split_once("?v=").expect("the stamp stands alone");
        assert_eq!(kept(address), "public, max-age=31536000, immutable", "{address}");
        let others = addresses.iter().filter_map(|other| other.split_once("?v=")).filter(|(other, _)| *other != path);
        let mut queries: Vec<String> = others.map(|(_, other)| format!("?v={other}")).collect();
        queries.extend(["", "?", "?v", "?v=", "?v=0", "?v=000000000000", "?x=1"].map(str::to_owned));
        queries.push(format!("?V={stamp}"));
        queries.push(format!("?v={}", &stamp[..stamp.len() - 1]));
        queries.push(format!("?v={stamp}0"));
        queries.push(format!("?v={stamp}&v=0"));
        queries.push(format!("?v=0&v={stamp}"));
        for query in queries {
            assert_eq!(kept(&format!("{path}{query}")), "public, max-age=86400", "{path}{query}");
        }
    }
    let (_, stamp) = addresses.first().and_then(|address| address.split_once('?')).expect("there are some");
    let none = browser.get(&format!("/static/nothing.css?{stamp}")).expect(404);
    assert!(!none.header("cache-control").contains("immutable"), "{:?}", none.headers);
}

#[test]
fn whoever_unpacks_gzip_gets_what_packs_well_packed() {
    let world = World::new(On::Sqlite);
    let client = reqwest::blocking::Client::builder().no_proxy().build().expect("a client");
    let fetch = |path: &str, accepted: &str| {
        let request = client.get(format!("{}{path}", world.url)).header("accept-encoding", accepted);
        let answer = request.send().and_then(reqwest::blocking::Response::error_for_status).expect("it is there");
        let says = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap_or("?")).to_owned();
        let (encoding, vary) = (says("content-encoding"), says("vary"));
        (encoding, vary, answer.bytes().expect("a body").to_vec())
    };
    for path in ["/static/console.css", "/static/console.js", "/static/portal.css", "/static/sprite.svg"] {
        let (plain, vary, bytes) = fetch(path, "identity");
        assert_eq!((plain.as_str(), vary.as_str()), ("", "Accept-Encoding"), "{path}");
        for accepted in ["gzip, deflate, br, zstd", "br, gzip;q=0.5"] {
            let (packed, vary, few) = fetch(path, accepted);
            assert_eq!((packed.as_str(), vary.as_str()), ("gzip", "Accept-Encoding"), "{path} to {accepted}");
            assert!(few.len() * 2 < bytes.len(), "{path}: {} of {}", few.len(), bytes.len());
            let mut unpacked = Vec::new();
            flate2::read::GzDecoder::new(few.as_slice()).read_to_end(&mut unpacked).expect("it is gzip");
            assert_eq!(unpacked, bytes, "{path}");
        }
        assert_eq!(fetch(path, "gzip;q=0").0, "", "{path} to who refuses it");
    }
    let font = "/static/fonts/inter-latin.woff2";
    assert_eq!(fetch(font, "gzip").0, "", "a font is packed already");
}

#[test]
fn sizes_in_the_style_sheets_follow_the_font_that_the_reader_chose() {
    let world = World::new(On::Sqlite);
    for sheet in ["/static/console.css", "/static/portal.css"] {
        let text = world.stranger().get(sheet).expect(200).body;
        let declarations = text
            .split([';', '{', '}'])
            .filter(|one| !["shadow", "outline", "border-radius: 999px"].iter().any(|name| one.contains(name)));
        for declaration in declarations {
            for (at, _) in declaration.match_indices("px") {
                let digits = declaration[..at].rsplit(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or("");
                let size: f64 = digits.parse().unwrap_or(0.0);
                // Lines and the gaps of a hair stay as thin as they are.
                assert!(size < 4.0, "{sheet}: {declaration}");
            }
        }
    }
}
