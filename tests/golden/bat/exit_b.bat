@netsh FAIL
@exit /b 7
@echo never
