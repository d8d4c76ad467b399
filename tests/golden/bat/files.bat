@echo off
mkdir one\two
if exist one\two echo made
md one
echo %errorlevel%
echo hello> one\a.txt
copy /y one\a.txt one\two > nul
type one\two\a.txt
copy one\a.txt b.txt
move b.txt c.txt
if exist b.txt echo wrong
dir /b one
cd one
if exist a.txt echo inside
cd ..
pushd one\two
if exist a.txt echo pushed
popd
for /d %%d in (o*) do echo folder %%d
for /r one %%f in (*.txt) do echo %%f
del /f /q one\*.txt c.txt
del nosuch.txt
echo %errorlevel%
if exist one\a.txt echo wrong
rd one
echo %errorlevel%
rmdir one\two
rd /q one
if not exist one echo removed
if exist %~dp0files.bat echo script folder %~dp0 %~nx0 %~f0 %~s0 [%~d0]
cd /d "%~dp0"
echo %cd%
setlocal
cd ..
endlocal
echo %cd%
