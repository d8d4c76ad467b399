UNIT += compile_test
FOLDERS_compile_test := compile model base
UNIT += lockout_test
FOLDERS_lockout_test := compile model base
