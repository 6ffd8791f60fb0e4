//! Users: the people who get tokens.
