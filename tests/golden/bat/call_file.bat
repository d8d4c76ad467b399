@echo off
call lib_sub.bat one "two three"
echo back %errorlevel% [%FROM_SUB%] [%LOCAL%]
call lib_sub again
call LIB_SUB.BAT any case
if "%1"=="" call "%~f0" recursive
if "%1"=="recursive" (
  echo inside %~nx0 with %1
  goto :eof
)
call echo indirect %%FROM_SUB%%
call nosuch.bat
echo %errorlevel%
lib_sub.bat chained
echo never
