//! Several servers on one PostgreSQL: behind a proxy, of two versions, when the database fails over, through PgBouncer.

use tokendesk::clock::Clock;

use crate::{
    readme,
    support::{
        On, World,
        demo::free_port,
        nginx::Nginx,
        program::{PATIENCE, Program},
    },
};

mod failover;
mod migrations;
mod pooled;
mod rolling;
mod sharing;

/// What every server of the world is started with.
fn settings(world: &World, public_url: &str, smtp_url: &str) -> Vec<String> {
    vec![
        format!("public_url={public_url}"),
        format!("database_url={}", world.desk.settings.database_url),
        format!("master_key=\"{}\"", "07".repeat(32)),
        format!("smtp_url={smtp_url}"),
        "trusted_proxies=[\"127.0.0.1\"]".to_owned(),
        "log_level=warn".to_owned(),
    ]
}

/// Two servers on one database, and the nginx of README before them, which asks each of them in turn.
struct Behind {
    world: World,
    servers: [Program; 2],
    /// The address of nginx.
    url: String,
    _nginx: Nginx,
    _folder: tempfile::TempDir,
}

impl Behind {
    /// Starts them, with the operator `kim`; their email goes to `smtp_url`.
    fn nginx(smtp_url: &str) -> Self {
        let world = World::new(On::Postgres);
        // The servers have the clock of the machine, and what the test makes is of the same time.
        world.advance(Clock::System.now() - world.now());
        let (port, folder) = (free_port(), tempfile::tempdir().expect("a folder"));
        let url = format!("http://127.0.0.1:{port}");
        let settings = settings(&world, &url, smtp_url);
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        let mut servers = [(); 2].map(|()| Program::of(env!("CARGO_BIN_EXE_tokendesk").as_ref(), &settings));
        servers[0].add_kim();
        servers.iter_mut().for_each(Program::serve);
        let mut upstream = readme::fenced(readme::section("How to grow"), "nginx").to_owned();
        for (written, server) in ["10.0.0.11:8080", "10.0.0.12:8080"].iter().zip(&servers) {
            upstream = upstream.replace(written, &format!("127.0.0.1:{}", server.port));
        }
        let nginx = Nginx::start(
            folder.path(),
            &format!(
                "{upstream} \
                 server {{ listen 127.0.0.1:{port}; location / {{ \
                   proxy_pass http://tokendesk; proxy_set_header Host $host:{port}; \
                   proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; \
                   add_header x-served-by $upstream_addr always; }} }}"
            ),
        );
        let behind = Behind { world, servers, url, _nginx: nginx, _folder: folder };
        let begin = std::time::Instant::now();
        while reqwest::blocking::get(format!("{}/readyz", behind.url)).map_or(true, |answer| answer.status() != 200) {
            assert!(begin.elapsed() < PATIENCE, "nginx does not answer");
            std::thread::yield_now();
        }
        behind
    }
}
