@echo off
call :a 1
goto :eof
:a
if %1==5 goto :eof
setlocal
set /a n=%1+1
call :a %n%
echo %1 %n%
endlocal
goto :eof
