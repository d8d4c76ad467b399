@echo off
call :sub
echo never
:sub
exit 300
