@echo off
rem a comment & echo not shown
:: another ^
echo hidden by the caret above
REM
: Ok
echo Hello   World 
echo.
echo.text
echo a^&b "c&d"
set NAME=Block Telnet
netsh ipsec static add policy "%NAME%" assign=no
netsh ipsec static add filter ^
  filterlist=L ^
  srcaddr=any dstport=23
netsh ipsec static delete policy FAIL
echo first %1 second "%~2" all %* zero %0
@netsh   ipsec static set policy "%NAME%" assign=y   
ehco typo
ehco typo again
netsh ipsec last
