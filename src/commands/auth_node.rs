//! Auth nodes.

use clap::Subcommand;

use crate::{
    authentication::{
        self,
        new::{New, Typed},
        node::Kind,
    },
    commands::ConfigArgs,
    error::Result,
    operators::Who,
};

/// What can be done.
#[derive(Subcommand)]
pub enum Command {
    /// Add an auth node; its key is printed this once.
    Add {
        /// What people call it, such as "VPN Berlin".
        name: String,
        /// It asks by RADIUS, from this address or network; its shared secret is printed this once.
        #[arg(long, value_name = "ADDRESS-OR-NETWORK")]
        radius: Option<String>,
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
        Command::Add { name, radius, args } => {
            let desk = args.desk()?;
            let kind = radius.as_ref().map_or(Kind::Api, |_| Kind::Radius);
            let network = radius.unwrap_or_default();
            let typed = Typed { name, kind: kind.code().into(), network, ..Typed::default() };
            let added = authentication::new::add(&desk, &who, desk.now(), &New::parse(&typed)?)?;
            let how = match kind {
                Kind::Api => "which is not kept and cannot be shown again",
                Kind::Radius => "which is kept sealed and cannot be shown again",
            };
            println!("The {} of the auth node {}, {how}:", kind.proof(), added.name);
            println!("{}", added.proof.as_str());
            if kind == Kind::Radius && desk.settings.radius_listen.is_none() {
                eprintln!("RADIUS is off: set radius_listen, such as 0.0.0.0:1812, and start the server again.");
            }
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
                let from = node.network.map_or_else(|| "any address".to_owned(), |network| network.label());
                println!("{}: {} from {from}, {state}, {used}", node.name, node.kind.label());
            }
        }
    }
    Ok(())
}
