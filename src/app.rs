//! All addresses on one screen, grouped by feature, with what each needs; `tests/routes.txt` is printed from it.

use actix_web::{
    FromRequest, Handler, Responder, Route as ActixRoute, guard,
    http::Method,
    middleware::from_fn,
    web::{self as actix, Data, ServiceConfig},
};

use crate::{
    alerts::pages as alerts,
    audit,
    authentication::pages as authentication,
    clock::Timestamp,
    db::{AnyConn, Total},
    demo::pages as demo,
    desk::Desk,
    error::{Error, Result},
    mail, messages,
    operators::{
        self, Permission, Who,
        may::{self, Need},
    },
    outbox, policy,
    portal::pages as portal,
    provision, reports, roles, sign_in, tasks, tokens, users,
    web::{
        Fault, assets, body,
        chrome::{Counts, Numbers, OpenWork},
        csrf, fault, headers, health,
        methods::{self, Methods},
        nul, presence, request, session, shortcuts, theme, upload,
    },
    work,
};

/// What an address asks of who opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Nothing: sign-in, the portal, style sheets, health.
    Open,
    /// The key of an auth node.
    AuthNode,
    /// The key of monitors in the settings.
    Monitor,
    /// To be signed in, and to hold one permission of each of these lists; no list: signed in is enough.
    Operator(&'static [&'static [Permission]]),
    /// The same, and to work in all containers.
    Everywhere(&'static [&'static [Permission]]),
}

impl Gate {
    /// What whoever is signed in has to hold; `None` if nobody has to be.
    pub fn permissions(self) -> Option<&'static [&'static [Permission]]> {
        match self {
            Gate::Open | Gate::AuthNode | Gate::Monitor => None,
            Gate::Operator(needs) | Gate::Everywhere(needs) => Some(needs),
        }
    }
}

/// One address.
pub struct Route {
    /// GET or POST.
    pub method: Method,
    /// The path, with `{names}`.
    pub path: &'static str,
    /// What it asks.
    pub gate: Gate,
    handler: ActixRoute,
}

impl Route {
    /// True where operators work or sign in. Style sheets, the portal, the API and the monitors' pages ask for no session:
    /// they cost no look into the database, and an error page keeps its style when the database is gone.
    fn has_session(&self) -> bool {
        self.gate.permissions().is_some() || self.path.starts_with("/sign-")
    }
}

fn route<F, Args>(method: Method, path: &'static str, gate: Gate, handler: F) -> Route
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    // What can be opened can be asked for its headers alone: mail scanners and monitors do.
    let answers = match method {
        Method::GET => actix::route().guard(guard::Any(guard::Get()).or(guard::Head())),
        _ => actix::method(method.clone()),
    };
    Route { handler: answers.to(handler), method, path, gate }
}

fn get<F, Args>(path: &'static str, gate: Gate, handler: F) -> Route
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    route(Method::GET, path, gate, handler)
}

fn post<F, Args>(path: &'static str, gate: Gate, handler: F) -> Route
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    route(Method::POST, path, gate, handler)
}

/// The gate of handlers that take `Permitted<N>`.
fn need<N: Need>() -> Gate {
    if N::EVERYWHERE { Gate::Everywhere(N::NEEDS) } else { Gate::Operator(N::NEEDS) }
}

