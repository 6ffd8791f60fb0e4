DROP TABLE refused_checks;
