//! Looking at a screen: in every view, beside its reference, with the accessibility checker.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::picture::{OTHER_VERSION, Picture, Reference, SAME_VERSION};
use crate::support::chromium::{Chromium, DESK, NIGHT, PHONE, View};

/// Where the pictures lie that were accepted.
const REFERENCES: &str = "tests/screens/references";

/// What is done with a picture beside its reference: `compare` (`tests/look`) or `accept` (`tests/accept`, by which what
/// differs becomes the reference). Without it the pictures lie in `target/screenshots`, for whoever wants to see them.
const SCREENS: &str = "SCREENS";

/// How far, in pixels, an element may stand from where it stood in a picture of another version of Chromium.
const SHIFT: i64 = 3;

/// What changes from run to run and says nothing about the look: ports, request ids, keys and their QR codes, the
/// browser's own version. And the focus, which blinks; and a page that loads itself again after some seconds does not.
const SETTLE: &str = r#"
    window.stop();
    document.activeElement && document.activeElement.blur();
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = walk.nextNode());) {
      const text = node.data.replace(/(localhost|127\.0\.0\.1):\d+/g, 'tokens.example.org')
        .replace(/(Chrom\w+) \d+/g, '$1 0').replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'request');
      if (text !== node.data) node.data = text;
    }
    for (const one of document.querySelectorAll('.qr, .setup-key code')) one.style.visibility = 'hidden';
"#;

/// Where the elements stand that make the shape of a page.
const BOXES: &str = r#"
    const wanted = 'h1, h2, h3, nav, main, header, table, tr, .card, .note, .flash, .btn, input, select, textarea, summary, dl';
    return [...document.querySelectorAll(wanted)].filter(e => e.checkVisibility()).map(e => {
      const b = e.getBoundingClientRect();
      return [e.localName, ...[b.x + scrollX, b.y + scrollY, b.width, b.height].map(Math.round)].join(' ');
    }).join('\n');
"#;

/// How wide this browser draws letters that our fonts lack, in three fonts of the system: where these differ, so may pictures.
const FONTS: &str = r#"
    const context = document.createElement('canvas').getContext('2d');
    return ['serif', 'sans-serif', 'monospace'].map(font => {
      context.font = '40px ' + font;
      return Math.round(context.measureText('mil→✓•−שλ').width);
    }).join(' ');
"#;

/// One walk through some screens.
pub struct Walk<'a> {
    pub browser: &'a Chromium,
    folder: PathBuf,
    version: String,
    purpose: String,
    seen: BTreeSet<String>,
    failures: Vec<String>,
}

impl<'a> Walk<'a> {
    /// Begins one, whose references lie in a folder of this name.
    pub async fn begin(browser: &'a Chromium, name: &str) -> Self {
        let folder = Path::new(REFERENCES).join(name);
        let fonts = browser.execute(FONTS).await;
        let version = format!("{} with fonts {}", browser.version().await, fonts.as_str().unwrap_or("unknown"));
        let purpose = std::env::var(SCREENS).unwrap_or_default();
        Walk { browser, folder, version, purpose, seen: BTreeSet::new(), failures: Vec::new() }
    }

    /// Opens the page and looks at it under this name.
    pub async fn open(&mut self, name: &str, path: &str) {
        self.browser.open(path).await;
        self.look(name).await;
    }

    /// Looks at the page that is open, on a desk by day and by night and on a phone.
    pub async fn look(&mut self, name: &str) {
        for view in [DESK, NIGHT, PHONE] {
            self.browser.look_as(view).await;
            self.look_in(view, name).await;
        }
        self.browser.look_as(DESK).await;
    }

