@echo off
set a=1
set "b=two words"
set c = odd
echo [%a%] [%b%] [%c %] [%undefined%]
set d=trailing blank 
echo [%d%]
set "e=quoted" rest is ignored
echo [%e%]
set a=
echo [%a%]
if defined a (echo defined) else echo not defined
set B
set NoSuchVariable
echo %errorlevel%
set S=Hello World
echo %S:~0,5% %S:~6% %S:~-5% %S:~-5,3% %S:~0,-6% %S:~3,0%. %S:~20%.
echo %S:World=You% %S:l=% %S:*o=X% %s:WORLD=x%
echo %nope:~0,2% %nope:a=b%
set U=größe日本語
echo %U:~2,3% %U:~-2%
echo 100%% done % lone
echo %DATE% %TIME% %TIME:~0,2%%TIME:~3,2% %RANDOM% %COMPUTERNAME% %OS% %username%
set ERRORLEVEL=mine
echo %ERRORLEVEL%
