# The value grammars, words and grammar of the command line, and its commands on a store of their own.
UNIT += values cli_words cli_grammar cli_commands
FOLDERS_values := model base
FOLDERS_cli_words := cli base
FOLDERS_cli_grammar := cli store model base
LIBS_cli_grammar := -lsqlite3
FOLDERS_cli_commands := cli store model base
LIBS_cli_commands := -lsqlite3
# The manual against the rows.
UNIT += manual
FOLDERS_manual := cli store model base
LIBS_manual := -lsqlite3
