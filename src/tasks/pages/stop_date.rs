//! The Stop Date of one user, from the panel on their Authentication Methods.

use actix_web::web::Path;

use crate::{
    error::Error,
    operators::may,
    tasks::{reading, stop_date},
    users::{
        self,
        pages::authentication_methods::{Address, draw},
    },
    web::{Answer, Fault, Fields, Flash, Permitted, see_other, segment},
    why::pages::mend::FormBack,
};

/// `POST /users/{user id}/tasks/{number}/stop-date`: the Stop Date of this one user, who is told by email.
pub async fn submit(p: Permitted<may::ChangeStopDate>, path: Path<(String, String)>, fields: Fields) -> Answer {
    let (user_id, number) = path.into_inner();
    let (name, task, typed, version) =
        (user_id.clone(), number.clone(), fields.text("stop_on"), fields.text("version"));
    let moved = p
        .call(move |desk, who, now| {
            let task = reading::number(&task)?;
            let user = desk.db.read(|conn| users::find(conn, who, &name))?;
            stop_date::move_one(desk, who, now, task, user.id, &typed, &version)
        })
        .await;
    match moved {
        Ok(date) => {
            p.flash(&Flash::good(format!("The Stop Date is {date}."), "They are told by email."));
            Ok(see_other(&format!("/users/{}/authentication-methods", segment(&user_id))))
        }
        Err(Fault(Error::Invalid(mistakes))) => {
            draw(p, user_id, Address { task: Some(number) }, FormBack::back(fields, mistakes)).await
        }
        Err(other) => Err(other),
    }
}
