//! Provisioning tasks and the enrollments in them.
