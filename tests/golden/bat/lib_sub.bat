@echo sub %~n0 args %*
@set FROM_SUB=yes
@setlocal
@set LOCAL=inner
@exit /b 4
