UNIT += bat_golden bat_parts bat_bounds
FOLDERS_bat_golden := bat base
FOLDERS_bat_parts := bat base
FOLDERS_bat_bounds := bat base
