@echo off
set /a x=1+2*3
echo %x%
set /a "y = (1 + 2) * 3, z = y %% 4"
echo %y% %z%
set /a x+=5
set /a x*=2,w=x-1
echo %x% %w%
set /a h=0x1F+010
echo %h%
set /a neg=-7/2, bits=(6 ^& 3) ^| 8, sh=1^<^<4, inv=~0, no=!5
echo %neg% %bits% %sh% %inv% %no%
set /a unset=nosuch+1
echo %unset%
set /a big=2147483647+1
echo %big%
set /a bad=1/0
echo %errorlevel% [%bad%]
set /a bad=1+
echo %errorlevel%
set /a bad=08
echo %errorlevel%
set /a bad=(1
echo %errorlevel%
for /f %%i in ('set /a 6*7') do echo answer %%i
