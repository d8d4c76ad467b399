@echo off
title My Policy
color 0a
cls
mode con cols=80 lines=25
chcp 65001
chcp 65001 > nul
pause
pause > nul
timeout /t 5
timeout 3 > nul
choice /c YN /m "Go on"
echo choice %errorlevel%
choice /c ABC /t 5 /d B /n
echo choice %errorlevel%
echo n| choice /c YN /n > nul
echo choice %errorlevel%
set /p answer=Your name: 
echo [%answer%] %errorlevel%
ping -n 3 127.0.0.1 > nul
ping 127.0.0.1 -n 1 -w 500 > nul
echo done
