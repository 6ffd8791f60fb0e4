//! `/users/new`: Create User.

use actix_web::http::StatusCode;
use askama::Template;

use crate::{
    operators::may,
    users::{
        self, Typed,
        pages::{Form, Person},
        user::DEFAULT_CONTAINER,
    },
    web::{self, Answer, Chrome, Fields, Flash, Permitted},
};

#[derive(Template)]
#[template(path = "users/new.html")]
struct Page {
    chrome: Chrome,
    form: Form,
}

/// GET
pub async fn show(p: Permitted<may::EditUsers>) -> Answer {
    let form = Form::new(Typed { container: DEFAULT_CONTAINER.into(), ..Typed::default() });
    let (form, chrome) = p.view(move |desk, who, _| desk.db.read(|conn| form.with_choices(conn, who))).await?;
    web::page(&Page { chrome, form })
}

/// POST
pub async fn submit(p: Permitted<may::EditUsers>, fields: Fields) -> Answer {
    let mut form = Form::read(&fields);
    let details = form.details();
    match p.call(move |desk, who, now| users::create(desk, who, now, &details?)).await {
        Ok(user) => {
            let person = Person::new(&user);
            let created = format!("Created {}.", person.name);
            p.flash(&match user.warning() {
                none if none.is_empty() => Flash::good(created, format!("User ID {}", person.user_id)),
                warning => Flash::warn(created, warning),
            });
            Ok(web::see_other(&person.path))
        }
        Err(fault) => {
            form.mistakes = fault.mistakes()?;
            let (form, chrome) = p.view(move |desk, who, _| desk.db.read(|conn| form.with_choices(conn, who))).await?;
            web::page_with(StatusCode::UNPROCESSABLE_ENTITY, &Page { chrome, form })
        }
    }
}
