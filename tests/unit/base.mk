UNIT += base_test
FOLDERS_base_test := base
