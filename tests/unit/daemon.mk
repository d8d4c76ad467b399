UNIT += daemon_facts ipc_codec ipc_client
FOLDERS_daemon_facts := compile model base
FOLDERS_ipc_codec := ipc base
FOLDERS_ipc_client := ipc base
