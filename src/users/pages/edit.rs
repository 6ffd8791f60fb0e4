//! `/users/{user id}/edit`: changing a user, beside others who may be doing the same.

use url::form_urlencoded;

use actix_web::{http::StatusCode, web::Path};
use askama::Template;

use super::authentication_methods::{Address, draw};
use crate::{
    error::Error,
    operators::may,
    tasks::address::{self, LinksOf},
    users::user::Details,
    users::{
        self, Typed, User,
        pages::{Form, Person},
    },
    web::see_other,
    web::{self, Answer, Chrome, Fault, Fields, Flash, Permitted},
    why::pages::mend::FormBack,
};

#[derive(Template)]
#[template(path = "users/edit.html")]
struct Page {
    chrome: Chrome,
    person: Person,
    form: Form,
    version: i64,
    /// The data as it was when the page was opened, for saying what changed meanwhile.
    was: String,
    clashes: Vec<Clash>,
}

/// A field that someone else changed meanwhile, or that both did.
struct Clash {
    label: &'static str,
    was: String,
    now: String,
    yours: String,
}

/// GET
pub async fn show(p: Permitted<may::EditUsers>, user_id: Path<String>) -> Answer {
    let ((user, form), chrome) = p
        .view(move |desk, who, _| {
            desk.db.read(|conn| {
                let user = users::find(conn, who, &user_id)?;
                let form = Form::new(user.typed()).with_choices(conn, who)?;
                Ok((user, form))
            })
        })
        .await?;
    let (version, was) = (user.version, folded(&user.typed()));
    web::page(&Page { chrome, person: Person::new(&user), form, version, was, clashes: Vec::new() })
}

/// POST
pub async fn submit(p: Permitted<may::EditUsers>, user_id: Path<String>, fields: Fields) -> Answer {
    let user_id = user_id.into_inner();
    let mut form = Form::read(&fields);
    let details = form.details();
    let version = fields.text("version").parse().unwrap_or(0);
    let name = user_id.clone();
    let saved = p
        .call(move |desk, who, now| {
            let user = users::edit(desk, who, now, &name, version, &details?)?;
            // Links end with a change of this very moment; those of an earlier one were told of then.
            let moved = user.email_changed_at == Some(now);
            let ended =
                if moved { desk.db.read(|conn| address::count(conn, who, LinksOf::User(user.id)))? } else { 0 };
            Ok((user, ended))
        })
        .await;
    match saved {
        Ok((user, ended)) => {
            p.flash(&Flash::good(format!("Saved {}.", user.name()), address::words(ended)));
            Ok(web::see_other(&Person::new(&user).path))
        }
        Err(Fault(Error::Conflict(_))) => conflict(p, user_id, form, &fields).await,
        Err(fault) => {
            form.mistakes = fault.mistakes()?;
            let was = fields.raw("was").to_owned();
            let ((user, form), chrome) = furnished(&p, user_id, form).await?;
            let person = Person::new(&user);
            let page = Page { chrome, person, form, version, was, clashes: Vec::new() };
            web::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// Says what changed meanwhile. The form goes on with what this operator changed, over what others did.
async fn conflict(p: Permitted<may::EditUsers>, user_id: String, form: Form, fields: &Fields) -> Answer {
    let was = unfolded(fields.raw("was"));
    let ((user, mut form), chrome) = furnished(&p, user_id, form).await?;
    let now = user.typed();
    let clashes = was
        .fields()
        .into_iter()
        .zip(now.fields())
        .zip(form.typed.fields())
        .filter(|(((.., was), (.., now)), (.., yours))| was != now || (yours != was && yours != now))
        .map(|(((_, label, was), (.., now)), (.., yours))| Clash {
            label,
            was: was.to_owned(),
            now: now.to_owned(),
            yours: yours.to_owned(),
        })
        .collect();
    form.typed = merged(&was, &form.typed, &now);
    let (version, was) = (user.version, folded(&now));
    let page = Page { chrome, person: Person::new(&user), form, version, was, clashes };
    web::page_with(StatusCode::CONFLICT, &page)
}

async fn furnished(
    p: &Permitted<may::EditUsers>,
    user_id: String,
    form: Form,
) -> Result<((User, Form), Chrome), Fault> {
    p.view(move |desk, who, _| {
        desk.db.read(|conn| {
            let user = users::find(conn, who, &user_id)?;
            Ok((user, form.with_choices(conn, who)?))
        })
    })
    .await
}

/// The data in one hidden field.
fn folded(typed: &Typed) -> String {
    let pairs = typed.fields().into_iter().map(|(name, _, text)| (name, text));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn unfolded(text: &str) -> Typed {
    Form::read(&Fields::parse(text)).typed
}

/// Where this operator changed nothing, what is there now.
fn merged(was: &Typed, yours: &Typed, now: &Typed) -> Typed {
    let keep = |was: &str, yours: &str, now: &str| if was == yours { now.to_owned() } else { yours.to_owned() };
    let [a, b, c] = [0, 1, 2].map(|n| keep(&was.custom[n], &yours.custom[n], &now.custom[n]));
    Typed {
        user_id: keep(&was.user_id, &yours.user_id, &now.user_id),
        last_name: keep(&was.last_name, &yours.last_name, &now.last_name),
        first_name: keep(&was.first_name, &yours.first_name, &now.first_name),
        email: keep(&was.email, &yours.email, &now.email),
        mobile: keep(&was.mobile, &yours.mobile, &now.mobile),
        container: keep(&was.container, &yours.container, &now.container),
        custom: [a, b, c],
    }
}

/// `POST /users/{user id}/email`: the address in the profile, and nothing else of it.
pub async fn save_email(p: Permitted<may::EditUsers>, user_id: Path<String>, fields: Fields) -> Answer {
    let user_id = user_id.into_inner();
    let (name, email) = (user_id.clone(), fields.text("email"));
    let version = fields.text("version").parse().unwrap_or(0);
    let saved = p
        .call(move |desk, who, now| {
            if email.is_empty() {
                return Err(Error::mistake("email", "Type an address such as name@example.org."));
            }
            let user = desk.db.read(|conn| users::find(conn, who, &name))?;
            let details = Details::parse(&users::Typed { email, ..user.typed() }).map_err(Error::Invalid)?;
            users::edit(desk, who, now, &name, version, &details)
        })
        .await;
    match saved {
        Ok(user) => {
            p.flash(&Flash::good(format!("{} is written to {}.", user.name(), user.email), ""));
            Ok(see_other(&format!("{}/authentication-methods", Person::new(&user).path)))
        }
        Err(Fault(Error::Invalid(mistakes))) => {
            draw(p, user_id, Address::default(), FormBack::back(fields, mistakes)).await
        }
        Err(other) => Err(other),
    }
}
