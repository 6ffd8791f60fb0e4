DROP TABLE email_tries;
DROP TABLE emails;
