UNIT += bat_golden
FOLDERS_bat_golden := bat base