/// Every address there is. `demo` adds the mailbox and the clock of the demo.
#[rustfmt::skip]
pub fn routes(demo: bool) -> Vec<Route> {
    let mut all = vec![
        // The shell
        get("/static/{file:.*}", Gate::Open, assets::serve),
        post("/theme", Gate::Open, theme::choose),
        get(shortcuts::SHORTCUTS, need::<may::SignedIn>(), shortcuts::show),
        post(shortcuts::SHORTCUTS, Gate::Open, shortcuts::choose),
        get("/healthz", Gate::Open, health::healthz),
        get("/readyz", Gate::Open, health::readyz),
        get("/metrics", Gate::Monitor, reports::pages::metrics::show),
        // The Snapshot, Find and reports
        get("/", need::<may::SignedIn>(), reports::pages::snapshot::show),
        post("/first-start/test-email", need::<may::EditPolicies>(), reports::pages::first_start::test_email),
        post("/first-start/backup", need::<may::Everywhere<may::ManageOperators>>(), reports::pages::first_start::backup),
        post("/first-start/hide", need::<may::SignedIn>(), reports::pages::first_start::hide),
        get("/find", need::<may::SignedIn>(), reports::pages::find::show),
        get("/reports/enrollments", need::<may::Reports>(), reports::pages::enrollments::show),
        get("/reports/provisioning", need::<may::Reports>(), reports::pages::provisioning::show),
        get("/reports/provisioning.csv", need::<may::Reports>(), reports::pages::file::provisioning),
        get("/reports/not-enrolled", need::<may::Reports>(), reports::pages::not_enrolled::show),
        get("/reports/not-enrolled.csv", need::<may::Reports>(), reports::pages::file::not_enrolled),
        get("/reports/tokens", need::<may::Reports>(), reports::pages::tokens::show),
        get("/reports/tokens.csv", need::<may::Reports>(), reports::pages::file::tokens),
        get("/reports/operators", need::<may::Reports>(), reports::pages::operators::show),
        get("/reports/operators.csv", need::<may::Reports>(), reports::pages::file::operators),

        // Operators: sign-in, sign-out, account
        get("/sign-in", Gate::Open, sign_in::pages::sign_in::show),
        post("/sign-in", Gate::Open, sign_in::pages::sign_in::submit),
        get("/sign-in/verify", Gate::Open, sign_in::pages::verify::show),
        post("/sign-in/verify", Gate::Open, sign_in::pages::verify::submit),
        get("/sign-in/set-up", Gate::Open, sign_in::pages::set_up::show),
        post("/sign-in/set-up", Gate::Open, sign_in::pages::set_up::submit),
        post("/sign-out", Gate::Open, sign_in::pages::sign_in::sign_out),
        get("/account", need::<may::SignedIn>(), sign_in::pages::account::show),
        get(presence::CONFIRM, need::<may::SignedIn>(), presence::show),
        post(presence::CONFIRM, need::<may::SignedIn>(), presence::submit),
        post("/account/password", need::<may::SignedIn>(), sign_in::pages::account::change_password),
        post("/account/sessions", need::<may::SignedIn>(), sign_in::pages::account::end_sessions),

        // Operators, roles and auth nodes, for those who manage them
        get("/operators", need::<may::ManageOperators>(), operators::pages::list::show),
        get("/operators/new", need::<may::ManageOperators>(), operators::pages::new::show),
        post("/operators/new", need::<may::ManageOperators>(), operators::pages::new::submit),
        get("/operators/{operator}", need::<may::ManageOperators>(), operators::pages::detail::show),
        post("/operators/{operator}", need::<may::ManageOperators>(), operators::pages::detail::submit),
        post("/operators/{operator}/suspend", need::<may::ManageOperators>(), operators::pages::detail::suspend),
        post("/operators/{operator}/resume", need::<may::ManageOperators>(), operators::pages::detail::resume),
        get("/operators/{operator}/password", need::<may::ManageOperators>(), operators::pages::password::show),
        post("/operators/{operator}/password", need::<may::ManageOperators>(), operators::pages::password::submit),
        post("/operators/{operator}/second-factor", need::<may::ManageOperators>(), operators::pages::detail::reset_second_factor),
        post("/operators/{operator}/sessions", need::<may::ManageOperators>(), operators::pages::detail::end_sessions),
        get("/operators/{operator}/remove", need::<may::ManageOperators>(), operators::pages::remove::show),
        post("/operators/{operator}/remove", need::<may::ManageOperators>(), operators::pages::remove::submit),
        get("/roles", need::<may::ManageOperators>(), roles::pages::list::show),
        get("/roles/new", need::<may::Everywhere<may::ManageOperators>>(), roles::pages::detail::show_new),
        post("/roles/new", need::<may::Everywhere<may::ManageOperators>>(), roles::pages::detail::submit_new),
        get("/roles/{role}", need::<may::ManageOperators>(), roles::pages::detail::show),
        post("/roles/{role}", need::<may::Everywhere<may::ManageOperators>>(), roles::pages::detail::submit),
        get("/roles/{role}/remove", need::<may::Everywhere<may::ManageOperators>>(), roles::pages::remove::show),
        post("/roles/{role}/remove", need::<may::Everywhere<may::ManageOperators>>(), roles::pages::remove::submit),
        get("/auth-nodes", need::<may::ManageOperators>(), authentication::auth_nodes::show),
        post("/auth-nodes", need::<may::Everywhere<may::ManageOperators>>(), authentication::new::submit),
        get("/auth-nodes/new", need::<may::Everywhere<may::ManageOperators>>(), authentication::new::show),
        get("/auth-nodes/{node}", need::<may::ManageOperators>(), authentication::detail::show),
        post("/auth-nodes/{node}", need::<may::Everywhere<may::ManageOperators>>(), authentication::detail::submit),
        get("/auth-nodes/{node}/disable", need::<may::Everywhere<may::ManageOperators>>(), authentication::auth_nodes::ask_disable),
        post("/auth-nodes/{node}/disable", need::<may::Everywhere<may::ManageOperators>>(), authentication::auth_nodes::disable),
        post("/auth-nodes/{node}/enable", need::<may::Everywhere<may::ManageOperators>>(), authentication::auth_nodes::enable),
        get("/auth-nodes/{node}/key", need::<may::Everywhere<may::ManageOperators>>(), authentication::auth_nodes::ask_key),
        post("/auth-nodes/{node}/key", need::<may::Everywhere<may::ManageOperators>>(), authentication::auth_nodes::new_key),
        post("/auth-nodes/{node}/end-old", need::<may::Everywhere<may::ManageOperators>>(), authentication::auth_nodes::end_old),

        // Users: Assignment
        get("/users", need::<may::SeeUsers>(), users::pages::list::show),
        get("/users.csv", need::<may::Export<may::SeeUsers>>(), users::pages::file::show),
        get("/users/new", need::<may::EditUsers>(), users::pages::new::show),
        post("/users/new", need::<may::EditUsers>(), users::pages::new::submit),
        get("/users/import", need::<may::EditUsers>(), users::pages::import::show),
        post("/users/import", need::<may::EditUsers>(), users::pages::import::submit),
        get("/users/{user}", need::<may::SeeUsers>(), users::pages::detail::show),
        get("/users/{user}/edit", need::<may::EditUsers>(), users::pages::edit::show),
        post("/users/{user}/edit", need::<may::EditUsers>(), users::pages::edit::submit),
        post("/users/{user}/disable", need::<may::EditUsers>(), users::pages::detail::disable),
        post("/users/{user}/enable", need::<may::EditUsers>(), users::pages::detail::enable),
        get("/users/{user}/check-caller", need::<may::CheckCaller>(), users::pages::check_caller::show),
        post("/users/{user}/check-caller", need::<may::CheckCaller>(), users::pages::check_caller::submit),
        post("/users/{user}/check-caller/send", need::<may::CheckCaller>(), users::pages::check_caller::send),
        post("/users/{user}/check-caller/code", need::<may::CheckCaller>(), users::pages::check_caller::code),
        get("/users/{user}/temporary-code", need::<may::TemporaryCode>(), users::pages::temporary_code::show),
        post("/users/{user}/temporary-code", need::<may::TemporaryCode>(), users::pages::temporary_code::submit),
        post("/users/{user}/temporary-code/end", need::<may::TemporaryCode>(), users::pages::temporary_code::end),
        post("/users/{user}/email", need::<may::EditUsers>(), users::pages::edit::save_email),

        // Provision
        get("/provision", need::<may::Provision>(), provision::pages::users::nobody),
        post("/provision", need::<may::Provision>(), provision::pages::users::start),
        get("/provision/{draft}", need::<may::Provision>(), provision::pages::users::show),
        post("/provision/{draft}", need::<may::Provision>(), provision::pages::users::leave_out),
        get("/provision/{draft}/type", need::<may::Provision>(), provision::pages::authentication_type::show),
        post("/provision/{draft}/type", need::<may::Provision>(), provision::pages::authentication_type::submit),
        get("/provision/{draft}/confirm", need::<may::Provision>(), provision::pages::confirm::show),
        post("/provision/{draft}/confirm", need::<may::Provision>(), provision::pages::confirm::submit),

        // Provisioning tasks
        get("/tasks", need::<may::SeeTasks>(), tasks::pages::list::show),
        get("/tasks.csv", need::<may::Export<may::SeeTasks>>(), tasks::pages::file::show),
        post("/tasks", need::<may::SeeTasks>(), tasks::pages::list::again),
        get("/tasks/readdressed", need::<may::Resend>(), tasks::pages::readdressed::show),
        post("/tasks/readdressed", need::<may::Resend>(), tasks::pages::readdressed::submit),
        get("/tasks/ticked/stop-date", need::<may::SeeTasks>(), tasks::pages::ticked::back),
        get("/tasks/ticked/resend", need::<may::SeeTasks>(), tasks::pages::ticked::back),
        get("/tasks/ticked/remove", need::<may::SeeTasks>(), tasks::pages::ticked::back),
        post("/tasks/ticked/stop-date", need::<may::InTask<may::ChangeStopDate>>(), tasks::pages::ticked::stop_date),
        post("/tasks/ticked/resend", need::<may::InTask<may::Resend>>(), tasks::pages::ticked::resend),
        post("/tasks/ticked/remove", need::<may::InTask<may::Remove>>(), tasks::pages::ticked::remove),
        get("/tasks/{number}", need::<may::SeeTasks>(), tasks::pages::detail::show),
        get("/tasks/{number}/edit", need::<may::EditTask>(), tasks::pages::edit::show),
        post("/tasks/{number}/edit", need::<may::EditTask>(), tasks::pages::edit::again),
        get("/tasks/{number}/edit/remove", need::<may::SeeTasks>(), tasks::pages::edit_confirm::back),
        get("/tasks/{number}/edit/stop-date", need::<may::SeeTasks>(), tasks::pages::edit_confirm::back),
        get("/tasks/{number}/edit/resend", need::<may::SeeTasks>(), tasks::pages::edit_confirm::back),
        get("/tasks/{number}/edit/unlock", need::<may::SeeTasks>(), tasks::pages::edit_confirm::back),
        post("/tasks/{number}/edit/remove", need::<may::InTask<may::Remove>>(), tasks::pages::edit_confirm::remove),
        post("/tasks/{number}/edit/stop-date", need::<may::InTask<may::ChangeStopDate>>(), tasks::pages::edit_confirm::stop_date),
        post("/tasks/{number}/edit/resend", need::<may::InTask<may::Resend>>(), tasks::pages::edit_confirm::resend),
        post("/tasks/{number}/edit/unlock", need::<may::InTask<may::Unlock>>(), tasks::pages::edit_confirm::unlock),
        get("/tasks/{number}/remove", need::<may::InTask<may::Remove>>(), tasks::pages::remove::show),
        post("/tasks/{number}/remove", need::<may::InTask<may::Remove>>(), tasks::pages::remove::submit),
        get("/users/{user}/authentication-methods", need::<may::SeeUsers>(), users::pages::authentication_methods::show),
        // One user of a task: where the Edit link of Authentication Methods leads, and the buttons of the panel above it.
        get("/users/{user}/tasks/{number}/edit", need::<may::Resend>(), tasks::pages::resend::show),
        post("/users/{user}/tasks/{number}/edit", need::<may::Resend>(), tasks::pages::resend::submit),
        post("/users/{user}/tasks/{number}/more-time", need::<may::Resend>(), tasks::pages::resend::give_more_time),
        get("/users/{user}/tasks/{number}/hand-over", need::<may::HandOver>(), tasks::pages::hand_over::show),
        post("/users/{user}/tasks/{number}/hand-over", need::<may::HandOver>(), tasks::pages::hand_over::submit),
        post("/users/{user}/tasks/{number}/unlock", need::<may::Unlock>(), tasks::pages::resend::unlock),
        post("/users/{user}/tasks/{number}/stop-date", need::<may::ChangeStopDate>(), tasks::pages::stop_date::submit),

        // Outbox
        get("/outbox", need::<may::SeeOutbox>(), outbox::pages::list::show),
        get("/outbox.csv", need::<may::Export<may::SeeOutbox>>(), outbox::pages::file::show),
        post("/outbox", need::<may::SeeOutbox>(), outbox::pages::list::again),
        get("/outbox/ticked/send-again", need::<may::SeeOutbox>(), outbox::pages::ticked::back),
        get("/outbox/ticked/cancel", need::<may::SeeOutbox>(), outbox::pages::ticked::back),
        post("/outbox/ticked/send-again", need::<may::ChangeOutbox>(), outbox::pages::ticked::send_again),
        post("/outbox/ticked/cancel", need::<may::ChangeOutbox>(), outbox::pages::ticked::cancel),
        get("/outbox/{id}", need::<may::SeeOutbox>(), outbox::pages::email::show),
        post("/outbox/{id}/send-again", need::<may::ChangeOutbox>(), outbox::pages::email::send_again),
        post("/outbox/{id}/cancel", need::<may::ChangeOutbox>(), outbox::pages::email::cancel),

        // Tokens
        get("/tokens", need::<may::SeeUsers>(), tokens::pages::list::show),
        get("/tokens.csv", need::<may::Export<may::SeeUsers>>(), tokens::pages::file::show),
        get("/tokens/import", need::<may::ImportTokens>(), tokens::pages::import::show),
        post("/tokens/import", need::<may::ImportTokens>(), tokens::pages::import::submit),
        get("/tokens/{serial}", need::<may::SeeUsers>(), tokens::pages::detail::show),
        post("/tokens/{serial}/suspend", need::<may::SuspendTokens>(), tokens::pages::detail::suspend),
        post("/tokens/{serial}/resume", need::<may::SuspendTokens>(), tokens::pages::detail::resume),
        post("/tokens/{serial}/unlock", need::<may::Unlock>(), tokens::pages::detail::unlock),
        post("/tokens/{serial}/resync", need::<may::Unlock>(), tokens::pages::detail::resync),
        post("/tokens/{serial}/assign", need::<may::AssignTokens>(), tokens::pages::detail::assign),
        get("/tokens/{serial}/report-lost", need::<may::ReportLost>(), tokens::pages::report_lost::show),
        post("/tokens/{serial}/report-lost", need::<may::ReportLost>(), tokens::pages::report_lost::submit),
        post("/tokens/{serial}/found", need::<may::ReplaceToken>(), tokens::pages::report_lost::found),
        get("/tokens/{serial}/replace", need::<may::ReplaceToken>(), tokens::pages::replace::show),
        post("/tokens/{serial}/replace", need::<may::ReplaceToken>(), tokens::pages::replace::submit),
        get("/tokens/{serial}/revoke", need::<may::SuspendTokens>(), tokens::pages::revoke::show),
        post("/tokens/{serial}/revoke", need::<may::SuspendTokens>(), tokens::pages::revoke::submit),

        // Audit
        get("/audit", need::<may::ReadAudit>(), audit::pages::list::show),
        get("/audit.csv", need::<may::ExportAudit>(), audit::pages::file::show),
        get("/audit/{id}", need::<may::ReadAudit>(), audit::pages::entry::show),

        // Long work
        get("/work", need::<may::SignedIn>(), work::pages::list::show),
        get("/work/{id}", need::<may::SignedIn>(), work::pages::detail::show),
        post("/work/{id}/cancel", need::<may::SignedIn>(), work::pages::detail::cancel),

        // Policy and messages
        get("/policy/self-enrollment", need::<may::EditPolicies>(), policy::pages::show),
        post("/policy/self-enrollment", need::<may::Everywhere<may::EditPolicies>>(), policy::pages::submit),
        get("/policy/lost-phones", need::<may::EditPolicies>(), policy::lost_phones::pages::show),
        post("/policy/lost-phones", need::<may::Everywhere<may::EditPolicies>>(), policy::lost_phones::pages::submit),
        get("/policy/alerts", need::<may::EditPolicies>(), alerts::show),
        post("/policy/alerts", need::<may::Everywhere<may::EditPolicies>>(), alerts::submit),
        get("/messages", need::<may::EditPolicies>(), messages::pages::list),
        get("/messages/{kind}", need::<may::EditPolicies>(), messages::pages::show),
        post("/messages/{kind}", need::<may::Everywhere<may::EditPolicies>>(), messages::pages::submit),
        get("/messages/{kind}/preview", need::<may::EditPolicies>(), messages::pages::saved_preview),
        post("/messages/{kind}/preview", need::<may::Everywhere<may::EditPolicies>>(), messages::pages::typed_preview),
        post("/messages/{kind}/default", need::<may::Everywhere<may::EditPolicies>>(), messages::pages::reset),
        post("/messages/{kind}/test", need::<may::Everywhere<may::EditPolicies>>(), messages::pages::test),

        // The portal
        get("/enroll/{handle}", Gate::Open, portal::welcome::show),
        post("/enroll/{handle}", Gate::Open, portal::welcome::accept),
        get("/enroll/{handle}/key", Gate::Open, portal::key::show),
        post("/enroll/{handle}/key", Gate::Open, portal::key::prove),
        get("/enroll/{handle}/device", Gate::Open, portal::device::show),
        post("/enroll/{handle}/device", Gate::Open, portal::device::claim),
        get("/enroll/{handle}/done", Gate::Open, portal::done::show),
        post("/enroll/{handle}/try", Gate::Open, portal::done::try_now),

        // The API of auth nodes
        post("/api/v1/authenticate", Gate::AuthNode, authentication::api::authenticate),
        post("/api/v1/radius", Gate::AuthNode, authentication::api::radius),

    ];
    if demo {
        all.extend([
            get("/demo/mailbox", Gate::Open, demo::mailbox::list),
            get("/demo/mailbox/{id}", Gate::Open, demo::mailbox::show),
            get("/demo/mailbox/{id}/html", Gate::Open, demo::mailbox::html),
            post("/demo/clock", Gate::Open, demo::move_clock),
        ]);
    }
    all
}

