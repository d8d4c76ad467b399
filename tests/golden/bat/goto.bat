@echo off
goto Start;
echo skipped
:Twice
echo first Twice
goto :Second
: Start
echo started
goto twice
echo skipped
:TWICE
echo second Twice is the next after here
goto Twice
:Second
echo falls through
:Next label with words
call :sub one "two three" four
echo back %1 level %errorlevel%
call :count 3
if 1==1 (
  echo in block
  goto afterblock
  echo not here
)
:afterblock
: a comment written with a blank
goto :eof
echo never
:sub
echo sub %0 %1 %2 %~2 %3 [%4] all %*
shift
echo shifted %1 %~1 %2 [%3] all %*
exit /b 5
:count
if %1==0 exit /b
echo %1
set /a n=%1-1
call :count %n%
goto :eof
