//! Style sheets, scripts, fonts and icons: built into the binary, and addressed by a stamp of their content so that
//! browsers may keep them for ever.

use std::{fmt, sync::LazyLock};

use actix_web::{HttpRequest, HttpResponse, http::header};
use sha2::{Digest, Sha256};

/// One file.
struct Asset {
    path: &'static str,
    mime: &'static str,
    bytes: &'static [u8],
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

macro_rules! css {
    ($($file:literal),+ $(,)?) => { concat!($(include_str!(concat!("../../static/css/", $file))),+) };
}

/// In the order of their names, as `static/css/00-layers.css` explains.
const CONSOLE_SHEET: &str = css!(
    "00-layers.css",
    "01-raw.css",
    "02-meanings.css",
    "10-fonts.css",
    "11-reset.css",
    "12-base.css",
    "20-shell.css",
    "21-page.css",
    "22-standalone.css",
    "23-portal.css",
    "24-mailbox.css",
    "30-icon.css",
    "31-button.css",
    "32-form.css",
    "33-tick.css",
    "34-ticket.css",
    "35-note.css",
    "40-card.css",
    "41-table.css",
    "42-table-phone.css",
    "43-status.css",
    "44-progress.css",
    "45-tabs.css",
    "46-filter.css",
    "47-flash.css",
    "48-timeline.css",
    "49-stepper.css",
    "50-empty.css",
    "51-bulk.css",
    "52-facts.css",
    "53-dock.css",
    "54-fold.css",
    "60-why.css",
    "61-message.css",
    "62-snapshot.css",
    "63-tasks.css",
    "64-audit.css",
    "65-find.css",
    "66-operators.css",
    "67-palette.css",
    "68-first-start.css",
    "90-media.css",
);

/// What pages without the console's shell need.
const PORTAL_SHEET: &str = css!(
    "00-layers.css",
    "01-raw.css",
    "02-meanings.css",
    "10-fonts.css",
    "11-reset.css",
    "12-base.css",
    "22-standalone.css",
    "23-portal.css",
    "24-mailbox.css",
    "30-icon.css",
    "31-button.css",
    "32-form.css",
    "33-tick.css",
    "34-ticket.css",
    "35-note.css",
    "90-media.css",
);

macro_rules! file {
    ($path:literal, $mime:literal, $file:literal) => {
        Asset { path: $path, mime: $mime, bytes: include_bytes!(concat!("../../static/", $file)) }
    };
}

const ASSETS: &[Asset] = &[
    Asset { path: "/static/console.css", mime: "text/css; charset=utf-8", bytes: CONSOLE_SHEET.as_bytes() },
    Asset { path: "/static/portal.css", mime: "text/css; charset=utf-8", bytes: PORTAL_SHEET.as_bytes() },
    file!("/static/console.js", "text/javascript; charset=utf-8", "js/console.js"),
    file!("/static/portal.js", "text/javascript; charset=utf-8", "js/portal.js"),
    file!("/static/favicon.svg", "image/svg+xml", "favicon.svg"),
    file!("/static/sprite.svg", "image/svg+xml", "vendor/tabler-icons/sprite.svg"),
    file!("/static/fonts/inter-latin-ext.woff2", "font/woff2", "vendor/inter/inter-latin-ext.woff2"),
    file!("/static/fonts/inter-latin.woff2", "font/woff2", "vendor/inter/inter-latin.woff2"),
    file!("/static/fonts/jetbrains-mono-latin.woff2", "font/woff2", "vendor/jetbrains-mono/jetbrains-mono-latin.woff2"),
];

/// The query of each file's address, in the order of [`ASSETS`].
static STAMPS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let stamp = |asset: &Asset| data_encoding::HEXLOWER.encode(&Sha256::digest(asset.bytes)[..6]);
    ASSETS.iter().map(|asset| format!("v={}", stamp(asset))).collect()
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
    // version, and so may one with another stamp: asked of an old server while a new one is put in its place.
    let keep = if request.query_string() == STAMPS[at] {
        "public, max-age=31536000, immutable"
    } else {
        "public, max-age=86400"
    };
    HttpResponse::Ok()
        .content_type(asset.mime)
        .insert_header((header::CACHE_CONTROL, keep))
        .body(actix_web::web::Bytes::from_static(asset.bytes))
}
