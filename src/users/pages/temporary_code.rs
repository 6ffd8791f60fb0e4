//! `/users/{user id}/temporary-code`: ten digits for a user without a token at hand, shown once by the answer to the form.

use actix_web::{http::StatusCode, web::Path};
use askama::Template;

use crate::{
    clock::moment,
    error::{Error, Mistakes},
    operators::{Permission, may},
    policy::lost_phones::{self, LostPhonePolicy},
    tokens::{
        caller::{self, CallerCheck},
        temporary::{self, DIGITS, Given, MOST_WRONG, Wanted},
    },
    users::{self, pages::Person},
    web::{self, Answer, Chrome, Fault, Fields, Flash, Permitted},
};

#[derive(Template)]
#[template(path = "users/temporary-code.html")]
struct Page {
    chrome: Chrome,
    person: Person,
    policy: LostPhonePolicy,
    typed: Wanted,
    mistakes: Mistakes,
    /// The check of the caller that stands, and when it was.
    checked: Option<(CallerCheck, String)>,
    may_check: bool,
    /// Until when an earlier code works; empty if there is none.
    earlier: String,
    /// Why none can be given now; may be empty.
    refusal: String,
}

#[derive(Template)]
#[template(path = "users/temporary-code-once.html")]
struct Once {
    chrome: Chrome,
    person: Person,
    /// Two halves of five digits.
    halves: (String, String),
    until: String,
    uses: i64,
}

/// GET
pub async fn show(p: Permitted<may::TemporaryCode>, user_id: Path<String>) -> Answer {
    web::page(&build(&p, &user_id, None, Mistakes::default()).await?)
}

/// POST: gives one. The page is the answer and is not kept: asked for again, another code is given.
pub async fn submit(p: Permitted<may::TemporaryCode>, user_id: Path<String>, fields: Fields) -> Answer {
    let wanted = Wanted { hours: fields.text("hours"), uses: fields.text("uses"), reason: fields.text("reason") };
    let (name, typed) = (user_id.clone(), wanted.clone());
    match p.call(move |desk, who, now| temporary::give(desk, who, now, &name, &typed)).await {
        Ok(Given { user, code, ends_at, uses }) => {
            let ((), chrome) = p.view(|_, _, _| Ok(())).await?;
            let halves = code.split_at(DIGITS / 2);
            let halves = (halves.0.to_owned(), halves.1.to_owned());
            let until = moment(p.desk.settings.zone, p.now, ends_at);
            web::page(&Once { chrome, person: Person::new(&user), halves, until, uses })
        }
        Err(fault) => {
            let page = build(&p, &user_id, Some(wanted), fault.mistakes_or_rule("hours")?).await?;
            web::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// POST `/users/{user id}/temporary-code/end`
pub async fn end(p: Permitted<may::TemporaryCode>, user_id: Path<String>) -> Answer {
    let name = user_id.clone();
    let user = p
        .call(move |desk, who, now| {
            temporary::end(desk, who, now, &name)?;
            desk.db.read(|conn| users::find(conn, who, &name))
        })
        .await?;
    p.flash(&Flash::good("Ended the temporary code.", "It is not accepted any more."));
    Ok(web::see_other(&format!("{}/authentication-methods", Person::new(&user).path)))
}

async fn build(
    p: &Permitted<may::TemporaryCode>,
    user_id: &str,
    typed: Option<Wanted>,
    mistakes: Mistakes,
) -> Result<Page, Fault> {
    let user_id = user_id.to_owned();
    let asks = typed.is_none();
    let ((user, policy, checked, earlier), chrome) = p
        .view(move |desk, who, now| {
            desk.db.read(|conn| {
                let user = users::find(conn, who, &user_id)?;
                let policy = lost_phones::current(conn)?;
                if asks && !policy.temporary_codes {
                    return Err(Error::Refused(temporary::refusal(&policy, false).unwrap_or_default().into()));
                }
                let checked = caller::checked(conn, now, user.id)?;
                let earlier = temporary::live_of(conn, now, user.id)?;
                Ok((user, policy, checked, earlier))
            })
        })
        .await?;
    let at = |at| moment(p.desk.settings.zone, p.now, at);
    let refusal = temporary::refusal(&policy, checked.is_some()).unwrap_or_default().to_owned();
    let proposed = || Wanted {
        hours: policy.longest_hours.to_string(),
        uses: policy.most_uses.to_string(),
        reason: String::new(),
    };
    Ok(Page {
        chrome,
        person: Person::new(&user),
        typed: typed.unwrap_or_else(proposed),
        policy,
        mistakes,
        checked: checked.map(|check| {
            let when = at(check.at);
            (check, when)
        }),
        may_check: p.may(Permission::CheckCaller),
        earlier: earlier.map(|code| at(code.ends_at)).unwrap_or_default(),
        refusal,
    })
}
