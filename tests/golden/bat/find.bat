@echo off
(echo Policy Name : Block
echo policy name : permit
echo Assigned    : YES
echo 10.0.0.1
echo a.b) > f.txt
find "Policy" f.txt
find /i /c "policy" < f.txt
type f.txt | find /n "a"
type f.txt | find /v /i "policy"
find "nothing" f.txt > nul
echo %errorlevel%
findstr Policy f.txt
findstr /i /c:"policy name" f.txt
findstr /r "^[0-9][0-9]*\.[0-9]" f.txt
findstr /b A f.txt
findstr /x "a.b" f.txt
findstr /l /n "." f.txt
findstr "Block permit" f.txt
findstr /v /i "policy assigned" f.txt
findstr /e YES f.txt > nul && echo ends
findstr "\<name\>" f.txt
findstr nosuch f.txt || echo level %errorlevel%
netsh print Policy X | findstr X >nul
echo %errorlevel%
C:\Windows\System32\find.exe "a.b" < f.txt
