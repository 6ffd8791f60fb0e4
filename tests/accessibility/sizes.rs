//! Large letters, a small window, more room between letters, the colors of the system: nothing is cut off, nothing has to be
//! scrolled sideways, and what is to be pressed is large enough.

use serde_json::json;

use crate::{
    browser::{run, sign_in},
    support::{
        chromium::{Chromium, DESK, NIGHT, PHONE, View},
        demo::Demo,
    },
};

/// What does not fit.
const FITS: &str = include_str!("fits.js");

/// The room between letters, words, lines and paragraphs that a reader may ask for (WCAG 2.2, 1.4.12).
const SPACING: &str = "const sheet = new CSSStyleSheet(); sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; \
                       word-spacing: 0.16em !important } p { margin-bottom: 2em !important }'); document.adoptedStyleSheets = [sheet];";

/// The size of the browser's letters where nobody chose one, in pixels.
const USUAL: u32 = 16;
const TWICE: u32 = 32;

/// Where 1,280 pixels are magnified fourfold (WCAG 2.2, 1.4.10).
const MAGNIFIED: View = View { name: "magnified", width: 320, height: 256, dark: false };
/// Where they are magnified twofold (WCAG 2.2, 1.4.4).
const DOUBLED: View = View { name: "doubled", width: 720, height: 450, dark: false };

/// Pages of every kind.
const PAGES: &[&str] = &[
    "/",
    "/tasks",
    "/tasks/1029/edit",
    "/tasks/1040",
    "/users?q=an",
    "/users/new",
    "/users/import",
    "/audit",
    "/tokens",
    "/outbox",
    "/reports/provisioning",
    "/reports/tokens",
    "/policy/self-enrollment",
    "/account",
    "/messages",
    "/operators",
    "/users/f.keller/authentication-methods",
    "/users/a.adeyemi/authentication-methods",
    "/find?q=an",
    "/demo/mailbox",
];

/// Opens each page in this view with letters of this size, does `first` in it, and fails if anything does not fit.
async fn all_fits(browser: &Chromium, view: View, letters: u32, first: &str) {
    browser.look_as(view).await;
    let sizes = json!({ "fontSizes": { "standard": letters, "fixed": letters * 13 / 16 } });
    browser.devtools("Page.setFontSizes", sizes).await;
    let mut faults = Vec::new();
    for page in PAGES {
        browser.open(page).await;
        browser.is_drawn().await;
        let size = browser.execute("return getComputedStyle(document.documentElement).fontSize").await;
        assert_eq!(size, format!("{letters}px"), "{page} takes the size of its letters from the browser");
        if !first.is_empty() {
            browser.execute(first).await;
        }
        let found = browser.execute(FITS).await;
        faults
            .extend(found.as_array().expect("a list").iter().map(|fault| format!("{page} in {}: {fault}", view.name)));
    }
    assert!(faults.is_empty(), "with letters of {letters} px: {faults:#?}");
}

fn on_all_pages(ways: &'static [(View, u32, &'static str)]) {
    let demo = Demo::start();
    run(async {
        let browser = Chromium::start(&demo.url, true).await;
        sign_in(&browser, "k.lindqvist").await;
        for (view, letters, first) in ways {
            all_fits(&browser, *view, *letters, first).await;
        }
    });
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn whoever_doubles_the_browsers_letters_reads_everything_without_scrolling_sideways() {
    on_all_pages(&[(DESK, TWICE, ""), (PHONE, TWICE, "")]);
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn whoever_magnifies_the_page_reads_everything_without_scrolling_sideways() {
    on_all_pages(&[(DOUBLED, USUAL, ""), (MAGNIFIED, USUAL, "")]);
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn whoever_wants_more_room_between_letters_and_lines_reads_everything() {
    on_all_pages(&[(DESK, USUAL, SPACING), (PHONE, USUAL, SPACING)]);
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn what_can_be_pressed_is_24_pixels_large_and_the_checker_looks_at_it() {
    let demo = Demo::start();
    run(async {
        let browser = Chromium::start(&demo.url, true).await;
        sign_in(&browser, "k.lindqvist").await;
        for view in [DESK, PHONE] {
            browser.look_as(view).await;
            for page in ["/tasks", "/tasks/1029/edit", "/users/f.keller/authentication-methods"] {
                browser.open(page).await;
                let rules = browser.axe_rules().await;
                assert!(rules.iter().any(|rule| rule == "target-size"), "{page} is not looked at: {rules:?}");
                browser.is_accessible().await;
            }
        }
    });
}

#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn a_control_is_called_by_the_words_on_it_and_the_edge_of_a_field_can_be_seen() {
    const NAMES: &str = concat!(include_str!("contrast.js"), include_str!("names.js"));
    let demo = Demo::start();
    run(async {
        let browser = Chromium::start(&demo.url, true).await;
        sign_in(&browser, "k.lindqvist").await;
        for view in [DESK, NIGHT] {
            browser.look_as(view).await;
            for page in PAGES {
                browser.open(page).await;
                assert_eq!(browser.execute(NAMES).await, json!([]), "{page} {}", view.name);
            }
        }
    });
}

/// What is told by a color of ours alone would be gone: controls have edges, ticks and the current place can be seen.
#[test]
#[ignore = "needs Chromium: tests/run installs it"]
fn whoever_lets_the_system_choose_colors_sees_controls_statuses_and_where_they_are() {
    // Controls without any edge in the colors of the system, and icons of statuses drawn in the color behind them.
    const UNSEEN: &str = r#"
        const faults = [];
        if (!matchMedia('(forced-colors: active)').matches) faults.push('the colors are not forced');
        for (const control of document.querySelectorAll('main :is(.btn, .input, .select)')) {
          if (!control.checkVisibility() || control.disabled) continue;
          const style = getComputedStyle(control);
          if (style.borderTopStyle === 'none' || parseFloat(style.borderTopWidth) < 1 || style.borderTopColor === style.backgroundColor)
            faults.push(`${control.className} “${control.textContent.trim()}” has no edge`);
        }
        for (const icon of document.querySelectorAll('main .status .icon')) {
          if (getComputedStyle(icon).color === getComputedStyle(document.body).backgroundColor) faults.push('an icon cannot be seen');
        }
        const here = document.querySelector('.sidebar [aria-current]');
        if (here && getComputedStyle(here).outlineStyle === 'none') faults.push('nothing tells the current place');
        return faults;
    "#;
    let demo = Demo::start();
    run(async {
        let browser = Chromium::start(&demo.url, true).await;
        sign_in(&browser, "k.lindqvist").await;
        for (scheme, name) in [("light", "white"), ("dark", "black")] {
            let features = json!({ "features": [
                { "name": "forced-colors", "value": "active" }, { "name": "prefers-color-scheme", "value": scheme },
            ] });
            browser.devtools("Emulation.setEmulatedMedia", features).await;
            for page in PAGES {
                browser.open(page).await;
                let faults = browser.execute(UNSEEN).await;
                assert_eq!(faults, json!([]), "{page} in the system’s {name}");
            }
            browser.open("/tasks").await;
            browser.screenshot(&format!("forced-colors-{name}")).await;
        }
    });
}
