# The value grammars, words and grammar of the command line, and its commands on a store of their own.
UNIT += values cli_options cli_words cli_grammar cli_complete cli_names cli_commands cli_service
FOLDERS_values := model base
FOLDERS_cli_options := cli model base
FOLDERS_cli_words := cli base
FOLDERS_cli_grammar := cli store compile boot model base
LIBS_cli_grammar := -lsqlite3
FOLDERS_cli_complete := cli store compile boot model base
LIBS_cli_complete := -lsqlite3
FOLDERS_cli_names := cli store compile boot model base
LIBS_cli_names := -lsqlite3
FOLDERS_cli_commands := cli store compile boot model base
LIBS_cli_commands := -lsqlite3
# What show prints, and the manual against the rows.
UNIT += cli_output cli_json cli_dyn_json
FOLDERS_cli_output := cli store compile boot model base
LIBS_cli_output := -lsqlite3
FOLDERS_cli_json := cli store compile boot model base
LIBS_cli_json := -lsqlite3
FOLDERS_cli_dyn_json := cli store compile boot model base
LIBS_cli_dyn_json := -lsqlite3
UNIT += manual
FOLDERS_manual := cli store compile boot model base
LIBS_manual := -lsqlite3
FOLDERS_cli_service := cli store compile boot model base
LIBS_cli_service := -lsqlite3
# The dynamic context with the enforcer's container and compiler behind it, and the settings of the host.
UNIT += cli_dynamic settings_test
FOLDERS_cli_dynamic := cli store daemon compile dynamic ipc boot model base
LIBS_cli_dynamic := -lsqlite3
FOLDERS_settings_test := store model base
LIBS_settings_test := -lsqlite3
# Dialects and the words of Linux.
UNIT += cli_dialect
FOLDERS_cli_dialect := cli store compile boot model base
LIBS_cli_dialect := -lsqlite3
# Policies as text and back.
UNIT += cli_exchange
FOLDERS_cli_exchange := cli store compile boot model base
LIBS_cli_exchange := -lsqlite3
# The shell around the contexts; what help promises.
UNIT += cli_shell cli_examples
FOLDERS_cli_shell := cli store compile boot model base
LIBS_cli_shell := -lsqlite3
FOLDERS_cli_examples := cli store daemon compile dynamic ipc boot model base
LIBS_cli_examples := -lsqlite3
# The lock-out guard.
UNIT += cli_guard
FOLDERS_cli_guard := cli store compile boot model base
LIBS_cli_guard := -lsqlite3
# Security associations.
UNIT += cli_sas
FOLDERS_cli_sas := cli store compile boot model base
LIBS_cli_sas := -lsqlite3
