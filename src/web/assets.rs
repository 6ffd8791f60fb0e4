//! Style sheets, scripts, fonts and icons: built into the binary, and addressed by a stamp of their content so that
//! browsers may keep them for ever.

use std::{borrow::Cow, fmt, io::Write, sync::LazyLock};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, AcceptEncoding, Encoding, Header},
    web::Bytes,
};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

/// One file.
struct Asset {
    path: &'static str,
    mime: &'static str,
    bytes: Cow<'static, [u8]>,
}

/// The address of a file with the stamp of its content behind it.
pub struct Stamped(LazyLock<String>);

impl fmt::Display for Stamped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Stamped {}

impl askama::FastWritable for Stamped {
    fn write_into(&self, dest: &mut dyn fmt::Write, _: &dyn askama::Values) -> askama::Result<()> {
        Ok(dest.write_str(&self.0)?)
    }
}

macro_rules! stamped {
    ($($(#[$doc:meta])* $name:ident = $path:literal),+ $(,)?) => {$(
        $(#[$doc])*
        pub static $name: Stamped = Stamped(LazyLock::new(|| stamp($path)));
    )+};
}

stamped! {
    /// The console's style sheet.
    CONSOLE_CSS = "/static/console.css",
    /// The style sheet of the portal, of sign-in and of error pages.
    PORTAL_CSS = "/static/portal.css",
    /// The console's script; nothing needs it.
    CONSOLE_JS = "/static/console.js",
    /// The portal's script; nothing needs it.
    PORTAL_JS = "/static/portal.js",
    /// The icons.
    SPRITE = "/static/sprite.svg",
    /// The icon of the browser's tab.
    FAVICON = "/static/favicon.svg",
}

/// Which pages a part of a style sheet or of a script is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    /// Pages with the console's shell.
    Console,
    /// Pages without it: the portal, sign-in, errors.
    Portal,
    Both,
}

/// A part of a style sheet or of a script.
struct Part {
    /// Its file without folder and ending.
    #[cfg(test)]
    name: &'static str,
    pages: For,
    text: &'static str,
}

macro_rules! layers {
    ($($layer:ident { $($pages:ident: $($name:literal)+;)+ })+) => {
        &[$((stringify!($layer), &[$($(Part {
            #[cfg(test)]
            name: $name,
            pages: For::$pages,
            text: include_str!(concat!("../../static/css/", stringify!($layer), "/", $name, ".css")),
        },)+)+]),)+]
    };
}

macro_rules! scripts {
    ($($pages:ident: $($name:literal)+;)+) => {
        &[$($(Part {
            #[cfg(test)]
            name: $name,
            pages: For::$pages,
            text: include_str!(concat!("../../static/js/", $name, ".js")),
        },)+)+]
    };
}

/// The style sheet: `static/css/<layer>/<name>.css`. A folder is an `@layer`; a layer wins over those before it. Both style
/// sheets are made of this list, in this order.
const LAYERS: &[(&str, &[Part])] = layers! {
    tokens { Both: "raw" "meanings"; }
    base { Both: "fonts" "reset" "elements"; }
    layout { Console: "shell" "sidebar" "topbar" "page"; }
    parts {
        Both: "icon" "button" "form" "tick" "ticket" "note";
        Console: "card" "table" "table-phone" "status" "progress" "tabs" "filter" "flash" "timeline" "stepper" "empty" "bulk"
            "facts" "dock" "fold" "choices" "plot";
    }
    screens {
        Both: "standalone" "portal" "mailbox";
        Console: "why" "message" "snapshot" "tasks" "audit" "find" "operators" "find-dialog" "first-start" "work" "hand-over";
    }
    media { Both: "motion" "forced-colors" "print"; }
};

/// The scripts: `static/js/<name>.js`, in the order in which they run. Nothing needs them: every page works without.
const SCRIPTS: &[Part] = scripts! {
    Console: "bulk" "dock" "find" "print";
    Portal: "fragment" "copy";
    Both: "focus";
    Console: "menu" "keys";
};

/// The parts for these pages, joined.
fn sheet(pages: For) -> String {
    let order: Vec<&str> = LAYERS.iter().map(|(layer, _)| *layer).collect();
    let mut text = format!("@layer {};\n", order.join(", "));
    for part in LAYERS.iter().flat_map(|(_, parts)| *parts).filter(|part| part.is_for(pages)) {
        text += part.text;
    }
    text
}

/// The parts for these pages, joined, each with names of its own.
fn script(pages: For) -> String {
    let mut text = "\"use strict\";\n".to_owned();
    for part in SCRIPTS.iter().filter(|part| part.is_for(pages)) {
        text += &format!("{{\n{}}}\n", part.text);
    }
    text
}

impl Part {
    fn is_for(&self, pages: For) -> bool {
        self.pages == pages || self.pages == For::Both
    }
}

macro_rules! file {
    ($path:literal, $mime:literal, $file:literal) => {
        Asset { path: $path, mime: $mime, bytes: Cow::Borrowed(include_bytes!(concat!("../../static/", $file))) }
    };
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let joined = |path, mime, text: String| Asset { path, mime, bytes: Cow::Owned(text.into_bytes()) };
    vec![
        joined("/static/console.css", "text/css; charset=utf-8", sheet(For::Console)),
        joined("/static/portal.css", "text/css; charset=utf-8", sheet(For::Portal)),
        joined("/static/console.js", "text/javascript; charset=utf-8", script(For::Console)),
        joined("/static/portal.js", "text/javascript; charset=utf-8", script(For::Portal)),
        file!("/static/favicon.svg", "image/svg+xml", "favicon.svg"),
        file!("/static/sprite.svg", "image/svg+xml", "vendor/tabler-icons/sprite.svg"),
        file!("/static/fonts/inter-latin-ext.woff2", "font/woff2", "vendor/inter/inter-latin-ext.woff2"),
        file!("/static/fonts/inter-latin.woff2", "font/woff2", "vendor/inter/inter-latin.woff2"),
        file!("/static/fonts/inter-hyphen.woff2", "font/woff2", "vendor/inter/inter-hyphen.woff2"),
        file!(
            "/static/fonts/jetbrains-mono-latin.woff2",
            "font/woff2",
            "vendor/jetbrains-mono/jetbrains-mono-latin.woff2"
        ),
    ]
});

