UNIT += daemon_facts
FOLDERS_daemon_facts := compile model base
