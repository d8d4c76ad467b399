UNIT += base_test cursor_test journal_test manager_test
FOLDERS_manager_test := base
FOLDERS_journal_test := base
FOLDERS_base_test := base
FOLDERS_cursor_test := base
UNIT += json_test
FOLDERS_json_test := base
