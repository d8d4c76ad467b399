@echo off
(echo ;comment
echo alpha,beta,gamma
echo.
echo one two three four
echo   padded   line) > list.txt
for /f %%a in (list.txt) do echo [%%a]
for /f "tokens=1,2* delims=, " %%a in (list.txt) do echo [%%a][%%b][%%c]
for /f "skip=1 tokens=2-3 delims= " %%a in (list.txt) do echo [%%a][%%b]
for /f "delims=" %%a in (list.txt) do echo [%%a]
for /f "eol=a tokens=*" %%a in (list.txt) do echo [%%a]
for /f "usebackq delims=" %%a in ("list.txt") do echo [%%a]
for /f "tokens=2 delims=:" %%a in ("Policy Name:X") do echo [%%a]
for /f "usebackq tokens=3" %%a in ('a b c') do echo [%%a]
for /f "tokens=1-2" %%a in ('netsh print one two') do echo [%%a][%%b]
for /f "usebackq" %%a in (`netsh print back quoted`) do echo [%%a]
for /f "tokens=2" %%a in ('type list.txt ^| find "two"') do echo piped [%%a]
for /f %%a in ('echo 1^& netsh FAIL') do set v=%%a
echo [%v%]
for /f %%a in (nosuch.txt) do echo never
echo %errorlevel%
