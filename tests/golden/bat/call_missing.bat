@echo off
echo before
call :nowhere a b
echo never
