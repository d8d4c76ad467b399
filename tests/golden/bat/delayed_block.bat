@echo off
set n=0
(
  set n=5
  echo percent is old: %n%
)
echo %n%
set list=
for %%i in (1 2) do set list=%list% %%i
echo [%list%]
