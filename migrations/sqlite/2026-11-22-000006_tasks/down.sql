DROP TABLE provision_drafts;
DROP TABLE enrollment_links;
DROP TABLE enrollments;
DROP TABLE tasks;
DROP TABLE self_enrollment_policy;
