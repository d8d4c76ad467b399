@echo off
if a==a echo same
if a==A echo wrong
if /i a==A echo same but for case
if not a==b echo different
if "two words" == "two words" echo quoted
if 10 equ 0x0A echo equ
if 9 lss 10 echo lss as numbers
if "9" lss "10" (echo wrong) else echo text
if b gtr a echo gtr
if 5 geq 5 if 5 leq 5 echo both
if 1 neq 1 (echo wrong) else (echo neq)
if exist if.bat echo exist
if exist IF.BAT echo exist in any case
if exist .\if.* echo exist pattern
if exist nosuch.txt (echo wrong) else if exist "if.bat" (echo else if) else (echo wrong)
if defined PATH echo defined
if not defined NOPE echo not defined
if errorlevel 0 echo always
netsh LEVEL3
if errorlevel 4 echo wrong
if errorlevel 3 echo three
if errorlevel 1 echo at least one
if not errorlevel 4 echo less than four
if %errorlevel%==3 echo variable
if (%1)==() echo no argument
if "%~1"=="" echo no argument
if cmdextversion 2 echo extensions
if 1==2 echo wrong & echo this belongs to the if
if 1==1 (echo block
echo second line) & echo after
if 1==1 (
  echo one
  if 1==2 (
    echo wrong
  ) else (
    echo two
  )
) else (
  echo wrong
)
if exist nul echo nul exists
