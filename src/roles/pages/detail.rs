//! `/roles/new` and `/roles/{role}`: a role, made from check boxes by tab, module and action.

use actix_web::{http::StatusCode, web::Path};
use askama::Template;

use crate::{
    error::{Error, Mistakes, Result},
    ids::RoleId,
    operators::{
        self, Permission, Permissions, Role, Scope,
        may::{self, Need},
    },
    roles,
    web::{self, Answer, Chrome, Fault, Fields, Flash, Permitted},
};

#[derive(Template)]
#[template(path = "roles/detail.html")]
struct Page {
    chrome: Chrome,
    /// The role there is; `None` for a new one.
    role: Option<Role>,
    /// Where the form goes.
    action: String,
    /// The name, as it was typed.
    typed: String,
    modules: Vec<Module>,
    operators: i64,
    /// Why it cannot be changed; empty if it can.
    fixed: String,
    version: i64,
    clash: bool,
    /// Who looks may make another one.
    may_make: bool,
    mistakes: Mistakes,
}

/// The permissions of a module.
struct Module {
    tab: &'static str,
    name: &'static str,
    actions: Vec<Action>,
}

/// A check box.
struct Action {
    value: &'static str,
    words: &'static str,
    meaning: &'static str,
    ticked: bool,
    /// Who looks holds it, and may give it.
    may: bool,
}

/// The tabs in the order of the navigation.
const TABS: [&str; 3] = ["Manage", "Oversee", "Set up"];

/// What a form sent.
struct Typed {
    name: String,
    held: Permissions,
}

impl Typed {
    fn read(fields: &Fields) -> Self {
        let ticked = fields.all("permissions");
        Typed { name: fields.text("name"), held: Permissions::parse(&ticked.join(" ")) }
    }
}

/// GET `/roles/new`; `from` names a role to begin with.
pub async fn show_new(p: Permitted<may::Everywhere<may::ManageOperators>>, request: actix_web::HttpRequest) -> Answer {
    let from = Fields::parse(request.query_string()).text("from").parse().map(RoleId).ok();
    let (held, chrome) = p
        .view(move |desk, who, _| {
            let found = desk.db.read(|conn| from.map_or(Ok(None), |id| operators::find_role(conn, id)))?;
            // What who looks lacks is left out: they could not grant it.
            let held = found.map(|role| role.permissions).unwrap_or_default();
            Ok(Permission::ALL.iter().copied().filter(|one| held.has(*one) && who.may(*one)).collect())
        })
        .await?;
    web::page(&page_of_new(&p, chrome, Typed { name: String::new(), held }, Mistakes::default()))
}

/// POST `/roles/new`
pub async fn submit_new(p: Permitted<may::Everywhere<may::ManageOperators>>, fields: Fields) -> Answer {
    let typed = Typed::read(&fields);
    let (name, held) = (typed.name.clone(), typed.held);
    match p.call(move |desk, who, now| roles::add(desk, who, now, &name, held)).await {
        Ok(_) => {
            let detail = "Give it to an operator on the operator's page.";
            p.flash(&Flash::good(format!("Made the role {}.", typed.name), detail).link("/operators", "Operators"));
            Ok(web::see_other("/roles"))
        }
        Err(fault) => {
            let mistakes = fault.mistakes()?;
            let ((), chrome) = p.view(|_, _, _| Ok(())).await?;
            web::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page_of_new(&p, chrome, typed, mistakes))
        }
    }
}

fn page_of_new(
    p: &Permitted<may::Everywhere<may::ManageOperators>>,
    chrome: Chrome,
    typed: Typed,
    mistakes: Mistakes,
) -> Page {
    Page {
        chrome,
        role: None,
        action: "/roles/new".into(),
        modules: modules(p, typed.held),
        typed: typed.name,
        operators: 0,
        fixed: String::new(),
        version: 0,
        clash: false,
        may_make: true,
        mistakes,
    }
}

/// GET `/roles/{role}`
pub async fn show(p: Permitted<may::ManageOperators>, role: Path<String>) -> Answer {
    web::page(&build(&p, id(&role)?, None).await?)
}

/// POST `/roles/{role}`
pub async fn submit(p: Permitted<may::Everywhere<may::ManageOperators>>, role: Path<String>, fields: Fields) -> Answer {
    let id = id(&role)?;
    let typed = Typed::read(&fields);
    let version = fields.text("version").parse().unwrap_or_default();
    let (name, held) = (typed.name.clone(), typed.held);
    match p.call(move |desk, who, now| roles::edit(desk, who, now, id, version, &name, held)).await {
        Ok(true) => {
            p.flash(&Flash::good(format!("Saved the role {}.", typed.name), "It counts from the next page they open."));
            Ok(web::see_other("/roles"))
        }
        Ok(false) => {
            p.flash(&Flash::good("Nothing to change.", "The role was as you typed it already."));
            Ok(web::see_other("/roles"))
        }
        Err(Fault(Error::Conflict(_))) => {
            let page = build(&p, id, Some(typed)).await?;
            web::page_with(StatusCode::CONFLICT, &Page { clash: true, ..page })
        }
        Err(fault) => {
            let mistakes = fault.mistakes_or_rule("name")?;
            let page = Page { mistakes, ..build(&p, id, Some(typed)).await? };
            web::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// The row that an address names.
///
/// # Errors
/// `NotFound` if that is no number.
pub(super) fn id(segment: &str) -> Result<RoleId> {
    segment.parse().map(RoleId).map_err(|_| Error::not_found("role", segment))
}

async fn build<N: Need>(p: &Permitted<N>, id: RoleId, typed: Option<Typed>) -> Result<Page, Fault> {
    let ((role, operators), chrome) = p
        .view(move |desk, who, _| {
            desk.db.read(|conn| {
                let role = roles::find(conn, id)?;
                let held_by = roles::store::held_by(conn, who)?;
                Ok((role, held_by.into_iter().find(|(one, _)| *one == id).map_or(0, |(_, count)| count)))
            })
        })
        .await?;
    let typed = typed.unwrap_or(Typed { name: role.name.clone(), held: role.permissions });
    Ok(Page {
        chrome,
        action: format!("/roles/{}", role.id),
        modules: modules(p, typed.held),
        typed: typed.name,
        operators,
        fixed: roles::fixed(&p.who, &role).unwrap_or_default(),
        version: role.version,
        clash: false,
        may_make: p.who.scope == Scope::All,
        mistakes: Mistakes::default(),
        role: Some(role),
    })
}

/// All permissions by tab and module, in the order of the navigation.
fn modules<N: Need>(p: &Permitted<N>, held: Permissions) -> Vec<Module> {
    let mut list: Vec<Module> = Vec::new();
    for one in Permission::ALL {
        let (tab, name) = one.menu();
        let action = Action {
            value: one.name(),
            words: one.label(),
            meaning: one.meaning(),
            ticked: held.has(*one),
            may: p.may(*one),
        };
        match list.iter_mut().find(|module| module.name == name) {
            Some(module) => module.actions.push(action),
            None => list.push(Module { tab, name, actions: vec![action] }),
        }
    }
    list.sort_by_key(|module| TABS.iter().position(|tab| *tab == module.tab));
    list
}
