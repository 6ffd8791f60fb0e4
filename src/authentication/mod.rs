//! Checking one-time passwords for auth nodes (product.md §4).
