echo shown because echo is on
@echo off
set /p answer=Your name: 
echo [%answer%]
pause
choice /c YN /m "Go on"
echo choice %errorlevel%
timeout /t 2
pause
