@echo off
for /f "tokens=*" %%a in (enc_cp1252.bat) do echo %%a
find "r" enc_cp1252.bat
type enc_utf16.bat
set /p first=<enc_utf16be.bat
echo %first%
