UNIT += base_test
FOLDERS_base_test := base
UNIT += json_test
FOLDERS_json_test := base
