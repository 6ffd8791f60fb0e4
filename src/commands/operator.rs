//! Operators of the console.

use std::{
    io::{self, IsTerminal as _, Read as _},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};

use crate::{
    commands::ConfigArgs,
    error::{Error, Result},
    operators::{self, BuiltIn, NewOperator, Who},
    sign_in::credentials,
};

/// The most that is read of a password file, in bytes: the longest password in the longest letters, and room to say
/// that a longer one is too long.
const MOST_BYTES: u64 = 4_096;

/// What can be done.
#[derive(Subcommand)]
pub enum Command {
    /// Add an operator.
    Add {
        /// What they type to sign in.
        #[arg(long, value_name = "USERID")]
        user_id: String,
        /// Their name.
        #[arg(long, default_value = "")]
        name: String,
        /// Where to write to them.
        #[arg(long, default_value = "")]
        email: String,
        /// Operator, "Provisioning manager", "Help desk" or Auditor.
        #[arg(long, default_value = BuiltIn::Operator.name())]
        role: String,
        #[command(flatten)]
        password: Password,
        #[command(flatten)]
        args: ConfigArgs,
    },
    /// Give an operator a new password, to be changed at the next sign-in.
    ResetPassword {
        /// The operator.
        #[arg(long, value_name = "USERID")]
        user_id: String,
        #[command(flatten)]
        password: Password,
        #[command(flatten)]
        args: ConfigArgs,
    },
    /// Let an operator who lost the phone set up a new authenticator app at the next sign-in.
    ResetSecondFactor {
        /// The operator.
        #[arg(long, value_name = "USERID")]
        user_id: String,
        #[command(flatten)]
        args: ConfigArgs,
    },
}

/// Where the password comes from. Never an argument: everyone on the machine can read those.
#[derive(Args)]
pub struct Password {
    /// A file whose first line is the password, or - for standard input. Left out: asked for at the terminal.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Does it.
pub fn run(command: Command) -> Result<()> {
    match command {
        Command::Add { user_id, name, email, role, password, args } => {
            let desk = args.desk()?;
            let password = password.read()?;
            let new =
                NewOperator { user_id, name, email, role, password, must_change_password: false, containers: None };
            let user_id = new.user_id.trim().to_owned();
            let role = new.role.trim().to_owned();
            operators::add(&desk, &Who::command_line(), desk.now(), new)?;
            println!("Operator {user_id} was added with the role {role}.");
            println!(
                "Next: start the server with “tokendesk serve” and sign in at {}/sign-in.",
                desk.settings.public_url
            );
            if desk.settings.require_second_factor {
                println!("The first sign-in sets up an authenticator app: have a phone at hand.");
            }
        }
        Command::ResetPassword { user_id, password, args } => {
            let desk = args.desk()?;
            let password = password.read()?;
            credentials::reset_password(&desk, &Who::command_line(), desk.now(), user_id.trim(), &password)?;
            println!("Operator {user_id} has a new password and is signed out everywhere.");
            println!("Next: they sign in with it and choose one of their own.");
        }
        Command::ResetSecondFactor { user_id, args } => {
            let desk = args.desk()?;
            credentials::reset_second_factor(&desk, &Who::command_line(), desk.now(), user_id.trim())?;
            println!("Operator {user_id} has no second factor now and is signed out everywhere.");
            println!("Next: they sign in with their password and set up an authenticator app.");
        }
    }
    Ok(())
}

impl Password {
    /// True if a file, or standard input, was named for it.
    pub(super) fn is_named(&self) -> bool {
        self.password_file.is_some()
    }

    /// The password.
    ///
    /// # Errors
    /// `Internal` with a sentence if it cannot be read, or was typed in two ways.
    pub(super) fn read(&self) -> Result<String> {
        let failed = |error: io::Error| Error::Internal(format!("The password cannot be read: {error}."));
        match self.password_file.as_deref() {
            Some(path) if path != Path::new("-") => {
                let file = std::fs::File::open(path).map_err(|error| {
                    Error::Internal(format!("The file {} cannot be read: {error}.", path.display()))
                })?;
                first_line(file).map_err(failed)
            }
            None if io::stdin().is_terminal() => {
                let password = rpassword::prompt_password("Password: ").map_err(failed)?;
                if rpassword::prompt_password("The same again: ").map_err(failed)? != password {
                    return Err(Error::Internal("The two passwords differ. Nothing was done.".into()));
                }
                Ok(password)
            }
            _ => first_line(io::stdin().lock()).map_err(failed),
        }
    }
}

/// The first line without its end; spaces belong to the password.
fn first_line(input: impl io::Read) -> io::Result<String> {
    let mut text = String::new();
    input.take(MOST_BYTES).read_to_string(&mut text)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_the_file_is_the_password() {
        assert_eq!(first_line("a walk in the rain \r\nnot this\n".as_bytes()).unwrap(), "a walk in the rain ");
        assert_eq!(first_line("".as_bytes()).unwrap(), "");
    }
}
