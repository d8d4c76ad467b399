@echo off
echo one > out.txt
echo two>> out.txt
>> out.txt echo three
echo digit2>out2.txt
echo gone > nul
echo gone >NUL 2>&1
netsh nosuch FAIL >nul
nosuchprogram 2>nul
echo level %errorlevel%
type out.txt
type OUT2.TXT
(
  echo block one
  echo block two
) > C:out3.txt
type .\out3.txt
nosuchother > all.txt 2>&1
type all.txt
echo to stderr 1>&2
set /p line=< out.txt
echo [%line%]
<nul set /p =no line end
echo.
(set /p l1=& set /p l2=) < out.txt
echo [%l1%] [%l2%]
echo oddity > null
if exist null echo a file named null
sort < out.txt
more < out2.txt
echo x > /nosuch/dir/file && echo wrong
echo level %errorlevel%
type nosuch.txt
echo level %errorlevel%
