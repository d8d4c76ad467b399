@echo off
echo lf only
echo lf cr
echo also
set a=1
echo [%a%] no end