//! How far long work of a command is: one line that is drawn again on a terminal, a line every tenth elsewhere. By hand, since
//! a crate for it brings more lines than it saves.

use std::io::{self, IsTerminal as _, Write as _};

use crate::{
    clock::{Clock, Timestamp},
    english::number,
};

/// A line that tells how far work is.
pub struct Progress {
    all: i64,
    what: &'static str,
    begun: Timestamp,
    /// Redrawn on one line.
    drawn: bool,
    /// The tenths that were told.
    told: i64,
}

impl Progress {
    /// Work on `all` things called `what`, which begins now.
    pub fn begin(all: i64, what: &'static str) -> Self {
        Progress { all: all.max(1), what, begun: Clock::System.now(), drawn: io::stdout().is_terminal(), told: 0 }
    }

    /// `done` of them are done.
    pub fn at(&mut self, done: i64) {
        let percent = done * 100 / self.all;
        if self.drawn || percent / 10 > self.told {
            self.told = percent / 10;
            self.tell(&format!("{} of {} {}, {percent} %", number(done), number(self.all), self.what));
        }
    }

    /// Something else is done now, without a number.
    pub fn say(&mut self, what: &str) {
        self.tell(what);
    }

    /// All of it is done.
    pub fn end(self) {
        if self.drawn {
            println!();
        }
    }

    fn tell(&self, words: &str) {
        let seconds = (Clock::System.now() - self.begun).num_seconds();
        if self.drawn {
            // Carriage return, the words, and nothing of a longer line before.
            print!("\r{words}, {seconds} s\x1b[K");
        } else {
            println!("{words}, {seconds} s");
        }
        // Who reads it later has lost nothing else.
        let _ = io::stdout().flush();
    }
}