/// The query of each file's address, in the order of [`ASSETS`].
static STAMPS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let stamp = |asset: &Asset| data_encoding::HEXLOWER.encode(&Sha256::digest(&asset.bytes)[..6]);
    ASSETS.iter().map(|asset| format!("v={}", stamp(asset))).collect()
});

/// Each file packed by gzip, in the order of [`ASSETS`]; `None` where that hardly helps (fonts are packed already).
static PACKED: LazyLock<Vec<Option<Vec<u8>>>> = LazyLock::new(|| {
    let pack = |asset: &Asset| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&asset.bytes).ok()?;
        packed.finish().ok().filter(|packed| packed.len() < asset.bytes.len() / 2)
    };
    ASSETS.iter().map(pack).collect()
});

fn stamp(path: &str) -> String {
    let at = ASSETS.iter().position(|asset| asset.path == path);
    format!("{path}?{}", at.map_or("", |at| &STAMPS[at]))
}

/// Serves a file; `404` if there is none of this name.
pub async fn serve(request: HttpRequest) -> HttpResponse {
    let Some(at) = ASSETS.iter().position(|asset| asset.path == request.path()) else {
        return HttpResponse::NotFound().finish();
    };
    let asset = &ASSETS[at];
    // The address with the stamp of this content never changes it. A bare one (fonts in the style sheet) may with the next
    // version, and so may one with another stamp: asked of an old server while a new one is started instead.
    let keep = if request.query_string() == STAMPS[at] {
        "public, max-age=31536000, immutable"
    } else {
        "public, max-age=86400"
    };
    let mut answer = HttpResponse::Ok();
    answer.content_type(asset.mime).insert_header((header::CACHE_CONTROL, keep));
    let Some(packed) = &PACKED[at] else { return answer.body(Bytes::from_static(&asset.bytes)) };
    answer.insert_header((header::VARY, "Accept-Encoding"));
    let accepted = AcceptEncoding::parse(&request).ok();
    match accepted.and_then(|accepted| accepted.negotiate([Encoding::gzip(), Encoding::identity()].iter())) {
        Some(encoding) if encoding == Encoding::gzip() => {
            answer.insert_header((header::CONTENT_ENCODING, "gzip")).body(Bytes::from_static(packed))
        }
        _ => answer.body(Bytes::from_static(&asset.bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::{LAYERS, Part, SCRIPTS};

    /// The files of a folder, without their ending.
    fn files(folder: &str) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder is there")
            .map(|entry| entry.expect("it can be read").path())
            .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn names(parts: &[Part]) -> Vec<&str> {
        let mut names: Vec<&str> = parts.iter().map(|part| part.name).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn every_style_sheet_is_in_the_list_and_all_of_it_in_the_layer_of_its_folder() {
        let mut layers: Vec<&str> = LAYERS.iter().map(|(layer, _)| *layer).collect();
        layers.sort_unstable();
        assert_eq!(files("static/css"), layers);
        for (layer, parts) in LAYERS {
            assert_eq!(files(&format!("static/css/{layer}")), names(parts));
            for part in *parts {
                let says =
                    part.text.lines().next().is_some_and(|line| line.starts_with("/* ") && line.ends_with(". */"));
                assert!(says, "{layer}/{} begins with what it holds", part.name);
                let rest = part.text.lines().skip(1).collect::<Vec<_>>().join("\n");
                let within = rest.starts_with(&format!("@layer {layer} {{")) && rest.matches("@layer").count() == 1;
                assert!(within && rest.ends_with("\n}"), "{layer}/{} is not all in its layer", part.name);
            }
        }
    }

    #[test]
    fn every_script_is_in_the_list() {
        assert_eq!(files("static/js"), names(SCRIPTS));
    }
}
