//! The log of everything that runs in this process, at its most talkative.

use std::{
    io,
    sync::{Mutex, MutexGuard, Once, PoisonError},
};

use tracing_subscriber::EnvFilter;

/// All that a server may ever be told to log, by its own parts and the libraries it is made of. Not the tests' own
/// browser, which knows what it sends.
const TALKATIVE: &str = "off,tokendesk=trace,actix_web=trace,actix_http=trace,actix_server=trace,actix_session=trace,\
    actix_multipart=trace,actix_rt=trace,diesel=trace,r2d2=trace,lettre=trace,tokio_util=trace";

static HEARD: Mutex<Heard> = Mutex::new(Heard { ears: 0, lines: Vec::new() });

struct Heard {
    ears: usize,
    lines: Vec<u8>,
}

fn heard() -> MutexGuard<'static, Heard> {
    HEARD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Listens for as long as it lives. It hears tests beside its own too.
pub struct Ear {
    from: usize,
}

impl Ear {
    /// Listens from now on.
    pub fn new() -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(TALKATIVE)).with_ansi(false);
            log.with_writer(|| Writer).init();
        });
        let mut heard = heard();
        heard.ears += 1;
        Ear { from: heard.lines.len() }
    }

    /// What was written since.
    pub fn heard(&self) -> String {
        String::from_utf8_lossy(&heard().lines[self.from..]).into_owned()
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        let mut heard = heard();
        heard.ears -= 1;
        if heard.ears == 0 {
            heard.lines = Vec::new();
        }
    }
}

struct Writer;

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut heard = heard();
        if heard.ears > 0 {
            heard.lines.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
