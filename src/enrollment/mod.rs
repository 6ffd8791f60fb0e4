//! The portal: where users enroll (product.md §3).
