//! Reports as files.

use actix_web::HttpRequest;

use super::today;
use crate::{
    desk::Desk,
    error::Result,
    operators::may,
    reports::{Download, Filter, Period, Report, USUAL_DAYS, USUAL_DAYS_OF_WORK, download},
    web::{
        Answer, Permitted,
        file::{self, File},
    },
};

impl File for Download {
    fn part(&mut self, desk: &Desk) -> Result<Option<Vec<u8>>> {
        Download::part(self, desk)
    }
}

async fn send(p: Permitted<may::Reports>, request: HttpRequest, report: Report, usual: Period) -> Answer {
    let filter = Filter::parse(request.query_string(), usual);
    let file = p.call(move |desk, who, now| download(desk, who, now, report, filter)).await?;
    Ok(file::send(&p.desk, &file.file_name(), file))
}

/// `/reports/provisioning.csv`
pub async fn provisioning(p: Permitted<may::Reports>, request: HttpRequest) -> Answer {
    let usual = Period::last(USUAL_DAYS, today(p.desk.settings.zone, p.now));
    send(p, request, Report::Provisioning, usual).await
}

/// `/reports/not-enrolled.csv`
pub async fn not_enrolled(p: Permitted<may::Reports>, request: HttpRequest) -> Answer {
    send(p, request, Report::NotEnrolled, Period::default()).await
}

/// `/reports/tokens.csv`
pub async fn tokens(p: Permitted<may::Reports>, request: HttpRequest) -> Answer {
    send(p, request, Report::Tokens, Period::default()).await
}

/// `/reports/operators.csv`
pub async fn operators(p: Permitted<may::Reports>, request: HttpRequest) -> Answer {
    let usual = Period::last(USUAL_DAYS_OF_WORK, today(p.desk.settings.zone, p.now));
    send(p, request, Report::Operators, usual).await
}
