@echo off
set x=
echo before
if %x%==.. echo wrong
echo cmd does not get here
