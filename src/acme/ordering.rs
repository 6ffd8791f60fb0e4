//! An order, from the account to the certificate. The authority is asked over the network, and the database in between, for
//! a moment each time.

use std::time::Duration;

use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, ChallengeType, Error as AcmeError, Identifier, NewAccount,
    NewOrder, Order, OrderStatus, Problem, RetryPolicy,
};
use zeroize::Zeroizing;

use super::{Pair, account, keep_account, keep_answer, store, trouble};
use crate::{config::Acme, desk::Desk, error::Error};

/// How long the authority may take for one step, in seconds: for looking at the challenge, and for issuing.
const STEP_SECONDS: u64 = 90;

/// How long an order may take in all, in seconds; shorter than the lease of who orders.
const ORDER_SECONDS: u64 = 240;

/// What an authority says when it does not know the account (RFC 8555 §6.7).
const NO_ACCOUNT: &str = "accountDoesNotExist";

/// Orders a certificate by HTTP-01.
///
/// # Errors
/// A sentence that says why there is none, and what to do.
pub async fn order(desk: &Desk, acme: &Acme) -> Result<Pair, String> {
    match tokio::time::timeout(Duration::from_secs(ORDER_SECONDS), ordered(desk, acme)).await {
        Ok(outcome) => outcome,
        Err(_) => {
            Err(format!("The authority at {} did not issue the certificate within {ORDER_SECONDS} s.", acme.directory))
        }
    }
}

async fn ordered(desk: &Desk, acme: &Acme) -> Result<Pair, String> {
    let wrong = |error: AcmeError| words(acme, &error);
    let account = sign_up(desk, acme).await?;
    let identifiers = [Identifier::Dns(acme.host.clone())];
    let mut order = match account.new_order(&NewOrder::new(&identifiers)).await {
        Ok(order) => order,
        Err(error) => {
            if is_of(&error, NO_ACCOUNT) {
                let own = acme.clone();
                blocking(desk, move |desk| desk.db.write(|conn| store::forget_account(conn, &own))).await?;
            }
            return Err(wrong(error));
        }
    };
    let mut all = order.authorizations();
    while let Some(authorization) = all.next().await {
        let mut authorization = authorization.map_err(wrong)?;
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let Some(mut challenge) = authorization.challenge(ChallengeType::Http01) else {
            return Err(format!(
                "The authority at {} does not offer HTTP-01, which Tokendesk answers.",
                acme.directory
            ));
        };
        let (token, text) = (challenge.token.clone(), challenge.key_authorization().as_str().to_owned());
        blocking(desk, move |desk| keep_answer(desk, desk.now(), &token, &text)).await?;
        challenge.set_ready().await.map_err(wrong)?;
    }
    let retries = RetryPolicy::default().timeout(Duration::from_secs(STEP_SECONDS));
    match order.poll_ready(&retries).await {
        Ok(OrderStatus::Ready) => {}
        Ok(_) => return Err(refused(acme, &mut order, None).await),
        Err(AcmeError::Api(problem)) => return Err(refused(acme, &mut order, Some(problem)).await),
        Err(error) => return Err(wrong(error)),
    }
    let key = Zeroizing::new(order.finalize().await.map_err(wrong)?);
    let chain = order.poll_certificate(&retries).await.map_err(wrong)?;
    Ok(Pair { chain, key: key.as_str().to_owned() })
}

/// The account at the authority, made at the first order.
async fn sign_up(desk: &Desk, acme: &Acme) -> Result<Account, String> {
    let wrong = |error: AcmeError| words(acme, &error);
    let builder = match &acme.ca {
        Some(path) => Account::builder_with_root(path),
        None => Account::builder(),
    };
    let builder = builder.map_err(wrong)?;
    let own = acme.clone();
    if let Some(credentials) = blocking(desk, move |desk| account(desk, &own)).await? {
        let credentials: AccountCredentials = serde_json::from_slice(&credentials)
            .map_err(|_| format!("The account at {} cannot be read.", acme.directory))?;
        return builder.from_credentials(credentials).await.map_err(wrong);
    }
    let contact = format!("mailto:{}", acme.email);
    let new = NewAccount { contact: &[&contact], terms_of_service_agreed: true, only_return_existing: false };
    let (account, credentials) = builder.create(&new, acme.directory.clone(), None).await.map_err(wrong)?;
    let text = serde_json::to_vec(&credentials).map(Zeroizing::new);
    let text = text.map_err(|_| format!("The account at {} cannot be kept.", acme.directory))?;
    let own = acme.clone();
    blocking(desk, move |desk| keep_account(desk, &own, desk.now(), &text)).await?;
    Ok(account)
}

/// Why an order came to nothing: what the authority found when it looked at the challenge says more than what it says of the
/// order.
async fn refused(acme: &Acme, order: &mut Order, problem: Option<Problem>) -> String {
    let mut found = None;
    let mut all = order.authorizations();
    while let Some(authorization) = all.next().await {
        let Ok(mut authorization) = authorization else { break };
        let Ok(state) = authorization.refresh().await else { break };
        found = found.or_else(|| state.challenges.iter().find_map(|challenge| challenge.error.clone()));
    }
    match found.or(problem) {
        Some(problem) => told(acme, &problem),
        None => trouble::words(acme, "", "the order is invalid"),
    }
}

fn told(acme: &Acme, problem: &Problem) -> String {
    trouble::words(acme, problem.r#type.as_deref().unwrap_or_default(), problem.detail.as_deref().unwrap_or_default())
}

fn words(acme: &Acme, error: &AcmeError) -> String {
    match error {
        AcmeError::Api(problem) => told(acme, problem),
        error => trouble::unreachable(acme, &in_full(error)),
    }
}

/// An error with all that caused it: the outermost says no more than that something did.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut inner = error.source();
    while let Some(cause) = inner {
        let more = cause.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        inner = cause.source();
    }
    words
}

fn is_of(error: &AcmeError, kind: &str) -> bool {
    matches!(error, AcmeError::Api(problem) if problem.r#type.as_deref().is_some_and(|of| of.ends_with(kind)))
}

/// Work with the database, on a thread where it may wait.
async fn blocking<T: Send + 'static>(
    desk: &Desk,
    work: impl FnOnce(&Desk) -> crate::error::Result<T> + Send + 'static,
) -> Result<T, String> {
    let desk = desk.clone();
    let done = tokio::task::spawn_blocking(move || work(&desk)).await;
    done.map_err(|_| Error::Internal("work with the database broke off".into()))
        .and_then(|done| done)
        .map_err(|error| error.to_string())
}