/// The numbers beside the navigation, within the scope of who looks.
fn numbers(desk: &Desk, conn: &mut AnyConn, who: &Who, now: Timestamp) -> Result<Numbers> {
    Ok(Numbers {
        open_tasks: if who.may(Permission::SeeTasks) {
            tasks::count_open(desk, conn, who, now)?
        } else {
            Total::default()
        },
        mail_failures: if who.may(Permission::SeeOutbox) {
            mail::failures_lately(desk, conn, now, who.scope.containers())?
        } else {
            Total::default()
        },
        work: work::open_of(conn, who)?.map(|piece| OpenWork {
            href: format!("/work/{}", piece.id),
            percent: piece.percent(),
            title: piece.title,
        }),
    })
}

/// Wires the addresses and the layers around them; the outermost layer is named last.
pub fn configure(desk: &Desk, config: &mut ServiceConfig) {
    config.app_data(Data::new(desk.clone())).app_data(Counts(numbers)).app_data(upload::config());
    let mut resources: Vec<(&'static str, actix_web::Resource)> = Vec::new();
    let mut with_session: Vec<&'static str> = Vec::new();
    let routes = routes(desk.settings.demo);
    config.app_data(routes.iter().map(|route| (route.path, route.method.clone())).collect::<Methods>());
    for route in routes {
        if route.has_session() {
            with_session.push(route.path);
        }
        match resources.iter_mut().find(|(path, _)| *path == route.path) {
            Some((_, resource)) => {
                let known = std::mem::replace(resource, actix::resource(route.path));
                *resource = known.route(route.handler);
            }
            None => resources.push((route.path, actix::resource(route.path).route(route.handler))),
        }
    }
    let mut scope = actix::scope("");
    for (path, resource) in resources {
        scope = if with_session.contains(&path) {
            scope.service(resource.wrap(session::middleware(desk)).wrap(from_fn(session::arrive)))
        } else {
            scope.service(resource)
        };
    }
    config.service(
        scope
            .default_service(actix::to(|| async { Err::<String, Fault>(Error::not_found("page", "").into()) }))
            .wrap(from_fn(csrf::guard))
            .wrap(from_fn(methods::refuse))
            .wrap(from_fn(nul::refuse))
            .wrap(from_fn(body::limit))
            .wrap(from_fn(fault::dress))
            .wrap(from_fn(headers::protect))
            .wrap(from_fn(request::trace)),
    );
}
