//! Tokendesk: a console from which an organization hands out authentication tokens.
//!
//! `ARCHITECTURE.md` has the map, the import order and the life of a request.

pub mod clock;
pub mod config;
pub mod english;
pub mod error;
pub mod ids;
pub mod keys;
pub mod meter;
pub mod oath;
pub mod order;
pub mod radius;
pub mod sheet;
pub mod tally;
pub mod text;
pub mod ticked;
pub mod tls;

pub mod db;
pub mod desk;
pub mod hashing;
pub mod rounds;
pub mod schema;

pub mod acme;

pub mod access;
pub mod audit;
pub mod bounces;
pub mod counts;
pub mod imports;
pub mod mail;
pub mod operators;
pub mod policy;
pub mod roles;
pub mod sign_in;
pub mod users;
pub mod work;

pub mod messages;
pub mod tokens;

pub mod provision;
pub mod tasks;

pub mod alerts;
pub mod authentication;
pub mod outbox;
pub mod portal;
pub mod reports;
pub mod why;

pub mod demo;

pub mod app;
pub mod commands;
pub mod web;
