//! Auth nodes.

use clap::Subcommand;

use crate::{authentication, commands::ConfigArgs, error::Result, operators::Who};

/// What can be done.
#[derive(Subcommand)]
pub enum Command {
    /// Add an auth node; its key is printed this once.
    Add {
        /// What people call it, such as "VPN Berlin".
        name: String,
        #[command(flatten)]
        args: ConfigArgs,
    },
    /// Refuse the key of an auth node from now on.
    Disable {
        /// Its name.
        name: String,
        #[command(flatten)]
        args: ConfigArgs,
    },
    /// Take the key of a disabled auth node again.
    Enable {
        /// Its name.
        name: String,
        #[command(flatten)]
        args: ConfigArgs,
    },
    /// List the auth nodes.
    List {
        #[command(flatten)]
        args: ConfigArgs,
    },
}

/// Does it.
pub fn run(command: Command) -> Result<()> {
    let who = Who::command_line();
    match command {
        Command::Add { name, args } => {
            let desk = args.desk()?;
            let key = authentication::add_node(&desk, &who, desk.now(), &name)?;
            println!("The key of the auth node {name}, which is not kept and cannot be shown again:");
            println!("{key}");
        }
        Command::Disable { name, args } => {
            let desk = args.desk()?;
            authentication::disable_node(&desk, &who, desk.now(), &name)?;
            println!("The key of the auth node {name} is refused from now on.");
        }
        Command::Enable { name, args } => {
            let desk = args.desk()?;
            authentication::enable_node(&desk, &who, desk.now(), &name)?;
            println!("The auth node {name} is in use again, with the key it had.");
        }
        Command::List { args } => {
            for node in authentication::nodes(&args.desk()?, &who)? {
                let since =
                    |at: Option<crate::clock::Timestamp>| at.map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string());
                let state = since(node.disabled_at).map_or("in use".into(), |at| format!("disabled {at}"));
                let used = since(node.last_used_at).map_or("never asked".into(), |at| format!("last asked {at}"));
                println!("{}: {state}, {used}", node.name);
            }
        }
    }
    Ok(())
}
