//! A server to ask, and who may ask it.
#![allow(dead_code, reason = "each benchmark asks in its own way")]

use std::{collections::HashMap, error::Error, net::TcpListener, sync::mpsc, thread};

use actix_web::{
    App, HttpServer,
    cookie::{Cookie, CookieJar},
    rt::System,
};
use diesel::{QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query};
use tokendesk::{
    app,
    desk::Desk,
    oath::{self, Algorithm},
    operators::{Who, sessions},
    tokens::{self, Device, Making, MovingFactor, Seed},
    users::{self, Import},
    web::{cookies, session},
};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const SEED: &[u8; 20] = b"12345678901234567890";

/// Starts a server on a free port; its address.
///
/// # Errors
/// What the system says.
pub fn serve(desk: &Desk) -> Outcome<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let (desk, (started, ready)) = (desk.clone(), mpsc::channel());
    thread::spawn(move || {
        System::new().block_on(async move {
            let server = HttpServer::new(move || App::new().configure(|config| app::configure(&desk, config)));
            let server = server.workers(2).disable_signals().listen(listener)?.run();
            let _ = started.send(());
            server.await
        })
    });
    ready.recv()?;
    Ok(url)
}

/// The cookie of an operator who is signed in and works everywhere.
///
/// # Errors
/// What the database says.
pub fn signed_in(desk: &Desk) -> Outcome<String> {
    let operator = desk.db.write(|conn| {
        conn.batch_execute(
            "INSERT INTO operators (user_id, user_id_key, name, role_id, all_containers, password_hash, must_change_password, \
               created_at) \
             SELECT 'k.lindqvist', 'k.lindqvist', 'K', r.id, TRUE, 'none', FALSE, CURRENT_TIMESTAMP FROM roles r \
             WHERE r.name = 'Operator'",
        )?;
        Ok(sql_query("SELECT id AS n FROM operators").get_result::<Number>(conn)?.n)
    })?;
    let now = desk.now();
    let key = sessions::insert(desk, &HashMap::from([(sessions::OPERATOR.to_owned(), operator.to_string())]), now)?;
    let (mut jar, name) = (CookieJar::new(), cookies::SESSION.name(false));
    jar.signed_mut(&session::cookie_key(desk)).add(Cookie::new(name, key));
    Ok(jar.get(name).ok_or("the cookie was added")?.encoded().to_string())
}

/// So many users, called `name` and a number, with a device each, enrolled by its first value.
///
/// # Errors
/// What the verbs answer.
pub fn with_devices(desk: &Desk, name: &str, count: usize) -> Outcome<()> {
    let (who, now) = (Who::system(), desk.now());
    let mut file = String::from("User ID,Last Name,First Name,Email,Container\n");
    for n in 0..count {
        file.push_str(&format!("{name}{n:06},Last{n:06},First,{name}{n:06}@example.org,Service desk\n"));
    }
    let how = Import { container: "Service desk".into(), dry_run: false, good_lines: false };
    users::import(desk, &who, now, file.as_bytes(), &how)?;
    let making = Making { moving_factor: MovingFactor::Counter, ..Making::APP };
    for n in 0..count {
        let device = Device { serial: format!("D{n:06}"), seed: Seed::new(*SEED), making, container: None };
        desk.db.write(|conn| {
            tokens::insert_inventory(desk, conn, now, std::slice::from_ref(&device))?;
            let user = users::find(conn, &who, &format!("{name}{n:06}"))?;
            tokens::bind_hardware(desk, conn, now, user.id, user.container, &device.serial, &value(0)).map(|_| ())
        })?;
    }
    Ok(())
}

/// A value of such a device.
pub fn value(counter: u64) -> String {
    oath::hotp(SEED, counter, 6, Algorithm::Sha1)
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}
