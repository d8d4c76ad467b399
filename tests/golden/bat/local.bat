@echo off
set v=outer
setlocal
set v=inner
set w=new
echo %v% %w%
endlocal
echo %v% [%w%]
setlocal enabledelayedexpansion
set v=1
for %%i in (a b c) do (
  set v=!v!%%i
  echo now !v! was %v%
)
echo !v:~0,2! !v:a=X! wow^^! [!nosuch!] plain^^caret
set name=v
echo !%name%!
if !v!==1abc echo equal
endlocal
echo !v! %v%
set p=%%nested%%
call :keep
echo [%kept%]
endlocal
goto :eof
:keep
setlocal
set kept=lost
