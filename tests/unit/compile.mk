UNIT += compile_test
FOLDERS_compile_test := compile model base
