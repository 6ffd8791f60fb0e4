DROP TABLE check_rejections;
