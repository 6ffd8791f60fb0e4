DROP TABLE replacements;
DROP TABLE lost_tokens;
