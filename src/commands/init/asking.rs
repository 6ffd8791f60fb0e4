//! Questions and their answers: from a flag, from whoever sits at the terminal, or line by line from what is piped in.

use std::io::{self, BufRead, IsTerminal as _, Write as _};

use crate::error::{Error, Result};

/// The longest answer, in bytes: an address with a long password.
const MOST_BYTES: u64 = 4_096;

/// Whom the questions are put to.
pub struct Asking {
    /// Where a question has a usual answer it is taken, and nobody is asked.
    pub usual: bool,
}

/// A question.
pub struct Question<'a> {
    /// The flag that answers it, without its dashes.
    pub flag: &'static str,
    /// What is asked, with an example or what the answer is for.
    pub words: &'static str,
    /// What the flag said.
    pub given: Option<&'a str>,
    /// What an empty answer stands for.
    pub usual: Option<&'a str>,
}

impl Asking {
    /// The answer, as `take` reads it. Who is asked is asked again after a sentence that says what is wrong; a flag is
    /// not asked again.
    ///
    /// # Errors
    /// What `take` answers to a flag; `Internal` with the flag if nobody answers any more.
    pub fn answer<T>(&self, question: &Question<'_>, mut take: impl FnMut(&str) -> Result<T>) -> Result<T> {
        if let Some(given) = question.given {
            return take(given);
        }
        if let Some(usual) = question.usual.filter(|_| self.usual) {
            return take(usual);
        }
        let shown = question.usual.map(|usual| format!(" [{usual}]")).unwrap_or_default();
        loop {
            print!("{}{shown}: ", question.words);
            let answer = line(question.flag)?;
            if !io::stdin().is_terminal() {
                println!();
            }
            match (answer.trim(), question.usual) {
                ("", None) => println!("This needs an answer."),
                ("", Some(usual)) => match take(usual) {
                    Ok(value) => return Ok(value),
                    Err(error) => println!("{error}"),
                },
                (answer, _) => match take(answer) {
                    Ok(value) => return Ok(value),
                    Err(error) => println!("{error}"),
                },
            }
        }
    }

    /// A password, asked for until `mistake` finds nothing wrong with it. At a terminal it is not shown.
    ///
    /// # Errors
    /// `Internal` if nobody answers any more.
    pub fn password(&self, words: &str, flag: &str, mistake: impl Fn(&str) -> Option<String>) -> Result<String> {
        loop {
            let password = if io::stdin().is_terminal() {
                let failed = |error| Error::Internal(format!("The password cannot be read: {error}."));
                let password = rpassword::prompt_password(format!("{words}: ")).map_err(failed)?;
                if rpassword::prompt_password("The same again: ").map_err(failed)? != password {
                    println!("The two passwords differ.");
                    continue;
                }
                password
            } else {
                println!("{words}:");
                line(flag)?
            };
            match mistake(&password) {
                Some(sentence) => println!("{sentence}"),
                None => return Ok(password),
            }
        }
    }
}

/// The next line, without its end.
fn line(flag: &str) -> Result<String> {
    let failed = |error: io::Error| Error::Internal(format!("The answer cannot be read: {error}."));
    io::stdout().flush().map_err(failed)?;
    let mut text = String::new();
    // What is read beyond a line stays in the buffer that all of this process share.
    let read = io::Read::take(io::stdin().lock(), MOST_BYTES).read_line(&mut text).map_err(failed)?;
    if read == 0 {
        println!();
        return Err(Error::Internal(format!(
            "There is no answer to the last question: give it with --{flag}. Nothing was done."
        )));
    }
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