    async fn look_in(&mut self, view: View, name: &str) {
        let name = format!("{name}-{}", view.name);
        assert!(self.seen.insert(name.clone()), "two screens are called {name}");
        self.browser.is_drawn().await;
        self.browser.execute(SETTLE).await;
        // Before the window is made as high as the page, and only for whoever compares or keeps them.
        let boxes = match self.purpose.as_str() {
            "" => String::new(),
            _ => self.browser.execute(BOXES).await.as_str().unwrap_or_default().to_owned(),
        };
        let folder = self.folder.file_name().and_then(|folder| folder.to_str()).unwrap_or_default();
        let shot = self.browser.screenshot(&format!("{folder}-{name}")).await;
        self.browser.is_accessible().await;
        if self.purpose.is_empty() {
            return;
        }
        let picture = Picture::read(&shot);
        let file = self.folder.join(format!("{name}.png"));
        let reference = Reference::read(&file);
        let fault = match &reference {
            None => Some("has no reference".to_owned()),
            Some(reference) => self.fault(&picture, &boxes, reference),
        };
        let Some(fault) = fault else { return };
        if self.purpose == "accept" {
            picture.keep(&file, &self.version, &boxes);
            return;
        }
        let mut failure = format!("{name} {fault}: {}", shot.display());
        if let Some(reference) = reference {
            let marked = shot.with_extension("difference.png");
            picture.mark(&reference.picture, &marked);
            failure = format!("{failure}, beside {}, marked in {}", file.display(), marked.display());
        }
        self.failures.push(failure);
    }

    /// What is wrong with `picture` beside its reference.
    fn fault(&self, picture: &Picture, boxes: &str, reference: &Reference) -> Option<String> {
        let same = reference.version == self.version;
        if !same && let Some(moved) = moved(boxes, &reference.boxes) {
            return Some(format!("has another shape ({moved})"));
        }
        let (share, most) = (picture.differs_from(&reference.picture), if same { SAME_VERSION } else { OTHER_VERSION });
        // Letters of another version may make a page a line longer, which the boxes have judged.
        let resized = (picture.width, picture.height) != (reference.picture.width, reference.picture.height);
        let over = share.color > most.color || share.shade > most.shade;
        (over && (same || !resized)).then(|| {
            format!(
                "is of another color in {:.2} and of another shade in {:.2} of 1,000 pixels",
                share.color, share.shade
            )
        })
    }

    /// Fails the test if any screen failed, or if the folder holds references of screens that are no more.
    pub async fn end(mut self) {
        // That a page is refused is a screen; that it lacks a style or a script is a fault.
        let complaints = self.browser.complaints().await.into_iter();
        self.failures.extend(complaints.filter(|one| !one.contains("the server responded with a status of 4")));
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let file = entry.path();
            let name = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
            if self.seen.contains(&name) {
                continue;
            }
            match self.purpose.as_str() {
                "" => {}
                "accept" => fs::remove_file(&file).expect("an old reference goes"),
                _ => self.failures.push(format!("no screen is called {name} any more: {}", file.display())),
            }
        }
        assert!(self.failures.is_empty(), "tests/accept takes these as they are:\n{}", self.failures.join("\n"));
    }
}

/// The first element that is elsewhere than it was, or new, or gone.
fn moved(now: &str, then: &str) -> Option<String> {
    let (now, then): (Vec<&str>, Vec<&str>) = (now.lines().collect(), then.lines().collect());
    if now.len() != then.len() {
        return Some(format!("{} elements were {}", now.len(), then.len()));
    }
    now.iter().zip(&then).find(|(now, then)| !beside(now, then)).map(|(now, then)| format!("{now} was {then}"))
}

fn beside(now: &str, then: &str) -> bool {
    now.split(' ').zip(then.split(' ')).all(|(now, then)| match (now.parse::<i64>(), then.parse::<i64>()) {
        (Ok(now), Ok(then)) => (now - then).abs() <= SHIFT,
        _ => now == then,
    })
}

#[test]
fn an_element_that_stands_elsewhere_is_told() {
    assert_eq!(moved("h1 1 2 3 4\nmain 0 0 9 9", "h1 1 2 3 4\nmain 0 3 9 9"), None);
    assert!(moved("h1 1 2 3 4", "h1 1 6 3 4").is_some_and(|words| words.contains("was")));
    assert!(moved("h1 1 2 3 4", "h2 1 2 3 4").is_some());
    assert!(moved("h1 1 2 3 4", "h1 1 2 3 4\nh2 1 2 3 4").is_some());
}
