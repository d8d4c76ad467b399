UNIT += daemon_facts daemon_files daemon_run ipc_codec ipc_client
FOLDERS_daemon_facts := compile model base
FOLDERS_daemon_files := daemon compile model base
LIBS_daemon_files := -lmnl
FOLDERS_daemon_run := daemon kernel diff compile store ipc model base
LIBS_daemon_run := -lsqlite3 -lmnl
FOLDERS_ipc_codec := ipc base
FOLDERS_ipc_client := ipc base
