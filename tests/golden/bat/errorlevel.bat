netsh ipsec static delete policy FAIL
echo no command of cmd resets it: %errorlevel%
set x=1
rem nothing
if 1==1 echo still %errorlevel%
cd .
echo cd %errorlevel%
netsh LEVEL9
call :sub
echo %errorlevel%
netsh FAIL
netsh ipsec last line succeeds
goto :eof
:sub
exit /b
