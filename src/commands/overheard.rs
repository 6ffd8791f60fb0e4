//! Whether what goes to the database could be read on the way (ASVS 5.0, 12.3.1): what the address of a PostgreSQL says.

use crate::config::is_postgres;

/// The words of `sslmode` with which libpq insists on TLS; without one of them it takes what it gets.
const INSISTS: [&str; 3] = ["require", "verify-ca", "verify-full"];

/// The first host in `database_url` that is not this machine and that libpq would speak to without TLS; `None` if there is
/// none. `sslmode` is the environment's, which counts where the address names none.
pub fn database(database_url: &str, sslmode: Option<&str>) -> Option<String> {
    let (_, rest) = database_url.split_once("://").filter(|_| is_postgres(database_url))?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let asked = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let mode = asked("sslmode").or_else(|| sslmode.map(str::to_owned)).unwrap_or_default();
    if INSISTS.contains(&mode.as_str()) {
        return None;
    }
    let authority = rest.split('/').next().unwrap_or_default();
    let hosts = authority.rsplit('@').next().unwrap_or_default();
    let hosts = asked("hostaddr").or_else(|| asked("host")).unwrap_or_else(|| hosts.to_owned());
    hosts.split(',').map(without_port).find(|host| !is_near(host)).map(str::to_owned)
}

/// "db.example.org" of "db.example.org:5432", "::1" of "[::1]:5432".
fn without_port(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None if host.matches(':').count() > 1 => host,
        None => host.split(':').next().unwrap_or_default(),
    }
}

/// True for this machine: none named, a folder with a socket, or an address that leads back here.
fn is_near(host: &str) -> bool {
    let socket = host.is_empty() || host.starts_with('/') || host.starts_with('@') || host.starts_with("%2F");
    socket || host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::database;

    #[test]
    fn a_postgresql_elsewhere_without_tls_is_named() {
        for (url, host) in [
            ("postgres://td:secret@db.example.org/td", Some("db.example.org")),
            ("postgresql://td@db.example.org:5432/td?sslmode=prefer", Some("db.example.org")),
            ("postgres://td@10.0.0.5:5432/td?sslmode=disable", Some("10.0.0.5")),
            ("postgres://td@[2001:db8::1]:5432/td", Some("2001:db8::1")),
            ("postgres://td@127.0.0.1:5432,db2:5432/td", Some("db2")),
            ("postgres:///td?host=db.example.org", Some("db.example.org")),
            ("postgres://td@db.example.org/td?sslmode=require", None),
            ("postgres://td@db.example.org/td?connect_timeout=5&sslmode=verify-full", None),
            ("postgres://td@127.0.0.1:5432/td", None),
            ("postgres://td@[::1]/td", None),
            ("postgres://td@localhost/td", None),
            ("postgres:///td", None),
            ("postgres:///td?host=/run/postgresql", None),
            ("postgres://%2Frun%2Fpostgresql/td", None),
            ("sqlite:/var/lib/tokendesk/tokendesk.db", None),
        ] {
            assert_eq!(database(url, None).as_deref(), host, "{url}");
        }
        assert_eq!(database("postgres://td@db.example.org/td", Some("verify-full")), None);
        assert!(database("postgres://td@db.example.org/td?sslmode=prefer", Some("verify-full")).is_some());
    }
}
