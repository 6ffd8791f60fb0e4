//! A real browser: headless Chromium, driven over WebDriver. Screenshots go to `target/screenshots`.

use std::{
    cell::Cell,
    io::{BufRead, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use thirtyfour::{By, ChromeCapabilities, ChromiumLikeCapabilities, DesiredCapabilities, WebDriver, WebElement};

/// The accessibility checker, run in every page that is looked at.
const AXE: &str = include_str!("../vendor/axe-core/axe.min.js");

/// WCAG 2.2 A and AA (design: accessibility).
const AXE_TAGS: &[&str] = &["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/// How long a browser may take to end.
const FAREWELL: Duration = Duration::from_secs(10);

/// How often a picture is tried again, and the pause before.
const PICTURES: u32 = 5;
const BREATH: Duration = Duration::from_secs(1);

/// How often something that is on its way is looked for, and the pause between two looks: half a minute in all,
/// which a page takes only on a machine that is very busy.
const LOOKS: usize = 600;
const PAUSE: Duration = Duration::from_millis(50);

/// One window of a fresh Chromium with a profile of its own.
pub struct Chromium {
    pub driver: WebDriver,
    base: String,
    process: Child,
    port: u16,
    session: String,
    view: Cell<View>,
    #[allow(dead_code, reason = "held for its Drop")]
    profile: tempfile::TempDir,
}

/// How a page is looked at.
#[derive(Clone, Copy, Debug)]
pub struct View {
    pub name: &'static str,
    pub width: u32,
    pub height: u32,
    pub dark: bool,
}

/// The desk of an operator.
pub const DESK: View = View { name: "desk", width: 1440, height: 900, dark: false };
/// The same at night.
pub const NIGHT: View = View { name: "night", width: 1440, height: 900, dark: true };
/// A phone.
pub const PHONE: View = View { name: "phone", width: 390, height: 844, dark: false };

impl Chromium {
    /// Starts one for the server at `base`; `script` off is a browser without JavaScript.
    pub async fn start(base: &str, script: bool) -> Self {
        let profile = tempfile::tempdir().expect("a folder");
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed (tests/run does it)");
        let lines = BufReader::new(process.stdout.take().expect("its output is piped")).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| {
                line.split("successfully on port ").nth(1).map(|rest| rest.trim_end_matches('.').to_owned())
            })
            .expect("chromedriver says its port");
        let mut capabilities: ChromeCapabilities = DesiredCapabilities::chrome();
        for argument in [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            // A page kept for going back still holds the driver's line, and the next command waits for its answer.
            "--disable-back-forward-cache", "--hide-scrollbars", "--force-color-profile=srgb",
            "--font-render-hinting=none", "--disable-lcd-text", "--lang=en-US", "--force-device-scale-factor=1",
        ] {
            capabilities.add_arg(argument).expect("an argument");
        }
        capabilities.add_arg(&format!("--user-data-dir={}", profile.path().display())).expect("an argument");
        if !script {
            let off = json!({ "profile.managed_default_content_settings.javascript": 2 });
            capabilities.add_experimental_option("prefs", off).expect("an option");
        }
        let driver = WebDriver::new(&format!("http://127.0.0.1:{port}"), capabilities).await.expect("Chromium starts");
        let session = driver.session_id().to_string();
        let port = port.parse().expect("a port is a number");
        let chromium =
            Chromium { driver, base: base.to_owned(), process, port, session, view: Cell::new(DESK), profile };
        chromium.look_as(DESK).await;
        chromium
    }

    /// Sets the size of the window and the color scheme.
    pub async fn look_as(&self, view: View) {
        self.view.set(view);
        self.size(view).await;
        let scheme = if view.dark { "dark" } else { "light" };
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": [
                { "name": "prefers-color-scheme", "value": scheme },
                { "name": "prefers-reduced-motion", "value": "reduce" },
            ] }),
        )
        .await;
    }

    async fn size(&self, view: View) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": view.width, "height": view.height, "deviceScaleFactor": 1, "mobile": view.width < 600 }),
        )
        .await;
    }

    /// Asks the browser itself, in the words of the DevTools protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.driver.cdp().send_raw(command, parameters).await.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Opens a page of the server, or any address.
    pub async fn open(&self, path: &str) {
        let address = if path.starts_with('/') { format!("{}{path}", self.base) } else { path.to_owned() };
        self.driver.goto(&address).await.expect("the page opens");
    }

    /// The first element found, as soon as it is there: a click answers before the next page has come.
    async fn find_by(&self, by: By, words: &str) -> WebElement {
        let mut tries = LOOKS;
        loop {
            match self.driver.find(by.clone()).await {
                Ok(element) => return element,
                Err(_) if tries > 0 => tries -= 1,
                Err(_) => panic!("{words} is not on {}: {}", self.path().await, self.text().await),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The first element of a CSS selector.
    pub async fn find(&self, selector: &str) -> WebElement {
        self.find_by(By::Css(selector), selector).await
    }

    /// Waits until another page than `path` is shown.
    pub async fn leaves(&self, path: &str) {
        let mut tries = LOOKS;
        while self.path().await.starts_with(path) || !self.has("h1").await {
            assert!(tries > 0, "still on {path}: {}", self.text().await);
            tries -= 1;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until the page has another address than `path`.
    pub async fn moves_on(&self, path: &str) {
        let mut tries = LOOKS;
        while self.path().await == path || !self.has("h1").await {
            assert!(tries > 0, "still on {path}: {}", self.text().await);
            tries -= 1;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// True if there is one.
    pub async fn has(&self, selector: &str) -> bool {
        self.driver.find(By::Css(selector)).await.is_ok()
    }

    /// Clicks the first element of a CSS selector.
    pub async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        element.scroll_into_view().await.expect("it can be scrolled to");
        element.click().await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Clicks the link or button with these words.
    pub async fn press(&self, words: &str) {
        let path = format!("//main//*[self::a or self::button][contains(normalize-space(.), \"{words}\")]");
        let element = self.find_by(By::XPath(&path), words).await;
        element.scroll_into_view().await.expect("it can be scrolled to");
        element.click().await.unwrap_or_else(|error| panic!("“{words}”: {error}"));
    }

    /// Clicks the link of the navigation with these words.
    pub async fn follow(&self, words: &str) {
        let path = format!("//nav//a[contains(normalize-space(.), \"{words}\")]");
        self.find_by(By::XPath(&path), words).await.click().await.unwrap_or_else(|error| panic!("“{words}”: {error}"));
    }

    /// Types into the first element of a CSS selector, in place of what is there.
    pub async fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        element.clear().await.expect("it can be emptied");
        element.send_keys(text).await.expect("it can be typed into");
    }

    /// Types on the page, wherever the focus is.
    pub async fn type_keys(&self, keys: &str) {
        // The page's script listens for keys, and runs once all of the page is there.
        let mut tries = LOOKS;
        while self.driver.execute("return document.readyState", vec![]).await.is_ok_and(|ret| ret.json() != "complete")
        {
            assert!(tries > 0, "{} does not load", self.path().await);
            tries -= 1;
            tokio::time::sleep(PAUSE).await;
        }
        self.driver.action_chain().send_keys(keys).perform().await.expect("keys are typed");
    }

    /// What the page says.
    pub async fn text(&self) -> String {
        match self.driver.find(By::Tag("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// The path of the page, with its query.
    pub async fn path(&self) -> String {
        let url = self.driver.current_url().await.expect("a page is open");
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// Fails the test unless the page says `words`, or does so soon.
    pub async fn says(&self, words: &str) {
        let mut tries = LOOKS;
        loop {
            let text = self.text().await;
            if text.contains(words) {
                return;
            }
            assert!(tries > 0, "“{words}” is not on {}: {text}", self.path().await);
            tries -= 1;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The major version of Chromium.
    pub async fn version(&self) -> String {
        let product = self.devtools("Browser.getVersion", json!({})).await["product"].to_string();
        product.chars().skip_while(|letter| !letter.is_ascii_digit()).take_while(char::is_ascii_digit).collect()
    }

    /// What a script returns.
    pub async fn execute(&self, script: &str) -> Value {
        self.driver.execute(script, vec![]).await.expect("the script runs").json().clone()
    }

    /// Waits until the page and its fonts are there.
    pub async fn is_drawn(&self) {
        let drawn = "const done = arguments[0]; const fonts = () => document.fonts.ready.then(() => requestAnimationFrame(() => done(true))); \
                     document.readyState === 'complete' ? fonts() : addEventListener('load', fonts)";
        self.driver.execute_async(drawn, vec![]).await.expect("the page is drawn");
    }

    /// Takes over the session of `cookies`, a header of `name=value` pairs.
    pub async fn take(&self, cookies: &str) {
        for pair in cookies.split("; ") {
            let (name, value) = pair.split_once('=').expect("a cookie has a name");
            let cookie = json!({ "name": name, "value": value, "url": self.base, "httpOnly": true });
            self.devtools("Network.setCookie", cookie).await;
        }
    }

    /// A picture of the whole page in `target/screenshots`.
    pub async fn screenshot(&self, name: &str) -> PathBuf {
        let height = self
            .driver
            .execute("return document.documentElement.scrollHeight", vec![])
            .await
            .ok()
            .and_then(|ret| ret.json().as_u64())
            .and_then(|height| u32::try_from(height).ok());
        let view = self.view.get();
        self.size(View { height: height.unwrap_or(view.height).max(view.height), ..view }).await;
        let mut tries = PICTURES;
        let png = loop {
            match self.driver.screenshot_as_png().await {
                Ok(png) => break png,
                // On a busy machine the browser sometimes gives up on a picture.
                Err(error) => assert!(tries > 0, "{name}: {error}"),
            }
            tries -= 1;
            tokio::time::sleep(BREATH).await;
        };
        self.size(view).await;
        let folder = PathBuf::from("target/screenshots");
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join(format!("{name}.png"));
        std::fs::write(&file, png).expect("the picture can be written");
        file
    }

    /// The rules by which the accessibility checker judged something on the page.
    pub async fn axe_rules(&self) -> Vec<String> {
        self.driver.execute(AXE, vec![]).await.expect("the checker runs");
        let check = "const done = arguments[arguments.length - 1]; \
                     axe.run(document, { runOnly: arguments[0] }).then(r => done([...r.passes, ...r.violations].map(v => v.id)))";
        let rules = self.driver.execute_async(check, vec![json!(AXE_TAGS)]).await.expect("the checker answers");
        rules.convert().expect("a list")
    }

    /// Fails the test if the accessibility checker finds anything, or if the page can be scrolled sideways.
    pub async fn is_accessible(&self) {
        let here = self.path().await;
        self.driver.execute(AXE, vec![]).await.expect("the checker runs");
        let check = "const done = arguments[arguments.length - 1]; \
                     axe.run(document, { runOnly: arguments[0] }).then(r => done(r.violations.map(v => v.id + ': ' + \
                     v.nodes.map(n => n.target.join(' ') + ' ' + n.failureSummary).join(' | '))), e => done([String(e)]))";
        let found = self.driver.execute_async(check, vec![json!(AXE_TAGS)]).await.expect("the checker answers");
        let found: Vec<String> = found.convert().expect("a list");
        assert!(found.is_empty(), "{here}: {found:#?}");
        let wide = self
            .driver
            .execute("return document.documentElement.scrollWidth - document.documentElement.clientWidth", vec![])
            .await
            .expect("the page can be measured");
        assert!(wide.convert::<i64>().expect("a number") <= 0, "{here} can be scrolled sideways");
    }

    /// What the browser complained about since it was last asked: a refused style, a missing file, an error in a script.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.driver.handle().get_log("browser").await.expect("chromedriver keeps the log");
        log.into_iter().filter(|entry| entry.level == "SEVERE").map(|entry| entry.message).collect()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Ended over its own door, since a browser outlives a driver that is killed; without waiting for the rest of an
        // async world that may be gone.
        if let Ok(mut door) = TcpStream::connect(("127.0.0.1", self.port)) {
            let ask =
                format!("DELETE /session/{} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", self.session);
            // The first bytes of the answer come when the browser is gone; the door stays open behind them.
            let _ = door.set_read_timeout(Some(FAREWELL));
            let _ = door.write_all(ask.as_bytes()).and_then(|()| door.read(&mut [0; 64]));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
