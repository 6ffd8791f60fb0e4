//! Somebody who has a keyboard and nothing else: no mouse, no touch, and always an eye on where the focus is.

use std::{path::Path, time::Duration};

use serde_json::{Value, json};

use crate::support::chromium::{Chromium, DESK, NIGHT, PHONE, View};

/// Where the focus is, and what is wrong with how it can be seen.
const FOCUS: &str = concat!(include_str!("contrast.js"), include_str!("focus.js"));

/// Remembers anything that only a mouse or a finger does.
const WATCH: &str = "for (const kind of ['pointerdown', 'pointermove', 'mousedown', 'mousemove', 'touchstart', 'wheel']) \
                     addEventListener(kind, () => sessionStorage.setItem('touched', kind), true)";

/// The most steps of Tab that something may be away: more than any page of the demo has.
const FARTHEST: usize = 400;

/// How often something that a key sets going is looked for, and the pause between: half a minute in all.
const LOOKS: usize = 600;
const PAUSE: Duration = Duration::from_millis(50);

pub const TAB: &str = "\u{E004}";
pub const ENTER: &str = "\u{E007}";
pub const SPACE: &str = " ";
pub const DOWN: &str = "\u{E015}";

/// A browser that is driven by keys.
pub struct Keyboard {
    pub browser: Chromium,
}

impl Keyboard {
    /// Sits down before a fresh browser.
    pub async fn start(base: &str) -> Self {
        let browser = Chromium::start(base, true).await;
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).await;
        Keyboard { browser }
    }

    /// Signs in at the page that asks for it.
    pub async fn signs_in(&self, user_id: &str) {
        self.browser.open("/sign-in").await;
        // The field has the focus already.
        self.is_at("User ID").await;
        self.types(user_id).await;
        self.goes_to("Password").await;
        self.types(tokendesk::demo::PASSWORD).await;
        self.press(ENTER).await;
        self.browser.leaves("/sign-in").await;
    }

    /// Types a text, or presses a key.
    pub async fn types(&self, keys: &str) {
        self.browser.type_keys(keys).await;
    }

    /// Presses one key.
    pub async fn press(&self, key: &str) {
        self.browser.type_keys(key).await;
    }

    /// Presses Tab until what is called `name` has the focus: all of the name, or its beginning if `name` ends in a space.
    /// At each stop the focus can be seen.
    pub async fn goes_to(&self, name: &str) {
        let mut stops = Vec::new();
        for _ in 0..FARTHEST {
            self.press(TAB).await;
            let stop = self.looks_at_the_focus().await;
            if is_called(&stop, name) {
                return;
            }
            stops.push(stop);
        }
        panic!("“{name}” is not reached on {}: {stops:?}", self.browser.path().await);
    }

    /// Presses Tab until what is called `name` has the focus, then Enter, and waits until the page says `words`.
    pub async fn follows(&self, name: &str, words: &str) {
        self.goes_to(name).await;
        self.enters(words).await;
    }

    /// Presses Enter where the focus is, and waits until another page is there and says `words`.
    pub async fn enters(&self, words: &str) {
        // A page that was left behind has no mark.
        self.browser.execute("document.documentElement.dataset.left = 'yes'").await;
        self.press(ENTER).await;
        let mut tries = LOOKS;
        while self
            .browser
            .driver
            .execute("return document.documentElement.dataset.left ?? null", vec![])
            .await
            .is_ok_and(|left| !left.json().is_null())
        {
            assert!(tries > 0, "Enter leads nowhere from {}", self.browser.path().await);
            tries -= 1;
            tokio::time::sleep(PAUSE).await;
        }
        self.browser.says(words).await;
        self.browser.is_drawn().await;
    }

    /// Fails the test unless what is called so has the focus.
    pub async fn is_at(&self, name: &str) {
        let here = self.looks_at_the_focus().await;
        assert!(is_called(&here, name), "the focus is at “{here}”, not at “{name}”");
    }

    /// Where the focus is; fails the test if it cannot be seen. Empty at the beginning and the end of a page.
    pub async fn looks_at_the_focus(&self) -> String {
        let found = self.browser.execute(FOCUS).await;
        let word = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
        let (name, faults) = (word("name"), word("faults"));
        assert!(faults.is_empty(), "“{name}” on {} {faults}", self.browser.path().await);
        name
    }

    /// Walks through the page by Tab, from its beginning to its end; how many stops it has.
    pub async fn walks_through(&self, page: &str) -> usize {
        self.browser.open(page).await;
        self.browser.is_drawn().await;
        for stops in 0..FARTHEST {
            self.press(TAB).await;
            if self.looks_at_the_focus().await.is_empty() {
                return stops;
            }
        }
        panic!("the focus does not leave {page}");
    }

    /// Looks in this view from now on; with `forced`, in the colors of the system.
    pub async fn looks_as(&self, view: View, forced: bool) {
        self.browser.look_as(view).await;
        if forced {
            let features = json!({ "features": [
                { "name": "forced-colors", "value": "active" }, { "name": "prefers-reduced-motion", "value": "reduce" },
            ] });
            self.browser.devtools("Emulation.setEmulatedMedia", features).await;
        }
    }

    /// Files that are taken lie in this folder.
    pub async fn takes_files_to(&self, folder: &Path) {
        let to = json!({ "behavior": "allow", "downloadPath": folder });
        self.browser.devtools("Browser.setDownloadBehavior", to).await;
    }

    /// What the one file in the folder holds, once it is there.
    pub async fn finds_a_file_in(&self, folder: &Path) -> String {
        let mut tries = LOOKS;
        loop {
            let files = std::fs::read_dir(folder).expect("the folder can be read").flatten().map(|file| file.path());
            if let Some(file) = files.into_iter().find(|file| file.extension().is_some_and(|end| end == "csv")) {
                return std::fs::read_to_string(file).expect("a file of text");
            }
            assert!(tries > 0, "no file comes");
            tries -= 1;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Stands up; fails the test if anything else than a key was used.
    pub async fn ends(self) {
        let touched = self.browser.execute("return sessionStorage.getItem('touched')").await;
        assert_eq!(touched, Value::Null, "something else than the keyboard was used");
    }
}

fn is_called(stop: &str, name: &str) -> bool {
    if name.ends_with(' ') { stop.starts_with(name) } else { stop == name }
}

/// The views in which every page is walked through: by day, at night, on a phone, in the colors of the system.
pub const VIEWS: [(View, bool); 4] = [(DESK, false), (NIGHT, false), (PHONE, false), (DESK, true)];
